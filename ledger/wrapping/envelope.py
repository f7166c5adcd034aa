"""Credentials that stand as a token in the `data:` URL of an `EnvelopedVerifiableCredential` (VCDM 2.0, 4.13)."""

from __future__ import annotations

from dataclasses import replace

from ledger.documents.credential import ENVELOPE_TYPE, JWT_URL
from ledger.documents.strict_json import DOCUMENT, parse
from ledger.errors import MalformedDocument
from ledger.wrapping.content import compact_jws

_A_TOKEN = replace(DOCUMENT, string=DOCUMENT.max_bytes)
_MEMBERS = frozenset({"@context", "id", "type"})


def without_envelope(content: bytes) -> bytes:
    """The JWS that the content envelops; the content itself where it is something else.

    Raises MalformedDocument `envelope_unsupported` for a token of another kind, `envelope_invalid` for an envelope that
    says things itself, which no signature would cover, and as the strict loader.
    """
    if ENVELOPE_TYPE.encode() not in content:
        return content
    document = parse(content, _A_TOKEN)
    if document.get("type") not in (ENVELOPE_TYPE, [ENVELOPE_TYPE]):
        return content
    address = document.get("id")
    if not document.keys() <= _MEMBERS or not isinstance(address, str) or not address.startswith("data:"):
        raise MalformedDocument("envelope_invalid", "an envelope has a context, a type, and a data: URL as its id")
    if not address.startswith(JWT_URL):
        raise MalformedDocument("envelope_unsupported", f"only envelopes of {JWT_URL}… are read")
    token = compact_jws(address.removeprefix(JWT_URL).encode())
    if token is None:
        raise MalformedDocument("envelope_invalid", "what the envelope holds is not a compact JWS")
    return token
