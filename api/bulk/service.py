"""Lists that are checked: kept behind a capability, sealed with it, and gone when they end.

Only the hash of a list's token is stored. A list that is unknown, ended or deleted is the same to everyone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, delete, func, select

from api.bulk.contents import read_reports, read_results, read_upload, written_upload
from api.bulk.sealing import Seal, key_of
from api.bulk.tables import BulkDetailRow, BulkFileRow, BulkListRow, BulkRunRow
from api.bulk.values import Found, OpenList, Run, RunState
from api.clock import DAY, Clock, unix_now
from api.tokens import SHARE, new_token, parse_token
from ledger.bulk.columns import chosen
from ledger.bulk.uploads import Upload, table_upload
from ledger.errors import Conflict, NotFound
from ledger.storage import Database, insert_rows
from ledger.verifying.report import VerificationReport

LIFETIMES = (7, 30, 90)
"""Days that a list may be kept."""
MAX_RUNS = 50
"""Runs of one list."""
MAX_QUEUED = 200
"""Runs that may wait, of all callers together."""
MAX_WAITING = 3
"""Runs of one caller that may wait or run at a time; they are done one after another."""

CONTENTS, FILE, RESULTS, DETAIL = "contents", "file {}", "results {}", "detail {} {}"
RUNS = (
    columns(  # columns, not rows of the table: those hold all results
        col(BulkRunRow.number),
        col(BulkRunRow.state),
        col(BulkRunRow.asked_at),
        col(BulkRunRow.finished_at),
        col(BulkRunRow.done),
    )
    .where(col(BulkRunRow.list) == bindparam("list_id"))
    .order_by(col(BulkRunRow.number))
)
_OPEN = (RunState.QUEUED.value, RunState.RUNNING.value)


@dataclass(frozen=True)
class Room:
    """How much the lists of everybody may take up, in bytes."""

    megabytes: int

    @property
    def bytes(self) -> int:
        return self.megabytes * 1024 * 1024


class Lists:
    """The lists of everybody."""

    def __init__(self, database: Database, room: Room, clock: Clock = unix_now) -> None:
        self._database = database
        self._room = room
        self._clock = clock
        self._salt = secrets.token_bytes(32)

    def create(self, upload: Upload, *, days: int, caller: str) -> str:
        """Keeps a list and has it checked, unless its column has to be chosen first. Gives its token, known only now.

        Raises Conflict `queue_full`, `too_many_lists`, `room_full`.
        """
        token, now = new_token(SHARE), self._clock()
        list_id = secrets.token_hex(16)
        seal = Seal(key_of(token.text), list_id)
        files = [seal.close(content, FILE.format(place)) for place, content in enumerate(upload.files)]
        contents = seal.close(written_upload(upload), CONTENTS)
        size = len(contents) + sum(map(len, files))
        with self._database.writing(alone=b"cairn bulk queue") as session:
            self._require_room(session, size)
            session.add(
                BulkListRow(
                    id=list_id,
                    token_hash=token.hash,
                    created_at=now,
                    expires_at=now + days * DAY,
                    rows=len(upload.entries),
                    size=size,
                    contents=contents,
                )
            )
            session.flush()
            rows = [(list_id, place, file) for place, file in enumerate(files)]
            insert_rows(session, BulkFileRow, ("list", "position", "content"), rows)
            if not upload.is_unclear:
                self._enqueue(session, list_id, seal.key, caller)
        return token.text

    def open(self, token: str) -> OpenList:
        """The list with this token. Raises NotFound, alike for unknown, ended and deleted ones."""
        with self._database.reading() as session:
            row = self._row(session, token)
            runs = session.connection().execute(RUNS, {"list_id": row.id}).all()
            ahead = self._ahead(session, row.id) if runs and runs[-1].state == RunState.QUEUED else 0
        key = key_of(token)
        upload = read_upload(Seal(key, row.id).open(row.contents, CONTENTS))
        found = [
            Run(run.number, RunState(run.state), run.asked_at, run.finished_at, run.done, row.rows, ahead)
            for run in runs
        ]
        return OpenList(row.id, key, row.created_at, row.expires_at, upload, tuple(found))

    def choose_column(self, token: str, column: str, caller: str) -> None:
        """Says which column of a table holds the links, and has the list checked.

        Raises MalformedDocument `column_unknown`, `sheet_rows`, Conflict `column_chosen` and as `create`.
        """
        opened = self.open(token)
        if not opened.upload.is_unclear:
            raise Conflict("the column of this list is chosen already", "column_chosen")
        upload = table_upload(opened.upload.rows, chosen(opened.upload.rows, column))
        contents = Seal(opened.key, opened.id).close(written_upload(upload), CONTENTS)
        with self._database.writing(alone=b"cairn bulk queue") as session:
            row = self._row(session, token)
            row.contents, row.rows, row.size = contents, len(upload.entries), len(contents)
            session.add(row)
            self._enqueue(session, row.id, opened.key, caller)

    def again(self, token: str, caller: str) -> int:
        """Has the whole list checked once more, and gives the run's number.

        Raises Conflict `already_running`, `too_many_runs`, `column_unclear`, `queue_full`, `too_many_lists`.
        """
        opened = self.open(token)
        if opened.upload.is_unclear:
            raise Conflict("choose the column that holds the links first", "column_unclear")
        with self._database.writing(alone=b"cairn bulk queue") as session:
            self._row(session, token)
            return self._enqueue(session, opened.id, opened.key, caller)

    def stop(self, token: str) -> None:
        """Has the run that is under way end after the row that it is at; what waits ends at once."""
        with self._database.writing() as session:
            row = self._row(session, token)
            for run in session.exec(select(BulkRunRow).where(BulkRunRow.list == row.id, _is_open())):
                run.is_to_stop = True
                if run.state == RunState.QUEUED and run.results is None:
                    run.state, run.finished_at, run.list_key = RunState.FAILED.value, self._clock(), None
                    run.caller = ""
                session.add(run)

    def delete(self, token: str) -> None:
        """Erases a list with everything that was found of it."""
        with self._database.writing() as session:
            row = self._row(session, token)
            session.exec(delete(BulkListRow).where(col(BulkListRow.id) == row.id))

    def results(self, opened: OpenList, number: int) -> list[Found]:
        """What a run came to. Raises NotFound for a run without results."""
        with self._database.reading() as session:
            run = session.get(BulkRunRow, (opened.id, number))
            if run is None or run.results is None or not RunState(run.state).has_ended:
                raise nothing_here()
            return read_results(Seal(opened.key, opened.id).open(run.results, RESULTS.format(number)))

    def reports(self, opened: OpenList, position: int) -> tuple[int, tuple[VerificationReport, ...]]:
        """The number of the newest finished run, and its whole reports on one row; none where nothing was verified."""
        with self._database.reading() as session:
            found = session.get(BulkDetailRow, (opened.id, position))
            if found is None:
                return 0, ()
            piece = Seal(opened.key, opened.id).open(found.content, DETAIL.format(found.run, position))
            return found.run, read_reports(piece)

    def sweep(self) -> int:
        """Erases the lists that have ended, and gives their number."""
        with self._database.reading() as session:
            due = session.exec(select(BulkListRow.id).where(BulkListRow.expires_at <= self._clock())).all()
        if due:
            with self._database.writing() as session:
                session.exec(delete(BulkListRow).where(col(BulkListRow.id).in_(due)))
        return len(due)

    def _row(self, session: Session, token: str) -> BulkListRow:
        token_hash = parse_token(SHARE, token)
        row = session.exec(select(BulkListRow).where(BulkListRow.token_hash == token_hash)).first()
        if token_hash is None or row is None or row.expires_at <= self._clock():
            raise nothing_here()
        return row

    def _require_room(self, session: Session, size: int) -> None:
        used = session.exec(select(func.coalesce(func.sum(BulkListRow.size), 0))).one()
        if int(used) + size > self._room.bytes:
            raise Conflict("too many lists are kept here at the moment; try again tomorrow", "room_full")

    def _enqueue(self, session: Session, list_id: str, key: bytes, caller: str) -> int:
        mark = hmac.new(self._salt, caller.encode(), hashlib.sha256).hexdigest()
        waiting = session.exec(select(BulkRunRow.list, BulkRunRow.caller).where(_is_open())).all()
        if any(one == list_id for one, _ in waiting):
            raise Conflict("this list is being checked already", "already_running")
        if sum(one == mark for _, one in waiting) >= MAX_WAITING:
            raise Conflict("wait until your other lists are checked", "too_many_lists")
        if len(waiting) >= MAX_QUEUED:
            raise Conflict("too many lists wait to be checked; try again in a few minutes", "queue_full")
        last = session.exec(select(func.max(BulkRunRow.number)).where(BulkRunRow.list == list_id)).one() or 0
        if last >= MAX_RUNS:
            raise Conflict(f"a list can be checked {MAX_RUNS} times; upload it once more", "too_many_runs")
        run = BulkRunRow(
            list=list_id,
            number=last + 1,
            state=RunState.QUEUED.value,
            caller=mark,
            list_key=key,
            asked_at=self._clock(),
        )
        session.add(run)
        session.flush()
        return run.number

    @staticmethod
    def _ahead(session: Session, list_id: str) -> int:
        """How many runs of others are to be done before the one of this list."""
        mine = session.exec(select(BulkRunRow.asked_at).where(BulkRunRow.list == list_id, _is_open())).first()
        if mine is None:
            return 0
        query = select(func.count()).where(_is_open(), BulkRunRow.asked_at <= mine, BulkRunRow.list != list_id)
        return int(session.exec(query).one())


def _is_open() -> ColumnElement[bool]:
    return col(BulkRunRow.state).in_(_OPEN)


def nothing_here() -> NotFound:
    return NotFound("there is no list at this address, or not any more", "not_found")
