"""Changes of status for many credentials at once: proposed by one, looked at, and decided by another."""
