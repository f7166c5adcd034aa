"""Builds credentials: W3C Verifiable Credentials 2.0 of the Open Badges 3.0 type `AchievementCredential`, unsecured.

Builders are pure: identifiers, salts and dates come in as arguments. `new_credential_id` and `new_salt` are the one
place that makes them. Everything here validates against 1EdTech's JSON Schema and uses only terms of the two contexts.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.achievement import Achievement, profile, result_id
from ledger.documents.canonical import digest_multibase
from ledger.documents.strict_json import JsonObject, JsonValue

CREDENTIALS_CONTEXT = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CREDENTIAL_MEDIA_TYPE = "application/vc"
PATHWAY_MEDIA_TYPE = "application/json"
ENVELOPE_TYPE = "EnvelopedVerifiableCredential"
JWT_URL = "data:application/vc+jwt,"
"""How the id of an envelope begins that holds a credential as a signed token (VCDM 2.0, 4.13)."""
SUPERSEDES = "http://purl.org/dc/terms/replaces"
"""The type of the related resource that a credential takes the place of (Dublin Core: "supplanted or superseded")."""

REQUIRES = "http://purl.org/dc/terms/requires"
"""The type of the related resource that is a recognition decision by which an award counts a credential (Dublin Core).

Without it, a related credential is one that the award rests on."""

STATUS_LIST_SIZE = 131_072
"""Entries in one published status list: the least that the W3C Bitstring Status List allows."""


@dataclass(frozen=True)
class IssuerProfile:
    """Who issues. `base_url` is where its documents live, without a last slash; `country` is ISO 3166-1 alpha-2."""

    did: str
    name: str
    base_url: str
    url: str | None = None
    country: str | None = None

    def to_dict(self) -> JsonObject:
        """The Open Badges 3.0 `Profile`."""
        return profile(self.did, self.name, url=self.url, country=self.country)


@dataclass(frozen=True)
class Learner:
    """Who has learnt. `learner_id` is the provider's own number for the person, kept as text.

    `did` is an identifier of the learner's own, such as the did:key of a wallet, if there is one.
    """

    name: str
    email: str
    learner_id: str
    did: str | None = None


@dataclass(frozen=True)
class Evidence:
    """What a credential rests on: a page, what it is called, what it shows, and its kind (such as `Portfolio`)."""

    url: str | None = None
    name: str | None = None
    narrative: str | None = None
    genre: str | None = None

    def to_dict(self) -> JsonObject:
        """The Open Badges 3.0 `Evidence`."""
        members = {"name": self.name, "narrative": self.narrative, "genre": self.genre}
        named: JsonObject = {} if self.url is None else {"id": self.url}
        return named | {"type": ["Evidence"]} | {name: text for name, text in members.items() if text is not None}


def new_credential_id() -> str:
    """A `urn:uuid:` of 122 random bits: what makes the digest of a credential impossible to guess."""
    return uuid.UUID(bytes=secrets.token_bytes(16), version=4).urn


def new_salt() -> bytes:
    """128 random bits for the hashed identifiers of one credential."""
    return secrets.token_bytes(16)


def build_credential(
    *,
    issuer: IssuerProfile,
    achievement: Achievement,
    learner: Learner,
    result: str | None,
    awarded_on: date,
    status_index: int,
    credential_id: str,
    salt: bytes,
    valid_until: date | None = None,
    evidence: Sequence[Evidence] = (),
    narrative: str | None = None,
    related: Sequence[JsonObject] = (),
) -> JsonObject:
    """The credential that says that `learner` earned `achievement`, ready to be secured.

    It is valid from the first second (UTC) of `awarded_on` to the last of `valid_until`. `result` must be one that the
    achievement's result description allows. An awarding body of its own, who has assessed on behalf of the issuer, is
    the subject's `source`, and in full the achievement's `creator`. `related` holds entries of `related_resource`: for
    an award its pathway and its components, in order; for a correction that of `superseded_resource`.
    """
    document: JsonObject = {
        "@context": [CREDENTIALS_CONTEXT, OPEN_BADGES_CONTEXT],
        "id": credential_id,
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": achievement.title,
        "issuer": issuer.to_dict(),
        "validFrom": f"{awarded_on.isoformat()}T00:00:00Z",
        "credentialSubject": _subject(issuer, achievement, learner, result, salt, narrative),
        "credentialStatus": status_entry(issuer.base_url, status_index),
    }
    if valid_until is not None:
        document["validUntil"] = f"{valid_until.isoformat()}T23:59:59Z"
    if evidence:
        document["evidence"] = [entry.to_dict() for entry in evidence]
    if related:
        document["relatedResource"] = list(related)
    return document


def status_list_url(base_url: str, list_number: int) -> str:
    """Where an issuer publishes its status list of this number."""
    return f"{base_url}/status/{list_number}"


def status_entry(base_url: str, status_index: int) -> JsonObject:
    """The `BitstringStatusListEntry` of a status index (W3C Bitstring Status List 1.0, section 2.1)."""
    list_number, entry = divmod(status_index, STATUS_LIST_SIZE)
    url = status_list_url(base_url, list_number)
    return {
        "id": f"{url}#{entry}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(entry),
        "statusListCredential": url,
    }


def related_resource(identifier: str, *, media_type: str, digest: bytes) -> JsonObject:
    """Another document, named by id and bound by its 32-byte digest (VC Data Model 2.0, section 5.3)."""
    return {"id": identifier, "mediaType": media_type, "digestMultibase": digest_multibase(digest)}


def superseded_resource(identifier: str, *, digest: bytes, note: str | None = None) -> JsonObject:
    """The credential that a correction takes the place of; `note` says why, for people."""
    entry = related_resource(identifier, media_type=CREDENTIAL_MEDIA_TYPE, digest=digest) | {"type": SUPERSEDES}
    return entry if note is None else entry | {"description": note}


def recognition_resource(identifier: str, *, digest: bytes) -> JsonObject:
    """A recognition decision by which an award counts one of the credentials that it rests on."""
    return related_resource(identifier, media_type=CREDENTIAL_MEDIA_TYPE, digest=digest) | {"type": REQUIRES}


def names_superseded(entry: JsonObject) -> bool:
    """Whether an entry of `relatedResource` names what the document supersedes, rather than what it rests on."""
    return _is_of(entry, SUPERSEDES)


def names_recognition(entry: JsonObject) -> bool:
    """Whether an entry of `relatedResource` names a recognition decision, rather than what the document rests on."""
    return _is_of(entry, REQUIRES)


def named_identity(name: str) -> JsonObject:
    """The Open Badges 3.0 `IdentityObject` that shows a name."""
    return {"type": "IdentityObject", "identityType": "name", "hashed": False, "identityHash": name}


def hashed_identity(identity_type: str, value: str, salt: bytes) -> JsonObject:
    """The `IdentityObject` that hides `value`: who knows it can recognise it, nobody can read it off."""
    return {
        "type": "IdentityObject",
        "identityType": identity_type,
        "hashed": True,
        "identityHash": identity_hash(value, salt.hex()),
        "salt": salt.hex(),
    }


def identity_hash(value: str, salt: str) -> str:
    """The `IdentityHash` of Open Badges 3.0: SHA-256 over the value followed by the salt, both as text."""
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


def _is_of(entry: JsonObject, kind: str) -> bool:
    types = entry.get("type")
    return kind in (types if isinstance(types, list) else [types])


def _subject(
    issuer: IssuerProfile,
    achievement: Achievement,
    learner: Learner,
    result: str | None,
    salt: bytes,
    narrative: str | None,
) -> JsonObject:
    claim = achievement.to_dict(issuer.base_url)
    identifiers: list[JsonValue] = [
        named_identity(learner.name),
        hashed_identity("emailAddress", learner.email, salt),
        hashed_identity("sisSourcedId", learner.learner_id, salt),
    ]
    subject: JsonObject = {"type": ["AchievementSubject"], "identifier": identifiers, "achievement": claim}
    if learner.did is not None:
        subject["id"] = learner.did
    if achievement.credits_available is not None:
        subject["creditsEarned"] = achievement.credits_available
    if achievement.result is not None and result is not None:
        subject["result"] = [achievement.result.result_to_dict(result_id(str(claim["id"])), result)]
    if narrative is not None:
        subject["narrative"] = narrative
    if achievement.awarding_body is not None:
        awarding = achievement.awarding_body
        subject["source"] = {"id": awarding.id, "type": ["Profile"], "name": awarding.name}
    return subject
