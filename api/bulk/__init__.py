"""Checking a whole list for somebody without an account: upload, run, report, and the same list again later."""
