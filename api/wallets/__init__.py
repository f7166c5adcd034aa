"""Wallets: what a learner holds, and the records made of it."""
