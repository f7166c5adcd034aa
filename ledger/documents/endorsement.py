"""Builds endorsements: Open Badges 3.0 `EndorsementCredential`, unsecured.

An endorsement is what one organisation says, under its own name, of a credential, an achievement or another
organisation. One of a credential binds its bytes by digest, so that it speaks of no other version of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.canonical import digest
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    CREDENTIALS_CONTEXT,
    OPEN_BADGES_CONTEXT,
    IssuerProfile,
    related_resource,
    status_entry,
)
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import NAME_LIMIT, NARRATIVE_LIMIT, text_problem, url_problem, visible
from ledger.errors import DraftError, Problem

NOTHING = "nothing was drafted"
_NAMED = re.compile(r"(did:[a-z0-9]+|urn:uuid):[A-Za-z0-9._:%-]{1,200}")


@dataclass(frozen=True)
class Endorsed:
    """What is endorsed: its id, how to call it, and for a credential the digest of its document."""

    id: str
    name: str
    digest: bytes | None = None


def endorsed_id(identifier: str) -> Endorsed:
    """What an id alone stands for: a DID, a `urn:uuid:`, an https address.

    Raises DraftError `endorsed_unknown` for anything else.
    """
    if not _NAMED.fullmatch(identifier) and url_problem(identifier) is not None:
        message = (
            f"“{visible(identifier, limit=NAME_LIMIT)}” is neither a DID, nor a urn:uuid:, nor an https:// address"
        )
        raise DraftError([Problem("endorsed_unknown", message, column="target")], then=NOTHING)
    return Endorsed(identifier, identifier)


def endorsed_document(document: JsonObject) -> Endorsed:
    """A credential, an achievement or a profile, as its document names it. Raises DraftError `endorsed_unknown`."""
    identifier, name = document.get("id"), document.get("name")
    if not isinstance(identifier, str):
        message = "has no id by which it could be endorsed"
        raise DraftError([Problem("endorsed_unknown", message, column="target")], then=NOTHING)
    known = endorsed_id(identifier)
    types = document.get("type")
    is_credential = "VerifiableCredential" in (types if isinstance(types, list) else [types])
    shown = visible(name, limit=NAME_LIMIT) if isinstance(name, str) else known.name
    return Endorsed(known.id, shown, digest(document) if is_credential else None)


def require_comment(comment: str) -> str:
    """The comment, if it can stand in an endorsement. Raises DraftError with `string_*`."""
    if found := text_problem(comment, limit=NARRATIVE_LIMIT, lines=True):
        raise DraftError([Problem(found.code, found.message, column="comment")], then=NOTHING)
    return comment


def require_end(valid_until: date | None, endorsed_on: date) -> date | None:
    """The last day, if it is not over before the endorsement begins. Raises DraftError `time_order`."""
    if valid_until is not None and valid_until < endorsed_on:
        message = f"{valid_until.isoformat()} is over already; name a later day"
        raise DraftError([Problem("time_order", message, column="valid_until")], then=NOTHING)
    return valid_until


def build_endorsement(
    *,
    issuer: IssuerProfile,
    endorsed: Endorsed,
    comment: str,
    endorsed_on: date,
    status_index: int,
    endorsement_id: str,
    valid_until: date | None = None,
    name: str | None = None,
    related: Sequence[JsonObject] = (),
) -> JsonObject:
    """The endorsement of `endorsed` by `issuer`, ready to be secured (Open Badges 3.0, section B.1.11).

    `related` holds further entries of `relatedResource`, for an endorsement that decides something.
    """
    document: JsonObject = {
        "@context": [CREDENTIALS_CONTEXT, OPEN_BADGES_CONTEXT],
        "id": endorsement_id,
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": name or f"Endorsement of {endorsed.name}",
        "issuer": issuer.to_dict(),
        "validFrom": f"{endorsed_on.isoformat()}T00:00:00Z",
        "credentialSubject": {"id": endorsed.id, "type": ["EndorsementSubject"], "endorsementComment": comment},
        "credentialStatus": status_entry(issuer.base_url, status_index),
    }
    if valid_until is not None:
        document["validUntil"] = f"{valid_until.isoformat()}T23:59:59Z"
    if endorsed.digest is not None:
        bound = related_resource(endorsed.id, media_type=CREDENTIAL_MEDIA_TYPE, digest=endorsed.digest)
        document["relatedResource"] = [bound, *related]
    return document
