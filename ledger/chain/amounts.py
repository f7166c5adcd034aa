"""Amounts of money in words: wei in the units and the currency that people know."""

from __future__ import annotations

from decimal import Context, Decimal

from ledger.chain.networks import network_of

GWEI, ETHER = 10**9, 10**18


def amount(wei: int, unit: int = ETHER) -> str:
    """Wei in a larger unit, to six figures, as `0.00428433`."""
    text = f"{Context(prec=6).divide(Decimal(wei), Decimal(unit)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(wei: int, chain_id: int) -> str:
    """Wei in the currency of their chain, as `0.00428433 ETH`."""
    return f"{amount(wei)} {network_of(chain_id).currency}"
