"""Check 11 of what a holder presents: is it theirs?

A document alone says nothing about who shows it. In a presentation somebody has shown a DID to be theirs, and what they
present is theirs if it speaks of that DID.
"""

from __future__ import annotations

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.report import Check, Outcome, VerificationReport


def binding_of(report: VerificationReport, holder: str | None, told: Check) -> Check:
    """Check 11 of something presented by a holder. `told` is whether they are who they say, and answered a challenge.

    What check 11 has found already counts first: a record of several people is nobody's. Codes besides that and those
    of `told`: `holder_bound`; invalid `holder_other`; indeterminate `holder_unbound`.
    """
    made = report.check("holder")
    for outcome in (Outcome.INVALID, Outcome.INDETERMINATE):
        for check in (made, told):
            if check.outcome is outcome:
                return check
    subject = subject_of(report.document) if report.document is not None else None
    evidence: dict[str, JsonValue] = {**made.evidence, "holder": holder, "subject": subject, **told.evidence}
    if subject is not None and subject == holder:
        message = "Whoever presents it is the person it speaks of, and answered the challenge."
        return Check("holder", Outcome.VALID, "holder_bound", message, evidence)
    if subject is not None and subject.startswith("did:"):
        message = "It speaks of somebody else than the holder who presents it."
        return Check("holder", Outcome.INVALID, "holder_other", message, evidence)
    message = "Who presents it is shown; that it is theirs is not, since it names no DID of the person it speaks of."
    return Check("holder", Outcome.INDETERMINATE, "holder_unbound", message, evidence)


def subject_of(document: JsonObject) -> str | None:
    """The identifier of the one whom a document speaks of."""
    subject = document.get("credentialSubject")
    identifier = subject.get("id") if isinstance(subject, dict) else None
    return identifier if isinstance(identifier, str) else None
