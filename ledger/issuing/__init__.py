"""From rows to anchored credentials, and revocation."""
