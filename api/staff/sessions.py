"""Sessions of people who work for institutions. They are shorter than learners': two hours unused, twelve at most.

A session has 256 random bits and stands in the database as a hash.
"""

from __future__ import annotations

import secrets

from sqlmodel import Session, col, delete, select

from api.clock import Clock, unix_now
from api.staff.tables import StaffSessionRow
from api.staff.values import Entered, SignedIn, Way
from api.tokens import STAFF_SESSION, new_token, parse_token
from ledger.storage import Database

MINUTE, HOUR = 60, 3600
IDLE_SECONDS = 2 * HOUR
LONGEST_SECONDS = 12 * HOUR
MOST = 20
"""Sessions of one person; the one that was used the longest ago makes room."""


class Sessions:
    """The sessions of people."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock

    def begin(self, session: Session, person_id: str, way: Way) -> Entered:
        """A new session, within the transaction in which somebody proved to be allowed in."""
        token, now = new_token(STAFF_SESSION), self._clock()
        rows = session.exec(
            select(StaffSessionRow)
            .where(StaffSessionRow.person == person_id)
            .order_by(col(StaffSessionRow.seen_at).desc())
        ).all()
        for position, row in enumerate(rows):
            if position >= MOST - 1 or is_over(row, now):
                session.delete(row)
        session.add(
            StaffSessionRow(
                token_hash=token.hash,
                id=secrets.token_hex(16),
                person=person_id,
                way=way,
                created_at=now,
                seen_at=now,
                expires_at=now + LONGEST_SECONDS,
            )
        )
        return Entered(person_id, token, now + LONGEST_SECONDS)

    def find(self, text: str) -> SignedIn | None:
        """The live session that a cookie names. Using it keeps it from ending for another two hours."""
        token_hash = parse_token(STAFF_SESSION, text)
        if token_hash is None:
            return None
        now = self._clock()
        with self._database.reading() as session:
            row = session.get(StaffSessionRow, token_hash)
            if row is None or is_over(row, now):
                return None
            found = signed_in(row)
        if now - found.seen_at >= MINUTE:
            with self._database.writing() as session:
                kept = session.get(StaffSessionRow, token_hash)
                if kept is not None:
                    kept.seen_at = now
                    session.add(kept)
        return found

    def all(self, person_id: str) -> list[SignedIn]:
        """The live sessions of a person, the one used last first."""
        now = self._clock()
        with self._database.reading() as session:
            rows = session.exec(
                select(StaffSessionRow)
                .where(StaffSessionRow.person == person_id)
                .order_by(col(StaffSessionRow.seen_at).desc())
            )
            return [signed_in(row) for row in rows if not is_over(row, now)]

    def end(self, text: str) -> None:
        """Signs out. Doing it twice changes nothing."""
        token_hash = parse_token(STAFF_SESSION, text)
        with self._database.writing() as session:
            session.exec(delete(StaffSessionRow).where(col(StaffSessionRow.token_hash) == token_hash))

    def end_one(self, person_id: str, session_id: str) -> None:
        """Ends one session of a person, by its name in the list."""
        with self._database.writing() as session:
            session.exec(
                delete(StaffSessionRow).where(
                    col(StaffSessionRow.person) == person_id, col(StaffSessionRow.id) == session_id
                )
            )

    def end_all(self, person_id: str) -> None:
        """Signs out everywhere."""
        with self._database.writing() as session:
            session.exec(delete(StaffSessionRow).where(col(StaffSessionRow.person) == person_id))


def is_over(row: StaffSessionRow, now: int) -> bool:
    # A clock that was ahead when the session was used must not keep it open.
    return row.expires_at <= now or not row.seen_at - IDLE_SECONDS <= now < row.seen_at + IDLE_SECONDS


def signed_in(row: StaffSessionRow) -> SignedIn:
    return SignedIn(row.id, row.person, Way(row.way), row.created_at, row.seen_at, row.expires_at)
