"""Check 8: is the document still in force, or was it revoked, suspended, or withdrawn with its whole batch?

The registry answers, at the block that the report names. For documents off the ledger see `listed_status`.
"""

from __future__ import annotations

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.strict_json import JsonValue
from ledger.verifying.anchoring import Anchoring, Place
from ledger.verifying.readings import Lookups, View
from ledger.verifying.report import Check, Outcome, in_words, shown_time

REASONS = {
    Reason.ISSUED_IN_ERROR: "issued in error",
    Reason.ASSESSMENT_INVALID: "the assessment turned out to be invalid",
    Reason.ACCREDITATION_WITHDRAWN: "the issuer's accreditation was withdrawn retroactively",
    Reason.COMPROMISED: "compromised, or obtained by fraud",
    Reason.SUPERSEDED: "superseded by a newer document",
}
NO_REASON = "reason not available"


def reason_in_words(reason: int) -> str:
    try:
        return REASONS[Reason(reason)]
    except ValueError:
        return NO_REASON


def check_status(place: Place, anchoring: Anchoring, view: View, lookups: Lookups) -> Check:
    """Check 8 for an anchored document. Codes: `batch_withdrawn`, `revoked`, `suspended`.

    Reason and time of a change come from its event. If the history can't be read the verdict stands without them.
    """
    state = anchoring.state
    block = view.reading.block
    evidence: dict[str, JsonValue] = {"block": block.number, "read_at": shown_time(block.time)}
    if state is None:
        return Check("status", Outcome.SKIPPED, "not_run", "Not run because the ledger does not hold the document.")
    if state.anchor and state.anchor.withdrawn_at:
        reason = reason_in_words(state.anchor.withdrawal_reason)
        evidence |= {"reason": reason, "changed_at": shown_time(state.anchor.withdrawn_at)}
        return _invalid(
            "batch_withdrawn", f"The issuer withdrew the whole batch that holds this document: {reason}.", evidence
        )
    if state.revoked:
        reason = _last_change(StatusAction.REVOKE, place, anchoring, view, lookups, evidence)
        return _invalid("revoked", f"The issuer has revoked this document: {reason}.", evidence)
    if state.suspended:
        reason = _last_change(StatusAction.SUSPEND, place, anchoring, view, lookups, evidence)
        return _invalid("suspended", f"The issuer has suspended this document for the time being: {reason}.", evidence)
    read_at = block.time if view.past is None else view.past.moment
    message = f"The document was neither revoked nor suspended as of {in_words(read_at, clock=True)}."
    return Check("status", Outcome.VALID, "ok", message, evidence)


def _last_change(
    action: StatusAction,
    place: Place,
    anchoring: Anchoring,
    view: View,
    lookups: Lookups,
    evidence: dict[str, JsonValue],
) -> str:
    """Why the status last changed in this way; the reason and the time also go into the evidence."""
    from_block = anchoring.state.anchor.block_number if anchoring.state and anchoring.state.anchor else 0
    through = view.reading.block.number
    events = [
        event
        for event in lookups.history(view, place.query, from_block)
        if event.action == action and event.block.number <= through
    ]
    reason = reason_in_words(events[-1].reason) if events else NO_REASON
    evidence["reason"] = reason
    evidence["changed_at"] = shown_time(events[-1].block.time) if events else None
    return reason


def _invalid(code: str, message: str, evidence: dict[str, JsonValue]) -> Check:
    return Check("status", Outcome.INVALID, code, message, evidence)
