"""Signing in with an Ethereum account (EIP-4361): the message, and a reader for no other form of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ledger.chain.addresses import Address, checksum_address, parse_address
from ledger.documents.codecs import format_timestamp, parse_date_time_stamp
from ledger.errors import MalformedDocument, NotProven

LONGEST = 2_000
"""Characters of a message."""
EARLY_SECONDS = 60
LATE_SECONDS = 10 * 60
"""How far the moment at which a message was written may lie ahead of our clock, and behind it."""

_STATEMENT = r"[A-Za-z0-9 :/?#\[\]@!$&'()*+,;=._~-]+"
_URI = r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+"
# The grammar of the standard, line by line.
_MESSAGE = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<domain>[\x21-\x2e\x30-\x7e]+)"
    r" wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n"
    r"\n"
    rf"(?:(?P<statement>{_STATEMENT})\n)?"
    r"\n"
    rf"URI: (?P<uri>{_URI})\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[1-9][0-9]{0,17})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    r"Issued At: (?P<issued_at>[0-9TZ:.+-]+)"
    r"(?:\nExpiration Time: (?P<expires_at>[0-9TZ:.+-]+))?"
    r"(?:\nNot Before: (?P<not_before>[0-9TZ:.+-]+))?"
    r"(?:\nRequest ID: (?P<request_id>[\x21-\x7e]*))?"
    rf"(?:\nResources:(?P<resources>(?:\n- {_URI})*))?",
    re.ASCII,
)


@dataclass(frozen=True)
class SignInMessage:
    """A message as it was read. Times are Unix seconds, whole ones."""

    scheme: str | None
    domain: str
    address: Address
    uri: str
    chain_id: int
    nonce: str
    issued_at: int
    expires_at: int | None
    not_before: int | None

    def check(self, base: str, chain_id: int, now: int) -> None:
        """Raises NotProven unless it was written for this site, that chain, and this moment.

        `base` is what the addresses of this site begin with. The nonce is the caller's to check.
        """
        site, named = urlsplit(base), urlsplit(self.uri)
        if self.domain != site.netloc or self.scheme not in (None, site.scheme):
            raise refused("was signed for another site")
        if (named.scheme, named.netloc) != (site.scheme, site.netloc):
            raise refused("names an address of another site")
        if self.chain_id != chain_id:
            raise refused("was signed for another chain")
        if not now - LATE_SECONDS <= self.issued_at <= now + EARLY_SECONDS:
            raise refused("was not written just now")
        if self.expires_at is not None and self.expires_at <= now:
            raise refused("has expired")
        if self.not_before is not None and self.not_before > now:
            raise refused("is not good yet")


def write_message(
    base: str, account: Address, *, statement: str, path: str, chain_id: int, nonce: str, now: int, seconds: int
) -> str:
    """The text to sign: for this account, from `now` for so many seconds."""
    site = urlsplit(base)
    lines = (
        f"{site.netloc} wants you to sign in with your Ethereum account:",
        checksum_address(account),
        "",
        statement,
        "",
        f"URI: {base}{path}",
        "Version: 1",
        f"Chain ID: {chain_id}",
        f"Nonce: {nonce}",
        f"Issued At: {format_timestamp(datetime.fromtimestamp(now, UTC))}",
        f"Expiration Time: {format_timestamp(datetime.fromtimestamp(now + seconds, UTC))}",
    )
    return "\n".join(lines)


def read_message(text: str) -> SignInMessage:
    """Raises NotProven for whatever is not exactly such a message."""
    found = _MESSAGE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise refused("is not one of EIP-4361")
    try:
        address = parse_address(found["address"])
        issued, expires, before = (_seconds(found[name]) for name in ("issued_at", "expires_at", "not_before"))
        netloc = urlsplit(found["uri"]).netloc
    except (MalformedDocument, ValueError) as error:
        raise refused("holds a value that cannot be read") from error
    if found["address"] != checksum_address(address) or issued is None or not netloc:
        raise refused("holds a value that cannot be read")
    return SignInMessage(
        scheme=found["scheme"],
        domain=found["domain"],
        address=address,
        uri=found["uri"],
        chain_id=int(found["chain_id"]),
        nonce=found["nonce"],
        issued_at=issued,
        expires_at=expires,
        not_before=before,
    )


def refused(why: str) -> NotProven:
    return NotProven(f"the signed message {why}", "message_refused")


def _seconds(text: str | None) -> int | None:
    return int(parse_date_time_stamp(text).timestamp()) if text is not None else None
