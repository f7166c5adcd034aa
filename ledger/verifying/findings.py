"""What the checks between the document's own shape and its dates came to."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.verifying.issuer import Recognition
from ledger.verifying.report import ChainFacts, Check, Consulted, Outcome


@dataclass(frozen=True)
class Findings:
    """Checks 3 to 8 of one document, and the facts that come with them."""

    checks: tuple[Check, ...]
    recognition: Recognition | None = None
    chain: ChainFacts | None = None
    anchored_at: int | None = None
    consulted: tuple[Consulted, ...] = ()


def not_run(check: str, why: str) -> Check:
    return Check(check, Outcome.SKIPPED, "not_run", f"Not run because {why}.")


def not_needed(check: str, why: str) -> Check:
    return Check(check, Outcome.SKIPPED, "not_needed", f"Not needed: {why}.")
