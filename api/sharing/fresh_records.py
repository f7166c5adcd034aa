"""What is said of a record that was made a moment ago: signed, and on its way to the registry.

It has no proof of its place yet, by which its issuer and key would be known: taken for a stranger's document, it would
be one of an issuer whom nobody knows.
"""

from __future__ import annotations

from dataclasses import replace

from ledger.verifying.report import Check, Outcome, VerificationReport
from ledger.verifying.structure import is_anchor, proofs_of

NOT_FINAL = "not_final"
"""The code that the verifier has for what is in a block that may still be replaced."""
MESSAGE = (
    "The record was put together only just now, and is on its way to the registry; look again in a few minutes. Each "
    "credential in it is judged by itself."
)
_WAITING = ("signature", "anchor", "status")


def told_of_fresh(report: VerificationReport) -> VerificationReport:
    """The report on what a link shows. Only records of this site's publisher are shown by links, so that one without a
    place in the registry waits for it; whatever was found against it stays."""
    if report.verdict is not Outcome.INDETERMINATE or report.document is None or report.summary is None:
        return report
    if report.summary.kind != "record" or any(is_anchor(proof) for proof in proofs_of(report.document)):
        return report
    checks = tuple(
        Check(check.id, Outcome.INDETERMINATE, NOT_FINAL, MESSAGE) if check.id in _WAITING else check
        for check in report.checks
    )
    return replace(report, code=NOT_FINAL, message=MESSAGE, checks=checks)
