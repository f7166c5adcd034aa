"""Presentations: a challenge for a holder to answer, and checking the answer."""
