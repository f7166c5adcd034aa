"""The engine itself, on an SQLite file: what stops goes on, and what another version began is begun anew.

A process has one engine, so these run in one of their own: see `test_engine.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy.engine import URL

from ledger.durable.checkpoints import Checkpoint, Stopping
from ledger.durable.engine import Engine, HandOver, Job, Lane
from ledger.errors import Conflict

JOB = Job("anchor:1:0xregistry:0xissuer:0xroot", Lane.ANCHORING, 7, 1)


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "work.db"))


@pytest.fixture
def begin(url: URL) -> Iterator[Callable[..., Engine]]:
    """Starts an engine, as a new process would."""
    begun: list[Engine] = []

    def start(perform: Callable[[Job, Checkpoint], None], worker: str = "local") -> Engine:
        engine = Engine(url, worker, poll=0.05)
        engine.start(perform)
        begun.append(engine)
        return engine

    yield start
    for engine in begun:
        if not engine.stop.is_set():
            engine.close()


class Stepping:
    """A job of two steps that holds in the second until it may go on or must stop. `done` is what it did."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.holds = Event()
        self.may_go_on = Event()
        self.stop = Event()

    def perform(self, job: Job, checkpoint: Checkpoint) -> None:
        assert checkpoint("plan", lambda: self.do("plan")) == {"stage": "plan"}
        assert checkpoint("send", self.hold) == {"stage": "send"}

    def do(self, step: str) -> dict[str, str]:
        self.done.append(step)
        return {"stage": step}

    def hold(self) -> dict[str, str]:
        self.holds.set()
        while not self.may_go_on.is_set():
            if self.stop.wait(0.01):
                raise Stopping
        return self.do("send")


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop(engine: Engine, work: Stepping) -> None:
    """Ends the engine in the middle of the job."""
    assert work.holds.wait(120)
    work.stop.set()
    engine.close()


def test_stopping_ends_no_job_and_the_next_run_repeats_no_step(begin: Callable[..., Engine]) -> None:
    first, second = Stepping(), Stepping()
    engine = begin(first.perform)
    for _ in range(3):
        engine.enqueue(JOB)
    stop(engine, first)
    assert first.done == ["plan"]

    second.may_go_on.set()
    engine = begin(second.perform)
    wait_until(lambda: engine.is_over(JOB.id))

    assert second.done == ["send"]
    assert engine.standing() == ()
    engine.enqueue(JOB)
    assert engine.is_over(JOB.id)


def test_what_another_version_began_waits_for_ever_unless_it_is_dropped(
    begin: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, newer = Stepping(), Stepping()
    engine = begin(older.perform)
    engine.enqueue(JOB)
    stop(engine, older)

    monkeypatch.setattr("ledger.durable.engine.VERSION", "2")
    newer.may_go_on.set()
    engine = begin(newer.perform)
    engine.enqueue(JOB)  # is left as it is
    time.sleep(0.5)
    (standing,) = engine.standing()
    assert (standing.id, standing.worker, standing.version) == (JOB.id, "local", "1")
    assert newer.done == []

    engine.drop(JOB.id)
    assert engine.is_over(JOB.id)
    again = Job(f"{JOB.id}:2", JOB.lane, JOB.order, 2)
    engine.enqueue(again)
    wait_until(lambda: engine.is_over(again.id))
    assert newer.done == ["plan", "send"]


def test_what_a_dead_worker_held_goes_on_once_it_is_taken_over(begin: Callable[..., Engine]) -> None:
    dead, living = Stepping(), Stepping()
    engine = begin(dead.perform, "dead")
    engine.enqueue(JOB)
    stop(engine, dead)

    living.may_go_on.set()
    engine = begin(living.perform, "living")
    (standing,) = engine.standing()
    assert standing.worker == "dead"
    engine.take_over(JOB.id)
    wait_until(lambda: engine.is_over(JOB.id))
    assert living.done == ["send"]


def test_what_is_taken_from_a_job_ends_it_here_without_an_end_of_its_work(begin: Callable[..., Engine]) -> None:
    work, ended = Stepping(), list[BaseException]()

    def perform(job: Job, checkpoint: Checkpoint) -> None:
        try:
            work.perform(job, checkpoint)
        except BaseException as error:
            ended.append(error)
            raise

    engine = begin(perform)
    engine.enqueue(JOB)
    assert work.holds.wait(120)
    engine.drop(JOB.id)
    work.may_go_on.set()
    wait_until(lambda: bool(ended))
    assert [type(error) for error in ended] == [Stopping]


def test_it_works_for_a_caller_whose_thread_has_an_event_loop(begin: Callable[..., Engine]) -> None:
    work = Stepping()
    work.may_go_on.set()

    async def asked() -> Engine:
        engine = begin(work.perform)
        engine.enqueue(JOB)
        return engine

    engine = asyncio.run(asked())
    wait_until(lambda: engine.is_over(JOB.id))
    assert work.done == ["plan", "send"]


def test_one_to_a_process(begin: Callable[..., Engine], url: URL) -> None:
    begin(Stepping().perform)
    with pytest.raises(Conflict) as raised:
        Engine(url, "other", poll=0.05).start(Stepping().perform)
    assert raised.value.code == "engine_busy"


def test_a_process_that_does_not_work_hands_over(begin: Callable[..., Engine], url: URL) -> None:
    work = Stepping()
    work.may_go_on.set()
    early = HandOver(url)
    early.enqueue(JOB)  # nobody ever worked here: it is found later by the sweep
    early.close()
    engine = begin(work.perform)
    client = HandOver(url)
    for _ in range(2):
        client.enqueue(JOB)
    client.close()
    wait_until(lambda: engine.is_over(JOB.id))
    assert work.done == ["plan", "send"]
