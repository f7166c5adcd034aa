"""What an issuer's admin may be asked for, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from ledger.chain.addresses import parse_address
from ledger.chain.registry import Address, Role
from ledger.errors import CairnError, Conflict, NotFound
from ledger.issuing.rows import saved
from ledger.issuing.tables import AdminActRow
from ledger.issuing.values import Issuer

ASKED, SENT, FAILED = "asked", "sent", "failed"
OPEN = (ASKED, SENT)
PARTS = {"anchoring": Role.ANCHOR, "revoking": Role.REVOKE}
NOTHING = Role(0)


class ActKind(StrEnum):
    """What an admin may be asked for."""

    OPEN_KEY = "open_key"
    CLOSE_KEY = "close_key"
    SET_OPERATOR = "set_operator"
    REPLACE_OPERATOR = "replace_operator"
    PROPOSE_ADMIN = "propose_admin"
    REPLACE_ADMIN = "replace_admin"


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `number`, `until` and `compromised` are of a key; `account`, `roles` and the period of an
    operator or of the next admin; `part` names the operator's key file that is replaced."""

    kind: ActKind
    number: int | None = None
    until: int | None = None
    compromised: bool = False
    account: Address | None = None
    roles: Role = NOTHING
    valid_from: int = 0
    part: str | None = None

    def to_bytes(self) -> bytes:
        return orjson.dumps(
            {
                "number": self.number,
                "until": self.until,
                "compromised": self.compromised,
                "account": self.account.hex() if self.account is not None else None,
                "roles": int(self.roles),
                "from": self.valid_from,
                "part": self.part,
            }
        )

    @classmethod
    def of(cls, kind: str, content: bytes) -> Wanted:
        read: dict[str, Any] = orjson.loads(content)
        return cls(
            ActKind(kind),
            number=read["number"],
            until=read["until"],
            compromised=read["compromised"],
            account=Address(bytes.fromhex(read["account"])) if read["account"] is not None else None,
            roles=Role(read["roles"]),
            valid_from=read["from"],
            part=read["part"],
        )


@dataclass(frozen=True)
class AdminAct:
    """An act and where it stands: asked, sent, final or failed. `said` tells why it failed, or what it waits for."""

    id: int
    issuer: str
    wanted: Wanted
    state: str
    said: str | None
    asked_by: str
    asked_at: int
    block_number: int | None
    block_time: int | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True)
class Operator:
    """An account that may act for an issuer. `valid_until` is None without an end. `part` names its key file here."""

    account: Address
    roles: Role
    valid_from: int | None
    valid_until: int | None
    part: str | None


def next_key(issuer: Issuer) -> Wanted:
    """The act that opens an issuer's next assertion key."""
    waiting = [key.number for key in issuer.keys if key.opened_at is None]
    return Wanted(ActKind.OPEN_KEY, number=waiting[0] if waiting else len(issuer.keys) + 1)


def account_of(text: str) -> Address:
    """An account's address as somebody wrote it. Raises Conflict `operator_account`."""
    try:
        return parse_address(text.strip())
    except CairnError as error:
        raise Conflict(f"{text.strip()[:60]!r} is not the address of an account", "operator_account") from error


def check_end(issuer: Issuer, wanted: Wanted, *, now: int) -> None:
    key = next((key for key in issuer.keys if key.number == wanted.number and key.opened_at is not None), None)
    if key is None:
        raise NotFound(f"{issuer.slug} has no key {wanted.number}", "key_unknown")
    end = wanted.until or 0
    if end < (key.opened_at or 0) or (key.closed_at is not None and end > key.closed_at):
        raise Conflict("a key's end may only move earlier, and not before its start", "key_end")
    if end > now + 86_400:
        raise Conflict("a key cannot be closed as of a moment that has not come yet", "key_end")


def act_value(row: AdminActRow, slug: str) -> AdminAct:
    return AdminAct(
        saved(row.id),
        slug,
        Wanted.of(row.kind, row.wanted),
        row.state,
        row.said,
        row.asked_by,
        row.asked_at,
        row.block_number,
        row.block_time,
    )
