"""What to do about a verdict, in plain words: nothing, where it is valid."""

from __future__ import annotations

from api.web.translating import gettext, noted
from ledger.verifying.report import Outcome, VerificationReport

ASK_FOR_NEW = noted("It was replaced by a corrected one. Ask the holder for the new one.")
RENEWED = noted("It was genuine as long as it lasted. Ask the holder whether it was renewed.")
LATER = noted("Ask the holder for it again once it is in force.")
PAUSED = noted("A suspension can be lifted. Look again later, or ask the institution.")
ENDED = noted("Do not rely on it. The institution can tell you more, and so can the holder.")
CHANGED = noted(
    "Do not rely on this file. If it came by another way than the holder's link, ask the holder for the link."
)
OPEN = noted("That says nothing against it: it was not found to be false. Look again in a few minutes.")
UNVOUCHED = noted("That says nothing against it: it was not found to be false. Ask the institution that it names.")
CLAIMED = noted(
    "Do not rely on it. A name that a document gives itself proves nothing: ask the institution of that name, by an "
    "address that you found yourself."
)
PARTS = noted("See below which part that is about. The other parts stand on their own.")

BY_CODE = {
    "expired": RENEWED,
    "not_yet_valid": LATER,
    "not_anchored_yet": LATER,
    "suspended": PAUSED,
    "component_suspended": PAUSED,
    "issuer_not_accredited": CLAIMED,
    "revoked": ENDED,
    "batch_withdrawn": ENDED,
    "digest_mismatch": CHANGED,
    "signature_invalid": CHANGED,
    "signature_missing": CHANGED,
    "component_invalid": PARTS,
    "component_indeterminate": PARTS,
    "no_anchor_proof": UNVOUCHED,
    "no_accreditor": UNVOUCHED,
    "key_unknown": UNVOUCHED,
    "cryptosuite_unknown": UNVOUCHED,
    "anchor_unconfigured": UNVOUCHED,
    "subject_uncertain": noted(
        "Each credential in it has a verdict of its own. Ask the holder whether all of it is about one person, and for "
        "those of one name at a time."
    ),
    "check_not_run": UNVOUCHED,
}
SUPERSEDED = "superseded by a newer document"
"""How the reason of a revocation says that there is a corrected credential."""


def advice_on(report: VerificationReport, superseded_by: str | None = None) -> str:
    """One or two sentences: what whoever relies on it does next. Empty for what is valid."""
    if report.verdict is Outcome.VALID:
        return ""
    if superseded_by or is_superseded(report):
        return gettext(ASK_FOR_NEW)
    usual = OPEN if report.verdict is Outcome.INDETERMINATE else ENDED
    return gettext(BY_CODE.get(report.code, usual))


def is_superseded(report: VerificationReport) -> bool:
    """Whether it was revoked because a corrected one took its place."""
    return report.code == "revoked" and any(check.evidence.get("reason") == SUPERSEDED for check in report.checks)
