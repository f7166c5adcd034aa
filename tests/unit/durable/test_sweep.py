"""The sweep over a ledger's tables: whatever the engine forgot, or a dead worker held, goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event

import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.durable import sweep as sweeping
from ledger.durable.engine import Job, Standing
from ledger.durable.jobs import Jobs
from ledger.durable.orders import OrderKind, Orders, Problem
from ledger.durable.sweep import ALERT_SECONDS, Sweep, overdue
from ledger.durable.workers import SILENCE_SECONDS, Workers
from tests.office import JCS_ONLY, Office
from tests.unit.durable.conftest import Clock


@dataclass
class Board:
    """Jobs as an engine would have them, which carries none of them."""

    jobs: dict[str, Standing] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    asked: list[Job] = field(default_factory=list)
    stop: Event = field(default_factory=Event)

    def standing(self) -> tuple[Standing, ...]:
        return tuple(self.jobs.values())

    def is_over(self, job_id: str) -> bool:
        return job_id in self.over

    def enqueue(self, job: Job) -> None:
        self.asked.append(job)
        if job.id not in self.over:
            self.jobs.setdefault(job.id, Standing(job.id, None, "1"))

    def take_over(self, job_id: str) -> None:
        self.jobs[job_id] = replace(self.jobs[job_id], worker=None)

    def drop(self, job_id: str) -> None:
        del self.jobs[job_id]
        self.over.add(job_id)

    def end(self, job_id: str) -> None:
        self.drop(job_id)


@dataclass
class Scene:
    """A ledger, and the sweep of its worker `me`."""

    office: Office
    board: Board
    orders: Orders
    jobs: Jobs
    workers: Workers
    sweep: Sweep


@pytest.fixture
def scene(office: Office, clock: Clock) -> Iterator[Scene]:
    orders, workers = Orders(office.database, clock), Workers(office.database, clock)
    jobs, board = Jobs(office.catalog, office.registry.chain_id, office.registry.registry), Board()
    workers.enter("me")
    sweep = Sweep(board, orders, jobs, workers, office.catalog, office.revocation, name="me")
    yield Scene(office, board, orders, jobs, workers, sweep)
    office.database.close()


def test_what_an_older_cairn_began_gets_its_orders_once(scene: Scene) -> None:
    final = scene.office.a_final_batch(2)
    drafted = scene.office.an_open_batch(2, code="drafted")
    begun = scene.office.an_open_batch(2, code="begun")
    scene.office.pipeline.seal(begun.id, suites=JCS_ONLY)
    credential = scene.office.catalog.credentials(batch=final.id)[0].credential_id
    (call,) = scene.office.revocation.ask(StatusAction.REVOKE, [credential], Reason.ISSUED_IN_ERROR)

    for _ in range(2):
        scene.sweep.look()

    placed = {(order.kind, order.subject): order for order in scene.orders.open()}
    assert set(placed) == {(OrderKind.ISSUE, begun.id), (OrderKind.STATUS, call)}
    assert scene.orders.find(OrderKind.ISSUE, drafted.id) is None
    assert set(scene.board.jobs) == {scene.jobs.current(order).id for order in placed.values()}
    assert len(scene.board.asked) == 2


def test_what_a_sponsor_is_to_pay_for_is_never_seen_without_the_sponsor(scene: Scene) -> None:
    batch = scene.office.a_final_batch(2)
    ids = [stored.credential_id for stored in scene.office.credentials(batch)]
    placing = partial(scene.orders.place_all, OrderKind.STATUS, sponsor="stick", sponsor_days=3)

    (call,) = scene.office.revocation.ask(StatusAction.REVOKE, ids, Reason.COMPROMISED, placing=placing)
    scene.sweep.look()

    order = scene.orders.get(OrderKind.STATUS, call)
    assert (order.sponsor, order.sponsor_days, order.attempt) == ("stick", 3, 1)
    assert [job.order for job in scene.board.asked] == [order.id]


def test_an_engine_that_forgot_everything_is_told_again(scene: Scene) -> None:
    batch = scene.office.an_open_batch(2)
    scene.orders.place(OrderKind.ISSUE, batch.id)
    scene.sweep.look()
    told = set(scene.board.jobs)

    scene.board.jobs.clear()
    scene.sweep.look()

    assert set(scene.board.jobs) == told
    assert scene.orders.get(OrderKind.ISSUE, batch.id).attempt == 1


def test_what_ended_without_an_end_begins_anew_under_another_name(scene: Scene) -> None:
    order = scene.orders.place(OrderKind.ISSUE, scene.office.an_open_batch(2).id)
    job = scene.jobs.current(order)
    scene.board.over.add(job.id)

    for _ in range(2):
        scene.sweep.look()

    assert list(scene.board.jobs) == [f"{job.id}:2"]
    assert scene.orders.by_id(order.id).attempt == 2


def test_a_job_that_does_its_part_meanwhile_is_not_begun_anew(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = scene.office.an_open_batch(2)
    order = scene.orders.place(OrderKind.ISSUE, batch.id)

    def done_meanwhile(_job: str) -> bool:
        scene.office.pipeline.seal(batch.id, suites=JCS_ONLY)
        return True

    monkeypatch.setattr(scene.board, "is_over", done_meanwhile)
    scene.sweep.look()

    assert scene.orders.by_id(order.id).attempt == 1


def test_what_waits_for_a_person_is_left_alone(scene: Scene) -> None:
    order = scene.orders.place(OrderKind.ISSUE, scene.office.an_open_batch(2).id)
    scene.orders.note(order.id, Problem("no_key", "there is no key"), parked=True)
    scene.sweep.look()
    assert scene.board.asked == []


def test_the_work_of_the_dead_goes_on_and_that_of_the_living_is_theirs(scene: Scene, clock: Clock) -> None:
    tokens = {name: scene.workers.enter(name) for name in ("living", "dead")}
    clock.now += SILENCE_SECONDS
    scene.workers.beat("living", tokens["living"])
    held = {worker: Standing(f"job of {worker}", worker, "1") for worker in ("me", "living", "dead", "never")}
    scene.board.jobs = {job.id: job for job in held.values()}

    scene.sweep.look()

    assert [job.worker for job in scene.board.standing()] == ["me", "living", None, None]
    assert not scene.workers.beat("dead", tokens["dead"])
    assert scene.workers.beat("living", tokens["living"])


@pytest.mark.parametrize(
    ("version", "worker", "others", "is_dropped"),
    [
        ("1", None, set(), True),  # waits for a worker that will never come
        ("1", "me", set(), True),  # an earlier run of this worker had it
        ("1", "dead", set(), True),
        ("1", "living", {"living"}, False),  # who has the older version still
        ("1", None, {"living"}, True),
        ("2", None, set(), False),
        ("3", None, {"living"}, False),  # for one of the newer version
        ("3", None, set(), True),  # there is none: somebody went back to this version
    ],
)
def test_what_another_version_began_is_not_stranded(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    worker: str | None,
    others: set[str],
    is_dropped: bool,
) -> None:
    monkeypatch.setattr("ledger.durable.engine.VERSION", "2")
    for other in others:
        scene.workers.enter(other)
    order = scene.orders.place(OrderKind.ISSUE, scene.office.an_open_batch(2).id)
    job = scene.jobs.current(order)
    scene.board.jobs[job.id] = Standing(job.id, worker, version)

    scene.sweep.look()

    assert set(scene.board.jobs) == {f"{job.id}:2" if is_dropped else job.id}


def test_an_alert_for_what_has_waited_too_long(
    scene: Scene, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "overdue", lambda orders: overdue(orders, clock))
    order = scene.orders.place(OrderKind.ISSUE, scene.office.an_open_batch(2).id)
    clock.now += ALERT_SECONDS
    assert overdue(scene.orders.open(), clock) == []
    clock.now += 60
    scene.orders.note(order.id, Problem("funds_low", "the account is nearly empty"))

    with caplog.at_level(logging.ERROR, "cairn.work"):
        for _ in range(2):
            scene.sweep.look()

    said = f"work waits: issue {order.subject} for 31 minutes, problem funds_low"
    assert [record.getMessage() for record in caplog.records] == [said]
