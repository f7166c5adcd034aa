"""What a job does: the steps of issuing, with checkpoints, until its order is done or waits for a person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event

from ledger.chain.registry import Reason
from ledger.durable.checkpoints import Checkpoint, Checkpoints, Parked
from ledger.durable.engine import Job, Lane
from ledger.durable.jobs import Jobs
from ledger.durable.orders import Order, OrderKind, Orders, Problem
from ledger.issuing.desk import Desk
from ledger.issuing.steps import FINISHED
from ledger.logs import TOLD_BY_COMMANDS, about

logger = logging.getLogger("cairn.work")

_LOGGED_AS = {OrderKind.ISSUE: "batch", OrderKind.WITHDRAW: "batch", OrderKind.STATUS: "call"}


@dataclass(frozen=True)
class Surroundings:
    """What a performer works with. `desk_of` gives the services that act for an order, paid for as it says.

    `parked` is told of each order that waits for a person; `followers` are the status calls that a finished batch makes
    necessary; `enqueue` takes the job that comes after one, and `nudge` has orders looked at that nobody carries yet.
    """

    desk_of: Callable[[Order], Desk]
    parked: Callable[[Order, Problem], None]
    followers: Callable[[int], Iterable[int]]
    enqueue: Callable[[Job], None]
    nudge: Callable[[], None]


class Performer:
    """Performs jobs."""

    def __init__(self, orders: Orders, jobs: Jobs, surroundings: Surroundings, stop: Event) -> None:
        self._orders = orders
        self._jobs = jobs
        self._around = surroundings
        self._stop = stop

    def perform(self, job: Job, checkpoint: Checkpoint) -> None:
        """Carries an order as far as this job goes. Its problem, if there is one, is stored with the order."""
        order = self._orders.by_id(job.order)

        def note(problem: Problem | None, parked: bool) -> None:
            self._orders.note(job.order, problem, parked=parked)
            if problem is not None and parked:
                logger.warning(
                    "%s %d waits for a person: %s", order.kind, order.subject, problem.code, extra=TOLD_BY_COMMANDS
                )
                self._around.parked(order, problem)

        def is_current() -> bool:
            return self._orders.by_id(job.order).attempt == job.attempt

        steps = Checkpoints(checkpoint, note, self._stop, troubled=order.problem is not None, is_current=is_current)
        with about(**{_LOGGED_AS[order.kind]: order.subject}):
            try:
                if job.lane is Lane.SEALING:
                    self._seal(order, steps)
                    self._around.enqueue(self._jobs.current(order))
                else:
                    self._carry(order, steps)
                    steps.run("finish", lambda: self._finish(order))
            except Parked:
                return

    def _seal(self, order: Order, steps: Checkpoints) -> None:
        pipeline = steps.prepare(lambda: self._around.desk_of(order)).pipeline
        steps.run("seal", lambda: str(pipeline.seal(order.subject, progress=steps.check).state))

    def _carry(self, order: Order, steps: Checkpoints) -> None:
        desk = steps.prepare(lambda: self._around.desk_of(order))
        match order.kind:
            case OrderKind.ISSUE:
                desk.pipeline.advance(order.subject, steps=steps, progress=steps.check)
            case OrderKind.WITHDRAW:
                steps.prepare(lambda: desk.withdrawal.require_anchored(order.subject))
                desk.withdrawal.withdraw(order.subject, Reason(order.reason or Reason.ISSUED_IN_ERROR), steps=steps)
            case OrderKind.STATUS:
                desk.revocation.carry(order.subject, steps=steps)

    def _finish(self, order: Order) -> str:
        if order.kind is OrderKind.ISSUE:
            for call_id in self._around.followers(order.subject):
                self._orders.place(OrderKind.STATUS, call_id, sponsor=order.sponsor, sponsor_days=order.sponsor_days)
        self._orders.finish(order.id)
        self._around.nudge()
        return FINISHED
