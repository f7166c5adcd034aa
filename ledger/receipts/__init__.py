"""Verification receipts: what a check found, signed by the site that made it, so that it can be shown later."""
