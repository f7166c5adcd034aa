"""Canonical JSON (RFC 8785, "JCS") and the digest of a document.

`rfc8785` is the reference and does what is unusual. orjson writes the same bytes, some 15 times faster, for every value
that `_plain` lets through; the property tests and `benchmarks/canonical.py` compare the two.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

import orjson
import rfc8785

from ledger.documents import codecs
from ledger.documents.strict_json import MAX_INTEGER, JsonValue
from ledger.errors import MalformedDocument

_MULTIHASH_SHA256 = b"\x12\x20"

# UTF-8 of U+E000 and above begins with one of the other bytes. There, the order of UTF-8 bytes (orjson's) may differ
# from that of UTF-16 units (RFC 8785, section 3.2.3).
_BELOW_E000 = bytes(range(0xEE))


def canonicalize(value: JsonValue) -> bytes:
    """The one byte string that RFC 8785 gives for `value`.

    Raises MalformedDocument for what has no such form: `json_number` (integers beyond ±(2^53−1), NaN, infinities),
    `json_string` (lone surrogates), `limit_depth` (nested beyond what a call stack holds), `json_value` (other types).
    """
    try:
        if _plain(value):
            written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
            if written.isascii() or not written.translate(None, _BELOW_E000) or _names_below_e000(value):
                return written
    except TypeError:  # orjson: a lone surrogate, a name that is no string, too deep; rfc8785 knows which
        pass
    return _canonicalize_by_reference(value)


def digest(document: Mapping[str, JsonValue]) -> bytes:
    """SHA-256 of the canonical form of `document` without its top-level `proof`: 32 bytes."""
    return hashlib.sha256(canonicalize({name: value for name, value in document.items() if name != "proof"})).digest()


def digest_multibase(digest: bytes) -> str:
    """A SHA-256 digest as a `digestMultibase` (VC 2.0, section 5.3): base64url of the multihash."""
    return "u" + base64.urlsafe_b64encode(_MULTIHASH_SHA256 + digest).rstrip(b"=").decode()


def parse_digest_multibase(text: str) -> bytes:
    """The 32 bytes of a SHA-256 `digestMultibase`, in base64url or base58btc. Raises MalformedDocument."""
    multihash = codecs.decode_multibase(text, size=34)
    if not multihash.startswith(_MULTIHASH_SHA256):
        raise MalformedDocument("digest_format", "a digest is not a SHA-256 multihash")
    return multihash[2:]


def _plain(root: JsonValue) -> bool:
    """Whether `root` holds only types and numbers that orjson and RFC 8785 write alike."""
    containers: list[JsonValue] = [[root]]
    for container in containers:  # grows while it is read
        for value in container.values() if type(container) is dict else container:  # type: ignore[union-attr]
            if (kind := type(value)) is str:
                continue
            if kind is dict or kind is list:
                containers.append(value)
            elif kind is int:
                if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
                    return False
            elif kind is float:
                if value.is_integer() or not 1e-5 <= abs(value) < 1e15:  # type: ignore[union-attr,arg-type]
                    return False
            elif value is not None and kind is not bool:
                return False
    return True


def _names_below_e000(root: JsonValue) -> bool:
    containers: list[JsonValue] = [root]
    for container in containers:
        if isinstance(container, dict):
            if any(not name.isascii() and max(name) >= "\ue000" for name in container):
                return False
            containers.extend(container.values())
        elif isinstance(container, list):
            containers.extend(container)
    return True


def _canonicalize_by_reference(value: JsonValue) -> bytes:
    try:
        return rfc8785.dumps(value)
    except (rfc8785.IntegerDomainError, rfc8785.FloatDomainError):
        raise MalformedDocument("json_number", "a number has no canonical JSON form") from None
    except RecursionError:
        raise MalformedDocument("limit_depth", "a value is nested too deep") from None
    except rfc8785.CanonicalizationError as error:
        if isinstance(error.__cause__, UnicodeEncodeError):
            raise MalformedDocument("json_string", "a string contains half of a surrogate pair") from None
        raise MalformedDocument("json_value", "a value is of a type that JSON does not have") from None
    except UnicodeEncodeError:  # rfc8785 leaves this one bare when it sorts member names
        raise MalformedDocument("json_string", "a member name contains half of a surrogate pair") from None
