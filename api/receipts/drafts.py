"""What a page hands back to have a receipt made of a check a moment ago: sealed, so that nobody can change it.

Nothing is stored for it. AES-256-GCM under a key of the data folder; a draft counts for an hour, since a receipt is for
who has just looked.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.clock import Clock, unix_now
from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, MalformedDocument
from ledger.issuing.signer import KeyRing

SECONDS = 3_600
MAX_SEALED = 2 * 1024 * 1024
"""Characters of a sealed draft."""

_KEY = "receipts/sealing"
_ABOUT = b"cairn receipt draft 1"
_NONCE = 12
_MAX_DRAFT = 16 * 1024 * 1024


@dataclass(frozen=True)
class ReceiptDraft:
    """What a receipt is to be made of. `checked_at` is in Unix seconds."""

    entries: tuple[JsonObject, ...] = field(repr=False)
    checked_at: int
    any_issuer: bool = False

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.checked_at, UTC)


class Drafts:
    """Seals drafts and opens them again."""

    def __init__(self, keys: KeyRing, clock: Clock = unix_now) -> None:
        self._keys = keys
        self._clock = clock

    def seal(self, entries: Sequence[JsonObject], *, any_issuer: bool = False) -> str:
        """A draft of a check that was made now, as a text for a form."""
        content = orjson.dumps({"at": self._clock(), "any": any_issuer, "entries": list(entries)})
        nonce = secrets.token_bytes(_NONCE)
        return encode_base64url(nonce + self._cipher().encrypt(nonce, zlib.compress(content, 9), _ABOUT))

    def open(self, sealed: str) -> ReceiptDraft:
        """What was sealed. Raises Conflict `draft_over` for what is none of ours, or older than an hour."""
        try:
            piece = decode_base64url(sealed) if len(sealed) <= MAX_SEALED else b""
            packed = self._cipher().decrypt(piece[:_NONCE], piece[_NONCE:], _ABOUT)
        except (InvalidTag, MalformedDocument, ValueError) as error:
            raise _over() from error
        found = orjson.loads(zlib.decompressobj().decompress(packed, _MAX_DRAFT))
        if found["at"] + SECONDS < self._clock():
            raise _over()
        return ReceiptDraft(tuple(found["entries"]), found["at"], found["any"])

    def _cipher(self) -> AESGCM:
        return AESGCM(self._keys.sealing_key(_KEY))


def _over() -> Conflict:
    return Conflict(
        "a receipt can be made for an hour after the check; check the document again, and take it then", "draft_over"
    )
