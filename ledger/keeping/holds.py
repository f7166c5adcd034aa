"""Reasons for which issuing stands still until a person accepts them. Reading and verifying go on meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ledger.errors import Conflict, NotFound
from ledger.keeping.tables import HoldRow
from ledger.storage import Database

DRIFT = "drift"
FINALITY_VIOLATION = "finality_violation"


@dataclass(frozen=True)
class Hold:
    """A reason. `accepted_by` is the person who accepted it at `accepted_at`; both are None while it is open."""

    id: int
    code: str
    subject: str
    detail: str
    raised_at: int
    accepted_at: int | None
    accepted_by: str | None


class Holds:
    """The holds of one ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self) -> tuple[Hold, ...]:
        """Those that nobody accepted yet, the oldest first."""
        with self._database.reading() as session:
            rows = session.exec(select(HoldRow).where(col(HoldRow.accepted_at).is_(None)).order_by(col(HoldRow.id)))
            return tuple(map(_value, rows.all()))

    def put(self, code: str, subject: str, detail: str) -> Hold:
        """Has issuing stand still. The same trouble (code and subject) is put once, and keeps what it said first."""
        try:
            with self._database.writing() as session:
                return put_hold(session, code, subject, detail)
        except IntegrityError:  # another process put it in the same moment
            with self._database.reading() as session:
                standing = _standing(session, code, subject)
            if standing is None:
                raise
            return _value(standing)

    def accept(self, hold_id: int, *, by: str) -> Hold:
        """Notes that a person takes the responsibility, so that issuing goes on. Again by anyone, it changes nothing.

        Raises NotFound `hold_unknown`, Conflict `name_missing` if nobody is named.
        """
        if not by.strip():
            raise Conflict("say who accepts it", "name_missing")
        with self._database.writing() as session:
            row = session.get(HoldRow, hold_id)
            if row is None:
                raise NotFound(f"there is no hold {hold_id}", "hold_unknown")
            if row.accepted_at is None:
                row.accepted_at, row.accepted_by = int(time.time()), by.strip()
                session.add(row)
            return _value(row)

    def require_none(self) -> None:
        """Raises Conflict `issuing_held`, which names every open hold and what to run."""
        if held := self.open():
            raise Conflict(held_sentence(held), "issuing_held")


def put_hold(session: Session, code: str, subject: str, detail: str) -> Hold:
    """As `Holds.put`, within a writing session."""
    row = _standing(session, code, subject)
    if row is None:
        row = HoldRow(code=code, subject=subject, detail=detail, raised_at=int(time.time()))
        session.add(row)
        session.flush()
    return _value(row)


def held_sentence(held: Iterable[Hold]) -> str:
    """Why issuing stands still, and what to do about it."""
    named = ", ".join(f"{hold.code} (hold {hold.id}: {hold.detail})" for hold in held)
    return f"issuing stands still: {named}; look with `cairn reconcile`, accept with --accept ID --by NAME"


def _standing(session: Session, code: str, subject: str) -> HoldRow | None:
    open_one = (HoldRow.code == code, HoldRow.subject == subject, col(HoldRow.accepted_at).is_(None))
    return session.exec(select(HoldRow).where(*open_one)).first()


def _value(row: HoldRow) -> Hold:
    if row.id is None:
        raise ValueError("the hold was never saved")
    return Hold(row.id, row.code, row.subject, row.detail, row.raised_at, row.accepted_at, row.accepted_by)
