"""Status lists of the W3C Bitstring Status List v1.0: what the registry knows, in the form that others read.

Lists of others are read too, and those of the drafts before it: StatusList2021 and RevocationList2020.

One bit of ours tells whether a credential may not be relied on: revoked or suspended, since readers of the list must
fail safe. Cairn's own verifier reads the registry, which tells the two apart. The first entry is the most significant
bit of the first byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ledger.documents.codecs import decode_base64url, encode_base64url, format_timestamp
from ledger.documents.credential import CREDENTIALS_CONTEXT, STATUS_LIST_SIZE, IssuerProfile, status_list_url
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

PURPOSE = "revocation"
MAX_BITSTRING_SIZE = 4 * 1024 * 1024
"""Bytes that a list may unpack to: 33 million entries."""

_MAX_STATUS_SIZE = 8
"""Bits. The entry of a credential has a message for each value, 256 of them with 8."""
_MAX_INDEX_DIGITS = 12

_GZIP = 31  # zlib's name for 32 KiB windows in gzip's wrapping


@dataclass(frozen=True)
class ListKind:
    """How one version of status lists calls its parts. Before the standard, bits had no multibase letter, and in the
    first draft a list had no purpose but revocation."""

    entry: str
    credential: str
    subject: str
    url: str = "statusListCredential"
    index: str = "statusListIndex"
    has_purpose: bool = True
    has_multibase: bool = False


BITSTRING = ListKind(
    "BitstringStatusListEntry", "BitstringStatusListCredential", "BitstringStatusList", has_multibase=True
)
_KINDS = {
    kind.entry: kind
    for kind in (
        BITSTRING,
        ListKind("StatusList2021Entry", "StatusList2021Credential", "StatusList2021"),
        ListKind(
            "RevocationList2020Status",
            "RevocationList2020Credential",
            "RevocationList2020",
            url="revocationListCredential",
            index="revocationListIndex",
            has_purpose=False,
        ),
    )
}


@dataclass(frozen=True)
class StatusEntry:
    """Where a credential stands in a list: the list's address, the entry's number there, and its size in bits."""

    kind: ListKind
    purpose: str
    url: str
    index: int
    size: int = 1


def encode_bits(entries: Iterable[int], size: int = STATUS_LIST_SIZE) -> str:
    """The `encodedList` of `size` entries, a multiple of 8, in which these are set."""
    bits = bytearray(size // 8)
    for entry in entries:
        if not 0 <= entry < size:
            raise ValueError(f"entry {entry} is outside a list of {size}")
        bits[entry >> 3] |= 0x80 >> (entry & 7)
    return "u" + encode_base64url(zlib.compress(bits, 9, wbits=_GZIP))


def decode_bits(encoded: str, *, has_multibase: bool = True) -> bytes:
    """The bits of an `encodedList`. Never unpacks more than `MAX_BITSTRING_SIZE`.

    Without multibase, both alphabets of base64 are read, with and without padding: the drafts named the one, and their
    software used the other. Raises MalformedDocument: `status_list_malformed`, `status_list_large`,
    `status_list_short` (below 131,072 bits).
    """
    if has_multibase and encoded[:1] != "u":
        raise MalformedDocument("status_list_malformed", "the status list is not in multibase base64url")
    text = encoded[1:] if has_multibase else _in_base64url(encoded)
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        bits = unpacker.decompress(decode_base64url(text), MAX_BITSTRING_SIZE + 1)
    except (MalformedDocument, zlib.error) as error:
        raise MalformedDocument("status_list_malformed", "the status list is not packed as it should be") from error
    if len(bits) > MAX_BITSTRING_SIZE:
        raise MalformedDocument("status_list_large", f"the status list unpacks to over {MAX_BITSTRING_SIZE:,} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise MalformedDocument("status_list_malformed", "the status list ends too early, or something follows it")
    if len(bits) * 8 < STATUS_LIST_SIZE:
        raise MalformedDocument("status_list_short", f"the status list has fewer than {STATUS_LIST_SIZE:,} entries")
    return bits


def _in_base64url(text: str) -> str:
    bare = text.rstrip("=")
    is_padded = len(bare) < len(text)
    if is_padded and (len(text) % 4 or len(text) - len(bare) > 2):
        raise MalformedDocument("status_list_malformed", "the status list is padded as base64 is not")
    return bare.replace("+", "-").replace("/", "_")


def build_status_list(
    *,
    issuer: IssuerProfile,
    list_number: int,
    status_indexes: Iterable[int],
    valid_from: datetime,
    description: str | None = None,
) -> JsonObject:
    """The unsecured `BitstringStatusListCredential` of one list, with the entries of these status indexes set.

    `status_indexes` are those that are revoked or suspended, all of this list: ValueError for any other. `description`
    says for people where the bits come from.
    """
    first = list_number * STATUS_LIST_SIZE
    url = status_list_url(issuer.base_url, list_number)
    return {
        "@context": [CREDENTIALS_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        **({} if description is None else {"description": description}),
        "issuer": issuer.did,
        "validFrom": format_timestamp(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode_bits(index - first for index in status_indexes),
        },
    }


def parse_entry(entry: JsonObject) -> StatusEntry | None:
    """Read one `credentialStatus` of a credential; None if it is of a kind that Cairn does not know.

    Raises MalformedDocument `status_entry_malformed`: also for an entry of several bits that does not say what each of
    their values means, as the standard asks.
    """
    type_ = entry.get("type")
    kind = _KINDS.get(type_) if isinstance(type_, str) else None
    if kind is None:
        return None
    url = entry.get(kind.url)
    purpose = entry.get("statusPurpose") if kind.has_purpose else PURPOSE
    if not isinstance(url, str) or not isinstance(purpose, str):
        raise MalformedDocument("status_entry_malformed", "the status of the credential lacks its list or purpose")
    size = entry.get("statusSize", 1)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= _MAX_STATUS_SIZE:
        raise MalformedDocument("status_entry_malformed", "the status of the credential has an unusable size")
    messages = entry.get("statusMessage")
    if size > 1 and (kind is not BITSTRING or not isinstance(messages, list) or len(messages) != 2**size):
        raise MalformedDocument("status_entry_malformed", "the status of the credential does not say what it may mean")
    return StatusEntry(kind, purpose, url, _index(entry.get(kind.index)), size)


def _index(value: JsonValue) -> int:
    """The number of an entry, which documents have as text, as the standard says, or as a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_INDEX_DIGITS:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_MAX_INDEX_DIGITS:
        return value
    raise MalformedDocument("status_entry_malformed", "the credential does not say where it stands in its status list")


