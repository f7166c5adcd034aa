"""The engine that carries work: DBOS, and the only file that knows it.

Every order is one workflow of the name `carry`. Its arguments and what its steps said are plain JSON in a database of
its own, which can be lost: the ledger's tables say what is left to do, and `sweep.py` asks for it again. The version of
the application is fixed, so that a new Cairn goes on with what an older one began; where `carry` changes too much for
that, `VERSION` counts up, and the sweep begins anew what stands under a lower one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, SetWorkflowID, error
from sqlalchemy import create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from ledger.durable.checkpoints import Checkpoint, Stopping
from ledger.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.engine import Engine as DatabaseEngine

APPLICATION = "cairn"
VERSION = "1"
WORKFLOW = "carry"
SQLITE_WORKER = "local"
STOP_SECONDS = 10.0
_NEVER_GIVE_UP = 1_000_000
_running: list[Engine] = []
"""The engine of this process, if it has one: the library has one for a process too."""
_starting = Lock()
_LOG = "dbos"

logger = logging.getLogger("cairn.work")


class Lane(StrEnum):
    """The queues. Each worker takes so many of each at once."""

    SEALING = "sealing"
    ANCHORING = "anchoring"
    STATUS = "status"


IDLE_POLL = 1.0
BUSY_SECONDS = 10.0
"""For how long after a job was given the lanes are looked at often: each look costs milliseconds, for nothing."""
_WORKERS = {Lane.SEALING: 2, Lane.ANCHORING: 32, Lane.STATUS: 8}


@dataclass(frozen=True)
class Job:
    """One run of an order. Its id makes it unique: asked for twice, it runs once."""

    id: str
    lane: Lane
    order: int
    attempt: int


@dataclass(frozen=True)
class Standing:
    """A job that is on its way. `worker` is who has it; None while it waits in its lane.

    `version` is that of the application which began it: the engine gives it to workers of this version only.
    """

    id: str
    worker: str | None
    version: str


Perform = Callable[[Job, Checkpoint], None]
"""Does a job, with checkpoints."""


class Engine:
    """Runs jobs in this process, and takes up those that an earlier run of the same worker left. One to a process."""

    def __init__(self, url: URL, worker: str, *, poll: float) -> None:
        """`url` is of the engine's own database, which is made if missing.

        `poll` is how often it looks for jobs while there are some.
        """
        self._url = url
        self._worker = worker
        self._perform: Perform | None = None
        self._poll = poll
        self._asked_at = time.monotonic()
        self._is_resting = True
        self._busy = 0
        self._lock = Lock()
        self.stop = Event()

    def start(self, perform: Perform) -> None:
        """Begins to do jobs. Raises Conflict `engine_busy` if this process runs another engine."""
        with _starting:
            if _running:
                raise Conflict("this process works for another data folder already", "engine_busy")
            _running.append(self)
        self._perform = perform
        log = logging.getLogger(_LOG)
        log.setLevel(logging.WARNING)
        if not log.handlers:  # or DBOS gives it one that writes to the stderr of this moment for ever
            log.addHandler(logging.NullHandler())
        try:
            DBOS(
                config={
                    "name": APPLICATION,
                    "system_database_url": self._url.render_as_string(hide_password=False),
                    "system_database_engine": connect(self._url),
                    "application_version": VERSION,
                    "executor_id": self._worker,
                    "serializer": DBOSPortableJSONSerializer(),
                    "log_level": "WARNING",
                    "notification_listener_polling_interval_sec": 1.0,
                }
            )
            DBOS.launch()
            self._hurry()
        except BaseException:
            self.close()
            raise

    def enqueue(self, job: Job) -> None:
        """Has a job run. One that is on its way, or was done, is left as it is."""
        with SetWorkflowID(job.id):
            DBOS.enqueue_workflow(job.lane, _carry, asdict(job))
        self._hurry()

    def rest(self) -> None:
        """Looks for jobs less often, if none was given in a while. To be called now and then."""
        if not self._is_resting and time.monotonic() - self._asked_at > BUSY_SECONDS:
            self._is_resting = True
            self._look_every(max(self._poll, IDLE_POLL))

    def _hurry(self) -> None:
        self._asked_at = time.monotonic()
        if self._is_resting:
            self._is_resting = False
            self._look_every(self._poll)

    def _look_every(self, seconds: float) -> None:
        def register() -> None:
            for lane, count in _WORKERS.items():
                DBOS.register_queue(lane, worker_concurrency=count, polling_interval_sec=seconds)

        # DBOS refuses in a thread whose event loop runs, as that of a caller may, after its job is in the database.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(register).result()

    def standing(self) -> tuple[Standing, ...]:
        """Every job that is not done, whoever has it."""
        found = DBOS.list_workflows(status=["ENQUEUED", "PENDING"], name=WORKFLOW, load_input=False, load_output=False)
        return tuple(
            Standing(
                one.workflow_id,
                one.executor_id if one.status == "PENDING" else None,
                one.app_version or VERSION,
            )
            for one in found
        )

    def is_over(self, job_id: str) -> bool:
        """Whether a job came to an end, good or bad: it does not run again."""
        found = DBOS.get_workflow_status(job_id)
        return found is not None and found.status not in {"ENQUEUED", "PENDING"}

    def take_over(self, job_id: str) -> None:
        """Has a job go on that a dead worker held, at any worker that is free."""
        DBOS.resume_workflow(job_id)

    def drop(self, job_id: str) -> None:
        """Has a job end without an end of its work, wherever it is; then `is_over`."""
        DBOS.cancel_workflow(job_id)

    def close(self) -> None:
        """Ends at the next stop of each job; another run goes on from there."""
        self.stop.set()
        deadline = time.monotonic() + STOP_SECONDS
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        DBOS.destroy()
        with _starting:
            _running.clear()

    def carry(self, job: dict[str, Any]) -> None:
        """What the workflow does."""
        if self._perform is None:
            raise RuntimeError("a job began before its engine had started")
        with self._lock:
            self._busy += 1
        try:
            self._perform(Job(job["id"], Lane(job["lane"]), job["order"], job["attempt"]), _checkpoint)
        finally:
            with self._lock:
                self._busy -= 1


class HandOver:
    """Gives jobs to whoever works on this ledger, from a process that does not."""

    def __init__(self, url: URL) -> None:
        self._client = DBOSClient(
            system_database_engine=connect(url),
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def enqueue(self, job: Job) -> None:
        """Where the worker has only begun, its database may be half made: its sweep finds the order all the same."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": job.lane,
            "workflow_id": job.id,
            "app_version": VERSION,
        }
        try:
            self._client.enqueue(options, asdict(job))
        except SQLAlchemyError as trouble:
            logger.warning("a job could not be handed over, and is found later: %s", type(trouble).__name__)

    def close(self) -> None:
        self._client.destroy()


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_NEVER_GIVE_UP)
def _carry(job: dict[str, Any]) -> None:
    if not _running:
        raise RuntimeError("a job began after its engine had ended")
    _running[0].carry(job)


def _checkpoint(name: str, step: Callable[[], dict[str, str]]) -> dict[str, str]:
    """Runs a step unless it was done. Raises `Stopping` where the job is another worker's by now, or was dropped."""
    try:
        said: dict[str, str] = DBOS.run_step({"name": name}, step)
    except (error.DBOSWorkflowConflictIDError, error.DBOSWorkflowCancelledError):
        # The library would have this thread wait for the end of the work elsewhere, and the process with it.
        raise Stopping from None
    return said


def connect(url: URL) -> DatabaseEngine:
    """The engine's database: SQLite writes ahead and waits for its turn, so that a step costs a few milliseconds."""
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=url.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
