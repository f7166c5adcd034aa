"""What a receipt says of a check: taken from the reports, with nothing of a document but what names it.

A receipt is JSON of our own, without any JSON-LD context: it is no credential, and says what held when it was made.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.documents.codecs import format_timestamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.verifying.report import Outcome, VerificationReport, shown_bytes, shown_time

TYPE = "VerificationReceipt"
VERSION = 1
STATEMENT = (
    "This receipt says what the check found at the time that it names, and nothing about any other time. "
    "Whoever needs to know what holds now checks the document again."
)
UNREADABLE = "unreadable"
PERSONAL = frozenset({"learner", "name"})
"""Members of an entry that may say who the learner is: left out unless somebody asks for them."""


@dataclass(frozen=True)
class Publisher:
    """Whose receipt it is: the DID whose document lists the key, and the name and place in a registry of its owner."""

    did: str
    name: str
    registry: str
    issuer_id: bytes

    def to_dict(self) -> JsonObject:
        return {
            "id": self.did,
            "name": self.name,
            "registry": self.registry,
            "issuer_id": shown_bytes(self.issuer_id),
        }


@dataclass(frozen=True)
class Terms:
    """By which rules a check was made: CAIP-10 names of the registries and accounts of the accreditors that counted."""

    registries: tuple[str, ...]
    accreditors: tuple[bytes, ...]
    any_issuer: bool = False
    fetch: bool = False

    def to_dict(self) -> JsonObject:
        return {
            "registries": list(self.registries),
            "accreditors": [shown_bytes(account) for account in self.accreditors],
            "any_issuer": self.any_issuer,
            "fetch": self.fetch,
        }


def receipt_of(
    entries: Sequence[JsonObject],
    *,
    publisher: Publisher,
    site: str,
    terms: Terms,
    software: str,
    checked_at: datetime,
    personal: bool,
) -> JsonObject:
    """A receipt that nobody has signed yet. `entries` are of `entry_of` and `unread_entry`.

    `site` is the address where it can be checked. Without `personal`, what may say who the learner is is left out.
    """
    listed = [entry if personal else _without(entry, PERSONAL) for entry in entries]
    return {
        "type": TYPE,
        "version": VERSION,
        "id": f"urn:uuid:{uuid.uuid4()}",
        "issuer": publisher.to_dict(),
        "site": site,
        "software": software,
        "checked_at": format_timestamp(checked_at),
        "statement": STATEMENT,
        "policy": terms.to_dict(),
        "tally": tally_of(listed),
        "documents": list(listed),
    }


def entry_of(report: VerificationReport, name: str = "") -> JsonObject:
    """What a receipt says of one document: its digest and names, the verdict, every check, and as of which block.

    `name` is what whoever asked calls the document, as a file's name.
    """
    summary, issuer = report.summary, report.issuer
    entry: JsonObject = {"name": name} if name else {}
    entry |= {
        "digest": shown_bytes(report.digest),
        "id": summary.id if summary else None,
        "kind": ("award" if summary.components else summary.kind) if summary else None,
        "title": _title(report),
        "learner": summary.learner_name if summary else None,
        "issuer": {
            "did": issuer.did,
            "accredited_name": issuer.accredited_name,
            "claimed_name": issuer.claimed_name,
            "accreditor": shown_bytes(issuer.accreditor),
        },
        "verdict": report.verdict.value,
        "code": report.code,
        "message": report.message,
        "withheld": list(report.withheld),
        "checks": [
            {"id": check.id, "outcome": check.outcome.value, "code": check.code, "message": check.message}
            for check in report.checks
        ],
        "chain": _chain(report),
    }
    if report.as_of is not None:
        entry["as_of"] = shown_time(int(report.as_of.timestamp() // 1))
        entry["since"] = [one.to_dict() for one in report.since]
    if report.components:
        entry["components"] = [entry_of(component) for component in report.components]
    return entry


def unread_entry(error: MalformedDocument, name: str = "") -> JsonObject:
    """What a receipt says of a file that could not be read."""
    named: JsonObject = {"name": name} if name else {}
    return named | {"error": {"code": error.code, "message": str(error)}}


def tally_of(entries: Sequence[Mapping[str, JsonValue]]) -> JsonObject:
    """How many documents there are by verdict, and how many could not be read."""
    found = [str(entry.get("verdict", UNREADABLE)) for entry in entries]
    words = (Outcome.VALID.value, Outcome.INVALID.value, Outcome.INDETERMINATE.value, UNREADABLE)
    return {word: found.count(word) for word in words}


def _title(report: VerificationReport) -> str | None:
    """What was earned. A record is called what its owner likes, which may be a person's name: it has none here."""
    summary = report.summary
    if summary is None or summary.kind == "record":
        return None
    return summary.achievement_name or summary.name


def _chain(report: VerificationReport) -> JsonObject | None:
    if report.chain is None:
        return None
    facts = report.chain.to_dict()
    wanted = ("chain_id", "registry", "network", "network_name", "block", "anchored_at")
    return {name: facts[name] for name in wanted}


def _without(entry: JsonObject, members: frozenset[str]) -> JsonObject:
    kept = {name: value for name, value in entry.items() if name not in members}
    inside = kept.get("components")
    if isinstance(inside, list):
        kept["components"] = [_without(one, members) for one in inside if isinstance(one, dict)]
    return kept
