"""Checking a whole list: what stands in a table or an archive, one row each, and the report on it."""
