"""How a document stands when it is put on paper, and which documents never are.

A certificate looks like a statement of its own, so one that is known to be false or withdrawn is not made at all. One
that has expired says so; one that could not be checked says so in large letters.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Conflict
from ledger.rendering.wording import ROW_STANDING, STANDING
from ledger.verifying.report import Outcome, VerificationReport, in_words

_OF_TIME = frozenset({"expired", "not_yet_valid"})


@dataclass(frozen=True)
class Standing:
    """`code` is valid, expired, not_yet_valid or unknown; `text` says it to people."""

    code: str
    text: str

    @property
    def is_known(self) -> bool:
        return self.code != "unknown"


def standing_of(report: VerificationReport) -> Standing:
    """How a document stands that may be put on paper.

    A record is: how each credential in it stands is said in its own row. Raises Conflict `not_printable` for a document
    that is invalid for any other reason than time.
    """
    is_record = report.summary is not None and report.summary.kind == "record"
    code = "valid"
    for check in report.checks:
        if check.id == "stack" and is_record:
            continue
        if check.outcome is Outcome.INVALID:
            if check.id != "period" or check.code not in _OF_TIME:
                raise Conflict(f"no certificate is made of what is not valid: {_lower(check.message)}", "not_printable")
            code = check.code
    unknown = next(
        (check for check in report.checks if check.outcome is Outcome.INDETERMINATE and check.id != "stack"), None
    )
    if unknown is None and report.verdict is Outcome.INDETERMINATE and not is_record:
        return Standing("unknown", STANDING["unknown"].format(reason=report.message))
    if unknown is not None:
        return Standing("unknown", STANDING["unknown"].format(reason=unknown.message))
    block = report.chain.block if report.chain else None
    if block is None:
        return Standing("unknown", STANDING["unknown"].format(reason=report.message))
    return Standing(code, STANDING[code].format(moment=in_words(block.time, clock=True)))


def standing_in_record(report: VerificationReport) -> str:
    """How one credential of a record stands, in two or three words."""
    if report.verdict is Outcome.INDETERMINATE:
        return "not checked"
    return ROW_STANDING.get(report.code, "not valid")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
