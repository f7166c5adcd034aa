"""Sessions: browsers that are signed in. A session has 256 random bits, stands in the database as a hash, and ends by
itself: a day after it was last used, a week after it began.
"""

from __future__ import annotations

import secrets

from sqlmodel import Session, col, delete, select

from api.clock import DAY, Clock, unix_now
from api.tokens import SESSION, new_token, parse_token
from api.wallets.access.audit import Audit
from api.wallets.access.tables import SessionRow
from api.wallets.access.values import MINUTE, Entered, SignedIn, Way, What
from ledger.storage import Database

IDLE_SECONDS = DAY
LONGEST_SECONDS = 7 * DAY
MOST = 50
"""Sessions of one wallet; the one that was used the longest ago makes room."""


class Sessions:
    """The sessions of wallets."""

    def __init__(self, database: Database, audit: Audit, clock: Clock = unix_now) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def begin(self, session: Session, wallet_id: str, way: Way) -> Entered:
        """A new session, within the transaction in which somebody proved to be allowed in."""
        token, now = new_token(SESSION), self._clock()
        rows = session.exec(
            select(SessionRow).where(SessionRow.wallet == wallet_id).order_by(col(SessionRow.seen_at).desc())
        ).all()
        for position, row in enumerate(rows):
            if position >= MOST - 1 or self._is_over(row, now):
                session.delete(row)
        session.add(
            SessionRow(
                token_hash=token.hash,
                id=secrets.token_hex(16),
                wallet=wallet_id,
                way=way,
                created_at=now,
                seen_at=now,
                expires_at=now + LONGEST_SECONDS,
            )
        )
        return Entered(wallet_id, token, now + LONGEST_SECONDS)

    def find(self, text: str) -> SignedIn | None:
        """The live session that a cookie names. Using it keeps it from ending for another day."""
        token_hash = parse_token(SESSION, text)
        if token_hash is None:
            return None
        now = self._clock()
        with self._database.reading() as session:
            row = session.get(SessionRow, token_hash)
            if row is None or self._is_over(row, now):
                return None
            found = signed_in(row)
        if now - found.seen_at >= MINUTE:
            with self._database.writing() as session:
                kept = session.get(SessionRow, token_hash)
                if kept is not None:
                    kept.seen_at = now
                    session.add(kept)
        return found

    def all(self, wallet_id: str) -> list[SignedIn]:
        """The live sessions of a wallet, the one used last first."""
        now = self._clock()
        with self._database.reading() as session:
            rows = session.exec(
                select(SessionRow).where(SessionRow.wallet == wallet_id).order_by(col(SessionRow.seen_at).desc())
            )
            return [signed_in(row) for row in rows if not self._is_over(row, now)]

    def end(self, text: str) -> None:
        """Signs out. Doing it twice changes nothing."""
        token_hash = parse_token(SESSION, text)
        with self._database.writing() as session:
            session.exec(delete(SessionRow).where(col(SessionRow.token_hash) == token_hash))

    def end_all(self, wallet_id: str, way: Way) -> None:
        """Signs out everywhere."""
        with self._database.writing() as session:
            end_sessions(session, wallet_id)
            self._audit.note(session, wallet_id, What.SIGNED_OUT_EVERYWHERE, way)

    def _is_over(self, row: SessionRow, now: int) -> bool:
        # A clock that was ahead when the session was used must not keep it open.
        return row.expires_at <= now or not row.seen_at - IDLE_SECONDS <= now < row.seen_at + IDLE_SECONDS


def end_sessions(session: Session, wallet_id: str) -> None:
    session.exec(delete(SessionRow).where(col(SessionRow.wallet) == wallet_id))


def signed_in(row: SessionRow) -> SignedIn:
    return SignedIn(row.id, row.wallet, Way(row.way), row.created_at, row.seen_at, row.expires_at)
