"""Verifiable presentations (W3C VC Data Model 2.0, section 4.13): what a holder shows, and who the holder is.

A presentation holds credentials and records in full, each secured by its issuer; the holder's own proof stands beside
them. A credential that is a JWT stands in its envelope (section 4.13.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import orjson

from ledger.documents.contexts import CREDENTIALS_V2
from ledger.documents.strict_json import DOCUMENT, JsonObject, JsonValue, parse
from ledger.errors import MalformedDocument

TYPE = "VerifiablePresentation"
MEDIA_TYPE = "application/vp"
ENVELOPE_TYPE = "EnvelopedVerifiableCredential"
MAX_PRESENTED = 500
"""Credentials and records in one presentation."""
MAX_CHALLENGE = 300
"""Characters of a challenge, and of an audience."""

_LIMITS = replace(DOCUMENT, depth=DOCUMENT.depth + 4)


@dataclass(frozen=True)
class Presentation:
    """A presentation as it came in. `credentials` are the bytes of each thing presented, in its order.

    `holder` is None where the presentation names nobody: then whoever signed it is the holder.
    """

    document: JsonObject = field(repr=False)
    holder: str | None
    credentials: tuple[bytes, ...] = field(repr=False)


def build_presentation(holder: str, documents: Sequence[bytes], *, presentation_id: str) -> JsonObject:
    """The presentation of these documents (JSON, or JWTs in compact form) by a DID, ready to be signed.

    With no documents it shows nothing but that the holder has the DID. Raises MalformedDocument as the strict loader,
    and `limit_presentation`.
    """
    if len(documents) > MAX_PRESENTED:
        raise MalformedDocument("limit_presentation", f"a presentation holds at most {MAX_PRESENTED} credentials")
    presented: list[JsonValue] = [_as_presented(document) for document in documents]
    document: JsonObject = {"@context": [CREDENTIALS_V2], "id": presentation_id, "type": [TYPE], "holder": holder}
    if presented:
        document["verifiableCredential"] = presented
    return document


def is_presentation(document: JsonObject) -> bool:
    """Whether the document says that it is a presentation."""
    types = document.get("type")
    return TYPE in types if isinstance(types, list) else types == TYPE


def may_be_presentation(data: bytes) -> bool:
    """A quick look: False is certain, True is for `parse_presentation` to confirm."""
    return TYPE.encode() in data or b"\\u" in data


def parse_presentation(data: bytes) -> Presentation | None:
    """Reads a presentation; None for a document that is none.

    Raises MalformedDocument as the strict loader, and `presentation_invalid`, `limit_presentation`.
    """
    if not may_be_presentation(data):
        return None
    document = parse(data, _LIMITS)
    if not is_presentation(document):
        return None
    return read_presentation(document)


def read_presentation(document: JsonObject) -> Presentation:
    """Reads a presentation that the strict loader has let in. Raises as `parse_presentation`."""
    held = document.get("verifiableCredential", [])
    entries = held if isinstance(held, list) else [held]
    if len(entries) > MAX_PRESENTED:
        raise MalformedDocument("limit_presentation", f"a presentation holds at most {MAX_PRESENTED} credentials")
    return Presentation(document, _holder(document), tuple(map(_content, entries)))


def _holder(document: JsonObject) -> str | None:
    holder = document.get("holder")
    name = holder.get("id") if isinstance(holder, dict) else holder
    if name is not None and not isinstance(name, str):
        raise MalformedDocument("presentation_invalid", "the presentation does not name its holder by one identifier")
    return name


def _content(entry: JsonValue) -> bytes:
    """One thing presented, as a file of its own would hold it."""
    if isinstance(entry, str) and entry.count(".") == 2:  # a JWT, as version 1.1 of the data model has it
        return entry.encode()
    if not isinstance(entry, dict):
        raise MalformedDocument("presentation_invalid", "the presentation holds something that is not a credential")
    return orjson.dumps(entry)


def _as_presented(document: bytes) -> JsonValue:
    text = document.strip()
    if text.startswith(b"{"):
        return parse(document)
    return {
        "@context": CREDENTIALS_V2,
        "id": f"data:application/vc+jwt,{text.decode('ascii', errors='replace')}",
        "type": ENVELOPE_TYPE,
    }
