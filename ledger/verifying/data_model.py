"""The two versions of the W3C Verifiable Credentials Data Model, and where they differ for us.

Version 1.1 writes `issuanceDate` and `expirationDate` where 2.0 writes `validFrom` and `validUntil`; the first context
tells which one a document follows. Open Badges 3.0 began on 1.1, and 1EdTech publishes a variant of each schema for it
that differs from the one for 2.0 in these names and the first context alone.
"""

from __future__ import annotations

from ledger.documents.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from ledger.documents.strict_json import JsonObject, JsonValue

BEGINNINGS = ("validFrom", "issuanceDate")
ENDS = ("validUntil", "expirationDate")
"""Both spellings of both dates. The context of 1.1 defines all four, so a document of 1.1 may have several."""

_NEW_NAMES = {"issuanceDate": "validFrom", "expirationDate": "validUntil"}


def is_version_1(document: JsonObject) -> bool:
    """Whether a document follows version 1.1 of the data model, by its first context."""
    context = document.get("@context")
    return (context[0] if isinstance(context, list) and context else context) == CREDENTIALS_V1


def in_version_2(document: JsonObject) -> JsonObject:
    """A document of version 1.1, and all that it holds, in the names of 2.0: to compare it with a schema, no more.

    A member that is there under both names keeps both, so that neither hides the other.
    """
    renamed: JsonObject = {}
    older = is_version_1(document)
    for name, value in document.items():
        new = _NEW_NAMES.get(name, name) if older else name
        renamed[name if new in document else new] = value
    context = document.get("@context")
    if older and isinstance(context, list):
        renamed["@context"] = [CREDENTIALS_V2, *context[1:]]
    subject = document.get("credentialSubject")
    if isinstance(subject, dict) and "verifiableCredential" in subject:
        renamed["credentialSubject"] = {**subject, "verifiableCredential": _each(subject["verifiableCredential"])}
    if "endorsement" in document:
        renamed["endorsement"] = _each(document["endorsement"])
    return renamed


def _each(held: JsonValue) -> JsonValue:
    if isinstance(held, list):
        return [_each(entry) for entry in held]
    return in_version_2(held) if isinstance(held, dict) else held