def read_entry(list_document: JsonObject, entry: StatusEntry) -> int:
    """The value of an entry in its list, ours or another's: 0 if nothing is set.

    Says nothing of the list's address, signature, issuer or dates. Raises MalformedDocument: `status_list_type` and
    `status_list_purpose` if this is no list of the entry's kind or purpose, `status_list_malformed` if it has entries
    of another size or none, `status_index_range` if it has no such entry, and as `decode_bits`.
    """
    subject = list_document.get("credentialSubject")
    if entry.kind.credential not in _texts(list_document.get("type")) or not isinstance(subject, dict):
        raise MalformedDocument("status_list_type", "the document is not a status list of this kind")
    if entry.kind.subject not in _texts(subject.get("type")):
        raise MalformedDocument("status_list_type", "the document is not a status list of this kind")
    if entry.kind.has_purpose and entry.purpose not in _texts(subject.get("statusPurpose")):
        raise MalformedDocument("status_list_purpose", "the status list does not serve this purpose")
    if subject.get("statusSize", entry.size) != entry.size:
        raise MalformedDocument("status_list_malformed", "the status list has entries of another size")
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str):
        raise MalformedDocument("status_list_malformed", "the status list holds no list")
    bits = decode_bits(encoded, has_multibase=entry.kind.has_multibase)
    count = len(bits) * 8 // entry.size
    if count < STATUS_LIST_SIZE:
        raise MalformedDocument("status_list_short", f"the status list has fewer than {STATUS_LIST_SIZE:,} entries")
    if not 0 <= entry.index < count:
        raise MalformedDocument("status_index_range", "the status list has no such entry")
    return _value(bits, entry.index * entry.size, entry.size)


def read_status(list_document: JsonObject, index: int) -> bool:
    """Whether the entry `index` of a Bitstring list of revocations is set. Raises as `read_entry`."""
    return bool(read_entry(list_document, StatusEntry(BITSTRING, PURPOSE, "", index)))


def _value(bits: bytes, first: int, size: int) -> int:
    """The number that `size` bits from the bit `first` spell, the most significant one first."""
    window = int.from_bytes(bits[first >> 3 : (first + size + 7) >> 3])
    return window >> (-(first + size) & 7) & (1 << size) - 1


def _texts(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]
