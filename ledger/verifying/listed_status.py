"""Check 8 for a document off the ledger: what the status lists that it names say of it.

A document names one list or several, each for a purpose (W3C Bitstring Status List 1.0, and the drafts of 2021 before
it). A list counts only if we have it, it is what the document says, and the document's own issuer signed it and keeps
it in force. What can't be read or relied on leaves the status unknown: it makes a document neither valid nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.proofs.status_list import StatusEntry, parse_entry, read_entry
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Consulted, Outcome
from ledger.verifying.structure import issuer_did

MAX_ENTRIES = 8
"""Status entries of one document."""

_WITHDRAWING = {
    "revocation": ("revoked", "The issuer has revoked this document, as its status list says."),
    "suspension": (
        "suspended",
        "The issuer has suspended this document for the time being, as its status list says.",
    ),
}
_REMARKS = frozenset({"refresh", "message"})
"""Purposes that do not touch whether a document holds."""

_NOT_GIVEN = (
    "Whether the document was revoked is not known: its status list was neither given nor fetched for this check."
)
_UNKNOWN_KIND = "Whether the document was revoked is not known: it names a kind of status that Cairn does not read."
_UNUSABLE = "Whether the document was revoked is not known: its status list can't be relied on."
_UNKNOWN_PURPOSE = "Its status list says something of the document that Cairn does not know the meaning of."
_NO_HISTORY = "What its status was on that date is not known: its list says how things are now, and not since when."
_SHOWN = 200


@dataclass(frozen=True)
class PublishedList:
    """A list as it was found. `fault` says why it can't be relied on, in a word, if it can't.

    `speaks_of` is there where a moment of the past counts: whether the list was in force `then` and says itself until
    when, `then and now`, as it names no end, or only `now`.
    """

    document: JsonObject
    consulted: Consulted
    fault: str | None = None
    speaks_of: Literal["then", "then and now", "now"] | None = None


Lists = Callable[[str], "PublishedList | Unknown | None"]
"""The list at an address, or why there is none; None if it was not given and may not be fetched."""


@dataclass(frozen=True)
class Finding:
    """What one entry came to."""

    outcome: Outcome
    code: str
    message: str
    evidence: JsonObject


def check_listed_status(document: JsonObject, lists: Lists) -> Check:
    """Check 8 for a document without an anchor.

    Codes: invalid `revoked`, `suspended`; indeterminate `status_unknown` (the list is not here, or of a kind that we
    don't read), `status_unusable` (it can't be relied on; evidence `fault` says why), `status_purpose_unknown`,
    `no_history` (as of a date that the list does not speak of).
    """
    value = document.get("credentialStatus")
    if value is None or value == []:
        return Check("status", Outcome.SKIPPED, "not_needed", "The document names no place where it could be revoked.")
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_ENTRIES:
        evidence: dict[str, JsonValue] = {"fault": "too many entries"}
        return Check("status", Outcome.INDETERMINATE, "status_unusable", _UNUSABLE, evidence)
    findings = [_entry(document, entry, lists) for entry in entries]
    worst = next((f for f in _by_weight(findings)), findings[0])
    shown: list[JsonValue] = [finding.evidence | {"code": finding.code} for finding in findings]
    return Check("status", worst.outcome, worst.code, worst.message, {"lists": shown})


def _by_weight(findings: list[Finding]) -> Iterator[Finding]:
    """What proves the document withdrawn first, then what leaves the question open, then the rest."""
    for outcome in (Outcome.INVALID, Outcome.INDETERMINATE, Outcome.VALID):
        yield from (finding for finding in findings if finding.outcome is outcome)


def _entry(document: JsonObject, value: JsonValue, lists: Lists) -> Finding:
    """What one entry of `credentialStatus` comes to."""
    if not isinstance(value, dict):
        return Finding(Outcome.INDETERMINATE, "status_unknown", _UNKNOWN_KIND, {})
    kind = value.get("type")
    evidence: JsonObject = {"type": visible(kind, limit=_SHOWN)} if isinstance(kind, str) else {}
    try:
        entry = parse_entry(value)
    except MalformedDocument as error:
        return Finding(Outcome.INDETERMINATE, "status_unusable", _UNUSABLE, evidence | {"fault": error.code})
    if entry is None:
        return Finding(Outcome.INDETERMINATE, "status_unknown", _UNKNOWN_KIND, evidence)
    evidence |= {"purpose": visible(entry.purpose, limit=_SHOWN), "url": visible(entry.url, limit=_SHOWN)}
    found = lists(entry.url)
    if not isinstance(found, PublishedList):
        why: JsonObject = {} if found is None else {"why": found.code}
        return Finding(Outcome.INDETERMINATE, "status_unknown", _NOT_GIVEN, evidence | why)
    evidence["how"] = found.consulted.how
    try:
        fault = found.fault or _mismatch(document, entry, found.document)
        status = read_entry(found.document, entry) if fault is None else 0
    except MalformedDocument as error:
        fault, status = error.code, 0
    if fault is not None:
        return Finding(Outcome.INDETERMINATE, "status_unusable", _UNUSABLE, evidence | {"fault": fault})
    finding = _meaning(entry, status, evidence)
    return finding if found.speaks_of is None else _of_then(finding, entry, status, found.speaks_of)


def _of_then(finding: Finding, entry: StatusEntry, status: int, speaks_of: str) -> Finding:
    """What an entry comes to for a moment of the past. What is not revoked by now never was; all else can have changed
    between that moment and the list."""
    if speaks_of == "then" or finding.outcome is Outcome.INDETERMINATE:
        return finding
    if not status and (entry.purpose == "revocation" or speaks_of == "then and now"):
        return finding
    return Finding(Outcome.INDETERMINATE, "no_history", _NO_HISTORY, finding.evidence)


def _meaning(entry: StatusEntry, status: int, evidence: JsonObject) -> Finding:
    evidence = evidence | ({"set": bool(status)} if entry.size == 1 else {"value": status})
    if status and entry.purpose in _WITHDRAWING:
        return Finding(Outcome.INVALID, *_WITHDRAWING[entry.purpose], evidence)
    if status and entry.purpose not in _REMARKS:
        return Finding(Outcome.INDETERMINATE, "status_purpose_unknown", _UNKNOWN_PURPOSE, evidence)
    message = "The status list of the document does not show it as revoked or suspended."
    return Finding(Outcome.VALID, "ok", message, evidence)


def _mismatch(document: JsonObject, entry: StatusEntry, published: JsonObject) -> str | None:
    """Why a list is not the one that the document speaks of."""
    if issuer_did(published) != issuer_did(document):
        return "other_issuer"
    return "other_address" if published.get("id") != entry.url else None
