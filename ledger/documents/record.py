"""Builds learner records: Comprehensive Learner Record 2.0 `ClrCredential`, unsecured.

A record holds the full, secured credentials that a learner chose. Its issuer is the publisher: the service that
assembled it, which vouches for nothing but the assembling, or the learner. Each version names the one before by digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.codecs import format_timestamp
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    CREDENTIALS_CONTEXT,
    OPEN_BADGES_CONTEXT,
    IssuerProfile,
    named_identity,
    related_resource,
    status_entry,
)
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

CLR_CONTEXT = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

SAME_PERSON = "identifier"
"""The `identityType` of another identifier of the record's subject, such as a DID that they had before."""

AssociationType = Literal[
    "exactMatchOf", "isChildOf", "isParentOf", "isPartOf", "isPeerOf", "isRelatedTo", "precedes", "replacedBy"
]


@dataclass(frozen=True)
class Association:
    """How two achievements belong together, by their ids (CLR 2.0, `Association`)."""

    kind: AssociationType
    source_id: str
    target_id: str

    def to_dict(self) -> JsonObject:
        return {
            "type": "Association",
            "associationType": self.kind,
            "sourceId": self.source_id,
            "targetId": self.target_id,
        }


@dataclass(frozen=True)
class PreviousVersion:
    """The record that a new one takes the place of."""

    record_id: str
    digest: bytes


@dataclass(frozen=True)
class Subject:
    """Whose record it is: a DID of theirs, every name that they go by, and their other identifiers."""

    names: tuple[str, ...]
    did: str | None = None
    also: tuple[str, ...] = ()

    def to_dict(self) -> JsonObject:
        """The members of a `ClrSubject` that say who it is."""
        identities: list[JsonValue] = [named_identity(name) for name in self.names]
        identities += [_identity(identifier) for identifier in self.also]
        named: JsonObject = {} if self.did is None else {"id": self.did}
        return named | {"type": ["ClrSubject"], "identifier": identities}


def previous_version(document: JsonObject) -> PreviousVersion | None:
    """The version that a record says it takes the place of.

    Raises MalformedDocument `digest_format` where it is not named by an id and a digest, or where there are several.
    """
    related = document.get("relatedResource")
    entries = [entry for entry in (related if isinstance(related, list) else [related]) if isinstance(entry, dict)]
    found = [entry for entry in entries if entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE]
    if not found:
        return None
    name, digest = found[0].get("id"), found[0].get("digestMultibase")
    if len(found) > 1 or not isinstance(name, str) or not isinstance(digest, str):
        raise MalformedDocument("digest_format", "the version before is not named by one id and one digest")
    return PreviousVersion(name, parse_digest_multibase(digest))


def award_associations(award_id: str, component_ids: Sequence[str], *, in_order: bool) -> tuple[Association, ...]:
    """The associations of an award with the achievements that it rests on, and of each with its successor."""
    children = tuple(Association("isChildOf", component, award_id) for component in component_ids)
    if not in_order:
        return children
    return children + tuple(Association("precedes", *step) for step in pairwise(component_ids))


def build_record(
    *,
    publisher: IssuerProfile,
    name: str,
    learner: Subject,
    credentials: Sequence[JsonObject],
    associations: Sequence[Association],
    status_index: int | None,
    record_id: str,
    valid_from: datetime,
    previous: PreviousVersion | None = None,
) -> JsonObject:
    """The record of these secured credentials, in this order, ready to be secured. Tokens stand in their envelopes.

    Without `status_index` nobody can revoke it: a record that a learner signs alone is not on a ledger. Raises
    ValueError for an empty record, and for two credentials with one id: JSON-LD would merge them into one.
    """
    identifiers = [credential.get("id") for credential in credentials]
    if not identifiers:
        raise ValueError("a record holds at least one credential")
    if len(set(identifiers)) != len(identifiers):
        raise ValueError("a record can't hold two credentials with one id")
    held: list[JsonValue] = list(credentials)
    subject = learner.to_dict() | {"verifiableCredential": held}
    if associations:
        subject["association"] = [association.to_dict() for association in associations]
    document: JsonObject = {
        "@context": [CREDENTIALS_CONTEXT, CLR_CONTEXT, OPEN_BADGES_CONTEXT],
        "id": record_id,
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": name,
        "issuer": publisher.to_dict(),
        "validFrom": format_timestamp(valid_from),
        "credentialSubject": subject,
    }
    if status_index is not None:
        document["credentialStatus"] = status_entry(publisher.base_url, status_index)
    if previous is not None:
        document["relatedResource"] = [
            related_resource(previous.record_id, media_type=CREDENTIAL_MEDIA_TYPE, digest=previous.digest)
        ]
    return document


def _identity(identifier: str) -> JsonObject:
    return {"type": "IdentityObject", "identityType": SAME_PERSON, "hashed": False, "identityHash": identifier}
