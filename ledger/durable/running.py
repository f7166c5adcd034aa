"""Working for a data folder: as its executor, or by giving what is asked for to the one that is at work already.

A folder with SQLite has one executor at a time, which holds `DATA/work.lock`. On PostgreSQL there may be many, each
with a name of its own; a command that finds one alive hands over to it.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL

from ledger.durable.dispatcher import Dispatcher
from ledger.durable.engine import BUSY_SECONDS, SQLITE_WORKER, STOP_SECONDS, Engine, HandOver, Job
from ledger.durable.heartbeat import BEAT_SECONDS, Heartbeat
from ledger.durable.jobs import Jobs
from ledger.durable.orders import Orders
from ledger.durable.performing import Performer, Surroundings
from ledger.durable.rounds import Round, Rounds
from ledger.durable.routine import DELIVER, compare, followers, parked, rounds_of
from ledger.durable.sweep import Sweep
from ledger.durable.workers import Workers
from ledger.errors import Conflict
from ledger.issuing.gathering import Gathering
from ledger.keeping.parts import require_keys

if TYPE_CHECKING:
    from ledger.durable.orders import Order
    from ledger.issuing.desk import Desk
    from ledger.workspace import Workspace

LOCK, DATABASE = "work.lock", "work.db"
CERTAIN_SECONDS = 4.0
"""After so many seconds without a heartbeat a worker may be started under the name of one that died."""
GATHER_LOOK_SECONDS = 1.0
DELIVER_SECONDS = 30.0
"""For how long a command that ends hands over what is due; the rest is left to the next one, or to a server."""
_LOCAL_POLL, _SERVER_POLL = 0.1, 0.5


@dataclass(frozen=True)
class Work:
    """The work of a data folder, while it is open here. `is_executor`: this process carries it."""

    dispatcher: Dispatcher
    is_executor: bool
    lost: Event
    """Set when another process has taken this worker's name: this one must end."""
    is_alive: Callable[[], bool]
    """Whether anybody works for the folder."""
    deliver: Callable[[], bool]
    """Hands over what is due now, if this process is the executor: for a command that ends. Says whether all is."""


@contextmanager
def working(workspace: Workspace, *, worker: str | None = None, alone: bool = False) -> Iterator[Work]:
    """Works for the folder, or hands over to whoever does.

    `alone`, as for a server: raises Conflict `worker_busy` where it would hand over, and KeystoreError where a key that
    issuing needs is missing or does not open.
    """
    with claimed(workspace, alone=alone) as is_free:
        if alone:
            require_keys(workspace)
        if is_free:
            yield from _executing(workspace, worker or _name(workspace))
        else:
            yield from _handing_over(workspace)


@contextmanager
def claimed(workspace: Workspace, *, alone: bool) -> Iterator[bool]:
    """Whether this process may be the folder's executor; it is, for as long as this lasts."""
    if workspace.database.file is None:
        yield alone or not at_work(Workers(workspace.database))
        return
    descriptor = os.open(workspace.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if alone:
                raise Conflict(
                    f"another process works for {workspace.path} already; end it first", "worker_busy"
                ) from None
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def at_work(workers: Workers) -> set[str]:
    """The names of those that live, less those that are known to have ended: by their names, they ran on this machine.

    Where two machines have one name, one that lives may be left out: then there are two at work, as there may be.
    """
    return {name for name in workers.alive() if not _has_ended(name)}


def _has_ended(name: str) -> bool:
    host, _, process = name.rpartition("-")
    if host != socket.gethostname() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def _executing(workspace: Workspace, name: str) -> Iterator[Work]:
    lost = Event()
    orders, workers, jobs = Orders(workspace.database), Workers(workspace.database), jobs_of(workspace)
    if workspace.database.file is not None:
        workers.forget(name)  # whoever had it is gone: this process holds the lock
    engine = Engine(work_url(workspace), name, poll=_LOCAL_POLL if workspace.database.file else _SERVER_POLL)

    def lose() -> None:
        lost.set()
        engine.stop.set()

    sweep = Sweep(engine, orders, jobs, workers, workspace.catalog, workspace.revocation, name=name)
    around = Surroundings(
        desk_of=partial(_desk_of, workspace),
        parked=partial(parked, workspace),
        followers=partial(followers, workspace),
        enqueue=engine.enqueue,
        nudge=sweep.nudge,
    )
    performer = Performer(orders, jobs, around, engine.stop)
    dispatcher = Dispatcher(orders, jobs, engine.enqueue)
    gathering = partial(Gathering(workspace.database).issue_due, dispatcher.issue)
    resting = Round("rest", engine.rest, idle=BUSY_SECONDS, first=BUSY_SECONDS)
    anchoring = Round("gather", gathering, idle=GATHER_LOOK_SECONDS)
    rounds = Rounds([*rounds_of(workspace, name, engine.stop.is_set), resting, anchoring], engine.stop)
    with ExitStack() as ending:
        token = _enter(workers, name)
        ending.callback(workers.leave, name, token)
        heartbeat = Heartbeat(workers, name, token, lost=lose)
        heartbeat.start()
        ending.callback(heartbeat.end)
        workspace.serve_chain()  # commands beside this one ask the chain in the folder through it
        compare(workspace)
        engine.start(performer.perform)
        ending.callback(engine.close)
        for thread in (sweep, rounds):
            thread.start()
            ending.callback(thread.join, STOP_SECONDS)
        ending.callback(engine.stop.set)
        yield Work(dispatcher, True, lost, lambda: True, partial(rounds.finish, DELIVER, DELIVER_SECONDS))


def _enter(workers: Workers, name: str) -> str:
    """Enters the worker. A run of the name that died a moment ago is not waited for longer than it takes to be sure."""
    deadline = time.monotonic() + CERTAIN_SECONDS + BEAT_SECONDS
    while True:
        try:
            return workers.enter(name, silence=CERTAIN_SECONDS)
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(BEAT_SECONDS / 2)


def _handing_over(workspace: Workspace) -> Iterator[Work]:
    orders = Orders(workspace.database)
    client = HandOver(work_url(workspace))
    try:
        workers = Workers(workspace.database)
        yield Work(
            Dispatcher(orders, jobs_of(workspace), client.enqueue),
            False,
            Event(),
            lambda: bool(at_work(workers)),
            lambda: True,
        )
    finally:
        client.close()


def jobs_of(workspace: Workspace) -> Jobs:
    return Jobs(workspace.catalog, workspace.configuration.chain_id, workspace.reader.registry)


def work_url(workspace: Workspace) -> URL:
    """Where the engine keeps what it knows: beside a SQLite database, in a schema of its own on a server."""
    if workspace.database.file is not None:
        return URL.create("sqlite", database=str(workspace.path / DATABASE))
    return workspace.database.url


def waiting(workspace: Workspace) -> Dispatcher:
    """Takes orders that nobody is told of: whoever works next finds them."""

    def enqueue(_job: Job) -> None:
        """The sweep does."""

    return Dispatcher(Orders(workspace.database), jobs_of(workspace), enqueue)


def _desk_of(workspace: Workspace, order: Order) -> Desk:
    """The services, paid for by the sponsor that the order names."""
    if order.sponsor is None:
        return workspace.desk
    return workspace.sponsored_desk(order.sponsor, days=order.sponsor_days or 7)


def _name(workspace: Workspace) -> str:
    return SQLITE_WORKER if workspace.database.file is not None else f"{socket.gethostname()}-{os.getpid()}"
