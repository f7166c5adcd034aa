"""Capabilities: 32 random bytes that open something, shown once and kept only as their SHA-256.

A token has 256 bits, so its plain hash can be stored: there is nothing to guess. Each kind has its own prefix, so that
one kind can never be taken for another and a scanner of leaked secrets knows what it has found. A share link's token
stands bare in its URL.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

WALLET = "cairn_wallet_"
CLAIM = "cairn_claim_"
LINK = "cairn_link_"
SESSION = "cairn_session_"
STAFF_LINK = "cairn_staff_link_"
STAFF_SESSION = "cairn_staff_session_"
API_KEY = "cairn_key_"
CHALLENGE = "cairn_challenge_"
SHARE = ""

SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
KEY_ID = re.compile(r"[a-z0-9]{10}", re.ASCII)


@dataclass(frozen=True)
class Token:
    """A new token: `text` goes to its owner once, `hash` (32 bytes) into the database."""

    text: str = field(repr=False)
    hash: bytes


def new_token(kind: str) -> Token:
    """A fresh token of a kind."""
    text = kind + secrets.token_urlsafe(32)
    return Token(text, hash_token(text))


def hash_token(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def parse_token(kind: str, text: str) -> bytes | None:
    """The hash to look up, or None if this text cannot be a token of that kind."""
    if not text.startswith(kind) or SECRET.fullmatch(text[len(kind) :]) is None:
        return None
    return hash_token(text)


def same(left: bytes, right: bytes) -> bool:
    """Equality in time that does not depend on where two hashes differ."""
    return hmac.compare_digest(left, right)


@dataclass(frozen=True)
class ApiKey:
    """A new API key. `key_id` is public: it names the key in lists and finds its row."""

    key_id: str
    text: str = field(repr=False)
    hash: bytes


def new_api_key() -> ApiKey:
    """A fresh API key: `cairn_key_<key id>_<secret>`."""
    key_id = secrets.token_hex(5)
    text = f"{API_KEY}{key_id}_{secrets.token_urlsafe(32)}"
    return ApiKey(key_id, text, hash_token(text))


def parse_api_key(text: str) -> tuple[str, bytes] | None:
    """(key id, hash) of a well-formed API key, else None."""
    key_id, separator, secret = text.removeprefix(API_KEY).partition("_")
    if not text.startswith(API_KEY) or not separator:
        return None
    if KEY_ID.fullmatch(key_id) is None or SECRET.fullmatch(secret) is None:
        return None
    return key_id, hash_token(text)
