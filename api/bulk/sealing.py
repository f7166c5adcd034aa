"""What a list holds is encrypted with a key that only its link has, so that a stolen database shows no applicants.

AES-256-GCM; the key is derived from the link's token, of which the database has the hash alone (HKDF, RFC 5869). What a
piece is, and of which list, is bound in, so that none can be put in the place of another.
"""

from __future__ import annotations

import secrets
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import WorkspaceError

NONCE_BYTES = 12
_MAX_PIECE = 64 * 1024 * 1024


def key_of(token: str) -> bytes:
    """The key of the list that a token opens: 32 bytes."""
    return HKDF(SHA256(), 32, salt=None, info=b"cairn bulk list 1").derive(token.encode())


class Seal:
    """Seals and opens the pieces of one list."""

    def __init__(self, key: bytes, list_id: str) -> None:
        self.key = key
        self._cipher = AESGCM(key)
        self._list = list_id

    def close(self, content: bytes, what: str) -> bytes:
        """The piece as it may be stored, packed and encrypted."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(content, 1), self._about(what))

    def open(self, piece: bytes, what: str) -> bytes:
        """What was sealed. Raises WorkspaceError `database_corrupt` for a piece that was changed or exchanged."""
        try:
            packed = self._cipher.decrypt(piece[:NONCE_BYTES], piece[NONCE_BYTES:], self._about(what))
        except InvalidTag as error:
            raise WorkspaceError("database_corrupt", "what is stored of this list was changed") from error
        return zlib.decompressobj().decompress(packed, _MAX_PIECE)

    def _about(self, what: str) -> bytes:
        return f"{self._list} {what}".encode()
