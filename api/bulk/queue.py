"""The runs that wait: who works on one, how far it is, and what it came to. Several processes may work on one database.

A worker holds a run for some seconds and says again that it does; what nobody holds any more is taken up by the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, or_, select

from api.bulk.contents import read_upload, written_reports, written_results
from api.bulk.sealing import Seal
from api.bulk.service import CONTENTS, DETAIL, FILE, RESULTS
from api.bulk.tables import BulkDetailRow, BulkFileRow, BulkListRow, BulkRunRow
from api.bulk.values import Found, RunState
from api.clock import Clock, unix_now
from ledger.bulk.uploads import Upload
from ledger.storage import Database, insert_rows

HOLD_SECONDS = 30
MAX_TRIES = 4
"""How often a run is begun: one that ends its process each time must not do so for ever."""


@dataclass(frozen=True)
class Job:
    """A run that a worker holds."""

    list_id: str
    number: int
    upload: Upload = field(repr=False)
    seal: Seal = field(repr=False)


class Gone(Exception):
    """The list was deleted, or somebody else has taken the run."""


class Queue:
    """Runs that wait, as one worker sees them."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock
        self._worker = secrets.token_hex(8)

    def release(self) -> None:
        """Gives back whatever was held: for a process that alone works for a folder, when it starts."""
        with self._database.writing() as session:
            for run in session.exec(select(BulkRunRow).where(BulkRunRow.state == RunState.RUNNING.value)):
                run.held_until = None
                session.add(run)

    def take(self) -> Job | None:
        """The next run, now held by this worker; None if none waits."""
        now = self._clock()
        if not self._waits(now):
            return None
        with self._database.writing(alone=b"cairn bulk queue") as session:
            run = session.exec(select(BulkRunRow).where(_free(now)).order_by(col(BulkRunRow.asked_at))).first()
            if run is None:
                return None
            row = session.get(BulkListRow, run.list)
            if row is None or run.list_key is None or run.tries >= MAX_TRIES or row.expires_at <= now:
                self._end(session, run, RunState.FAILED)
                return None
            run.state, run.worker, run.held_until = RunState.RUNNING.value, self._worker, now + HOLD_SECONDS
            run.tries, run.done = run.tries + 1, 0
            session.add(run)
            seal = Seal(run.list_key, run.list)
            return Job(run.list, run.number, read_upload(seal.open(row.contents, CONTENTS)), seal)

    def files(self, job: Job, first: int, after: int) -> dict[int, bytes]:
        """The files of a list between two places, by their places."""
        query = select(BulkFileRow.position, BulkFileRow.content).where(
            BulkFileRow.list == job.list_id, BulkFileRow.position >= first, BulkFileRow.position < after
        )
        with self._database.reading() as session:
            found = session.exec(query).all()
        return {place: job.seal.open(piece, FILE.format(place)) for place, piece in found}

    def go_on(self, job: Job, done: int) -> bool:
        """Notes how far a run is, and says whether it is to go on. Raises Gone."""
        with self._held(job) as (session, run):
            run.done, run.held_until = done, self._clock() + HOLD_SECONDS
            session.add(run)
            return not run.is_to_stop

    def give_back(self, job: Job) -> None:
        """Leaves a run for whoever works next: this process is to end."""
        with self._held(job) as (session, run):
            run.state, run.held_until, run.tries = RunState.QUEUED.value, None, run.tries - 1
            session.add(run)

    def finish(self, job: Job, found: Sequence[Found], *, stopped: bool) -> None:
        """Stores what a run came to. Its whole reports take the place of those of the run before. Raises Gone."""
        results = job.seal.close(written_results(found), RESULTS.format(job.number))
        details = [
            (job.list_id, position, job.number, self._sealed(job, position, one))
            for position, one in enumerate(found, 1)
            if one.reports
        ]
        with self._held(job) as (session, run):
            session.exec(delete(BulkDetailRow).where(col(BulkDetailRow.list) == job.list_id))
            insert_rows(session, BulkDetailRow, ("list", "position", "run", "content"), details)
            run.results, run.done = results, len(found)
            self._end(session, run, RunState.STOPPED if stopped else RunState.DONE)

    def _sealed(self, job: Job, position: int, found: Found) -> bytes:
        return job.seal.close(written_reports(found.reports), DETAIL.format(job.number, position))

    def _end(self, session: Session, run: BulkRunRow, state: RunState) -> None:
        run.state, run.finished_at = state.value, self._clock()
        run.list_key = run.worker = run.held_until = None
        run.caller = ""
        session.add(run)

    def _waits(self, now: int) -> bool:
        with self._database.reading() as session:
            return session.exec(select(BulkRunRow.number).where(_free(now)).limit(1)).first() is not None

    @contextmanager
    def _held(self, job: Job) -> Iterator[tuple[Session, BulkRunRow]]:
        with self._database.writing() as session:
            run = session.get(BulkRunRow, (job.list_id, job.number))
            if run is None or run.worker != self._worker or run.state != RunState.RUNNING.value:
                raise Gone
            yield session, run


def _free(now: int) -> ColumnElement[bool]:
    """What waits, and what its worker let go."""
    held_until = col(BulkRunRow.held_until)
    let_go = (col(BulkRunRow.state) == RunState.RUNNING.value) & or_(held_until.is_(None), held_until < now)
    return or_(col(BulkRunRow.state) == RunState.QUEUED.value, let_go)
