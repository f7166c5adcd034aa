"""What was asked for: stored before anything is done about it, and kept until it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ledger.durable.tables import OrderRow
from ledger.errors import NotFound
from ledger.storage import Database


class OrderKind(StrEnum):
    ISSUE = "issue"  # a batch: sign, anchor, attach
    WITHDRAW = "withdraw"  # a batch that was issued in error
    STATUS = "status"  # one call that changes status bits


@dataclass(frozen=True)
class Problem:
    """Why an order does not go on now."""

    code: str
    message: str


@dataclass(frozen=True)
class Order:
    """Something that is to be carried on until it is done. Times are Unix seconds.

    A parked one waits for a person, who has to ask again; `asked_at` is when somebody did so last. `sponsor` is who
    pays, if it is not the operator.
    """

    id: int
    kind: OrderKind
    subject: int
    reason: int | None
    sponsor: str | None
    sponsor_days: int | None
    asked_at: int
    attempt: int
    problem: Problem | None
    is_parked: bool
    done_at: int | None

    @property
    def is_done(self) -> bool:
        return self.done_at is not None


class Orders:
    """The orders of this ledger."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def place(
        self,
        kind: OrderKind,
        subject: int,
        *,
        reason: int | None = None,
        sponsor: str | None = None,
        sponsor_days: int | None = None,
    ) -> Order:
        """Stores what is asked for. What was asked for before goes on; what had stopped, or is done, begins anew."""
        try:
            with self._database.writing() as session:
                row = _row(session, kind, subject, locked=True)
                return _order(self._placed(session, row, kind, subject, reason, sponsor, sponsor_days))
        except IntegrityError:
            # Another process asked for the same in this moment.
            return self.get(kind, subject)

    def place_all(
        self,
        kind: OrderKind,
        session: Session,
        subjects: Iterable[int],
        *,
        sponsor: str | None = None,
        sponsor_days: int | None = None,
    ) -> None:
        """As `place` for several, in the caller's transaction. What is done already is left as it is."""
        for subject in subjects:
            row = _row(session, kind, subject, locked=True)
            if row is None or row.done_at is None:
                self._placed(session, row, kind, subject, None, sponsor, sponsor_days)

    def _placed(
        self,
        session: Session,
        row: OrderRow | None,
        kind: OrderKind,
        subject: int,
        reason: int | None,
        sponsor: str | None,
        sponsor_days: int | None,
    ) -> OrderRow:
        if row is None:
            row = OrderRow(kind=kind, subject=subject, asked_at=int(self._clock()), reason=reason)
        elif row.parked or row.done_at is not None:
            row.parked, row.problem, row.problem_code, row.attempt = False, None, None, row.attempt + 1
            row.done_at, row.asked_at = None, int(self._clock())
            row.reason = row.reason if reason is None else reason
        elif row.sponsor != sponsor:  # the job that carries it now works for who was to pay before
            row.attempt += 1
        row.sponsor, row.sponsor_days = sponsor, sponsor_days
        session.add(row)
        session.flush()
        return row

    def find(self, kind: OrderKind, subject: int) -> Order | None:
        with self._database.reading() as session:
            row = _row(session, kind, subject)
            return _order(row) if row else None

    def get(self, kind: OrderKind, subject: int) -> Order:
        """Raises NotFound `order_unknown`."""
        found = self.find(kind, subject)
        if found is None:
            raise NotFound(f"nobody asked for {kind} {subject}", "order_unknown")
        return found

    def by_id(self, order_id: int) -> Order:
        with self._database.reading() as session:
            return _order(session.get_one(OrderRow, order_id))

    def open(self) -> tuple[Order, ...]:
        """Everything that is not done, parked or not, in the order in which it was asked for."""
        with self._database.reading() as session:
            rows = session.exec(
                select(OrderRow).where(col(OrderRow.done_at).is_(None)).order_by(col(OrderRow.id))
            ).all()
            return tuple(_order(row) for row in rows)

    def known(self, kind: OrderKind, subjects: Iterable[int]) -> set[int]:
        """Those of the subjects that somebody asked for."""
        with self._database.reading() as session:
            return set(
                session.exec(
                    select(OrderRow.subject).where(OrderRow.kind == kind, col(OrderRow.subject).in_(list(subjects)))
                )
            )

    def note(self, order_id: int, problem: Problem | None, *, parked: bool = False) -> None:
        """Notes why an order does not go on, or that it does."""
        with self._database.writing() as session:
            row = session.get_one(OrderRow, order_id)
            row.problem, row.problem_code = (problem.message, problem.code) if problem else (None, None)
            row.parked = parked
            session.add(row)

    def begin_anew(self, order_id: int, attempt: int) -> None:
        """Counts an attempt that ended without an end of the work, unless somebody did so already."""
        with self._database.writing() as session:
            row = session.get_one(OrderRow, order_id)
            if row.attempt == attempt and row.done_at is None and not row.parked:
                row.attempt += 1
                session.add(row)

    def finish(self, order_id: int) -> None:
        with self._database.writing() as session:
            row = session.get_one(OrderRow, order_id)
            if row.done_at is None:
                row.done_at = int(self._clock())
                row.problem, row.problem_code, row.parked = None, None, False
                session.add(row)

    def ages(self) -> dict[OrderKind, tuple[int, float]]:
        """For each kind how many are open, and for how many seconds the oldest that is not parked has been."""
        now = self._clock()
        with self._database.reading() as session:
            rows = session.exec(
                select(OrderRow.kind, func.count(), func.min(OrderRow.asked_at))
                .where(col(OrderRow.done_at).is_(None), col(OrderRow.parked).is_(False))
                .group_by(OrderRow.kind)
            ).all()
        return {OrderKind(kind): (count, max(0.0, now - oldest)) for kind, count, oldest in rows}


def _row(session: Session, kind: OrderKind, subject: int, *, locked: bool = False) -> OrderRow | None:
    query = select(OrderRow).where(OrderRow.kind == kind, OrderRow.subject == subject)
    return session.exec(query.with_for_update() if locked else query).first()


def _order(row: OrderRow) -> Order:
    return Order(
        id=row.id or 0,
        kind=OrderKind(row.kind),
        subject=row.subject,
        reason=row.reason,
        sponsor=row.sponsor,
        sponsor_days=row.sponsor_days,
        asked_at=row.asked_at,
        attempt=row.attempt,
        problem=Problem(row.problem_code or "", row.problem) if row.problem is not None else None,
        is_parked=row.parked,
        done_at=row.done_at,
    )
