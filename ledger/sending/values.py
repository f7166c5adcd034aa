"""What sending answers with: the states of a transaction, the transaction itself, and what keeps one waiting."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.registry import Address

PLANNED, SENT, MINED, SAFE, FINAL = "planned", "sent", "mined", "safe", "final"
REVERTED, LOST = "reverted", "lost"
"""States of transactions and of sponsored acts."""
IN_FLIGHT = (PLANNED, SENT)
IN_BLOCK = (MINED, SAFE, FINAL)
UNSETTLED = (*IN_FLIGHT, MINED, SAFE)
REPLACED = (REVERTED, LOST)
"""States of those that failed; another may stand for the same purpose."""

NONCE_TAKEN, NOT_MINED, NOT_PLANNED = "nonce_taken", "not_mined", "not_planned"
FUNDS_LOW, FEE_CAP, KEY_MISSING, GAS_EXHAUSTED = "funds_low", "fee_cap", "key_missing", "gas_exhausted"
"""Codes. The last four keep a transaction waiting; it goes on by itself once the cause is gone."""


@dataclass(frozen=True)
class Transaction:
    """A call on its way. States: planned, sent, mined, safe, final; reverted and lost ones were replaced.

    `hash` is that of the signed form which a block holds, or else of the newest. `problem` is the code of what keeps it
    waiting, if anything does.
    """

    purpose: str
    state: str
    hash: bytes
    sender: Address
    nonce: int
    block_number: int | None
    block_hash: bytes | None
    block_time: int | None
    gas_used: int | None
    problem: str | None = None


@dataclass(frozen=True)
class Spending:
    """What mined transactions of one kind used: gas, and at most so many wei. `kind` is how their purposes begin."""

    kind: str
    transactions: int
    gas: int
    wei_at_most: float


@dataclass(frozen=True)
class Alarm:
    """Something that a person should see. `since` is a Unix second, `subject` what it is about."""

    code: str
    subject: str
    detail: str
    since: int
