"""The domain of Cairn: documents, proofs, the registry, issuing, verifying and stacking. No web framework here."""
