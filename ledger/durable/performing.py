"""What a job does: the steps of issuing, with checkpoints, until its order is done or waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from ledger.chain.registry import Reason
from ledger.durable.checkpoints import Checkpoint, Checkpoints, Parked
from ledger.durable.engine import Job, Lane
from ledger.durable.jobs import Jobs
from ledger.durable.orders import Order, OrderKind, Orders, Problem
from ledger.issuing.desk import Desk
from ledger.issuing.steps import FINISHED

DeskOf = Callable[[Order], Desk]
"""The services that act for an order, paid for as it says."""


class Performer:
    """Performs jobs. `enqueue` takes the job that comes after one."""

    def __init__(
        self, orders: Orders, jobs: Jobs, desk_of: DeskOf, enqueue: Callable[[Job], None], stop: Event
    ) -> None:
        self._orders = orders
        self._jobs = jobs
        self._desk_of = desk_of
        self._enqueue = enqueue
        self._stop = stop

    def perform(self, job: Job, checkpoint: Checkpoint) -> None:
        """Carries an order as far as this job goes. Its problem, if there is one, is stored with the order."""

        def note(problem: Problem | None, parked: bool) -> None:
            self._orders.note(job.order, problem, parked=parked)

        steps = Checkpoints(checkpoint, note, self._stop)
        order = self._orders.by_id(job.order)
        try:
            if job.lane is Lane.SEALING:
                self._seal(order, steps)
                self._enqueue(self._jobs.current(order))
                return
            self._carry(order, steps)
            steps.run("finish", lambda: self._finish(order.id))
        except Parked:
            return

    def _seal(self, order: Order, steps: Checkpoints) -> None:
        pipeline = self._desk_of(order).pipeline
        steps.run("seal", lambda: str(pipeline.seal(order.subject, progress=steps.check).state))

    def _carry(self, order: Order, steps: Checkpoints) -> None:
        desk = self._desk_of(order)
        match order.kind:
            case OrderKind.ISSUE:
                desk.pipeline.advance(order.subject, steps=steps, progress=steps.check)
            case OrderKind.WITHDRAW:
                desk.withdrawal.withdraw(order.subject, Reason(order.reason or Reason.ISSUED_IN_ERROR), steps=steps)
            case OrderKind.STATUS:
                desk.revocation.carry(order.subject, steps=steps)

    def _finish(self, order_id: int) -> str:
        self._orders.finish(order_id)
        return FINISHED
