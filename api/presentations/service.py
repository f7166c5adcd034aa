"""Challenges: a nonce for one audience, which a holder's presentation answers once and in time.

A challenge is no secret: whoever reads it can answer it, with their own key. What counts is that it is spent with the
first answer that holds, so that a copy of that answer is worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, delete, select, update

from api.clock import DAY, Clock, unix_now
from api.presentations.tables import PresentationRequestRow
from api.tokens import CHALLENGE, new_token, parse_token
from ledger.storage import Database
from ledger.verifying.presented import Asked
from ledger.verifying.report import Check, Outcome

KEPT = 7 * DAY
"""How long a challenge is remembered after its end, so that a late answer hears why it does not count."""

_REFUSALS = {
    "challenge_unknown": "The presentation answers a challenge that nobody asked here.",
    "challenge_used": "The challenge was answered before: this may be a copy. Ask for a new presentation.",
    "challenge_expired": "The challenge has expired. Ask for a new presentation.",
}


@dataclass(frozen=True)
class Challenge:
    """A challenge to answer, for whom, and until when (Unix seconds)."""

    challenge: str
    audience: str
    purpose: str | None
    expires_at: int


class Challenges:
    """The challenges that this site asks. One with a wallet proves a DID for it, and serves for nothing else."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def ask(self, audience: str, *, minutes: int, purpose: str | None = None, wallet: str | None = None) -> Challenge:
        """A new challenge. Those that ended long ago are forgotten."""
        token, now = new_token(CHALLENGE), self._clock()
        row = PresentationRequestRow(
            challenge_hash=token.hash,
            audience=audience,
            purpose=purpose,
            wallet=wallet,
            created_at=now,
            expires_at=now + 60 * minutes,
        )
        with self._database.writing() as session:
            session.exec(delete(PresentationRequestRow).where(col(PresentationRequestRow.expires_at) < now - KEPT))
            session.add(row)
        return Challenge(token.text, audience, purpose, row.expires_at)

    def is_ours(self, challenge: str) -> bool:
        """Whether a challenge looks like one that a site of this kind asks."""
        return challenge.startswith(CHALLENGE)

    def asked(self, challenge: str, *, wallet: str | None = None) -> Asked:
        """What a presentation has to answer, or why this challenge does not count (any more)."""
        with self._database.reading() as session:
            row = self._row(session, challenge, wallet)
            if row is None:
                return Asked(challenge, None, refusal("challenge_unknown"))
            code = "challenge_used" if row.used_at is not None else None
            if code is None and row.expires_at <= self._clock():
                code = "challenge_expired"
            return Asked(challenge, row.audience, refusal(code) if code else None)

    def spend(self, challenge: str, *, wallet: str | None = None) -> Check | None:
        """Uses a challenge up. Gives the refusal if somebody else was faster, or its time is over."""
        now = self._clock()
        with self._database.writing() as session:
            changed = session.exec(
                update(PresentationRequestRow)
                .where(
                    col(PresentationRequestRow.challenge_hash) == (parse_token(CHALLENGE, challenge) or b""),
                    col(PresentationRequestRow.wallet).is_not_distinct_from(wallet),
                    col(PresentationRequestRow.used_at).is_(None),
                    col(PresentationRequestRow.expires_at) > now,
                )
                .values(used_at=now)
            )
            if changed.rowcount == 1:
                return None
        return self.asked(challenge, wallet=wallet).refused or refusal("challenge_used")

    def _row(self, session: Session, challenge: str, wallet: str | None) -> PresentationRequestRow | None:
        row = session.exec(
            select(PresentationRequestRow).where(
                PresentationRequestRow.challenge_hash == (parse_token(CHALLENGE, challenge) or b"")
            )
        ).first()
        return row if row is not None and row.wallet == wallet else None


def refusal(code: str) -> Check:
    return Check("holder", Outcome.INVALID, code, _REFUSALS[code])
