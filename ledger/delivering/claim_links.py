"""The links in the mails to learners: each shows that whoever uses it reads the mail of one address.

A token is base64url of a credential's UUID (16 bytes), the moment at which it ends (5 bytes, Unix seconds) and an
HMAC-SHA256 over both and the address, under a key of the data folder. So a mail that goes out again is the same bytes,
and nothing in the database opens a wallet. That it works once is for whoever takes it to see to.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.errors import MalformedDocument
from ledger.issuing.signer import KeyRing

PREFIX = "cairn_mail_"
DAYS = 60
"""How long a link lasts from the moment at which its credential became final."""

_KEY = "wallets/claim-links"
_DOMAIN = b"cairn claim link 1\n"
_HEAD, _MAC = 21, 32
_URN = "urn:uuid:"


@dataclass(frozen=True)
class ClaimToken:
    """A token as it was read: not yet one that is known to be ours."""

    credential_id: str
    expires_at: int
    head: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    @property
    def hash(self) -> bytes:
        """What to remember of one that was used."""
        return hashlib.sha256(self.head + self.mac).digest()


class ClaimLinks:
    """Makes and knows again the links of one data folder."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def token(self, credential_id: str, email: str, *, since: int) -> str:
        """The token for the learner of a credential, whose mail was due from that moment on. Raises KeystoreError."""
        identity = UUID(credential_id.removeprefix(_URN)).bytes
        head = identity + (since + DAYS * 86_400).to_bytes(_HEAD - len(identity), "big")
        return PREFIX + encode_base64url(head + self._mac(head, email))

    def is_ours(self, token: ClaimToken, email: str) -> bool:
        """Whether we made it, for this address. Raises KeystoreError."""
        return hmac.compare_digest(token.mac, self._mac(token.head, email))

    def _mac(self, head: bytes, email: str) -> bytes:
        return hmac.digest(self._keys.create_shared_secret(_KEY), _DOMAIN + head + email.encode(), hashlib.sha256)


def read_claim_token(text: str) -> ClaimToken | None:
    """The token in a link, or None if this can be none."""
    if not text.startswith(PREFIX) or len(text) > 100:
        return None
    try:
        content = decode_base64url(text.removeprefix(PREFIX))
    except (MalformedDocument, UnicodeEncodeError):
        return None
    if len(content) != _HEAD + _MAC:
        return None
    head = content[:_HEAD]
    return ClaimToken(f"{_URN}{UUID(bytes=head[:16])}", int.from_bytes(head[16:], "big"), head, content[_HEAD:])
