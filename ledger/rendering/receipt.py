"""Verification receipts as PDF/A-3: what was found, in words, with the signed receipt attached byte for byte.

What it says comes from a receipt whose signature the caller has made or found good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from ledger.receipts.reading import Receipt, Stated
from ledger.receipts.writing import STATEMENT, UNREADABLE
from ledger.rendering.content import Line, Mark
from ledger.rendering.qr import qr_svg
from ledger.rendering.sayings import Saying, Sayings
from ledger.rendering.typesetter import set_pdf
from ledger.rendering.wording import ENGLISH, NETWORKS

FILE_NAME = "receipt.json"
MAX_SET = 600
"""Rows of a table that are set; the attached receipt has them all."""

VERDICTS: Mapping[str, str] = {
    "valid": "Valid",
    "invalid": "Not valid",
    "indeterminate": "Could not check",
    UNREADABLE: "Could not be read",
}
OUTCOMES: Mapping[str, str] = {
    "valid": "passed",
    "invalid": "failed",
    "indeterminate": "could not be checked",
    "skipped": "did not run",
}
CHECKS: Mapping[str, str] = {
    "structure": "Readable document",
    "schema": "Published standard",
    "signature": "Signature",
    "inclusion": "Place in its batch",
    "anchor": "Anchor in the registry",
    "issuer": "Issuer",
    "key": "Signing key",
    "status": "Revocation",
    "period": "Period",
    "stack": "What it rests on",
    "holder": "Holder",
}
KINDS: Mapping[str, str] = {
    "achievement": "Credential",
    "award": "Award",
    "record": "Learning record",
    "endorsement": "Endorsement",
}
NO_WORD_AGAINST = (
    "“Could not check” says that the question could not be answered. It is no word against the credential."
)
ANY_ISSUER = Mark("ANY ISSUER ACCEPTED", "As was asked, this check accepted any issuer: nobody was asked who it is.")
VERIFY = (
    "The signed receipt is attached to this PDF as {name}; paper proves nothing, that file does. Check it at {site} or "
    "with the command “cairn verify-receipt”, which needs no more than the public key that {did} publishes."
)


@dataclass(frozen=True)
class Row:
    """One document of several, or one inside another."""

    title: Saying
    issuer: Saying
    verdict: str
    outcome: str
    message: Saying


def receipt_pdf(receipt: Receipt, document: bytes) -> bytes:
    """The receipt on paper. `document` is the signed receipt, attached as it is. The same two give the same bytes.

    Raises Conflict `form_unsettable` for one that cannot be set.
    """
    sayings = Sayings()
    single = receipt.documents[0] if len(receipt.documents) == 1 else None
    rows = receipt.documents if single is None else single.components
    data: dict[str, object] = {
        "heading": "Verification receipt",
        "words": dict(ENGLISH),
        "outcome": single.verdict if single else "several",
        "verdict": VERDICTS[single.verdict] if single else f"{len(rows)} documents were checked",
        "message": sayings.say(single.message if single else _tally(receipt)),
        "facts": [asdict(line) for line in (_facts(single, sayings) if single else ())],
        "checks": [
            {
                "title": CHECKS.get(check.id, check.id),
                "outcome": check.outcome,
                "word": OUTCOMES[check.outcome],
                "said": sayings.say(check.message),
                "code": sayings.say(check.code),
            }
            for check in (single.checks if single else ())
        ],
        "rows_title": "What is inside" if single else "What was checked",
        "rows": [asdict(_row(one, sayings)) for one in rows[:MAX_SET]],
        "left_out": max(0, len(rows) - MAX_SET),
        "about": [asdict(line) for line in _about(receipt, sayings)],
        "marks": [asdict(mark) for mark in _marks(receipt)],
        "notes": list(_notes(receipt)),
        "verify": sayings.say(VERIFY.format(name=FILE_NAME, site=receipt.site, did=receipt.publisher_did)),
        "qr": qr_svg(receipt.site).decode(),
        "address": receipt.site,
        "file": {"name": FILE_NAME, "type": "application/json", "description": "Verification receipt, signed"},
        "pdf": {
            "title": f"Verification receipt, {receipt.checked_at:%Y-%m-%d}",
            "author": sayings.say(receipt.publisher_name)["text"],
            "keywords": ["Verification receipt"],
            "description": STATEMENT,
        },
    }
    data["undrawn"] = list(sayings.missing)
    return set_pdf("receipt.typ", data, document=document.decode(), made_at=int(receipt.checked_at.timestamp()))


def _facts(stated: Stated, sayings: Sayings) -> Iterator[Line]:
    """What was checked, and where the proof of it stands."""
    pairs = [
        ("Kind", KINDS.get(stated.kind or "")),
        ("Title", stated.title),
        ("Learner", stated.learner),
        ("Institution", stated.accredited_name or _claimed(stated)),
        ("Issuer (DID)", stated.did),
        ("File", stated.name),
        ("As of", stated.as_of),
    ]
    chain = stated.chain
    if chain is not None:
        pairs += [("Network", f"{chain.network_name} (chain {chain.chain_id})"), ("Anchored", chain.anchored_at)]
    yield from (Line(label, sayings.say(value)) for label, value in pairs if value)
    exact = [("Identifier", stated.id), ("Fingerprint", stated.digest), ("Registry", chain.registry if chain else None)]
    if chain is not None and chain.block is not None:
        exact += [("Block", f"{chain.block.number}, {chain.block.time}"), ("Block hash", chain.block.hash)]
    yield from (Line(label, sayings.spell(value)) for label, value in exact if value)


def _about(receipt: Receipt, sayings: Sayings) -> Iterator[Line]:
    """Whose receipt it is, and when and with what it was made."""
    pairs = [
        ("Checked at", f"{receipt.checked_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("By", receipt.publisher_name),
        ("Software", receipt.software),
    ]
    yield from (Line(label, sayings.say(value)) for label, value in pairs)
    yield from (
        Line(label, sayings.spell(value))
        for label, value in (("Signed by", receipt.publisher_did), ("Receipt", receipt.id))
    )


def _claimed(stated: Stated) -> str | None:
    return f"“{stated.claimed_name}”, as the document itself says; nobody confirmed it" if stated.claimed_name else None


def _row(stated: Stated, sayings: Sayings) -> Row:
    return Row(
        title=sayings.say(" · ".join(filter(None, (stated.name, stated.title, stated.learner))) or stated.id or "—"),
        issuer=sayings.say(stated.accredited_name or _claimed(stated) or "—"),
        verdict=VERDICTS[stated.verdict],
        outcome=stated.verdict,
        message=sayings.say(stated.message),
    )


def _tally(receipt: Receipt) -> str:
    found = [stated.verdict for stated in receipt.documents]
    return ", ".join(
        f"{VERDICTS[word].lower()}: {found.count(word)}" for word in VERDICTS if word in found
    ).capitalize()


def _marks(receipt: Receipt) -> Iterator[Mark]:
    networks = dict.fromkeys(stated.chain.network for stated in receipt.documents if stated.chain)
    yield from (Mark(*NETWORKS[network]) for network in networks if network in NETWORKS)
    if receipt.any_issuer:
        yield ANY_ISSUER


def _notes(receipt: Receipt) -> Iterator[str]:
    yield STATEMENT
    if any(stated.verdict == "indeterminate" for stated in receipt.documents):
        yield NO_WORD_AGAINST
    for stated in receipt.documents:
        yield from (f"Since then: {text}" for text in stated.since)
