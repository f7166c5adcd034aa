"""What `cairn status` tells of what issuing needs besides nodes: money for the operators, and the right time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ledger.errors import RegistryError, WorkspaceError

if TYPE_CHECKING:
    from ledger.chain.registry import Address
    from ledger.sending.forecast import Forecast
    from ledger.workspace import Workspace

_MANY = 10**6


def means(workspace: Workspace) -> tuple[dict[str, object], str]:
    """How many anchors each operator can still pay for, and how far the clocks are apart; both None if nobody answers.

    Shows nothing where all is well. Where the chain cannot be reached, another section says so.
    """
    from ledger.chain.addresses import checksum_address

    try:
        found = operators(workspace)
        clock, told = clock_of(workspace)
    except (RegistryError, WorkspaceError):
        return {"operators": None, "clock": None}, ""
    warnings = [
        f"! the {role} account of {slug}, {checksum_address(one.account)}, {words(one)}: send it money"
        for slug, role, one in found
        if one.problem is not None
    ]
    value: dict[str, object] = {"operators": [forecast_dict(*one) for one in found], "clock": clock}
    return value, "\n".join([*warnings, *([told] if told else [])])


def operators(workspace: Workspace) -> list[tuple[str, str, Forecast]]:
    """Every operator's account: its issuer, its role, and how long its money lasts."""
    from ledger.sending.book import Book
    from ledger.sending.forecast import forecasts

    accounts: list[tuple[str, str, Address]] = [
        (issuer.slug, role, account)
        for issuer in workspace.catalog.issuers()
        for role, account in (("anchoring", issuer.anchoring_operator), ("revoking", issuer.revoking_operator))
    ]
    if not accounts:
        return []
    book = Book(workspace.database, time.time)
    found = forecasts(book, workspace.registry, [one for *_, one in accounts], workspace.configuration.fees)
    return [(slug, role, one) for (slug, role, _), one in zip(accounts, found, strict=True)]


def clock_of(workspace: Workspace) -> tuple[dict[str, object], str]:
    from ledger.chain.skew import skew

    found = skew(workspace.registry.head_block(), time.time(), chain_id=workspace.configuration.chain_id)
    is_wrong = found.is_alarming and found.makes_blocks_alone
    ahead = "ahead of" if found.seconds > 0 else "behind"
    told = (
        f"! the newest block is {abs(found.seconds):,} s {ahead} this machine's clock: set it right; nothing is signed"
        if is_wrong
        else ""
    )
    return {"block_ahead_seconds": found.seconds, "is_wrong": is_wrong}, told


def words(forecast: Forecast) -> str:
    from ledger.sending.values import FUNDS_LOW

    if forecast.problem == FUNDS_LOW:
        return "cannot pay for another anchor"
    return f"can pay for {forecast.left:,} more anchors as fees are now"


def forecast_dict(slug: str, role: str, forecast: Forecast) -> dict[str, object]:
    from ledger.chain.addresses import checksum_address
    from ledger.cli.output import ether

    return {
        "issuer": slug,
        "role": role,
        "account": checksum_address(forecast.account),
        "balance": ether(forecast.balance),
        "anchors_left": min(forecast.left, _MANY),
        "problem": forecast.problem,
    }
