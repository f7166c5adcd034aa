"""Putting the registry on a chain, and what `scripts/deploy.py` and `scripts/new_account.py` hand over to."""
