"""Who works: each worker says every few seconds that it lives. What one that fell silent held, others take over."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from ledger.durable.tables import WorkerRow
from ledger.errors import Conflict
from ledger.storage import Database

SILENCE_SECONDS = 10.0
"""A worker that was not heard of for so long is taken for dead."""


@dataclass(frozen=True)
class Worker:
    """A process that works, or did. Times are Unix seconds of the database's clock."""

    name: str
    started_at: int
    seen_at: float
    is_alive: bool


class Workers:
    """The book of workers. `clock` is for SQLite; a server's own clock is the one that all its clients share."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def enter(self, name: str, *, silence: float = SILENCE_SECONDS) -> str:
        """Enters a worker, and gives the token of this run, by which an earlier run of the name learns to stop.

        Raises Conflict `worker_busy` if one of the name was heard of in the last `silence` seconds.
        """
        token = secrets.token_hex(16)
        with self._database.writing() as session:
            now = self._now(session)
            row = session.get(WorkerRow, name, with_for_update=True)
            if row is not None and row.stopped_at is None and row.seen_at > now - silence:
                raise Conflict(f"a worker named {name} is at work already; give this one another name", "worker_busy")
            row = row or WorkerRow(name=name, token=token, started_at=int(now), seen_at=now)
            row.token, row.started_at, row.seen_at, row.stopped_at = token, int(now), now, None
            session.add(row)
        return token

    def forget(self, name: str) -> None:
        """Takes a worker for dead, by one who knows that it is."""
        with self._database.writing() as session:
            row = session.get(WorkerRow, name)
            if row is not None and row.stopped_at is None:
                row.stopped_at = int(self._now(session))
                session.add(row)

    def replace(self, name: str) -> bool:
        """Takes a silent worker for dead, so that others may go on with its work: should it wake up, it must stop.

        False if it lives after all.
        """
        with self._database.writing() as session:
            now = self._now(session)
            row = session.get(WorkerRow, name, with_for_update=True)
            if row is None:
                return True
            if _is_alive(row.stopped_at, row.seen_at, now):
                return False
            row.token, row.stopped_at = "", row.stopped_at or int(now)
            session.add(row)
        return True

    def beat(self, name: str, token: str) -> bool:
        """Says that this run lives. False if its name or its work was taken over, so that it must stop."""
        return self._note(name, token, seen_at=self._now)

    def leave(self, name: str, token: str) -> None:
        """Says that this run has ended."""
        self._note(name, token, stopped_at=lambda session: int(self._now(session)))

    def all(self) -> tuple[Worker, ...]:
        """Every worker that was ever entered, the newest first."""
        with self._database.reading() as session:
            now = self._now(session)
            rows = session.exec(select(WorkerRow).order_by(col(WorkerRow.started_at).desc())).all()
            return tuple(
                Worker(row.name, row.started_at, row.seen_at, _is_alive(row.stopped_at, row.seen_at, now))
                for row in rows
            )

    def alive(self) -> set[str]:
        """The names of those that live."""
        return {worker.name for worker in self.all() if worker.is_alive}

    def _note(self, name: str, token: str, **values: Callable[[Session], float]) -> bool:
        """Changes the row of a run, unless the row is another's by now."""
        with self._database.writing() as session:
            done = session.exec(
                update(WorkerRow)
                .where(col(WorkerRow.name) == name, col(WorkerRow.token) == token)
                .values({column: value(session) for column, value in values.items()})
            )
            return bool(done.rowcount)

    def _now(self, session: Session) -> float:
        if session.connection().dialect.name == "sqlite":
            return self._clock()
        return float(session.exec(select(func.extract("epoch", func.clock_timestamp()))).one())


def _is_alive(stopped_at: int | None, seen_at: float, now: float) -> bool:
    return stopped_at is None and seen_at > now - SILENCE_SECONDS
