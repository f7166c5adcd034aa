"""Builds learner records: Comprehensive Learner Record 2.0 `ClrCredential`, unsecured.

A record holds the full, secured credentials that a learner chose. Its issuer is the publisher: the service that
assembled it, which vouches for nothing but the assembling. Each version names the one before by digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

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

CLR_CONTEXT = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

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
    learner_name: str,
    credentials: Sequence[JsonObject],
    associations: Sequence[Association],
    status_index: int,
    record_id: str,
    valid_from: datetime,
    previous: PreviousVersion | None = None,
) -> JsonObject:
    """The record of these secured credentials, in this order, ready to be secured.

    Raises ValueError for an empty record, and for two credentials with one id: JSON-LD would merge them into one.
    """
    identifiers = [credential.get("id") for credential in credentials]
    if not identifiers:
        raise ValueError("a record holds at least one credential")
    if len(set(identifiers)) != len(identifiers):
        raise ValueError("a record can't hold two credentials with one id")
    held: list[JsonValue] = list(credentials)
    identity: list[JsonValue] = [named_identity(learner_name)]
    subject: JsonObject = {"type": ["ClrSubject"], "identifier": identity, "verifiableCredential": held}
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
        "credentialStatus": status_entry(publisher.base_url, status_index),
    }
    if previous is not None:
        document["relatedResource"] = [
            related_resource(previous.record_id, media_type=CREDENTIAL_MEDIA_TYPE, digest=previous.digest)
        ]
    return document
