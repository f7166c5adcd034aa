"""Signed receipts of checks: made where somebody has just checked something, and judged when somebody brings one."""
