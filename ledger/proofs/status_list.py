"""Status lists of the W3C Bitstring Status List v1.0: what the registry knows, in the form that others read.

One bit tells whether a credential may not be relied on: revoked or suspended, since readers of the list must fail safe.
Cairn's own verifier reads the registry, which tells the two apart. The first entry is the most significant bit of the
first byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime

from ledger.documents.codecs import decode_base64url, encode_base64url, format_timestamp
from ledger.documents.credential import CREDENTIALS_CONTEXT, STATUS_LIST_SIZE, IssuerProfile, status_list_url
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

PURPOSE = "revocation"
MAX_BITSTRING_SIZE = 4 * 1024 * 1024
"""Bytes that a list may unpack to: 33 million entries."""

_GZIP = 31  # zlib's name for 32 KiB windows in gzip's wrapping


def list_position(status_index: int) -> tuple[int, int]:
    """The number of the list that holds a status index, and the entry in it."""
    return divmod(status_index, STATUS_LIST_SIZE)


def encode_bits(entries: Iterable[int], size: int = STATUS_LIST_SIZE) -> str:
    """The `encodedList` of `size` entries, a multiple of 8, in which these are set."""
    bits = bytearray(size // 8)
    for entry in entries:
        if not 0 <= entry < size:
            raise ValueError(f"entry {entry} is outside a list of {size}")
        bits[entry >> 3] |= 0x80 >> (entry & 7)
    return "u" + encode_base64url(zlib.compress(bits, 9, wbits=_GZIP))


def decode_bits(encoded: str) -> bytes:
    """The bits of an `encodedList`. Never unpacks more than `MAX_BITSTRING_SIZE`.

    Raises MalformedDocument: `status_list_malformed`, `status_list_large`, `status_list_short` (below 131,072 entries).
    """
    if encoded[:1] != "u":
        raise MalformedDocument("status_list_malformed", "the status list is not in multibase base64url")
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        bits = unpacker.decompress(decode_base64url(encoded[1:]), MAX_BITSTRING_SIZE + 1)
    except (MalformedDocument, zlib.error) as error:
        raise MalformedDocument("status_list_malformed", "the status list is not packed as it should be") from error
    if len(bits) > MAX_BITSTRING_SIZE:
        raise MalformedDocument("status_list_large", f"the status list unpacks to over {MAX_BITSTRING_SIZE:,} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedDocument("status_list_malformed", "the status list ends too early, or something follows it")
    if len(bits) * 8 < STATUS_LIST_SIZE:
        raise MalformedDocument("status_list_short", f"the status list has fewer than {STATUS_LIST_SIZE:,} entries")
    return bits


def build_status_list(
    *, issuer: IssuerProfile, list_number: int, status_indexes: Iterable[int], valid_from: datetime
) -> JsonObject:
    """The unsecured `BitstringStatusListCredential` of one list, with the entries of these status indexes set.

    `status_indexes` are those that are revoked or suspended, all of this list: ValueError for any other.
    """
    first = list_number * STATUS_LIST_SIZE
    url = status_list_url(issuer.base_url, list_number)
    return {
        "@context": [CREDENTIALS_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": format_timestamp(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode_bits(index - first for index in status_indexes),
        },
    }


def read_status(list_document: JsonObject, index: int) -> bool:
    """Whether the entry `index` of a list, ours or another's, is set. Says nothing of the list's signature or dates.

    Raises MalformedDocument: `status_list_malformed` if this is no list of revocations, `status_index_range` if it has
    no such entry, and as `decode_bits`.
    """
    subject = list_document.get("credentialSubject")
    if "BitstringStatusListCredential" not in _texts(list_document.get("type")) or not isinstance(subject, dict):
        raise MalformedDocument("status_list_malformed", "the document is not a status list")
    if "BitstringStatusList" not in _texts(subject.get("type")) or PURPOSE not in _texts(subject.get("statusPurpose")):
        raise MalformedDocument("status_list_malformed", "the status list is not one of revocations")
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str):
        raise MalformedDocument("status_list_malformed", "the status list holds no list")
    bits = decode_bits(encoded)
    if not 0 <= index < len(bits) * 8:
        raise MalformedDocument("status_index_range", "the status list has no such entry")
    return bool(bits[index >> 3] & 0x80 >> (index & 7))


def _texts(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]
