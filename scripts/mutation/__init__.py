"""Mutation testing of the registry contract; `scripts/mutate_contract.py` is the command."""
