"""Checks 1 and 2: is this a document whose every member means one thing, and does it fit its published schema?

What is refused here would let one document be read in two ways: contexts that we don't know or that stand in another
order, contexts inside the document, member names that are IRIs or JSON-LD keywords, several issuers. Unknown members of
a plain name are kept: the digest covers them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from ledger.documents.contexts import CONTEXTS, CREDENTIALS_V1, CREDENTIALS_V2
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.anchor_proof import CRYPTOSUITE as ANCHOR_SUITE
from ledger.verifying.data_model import in_version_2, is_version_1
from ledger.verifying.report import Check, Outcome

OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context"
LEARNER_RECORD = "https://purl.imsglobal.org/spec/clr/v2p0/context"

MAX_PROOFS = 16
MAX_STATUS_ENTRIES = 8
_SHOWN_PROBLEMS = 10
_SHOWN_LENGTH = 300

_NAME_WITH_COLON = re.compile(rb':[^":]*+":')


class Kind(StrEnum):
    """What a document is, by its `type`. `OTHER` is a credential that Cairn has no schema for."""

    CREDENTIAL = "credential"
    ENDORSEMENT = "endorsement"
    RECORD = "record"
    OTHER = "other"


_KINDS = {
    "AchievementCredential": Kind.CREDENTIAL,
    "OpenBadgeCredential": Kind.CREDENTIAL,
    "EndorsementCredential": Kind.ENDORSEMENT,
    "ClrCredential": Kind.RECORD,
}

_DATA_MODELS = (CREDENTIALS_V1, CREDENTIALS_V2)
_CONTEXT_ORDER = {
    Kind.CREDENTIAL: (OPEN_BADGES,),
    Kind.ENDORSEMENT: (OPEN_BADGES,),
    Kind.RECORD: (LEARNER_RECORD, OPEN_BADGES),
    Kind.OTHER: (),
}
"""How the contexts begin that follow the one of the data model."""

_SOUND = {
    kind: Check("structure", Outcome.VALID, "ok", "The document is built as it should be.", {"kind": kind.value})
    for kind in Kind
}
_MISPLACED = "The document defines its terms by a vocabulary that is unknown or in the wrong place."
_UNKNOWN = "The document defines its terms by a vocabulary that is unknown here, so Cairn can't judge what it says."
_INLINE = "The document defines terms of its own, so that it can be read in several ways. Cairn can't judge it."
_SEVERAL = "The document speaks of several subjects at once. Cairn judges what speaks of one."
_LEAVES_IT_OPEN = frozenset({"context_inline", "context_unknown", "proof_chained", "subjects_several"})
_FITS_SCHEMA = Check("schema", Outcome.VALID, "ok", "The document follows the published schema for its type.")


def kind_of(document: JsonObject) -> Kind:
    kinds = {_KINDS[name] for name in _strings(document.get("type")) if name in _KINDS}
    return kinds.pop() if len(kinds) == 1 else Kind.OTHER


def issuer_did(document: JsonObject) -> str | None:
    """The id of the issuer, given alone or in a profile."""
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    return did if isinstance(did, str) else None


def nested_credentials(document: JsonObject) -> list[JsonValue]:
    """What a record holds, as it stands there."""
    subject = document.get("credentialSubject")
    nested = subject.get("verifiableCredential") if isinstance(subject, dict) else None
    return nested if isinstance(nested, list) else []


def proofs_of(document: JsonObject) -> list[JsonObject]:
    """The proofs of a document whose structure is valid."""
    proof = document.get("proof", [])
    return [entry for entry in (proof if isinstance(proof, list) else [proof]) if isinstance(entry, dict)]


def is_anchor(proof: JsonObject) -> bool:
    """Whether this is a proof of Cairn's that names a place on a ledger, well-formed or not."""
    return (proof.get("type"), proof.get("cryptosuite")) == ("DataIntegrityProof", ANCHOR_SUITE)


