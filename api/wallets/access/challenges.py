"""Challenges: something random that is to be signed within minutes, and counts once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, delete

from api.clock import Clock, unix_now
from api.wallets.access.tables import ChallengeRow
from api.wallets.access.values import MINUTE
from ledger.storage import Database

LIFE_SECONDS = 5 * MINUTE

Purpose = Literal[
    "passkey_add", "passkey_enter", "account_add", "account_enter", "staff_passkey_add", "staff_passkey_enter"
]


@dataclass(frozen=True)
class Challenge:
    """A challenge that was handed out: for what, for whom, and what else its answer must name."""

    purpose: str
    wallet_id: str | None
    context: str


class Challenges:
    """The challenges that nobody has answered yet."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def make(self, purpose: Purpose, wallet_id: str | None = None, *, context: str = "") -> bytes:
        """32 random bytes, good once and for five minutes."""
        challenge, now = secrets.token_bytes(32), self._clock()
        with self._database.writing() as session:
            session.exec(delete(ChallengeRow).where(col(ChallengeRow.expires_at) <= now))
            session.add(
                ChallengeRow(
                    challenge_hash=hashlib.sha256(challenge).digest(),
                    purpose=purpose,
                    wallet=wallet_id,
                    context=context,
                    expires_at=now + LIFE_SECONDS,
                )
            )
        return challenge

    def take(self, challenge: bytes, purpose: Purpose, wallet_id: str | None = None) -> Challenge | None:
        """The challenge, if it is one of ours for this purpose and this wallet. Whatever comes of it, it is used up."""
        with self._database.writing() as session:
            row = session.get(ChallengeRow, hashlib.sha256(challenge).digest(), with_for_update=True)
            if row is None:
                return None
            found = Challenge(row.purpose, row.wallet, row.context)
            is_live = row.expires_at > self._clock()
            session.delete(row)
        return found if is_live and (found.purpose, found.wallet_id) == (purpose, wallet_id) else None
