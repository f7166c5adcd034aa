"""What a job does: the steps of its order, whose end or problem is stored with the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest

from ledger.chain.registry import Reason, StatusAction
from ledger.durable.engine import Job
from ledger.durable.jobs import Jobs
from ledger.durable.orders import Order, OrderKind, Orders, Problem
from ledger.durable.performing import Performer, Surroundings
from ledger.errors import NotFound
from ledger.issuing.desk import Desk
from ledger.issuing.values import BatchState
from tests.office import Office


def at_once(_name: str, step: Callable[[], dict[str, str]]) -> dict[str, str]:
    """A checkpoint of an engine that forgets."""
    return step()


@dataclass
class Bench:
    """A performer over an office, and what it told others."""

    office: Office
    orders: Orders
    jobs: Jobs
    told: list[tuple[int, Problem]] = field(default_factory=list)
    enqueued: list[Job] = field(default_factory=list)
    nudges: int = 0
    followers: tuple[int, ...] = ()
    desk_of: Callable[[Order], Desk] | None = None

    def carry(self, kind: OrderKind, subject: int, **wanted: int) -> Order:
        """Places an order, and performs the job that it needs now."""
        order = self.orders.place(kind, subject, **wanted)  # type: ignore[arg-type]
        self.perform(self.jobs.current(order))
        return self.orders.by_id(order.id)

    def perform(self, job: Job) -> None:
        desk = Desk(self.office.database, self.office.registry, self.office.courier, self.office.keys, poll=0.01)
        around = Surroundings(
            desk_of=self.desk_of or (lambda _: desk),
            parked=lambda order, problem: self.told.append((order.subject, problem)),
            followers=lambda _: self.followers,
            enqueue=self.enqueued.append,
            nudge=self.nudge,
        )
        Performer(self.orders, self.jobs, around, Event()).perform(job, at_once)

    def nudge(self) -> None:
        self.nudges += 1


@pytest.fixture
def bench(office: Office) -> Bench:
    jobs = Jobs(office.catalog, office.registry.chain_id, office.registry.registry)
    return Bench(office, Orders(office.database), jobs)


def test_a_batch_is_signed_in_one_job_and_anchored_in_the_next(bench: Bench) -> None:
    batch = bench.office.an_open_batch(2)

    assert not bench.carry(OrderKind.ISSUE, batch.id).is_done
    assert bench.office.catalog.batch(batch.id).state is BatchState.SEALED
    (anchor,) = bench.enqueued
    credential = bench.office.catalog.credentials(batch=batch.id)[0].credential_id
    (call,) = bench.office.revocation.ask(StatusAction.REVOKE, [credential], Reason.SUPERSEDED)
    bench.followers = (call,)
    for _ in range(2):
        bench.perform(anchor)

    assert bench.office.catalog.batch(batch.id).is_finished
    assert bench.orders.get(OrderKind.ISSUE, batch.id).is_done
    assert [(order.kind, order.subject) for order in bench.orders.open()] == [(OrderKind.STATUS, call)]
    assert bench.nudges > 0
    assert bench.carry(OrderKind.STATUS, call).is_done
    assert bench.office.catalog.status_change(call).is_final


def test_a_batch_is_withdrawn(bench: Bench) -> None:
    batch = bench.office.a_final_batch(2)
    assert bench.carry(OrderKind.WITHDRAW, batch.id, reason=int(Reason.ISSUED_IN_ERROR)).is_done
    assert bench.office.catalog.batch(batch.id).withdrawn_at is not None


def test_what_cannot_even_begin_waits_for_a_person(bench: Bench) -> None:
    batch = bench.office.an_open_batch(2)
    withdrawal = bench.carry(OrderKind.WITHDRAW, batch.id, reason=1)
    assert (withdrawal.is_parked, withdrawal.problem and withdrawal.problem.code) == (True, "not_anchored")

    def unknown(_: Order) -> Desk:
        raise NotFound("there is no such sponsor", "sponsor_unknown")

    bench.desk_of = unknown
    issue = bench.carry(OrderKind.ISSUE, batch.id)
    assert (issue.is_parked, issue.problem) == (True, Problem("sponsor_unknown", "there is no such sponsor"))
    assert bench.told == [(batch.id, withdrawal.problem), (batch.id, issue.problem)]
    assert bench.office.catalog.batch(batch.id).state is BatchState.OPEN
    assert bench.enqueued == []


def test_a_problem_of_an_earlier_run_is_gone_once_the_work_goes_on(bench: Bench) -> None:
    batch = bench.office.an_open_batch(2)
    order = bench.orders.place(OrderKind.ISSUE, batch.id)
    bench.orders.note(order.id, Problem("registry_unreachable", "the node does not answer"))
    bench.perform(bench.jobs.current(order))
    assert bench.orders.by_id(order.id).problem is None
