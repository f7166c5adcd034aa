"""Editors that work without a script: forms that nest, and drafts of them that are kept."""
