"""What a page shows of a receipt that somebody brought: whether it is genuine, and what it says held then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.receipts.service import JudgedReceipt
from api.web.check_sentences import sentence_of_code
from api.web.translating import gettext, noted
from api.web.unreadable import sentence_of_unreadable
from api.web.verdicts import sentence
from api.web.visits import DEFAULT_LANGUAGE, visit
from api.web.words import KINDS, UNNAMED, WORDS
from ledger.documents.text import visible
from ledger.receipts.reading import Stated, every_document
from ledger.receipts.writing import UNREADABLE
from ledger.verifying.report import Outcome, VerificationReport, shown_bytes

MOST_SHOWN = 200

_HEADINGS = {
    Outcome.VALID: noted("A genuine receipt"),
    Outcome.INVALID: noted("Not a genuine receipt"),
    Outcome.INDETERMINATE: noted("Could not check this receipt"),
}
_SAID = {
    "ok": noted("Whoever it names signed exactly this, and nothing in it was changed since."),
    "signature_invalid": noted("Something in it was changed after it was signed, or somebody else made it."),
    "key_unlisted": noted("Whoever it names does not list the key that signed it."),
    "key_compromised": noted("The key that signed it was given up: somebody else may have had it."),
    "key_unknown": noted(
        "It comes from another site, whose key is not known here. Check it on that site, or with the "
        "command “cairn verify-receipt”."
    ),
}
_STATED = {outcome.value: word for outcome, word in WORDS.items()} | {UNREADABLE: noted("Could not be read")}


@dataclass(frozen=True)
class StatedView:
    """One document that a receipt tells of. `now` is today's verdict, where the document was handed in as well."""

    outcome: str
    word: str
    sentence: str
    title: str
    kind: str
    issuer: str | None
    is_accredited: bool
    learner: str | None
    digest: str | None
    block: str | None
    now: tuple[str, str] | None


@dataclass(frozen=True)
class ReceiptView:
    """A receipt on a page. `stated` is empty unless the receipt is genuine: nothing else of it is worth showing."""

    outcome: str
    heading: str
    sentence: str
    is_ours: bool
    publisher: str
    did: str
    site: str
    checked_at: datetime
    id: str
    stated: tuple[StatedView, ...]
    left_out: int


def receipt_view(judged: JudgedReceipt, reports: Sequence[VerificationReport]) -> ReceiptView:
    """The page's view of a receipt. `reports` are today's, on what was handed in with it."""
    receipt, judgement = judged.receipt, judged.judgement
    today = {shown_bytes(report.digest): report for report in _with_parts(reports)}
    shown = list(every_document(receipt)) if judgement else []
    said = _SAID.get(judgement.code)
    return ReceiptView(
        outcome=judgement.outcome.value,
        heading=gettext(_HEADINGS[judgement.outcome]),
        sentence=gettext(said) if said else judgement.message,
        is_ours=judged.is_ours,
        publisher=visible(receipt.publisher_name, limit=200),
        did=visible(receipt.publisher_did, limit=300),
        site=visible(receipt.site, limit=300),
        checked_at=receipt.checked_at,
        id=visible(receipt.id, limit=100),
        stated=tuple(_view(stated, today.get(stated.digest)) for stated in shown[:MOST_SHOWN]),
        left_out=max(0, len(shown) - MOST_SHOWN),
    )


def _view(stated: Stated, today: VerificationReport | None) -> StatedView:
    block = stated.chain.block if stated.chain else None
    return StatedView(
        outcome="indeterminate" if stated.verdict == UNREADABLE else stated.verdict,
        word=gettext(_STATED[stated.verdict]),
        sentence=_said_then(stated),
        title=visible(stated.title or stated.name or "", limit=300) or gettext(UNNAMED),
        kind=gettext(KINDS.get(stated.kind or "", noted("Document"))),
        issuer=visible(stated.accredited_name or stated.claimed_name or "", limit=300) or None,
        is_accredited=stated.accredited_name is not None,
        learner=visible(stated.learner, limit=300) if stated.learner else None,
        digest=visible(stated.digest, limit=100) if stated.digest else None,
        block=f"{block.number:,}, {visible(block.time, limit=40)}" if block else None,
        now=(today.verdict.value, gettext(WORDS[today.verdict])) if today is not None else None,
    )


def _said_then(stated: Stated) -> str:
    """Why the verdict was what it was: in English as the receipt says it, else the sentence of its code."""
    message = visible(stated.message)
    if stated.verdict == UNREADABLE:
        return sentence_of_unreadable(stated.code, message)
    if visit().language == DEFAULT_LANGUAGE:
        return sentence(message)
    decisive = next((check.id for check in stated.checks if check.code == stated.code), "")
    return sentence_of_code(stated.code, decisive) or sentence(message)


def _with_parts(reports: Sequence[VerificationReport]) -> list[VerificationReport]:
    return [one for report in reports for one in (report, *_with_parts(report.components))]
