"""Verdicts that may be another one soon: where the ledger could not be read, or does not hold a document for good."""

from __future__ import annotations

from collections.abc import Sequence

from api.problems import RETRY_SECONDS
from ledger.verifying.report import Outcome, VerificationReport


def retry_headers(reports: Sequence[VerificationReport]) -> dict[str, str]:
    """When to ask again, where the ledger could not be read or does not hold a document for good yet."""
    return {"Retry-After": str(RETRY_SECONDS)} if any(map(waits_for_the_ledger, reports)) else {}


def waits_for_the_ledger(report: VerificationReport) -> bool:
    anchor = report.check("anchor")
    open_question = anchor.outcome is Outcome.INDETERMINATE and anchor.code != "no_anchor_proof"
    return open_question or any(waits_for_the_ledger(part) for part in report.components)
