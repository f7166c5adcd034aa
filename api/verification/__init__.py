"""Checking a document: the endpoint and the page."""