def check_structure(document: JsonObject, kind: Kind, canonical: bytes) -> Check:
    """Check 1. `canonical` is the canonical form of the document without its proof.

    Codes: `structure_invalid`, `context_untrusted`, `member_untrusted`; indeterminate `context_inline`,
    `context_unknown`, `proof_chained`, `subjects_several`.
    """
    left_open: Check | None = None
    for code, message in _problems(document, kind, canonical):
        if code not in _LEAVES_IT_OPEN:
            return Check("structure", Outcome.INVALID, code, message)
        left_open = left_open or Check("structure", Outcome.INDETERMINATE, code, message)
    return left_open or _SOUND[kind]


def check_schema(document: JsonObject, kind: Kind) -> Check:
    """Check 2: the JSON Schema that 1EdTech publishes for this type. Codes: `schema_invalid`, `schema_unknown`.

    A document of version 1.1 of the data model is compared under the names of 2.0.
    """
    if kind is Kind.OTHER:
        return Check(
            "schema",
            Outcome.INDETERMINATE,
            "schema_unknown",
            "This is a kind of credential that Cairn has no schema for, so it can't be judged.",
            {"types": [name[:_SHOWN_LENGTH] for name in _strings(document.get("type"))[:_SHOWN_PROBLEMS]]},
        )
    held = _objects(nested_credentials(document)) if kind is Kind.RECORD else []
    older = is_version_1(document) or any(is_version_1(entry) for entry in held)
    variants = _with_one_status_each(in_version_2(document) if older else document)
    problems = [problem for variant in variants for problem in schema_problems(variant)]
    if problems:
        shown: list[JsonValue] = [problem[:_SHOWN_LENGTH] for problem in problems[:_SHOWN_PROBLEMS]]
        message = "The document does not follow the published schema for its type."
        return Check("schema", Outcome.INVALID, "schema_invalid", message, {"problems": shown, "count": len(problems)})
    return _FITS_SCHEMA


def _with_one_status_each(document: JsonObject) -> list[JsonObject]:
    """The document with each of its status entries alone: VCDM 2.0 (4.10) has several, the schemas of 1EdTech one."""
    entries = document.get("credentialStatus")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_STATUS_ENTRIES:
        return [document]
    return [document | {"credentialStatus": entry} for entry in entries]


def _problems(document: JsonObject, kind: Kind, canonical: bytes) -> Iterator[tuple[str, str]]:
    types = _strings(document.get("type"))
    if "VerifiableCredential" not in types:
        yield "structure_invalid", "This is not a credential: its type does not say VerifiableCredential."
    if kind is Kind.OTHER and any(name in _KINDS for name in types):
        yield "structure_invalid", "The document claims to be several kinds of credential at once."
    if not _contexts_are_trusted(document.get("@context"), kind):
        yield _context_problem(document, kind)
    if not issuer_did(document):
        yield "structure_invalid", "The document does not name exactly one issuer."
    yield from _subject_problems(document.get("credentialSubject"), kind)
    if kind is Kind.RECORD:
        nested = nested_credentials(document)
        if not nested or not all(isinstance(entry, dict) for entry in nested):
            yield "structure_invalid", "The record holds no credentials, or something that is not a credential."
    yield from _proof_problems(document)
    if code := _untrusted_member(document, canonical, kind):
        yield code, "A part of the document has a name or a vocabulary that would let it be read in two ways."


def _subject_problems(subject: JsonValue, kind: Kind) -> Iterator[tuple[str, str]]:
    """VCDM 2.0 (4.8) allows several subjects, Open Badges 3.0 and CLR 2.0 one: elsewhere several are no fault."""
    if isinstance(subject, dict):
        return
    if kind is Kind.OTHER and isinstance(subject, list) and subject and all(isinstance(one, dict) for one in subject):
        yield "subjects_several", _SEVERAL
    else:
        yield "structure_invalid", "The document does not say about whom it speaks, or about several at once."


def _proof_problems(document: JsonObject) -> Iterator[tuple[str, str]]:
    proof = document.get("proof", [])
    entries = proof if isinstance(proof, list) else [proof]
    if not all(isinstance(entry, dict) for entry in entries):
        yield "structure_invalid", "The proof of the document is not built as it should be."
    elif len(entries) > MAX_PROOFS:
        yield "structure_invalid", f"The document carries more than {MAX_PROOFS} proofs."
    elif any("previousProof" in entry for entry in proofs_of(document)):
        yield "proof_chained", "The proofs of the document are chained, which Cairn does not read."


