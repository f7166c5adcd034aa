"""PINs of share links: kept as a slow salted hash, tried a few times with growing waits, then locked for its owner.

A PIN is short, so its hash is scrypt's (RFC 7914) and tries are counted before the hash is computed: nobody gets more
of them by asking many times at once. Who gave the right PIN gets a cookie for this link that needs no second hash. It
is keyed with the stored hash, so that it ends with the PIN, and it opens nothing once the link has ended.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from sqlmodel import select

from api.clock import Clock, unix_now
from api.problems import Refusal
from api.sharing.tables import ShareLinkRow
from api.sharing.values import OpenLink
from ledger.storage import Database

WAITS = (0, 0, 10, 30, 60, 300, 900, 3600, 3600)
"""Seconds to wait after the first wrong PIN in a row, the second, …; the one after these locks the link."""
MAX_TRIES = 30
"""Wrong PINs in all until the link locks, however many right ones lie between."""
COOKIE = "cairn_link"
COOKIE_SECONDS = 15 * 60
WAITING = 8
"""Requests that may wait for their turn; each holds one of the server's threads meanwhile."""

_SCRYPT_MEMORY = 64 * 1024 * 1024


def hash_pin(pin: str, salt: bytes) -> bytes:
    """scrypt with 16 MiB and five passes: some 0.2 seconds, and as much again for each guess.

    However a keyboard writes an accent, and with or without space around it, a PIN is the same.
    """
    typed = unicodedata.normalize("NFC", pin.strip()).encode(errors="surrogatepass")
    return hashlib.scrypt(typed, salt=salt, n=2**14, r=8, p=5, maxmem=_SCRYPT_MEMORY, dklen=32)


def from_header(pin: str) -> str:
    """A PIN as a program sends it in a header: UTF-8, whose bytes arrive one by one."""
    try:
        return pin.encode("latin-1").decode()
    except UnicodeError:
        return pin


def new_pin(pin: str) -> tuple[bytes, bytes]:
    """A fresh salt, and the hash of a PIN with it."""
    salt = secrets.token_bytes(16)
    return salt, hash_pin(pin, salt)


class Pins:
    """Asks for the PINs of links."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock
        self._room = BoundedSemaphore(1 + WAITING)
        self._turn = Lock()

    def admit(self, link: OpenLink, pin: str | None, cookie: str | None) -> None:
        """Lets a viewer pass who has the link's PIN, or the cookie that it gave.

        Raises Refusal: 401 `pin_required`, `pin_wrong`; 429 `pin_wait`; 403 `pin_locked`; 503 `busy`.
        """
        if link.pin_hash is None or (pin is None and self._is_ours(link, link.pin_hash, cookie or "")):
            return
        if pin is None:
            raise self._refusal("pin_required", "this link asks for a PIN; whoever gave you the link knows it")
        with self._one_by_one():
            salt, expected = self._count(link)
            if not hmac.compare_digest(hash_pin(pin, salt), expected):
                raise self._refusal("pin_wrong", "that is not the PIN of this link")
            self._forgive(link)

    def cookie(self, link: OpenLink) -> str:
        """What admits to this link for fifteen minutes."""
        until = min(self._clock() + COOKIE_SECONDS, link.expires_at)
        return f"{until}.{_mac(link, link.pin_hash or b'', until)}"

    def _is_ours(self, link: OpenLink, key: bytes, cookie: str) -> bool:
        until, _, mac = cookie.partition(".")
        if not until.isascii() or not until.isdigit() or len(until) > 12:
            return False
        return hmac.compare_digest(_mac(link, key, int(until)).encode(), mac.encode()) and int(until) > self._clock()

    def _count(self, link: OpenLink) -> tuple[bytes, bytes]:
        """Counts a try as a wrong one, for now. Gives salt and hash."""
        now = self._clock()
        with self._database.writing() as session:
            row = session.exec(select(ShareLinkRow).where(ShareLinkRow.id == link.id)).one()
            if row.pin_locked_at is not None:
                raise Refusal(403, "pin_locked", "too many wrong PINs: only who made this link can open it again")
            if row.pin_wait_until is not None and row.pin_wait_until > now:
                wait = row.pin_wait_until - now
                message = f"too many wrong PINs: wait {wait} seconds before the next"
                raise Refusal(429, "pin_wait", message, {"Retry-After": str(wait)})
            row.pin_wrong, row.pin_tries = row.pin_wrong + 1, row.pin_tries + 1
            if row.pin_wrong > len(WAITS) or row.pin_tries >= MAX_TRIES:
                row.pin_locked_at = now
            else:
                row.pin_wait_until = now + WAITS[row.pin_wrong - 1]
            session.add(row)
            return row.pin_salt or b"", row.pin_hash or b""

    def _forgive(self, link: OpenLink) -> None:
        """Takes back what was counted: the PIN was right."""
        with self._database.writing() as session:
            row = session.exec(select(ShareLinkRow).where(ShareLinkRow.id == link.id)).one()
            row.pin_wrong, row.pin_tries = 0, max(0, row.pin_tries - 1)
            row.pin_wait_until = row.pin_locked_at = None
            session.add(row)

    @contextmanager
    def _one_by_one(self) -> Iterator[None]:
        """One PIN at a time: a right one that is being tried does not stand in the way of another right one."""
        if not self._room.acquire(blocking=False):
            raise Refusal(503, "busy", "too many PINs are being tried right now; try again in a moment")
        try:
            with self._turn:
                yield
        finally:
            self._room.release()

    @staticmethod
    def _refusal(code: str, message: str) -> Refusal:
        return Refusal(401, code, message, {"WWW-Authenticate": 'PIN header="X-Link-PIN"'})


def _mac(link: OpenLink, key: bytes, until: int) -> str:
    return hmac.new(key, f"cairn share link {link.id} until {until}".encode(), hashlib.sha256).hexdigest()
