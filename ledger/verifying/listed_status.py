"""Check 8 for a document off the ledger: what the status lists that it names say of it.

A document names one list or several, each for a purpose (W3C Bitstring Status List 1.0, and the drafts of 2021 before
it). A list counts only if we have it, it is what the document says, and the document's own issuer signed it and keeps
it in force. What can't be read or relied on leaves the status unknown: it makes a document neither valid nor false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.text import visible
from ledger.errors import MalformedDocument
from ledger.proofs.status_list import decode_bits
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Consulted, Outcome
from ledger.verifying.structure import issuer_did

MAX_ENTRIES = 8
"""Status entries of one document."""

_LIST_TYPES = {
    "BitstringStatusListEntry": "BitstringStatusListCredential",
    "StatusList2021Entry": "StatusList2021Credential",
}
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
_SHOWN = 200


@dataclass(frozen=True)
class PublishedList:
    """A list as it was found. `fault` says why it can't be relied on, in a word, if it can't."""

    document: JsonObject
    consulted: Consulted
    fault: str | None = None


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
    don't read), `status_unusable` (it can't be relied on; evidence `fault` says why), `status_purpose_unknown`.
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


def _entry(document: JsonObject, entry: JsonValue, lists: Lists) -> Finding:
    """What one entry of `credentialStatus` comes to."""
    kind = entry.get("type") if isinstance(entry, dict) else None
    url = entry.get("statusListCredential") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(kind, str) or kind not in _LIST_TYPES or not isinstance(url, str):
        shown = {"type": visible(kind, limit=_SHOWN)} if isinstance(kind, str) else {}
        return Finding(Outcome.INDETERMINATE, "status_unknown", _UNKNOWN_KIND, {**shown})
    purpose = entry.get("statusPurpose")
    evidence: JsonObject = {
        "type": kind,
        "purpose": visible(purpose, limit=_SHOWN) if isinstance(purpose, str) else None,
        "url": visible(url, limit=_SHOWN),
    }
    found = lists(url)
    if not isinstance(found, PublishedList):
        why: JsonObject = {} if found is None else {"why": found.code}
        return Finding(Outcome.INDETERMINATE, "status_unknown", _NOT_GIVEN, evidence | why)
    evidence["how"] = found.consulted.how
    try:
        fault = found.fault or _mismatch(document, entry, kind, url, found.document)
        is_set = fault is None and _is_set(entry, found.document)
    except MalformedDocument as error:
        fault, is_set = error.code, False
    if fault is not None:
        return Finding(Outcome.INDETERMINATE, "status_unusable", _UNUSABLE, evidence | {"fault": fault})
    return _meaning(str(purpose), is_set, evidence)


def _meaning(purpose: str, is_set: bool, evidence: JsonObject) -> Finding:
    evidence = evidence | {"set": is_set}
    if is_set and purpose in _WITHDRAWING:
        return Finding(Outcome.INVALID, *_WITHDRAWING[purpose], evidence)
    if is_set and purpose not in _REMARKS:
        return Finding(Outcome.INDETERMINATE, "status_purpose_unknown", _UNKNOWN_PURPOSE, evidence)
    message = "The status list of the document does not show it as revoked or suspended."
    return Finding(Outcome.VALID, "ok", message, evidence)


def _mismatch(document: JsonObject, entry: JsonObject, kind: str, url: str, published: JsonObject) -> str | None:
    """Why a list is not the one that the document speaks of."""
    types = published.get("type")
    subject = published.get("credentialSubject")
    purposes = subject.get("statusPurpose") if isinstance(subject, dict) else None
    if _LIST_TYPES[kind] not in (types if isinstance(types, list) else [types]):
        return "wrong_type"
    if issuer_did(published) != issuer_did(document):
        return "other_issuer"
    if published.get("id") != url:
        return "other_address"
    if not isinstance(entry.get("statusPurpose"), str) or entry["statusPurpose"] not in (
        purposes if isinstance(purposes, list) else [purposes]
    ):
        return "other_purpose"
    if entry.get("statusSize", 1) != 1:
        return "status_size"
    return None


def _is_set(entry: JsonObject, published: JsonObject) -> bool:
    """The bit of one entry. Raises MalformedDocument as `decode_bits`, and `status_index_range`."""
    subject = published.get("credentialSubject")
    encoded = subject.get("encodedList") if isinstance(subject, dict) else None
    if not isinstance(encoded, str):
        raise MalformedDocument("status_list_malformed", "the status list holds no list")
    # The drafts of 2021 have no multibase letter before the base64url; gzip's first byte never looks like one.
    bits = decode_bits(encoded if encoded[:1] == "u" else "u" + encoded.rstrip("="))
    index = _index(entry)
    if not 0 <= index < len(bits) * 8:
        raise MalformedDocument("status_index_range", "the status list has no such entry")
    return bool(bits[index >> 3] & 0x80 >> (index & 7))


def _index(entry: JsonObject) -> int:
    """The index, as text or as a number: documents of others have both."""
    index = entry.get("statusListIndex")
    if isinstance(index, str) and index.isascii() and index.isdigit() and len(index) < 12:
        return int(index)
    if isinstance(index, int) and not isinstance(index, bool):
        return index
    raise MalformedDocument("status_index_range", "the document does not say where it stands in its status list")
