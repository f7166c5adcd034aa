"""Recognition decisions: "this credential counts for 15 credits at level 8 in our PG Cert", as one value.

A decision is an Open Badges 3.0 `EndorsementCredential` of the institution that decided, and what it decided stands in
it for machines too: an entry of `relatedResource` whose `id` is a `data:` URL (RFC 2397) of canonical JSON, and whose
`digestMultibase` is the digest of those bytes. The signature covers both, and nothing need be fetched.

    {"recognition": 1, "credits": 15, "framework": "NZQCF", "level": 8, "levelFramework": "NZQCF",
     "pathway": "https://…/pathways/pg-cert/1", "achievement": "https://…/achievements/digital-skills"}

Any member but the first may be left out, not all three of `credits`, `level` and `achievement`. The credential, and the
pathway where one is named, are entries of `relatedResource` as well, and bound by their digests there. In words, the
decision is the `endorsementComment`, so that any wallet shows it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from ledger.documents.canonical import canonicalize, digest, digest_multibase, parse_digest_multibase
from ledger.documents.code_lists import CREDIT_FRAMEWORKS
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, PATHWAY_MEDIA_TYPE, IssuerProfile, related_resource
from ledger.documents.endorsement import Endorsed, build_endorsement
from ledger.documents.fields import Fields
from ledger.documents.strict_json import JsonObject, Limits, parse
from ledger.documents.text import URL_LIMIT
from ledger.errors import MalformedDocument, Problem

DATA_URL = "data:application/json;base64,"
MIN_CREDITS, MAX_CREDITS = 0.1, 1_000
MAX_LEVEL = 20
_MEDIA_TYPE = "application/json"
_VERSION = 1
_FRAMEWORK_LIMIT = 32
_LIMITS = Limits(max_bytes=6 * 1024, depth=1, keys=7, items=1, string=URL_LIMIT, values=7)


@dataclass(frozen=True)
class Recognition:
    """The institution `recogniser_did` counts the credential (id, digest) for `credits` of `framework` at `level`.

    `achievement_id` is what the credential stands for in the pathway `pathway_id`; None where the decision does not
    say. The endorsement that says so is valid from `valid_from` to `valid_until`, both included. Digests have 32 bytes.
    """

    recogniser_did: str
    credential_id: str
    credential_digest: bytes
    credits: float | None
    framework: str | None
    level: int | None
    level_framework: str | None
    pathway_id: str | None
    achievement_id: str | None
    endorsement_id: str
    endorsement_digest: bytes
    valid_from: date
    valid_until: date | None
    pathway_digest: bytes | None = None


@dataclass(frozen=True)
class Decision:
    """What is decided, without of what and by whom: the part that stands in the `data:` URL."""

    credits: float | None = None
    framework: str | None = None
    level: int | None = None
    level_framework: str | None = None
    pathway_id: str | None = None
    achievement_id: str | None = None

    def resource(self) -> JsonObject:
        """The entry of `relatedResource` that says it for machines."""
        members: JsonObject = {
            "credits": self.credits,
            "framework": self.framework,
            "level": self.level,
            "levelFramework": self.level_framework,
            "pathway": self.pathway_id,
            "achievement": self.achievement_id,
        }
        said: JsonObject = {"recognition": _VERSION}
        content = canonicalize(said | {name: value for name, value in members.items() if value is not None})
        return {
            "id": DATA_URL + base64.b64encode(content).decode(),
            "mediaType": _MEDIA_TYPE,
            "digestMultibase": digest_multibase(sha256(content).digest()),
        }


def build_recognition(
    *,
    issuer: IssuerProfile,
    endorsed: Endorsed,
    decision: Decision,
    pathway_digest: bytes | None,
    comment: str,
    decided_on: date,
    status_index: int,
    endorsement_id: str,
    valid_until: date | None = None,
) -> JsonObject:
    """The endorsement by which `issuer` decides so of a credential, ready to be secured.

    Raises ValueError for what has no digest: a decision is on one version of one credential, and on one of a pathway.
    """
    if endorsed.digest is None or (decision.pathway_id is None) != (pathway_digest is None):
        raise ValueError("a decision binds by digest what it speaks of")
    named: list[JsonObject] = []
    if decision.pathway_id is not None and pathway_digest is not None:
        named.append(related_resource(decision.pathway_id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway_digest))
    return build_endorsement(
        issuer=issuer,
        endorsed=endorsed,
        comment=comment,
        endorsed_on=decided_on,
        status_index=status_index,
        endorsement_id=endorsement_id,
        valid_until=valid_until,
        name=f"Recognition of {endorsed.name}",
        related=(*named, decision.resource()),
    )


def in_words(decided: Decision | Recognition, *, achievement: str | None = None, pathway: str | None = None) -> str:
    """What is decided, as the end of a sentence: `counts for 15 NZQCF credits at NZQCF level 8, as …, in …`.

    `achievement` and `pathway` are what to call these two; without them, their ids do.
    """
    parts = []
    if decided.credits is not None and decided.framework is not None:
        known = CREDIT_FRAMEWORKS.get(decided.framework)
        unit = known.unit if known else f"{decided.framework} credit"
        parts.append(f" for {decided.credits:g} {unit}{'' if decided.credits == 1 else 's'}")
    if decided.level is not None:
        parts.append(f" at {decided.level_framework} level {decided.level}")
    if decided.achievement_id is not None:
        parts.append(f"{',' if parts else ''} as {achievement or decided.achievement_id}")
    if decided.pathway_id is not None:
        parts.append(f"{',' if parts else ''} in the pathway {pathway or decided.pathway_id}")
    return "counts" + "".join(parts)


def is_recognition(document: JsonObject) -> bool:
    """Whether the document is an endorsement that says what it decided for machines too, readable or not."""
    types = document.get("type")
    named = types if isinstance(types, list) else [types]
    return "EndorsementCredential" in named and any(_is_data(entry) for entry in _related(document))


def read_recognition(document: JsonObject) -> Recognition | None:
    """What the document decides; None for one that decides nothing, or that cannot be read. Never raises."""
    try:
        return parse_recognition(document) if is_recognition(document) else None
    except MalformedDocument:
        return None


def parse_recognition(document: JsonObject) -> Recognition:
    """What a document of which `is_recognition` holds decides. Raises MalformedDocument `recognition_malformed`."""
    decision = _decision(document)
    subject, issuer = document.get("credentialSubject"), document.get("issuer")
    credential_id = subject.get("id") if isinstance(subject, dict) else None
    recogniser = issuer.get("id") if isinstance(issuer, dict) else issuer
    endorsement_id, first_day = document.get("id"), _day(document, "validFrom")
    if not (isinstance(credential_id, str) and isinstance(recogniser, str) and isinstance(endorsement_id, str)):
        raise _malformed("it does not say who recognises which credential")
    if first_day is None:
        raise _malformed("it has no first day")
    pathway_id = decision.pathway_id
    return Recognition(
        recogniser_did=recogniser,
        credential_id=credential_id,
        credential_digest=_digest_of(document, credential_id, CREDENTIAL_MEDIA_TYPE),
        credits=decision.credits,
        framework=decision.framework,
        level=decision.level,
        level_framework=decision.level_framework,
        pathway_id=pathway_id,
        achievement_id=decision.achievement_id,
        endorsement_id=endorsement_id,
        endorsement_digest=digest(document),
        valid_from=first_day,
        valid_until=_day(document, "validUntil"),
        pathway_digest=None if pathway_id is None else _digest_of(document, pathway_id, PATHWAY_MEDIA_TYPE),
    )


def _decision(document: JsonObject) -> Decision:
    """The one decision of the document, read out of its `data:` URL."""
    entries = [entry for entry in _related(document) if _is_data(entry)]
    if len(entries) != 1:
        raise _malformed("it holds more than one decision")
    address = str(entries[0]["id"])
    try:
        content = base64.b64decode(address.removeprefix(DATA_URL), validate=True)
        said = parse(content, _LIMITS)
    except (MalformedDocument, binascii.Error, ValueError):
        raise _malformed("what it says for machines is not JSON in base64") from None
    if _bytes_of(entries[0]) != sha256(content).digest():
        raise _malformed("what it says for machines does not have the digest that it names")
    problems: list[Problem] = []
    fields = Fields(said, "", problems)
    fields.integer("recognition", low=_VERSION, high=_VERSION)
    decision = Decision(
        credits=fields.number("credits", low=MIN_CREDITS, high=MAX_CREDITS) if fields.has("credits") else None,
        framework=fields.optional_text("framework", limit=_FRAMEWORK_LIMIT),
        level=fields.integer("level", low=1, high=MAX_LEVEL) if fields.has("level") else None,
        level_framework=fields.optional_text("levelFramework", limit=_FRAMEWORK_LIMIT),
        pathway_id=fields.optional_text("pathway", limit=URL_LIMIT),
        achievement_id=fields.optional_text("achievement", limit=URL_LIMIT),
    )
    fields.close()
    if problems:
        raise _malformed(f"what it says for machines cannot be read: {problems[0]}")
    if (decision.credits is None) != (decision.framework is None):
        raise _malformed("credits and their framework go together")
    if (decision.level is None) != (decision.level_framework is None):
        raise _malformed("a level and its framework go together")
    if decision.credits is None and decision.level is None and decision.achievement_id is None:
        raise _malformed("it decides nothing")
    return decision


def _digest_of(document: JsonObject, identifier: str, media_type: str) -> bytes:
    """The digest by which the document binds what it names by this id."""
    found = [
        _bytes_of(entry)
        for entry in _related(document)
        if entry.get("id") == identifier and entry.get("mediaType") == media_type
    ]
    if len(found) != 1:
        raise _malformed("it does not bind by digest what it names")
    return found[0]


def _bytes_of(entry: JsonObject) -> bytes:
    text = entry.get("digestMultibase")
    try:
        return parse_digest_multibase(text if isinstance(text, str) else "")
    except MalformedDocument:
        raise _malformed("a digest in it cannot be read") from None


def _day(document: JsonObject, name: str) -> date | None:
    moment = document.get(name)
    if moment is None:
        return None
    try:
        return parse_date_time_stamp(moment if isinstance(moment, str) else "").date()
    except MalformedDocument:
        raise _malformed("its period cannot be read") from None


def _related(document: JsonObject) -> list[JsonObject]:
    related = document.get("relatedResource")
    entries = related if isinstance(related, list) else [related]
    return [entry for entry in entries if isinstance(entry, dict)]


def _is_data(entry: JsonObject) -> bool:
    identifier = entry.get("id")
    return isinstance(identifier, str) and identifier.startswith(DATA_URL)


def _malformed(why: str) -> MalformedDocument:
    return MalformedDocument("recognition_malformed", f"the recognition decision cannot be used: {why}")
