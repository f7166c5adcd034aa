"""Transactions of our own: signed and stored before they are sent, outbid if they wait, and judged by the chain."""
