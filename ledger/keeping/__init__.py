"""Keeping the ledger true: what it says beside what the chain says, copies, and ways back from a loss."""