def _contexts_are_trusted(context: JsonValue, kind: Kind) -> bool:
    """Known URLs only, none twice, the first ones in the order that the kind of document demands."""
    urls = tuple(_strings(context))
    if not isinstance(context, list) or len(urls) != len(context) or any(url not in CONTEXTS for url in urls):
        return False
    return _are_in_order(urls, kind)


@lru_cache(maxsize=256)
def _are_in_order(urls: tuple[str, ...], kind: Kind) -> bool:
    if not urls or urls[0] not in _DATA_MODELS or any(url in _DATA_MODELS for url in urls[1:]):
        return False
    order = _CONTEXT_ORDER[kind]
    begins_well = len(urls) > len(order) and all(
        url.startswith(start) for url, start in zip(urls[1:], order, strict=False)
    )
    return begins_well and len(set(urls)) == len(urls)


def _context_problem(document: JsonObject, kind: Kind) -> tuple[str, str]:
    """What is wrong with contexts that are not trusted.

    What Cairn anchors uses contexts that it knows. Others use what they like, and Blockcerts define terms by habit:
    that is no sign of a forgery, but whoever holds such a document may rename its members without a trace.
    """
    context = document.get("@context")
    if isinstance(context, list) and not any(is_anchor(proof) for proof in proofs_of(document)):
        known = tuple(entry for entry in context if isinstance(entry, str) and entry in CONTEXTS)
        others = [entry for entry in context if not isinstance(entry, str) or entry not in CONTEXTS]
        if others and known[:1] == tuple(context[:1]):
            if all(isinstance(entry, dict) for entry in others) and _are_in_order(known, kind):
                return "context_inline", _INLINE
            if all(isinstance(entry, str | dict) for entry in others) and _are_in_order(known, Kind.OTHER):
                return "context_unknown", _UNKNOWN
    return "context_untrusted", _MISPLACED


def _untrusted_member(document: JsonObject, canonical: bytes, kind: Kind) -> str | None:
    """The code for the first member that JSON-LD would read in another way than its name says, or None.

    What a record holds is left out: each credential in it is examined by itself. So are the proofs: those that count
    have a fixed set of members.
    """
    if kind is not Kind.RECORD and _names_are_plain(canonical):
        return None
    held_apart = {"@context", "proof", "credentialSubject"} if kind is Kind.RECORD else {"@context", "proof"}
    members = [(name, value) for name, value in document.items() if name not in held_apart]
    subject = document["credentialSubject"]
    if kind is Kind.RECORD and isinstance(subject, dict):
        members += [(name, value) for name, value in subject.items() if name != "verifiableCredential"]
    return _first_untrusted(members)


def _names_are_plain(canonical: bytes) -> bool:
    """Whether no name in a canonical document has a colon in it or begins with `@`, but for one `@context`.

    False also where that is not clear: some strings look like names. Ten times faster than a walk.
    """
    if b'\\"' in canonical:
        canonical = canonical.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    return (
        canonical.count(b'"@') == 1 and canonical.count(b'"@context":') == 1 and not _NAME_WITH_COLON.search(canonical)
    )


def _first_untrusted(pending: list[tuple[str, JsonValue]]) -> str | None:
    while pending:
        name, value = pending.pop()
        if ":" in name or name[:1] == "@":
            return "member_untrusted"
        for item in value if type(value) is list else (value,):
            if type(item) is dict:
                members = item
                if "@context" in item:
                    if name not in ("proof", "endorsement") or not _contexts_are_trusted(item["@context"], Kind.OTHER):
                        return "context_untrusted"
                    members = {key: entry for key, entry in item.items() if key != "@context"}
                pending.extend(members.items())
            elif type(item) is list:
                pending.append((name, item))
    return None


def _objects(values: list[JsonValue]) -> list[JsonObject]:
    return [value for value in values if isinstance(value, dict)]


def _strings(value: JsonValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []
