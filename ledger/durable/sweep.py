"""The sweep: takes over what dead workers held, and asks again for what nobody carries.

The ledger's tables say what is left to do. So nothing depends on the engine's own database, which may be new, older
than the ledger, or gone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Protocol

from ledger.durable import engine
from ledger.durable.engine import Job, Standing
from ledger.durable.jobs import Jobs
from ledger.durable.orders import Order, OrderKind, Orders
from ledger.durable.workers import Workers
from ledger.errors import CairnError
from ledger.issuing.catalog import Catalog
from ledger.issuing.revocation import Revocation
from ledger.issuing.values import BatchState

LOOK_SECONDS = 3.0
ALERT_SECONDS = 1800.0
REPEAT_SECONDS = 300.0

logger = logging.getLogger("cairn.work")


@dataclass(frozen=True)
class Alert:
    """An order that has been open for too long, `seconds` by now. Parked ones have said why they wait."""

    order: Order
    seconds: float


class Carrier(Protocol):
    """The engine, as the sweep knows it."""

    stop: Event

    def standing(self) -> tuple[Standing, ...]: ...

    def is_over(self, job_id: str) -> bool: ...

    def enqueue(self, job: Job) -> None: ...

    def take_over(self, job_id: str) -> None: ...

    def drop(self, job_id: str) -> None: ...


class Sweep:
    """One thread of a worker of this name."""

    def __init__(
        self,
        carrier: Carrier,
        orders: Orders,
        jobs: Jobs,
        workers: Workers,
        catalog: Catalog,
        revocation: Revocation,
        *,
        name: str,
    ) -> None:
        self._carrier = carrier
        self._orders = orders
        self._jobs = jobs
        self._workers = workers
        self._catalog = catalog
        self._revocation = revocation
        self._name = name
        self._alerted: dict[int, float] = {}
        self._nudged = Event()
        self._thread = Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def nudge(self) -> None:
        """Has it look now."""
        self._nudged.set()

    def join(self, seconds: float) -> None:
        self._nudged.set()
        self._thread.join(seconds)

    def look(self) -> None:
        """One round: everything that should be on its way is, afterwards."""
        self._take_over()
        self._drop_older()
        self._place_missing_orders()
        self._ask_again()
        for alert in overdue(self._orders.open()):
            self._alert(alert)

    def _run(self) -> None:
        while not self._carrier.stop.is_set():
            self._nudged.clear()
            try:
                self.look()
            except CairnError as error:
                logger.warning("the sweep was broken off: %s", error.code)
            except Exception:
                # The thread outlives whatever is wrong for a moment.
                logger.exception("the sweep was broken off")
            self._nudged.wait(LOOK_SECONDS)

    def _take_over(self) -> None:
        alive = self._workers.alive() | {self._name}
        for job in self._carrier.standing():
            if job.worker is not None and job.worker not in alive and self._workers.replace(job.worker):
                logger.warning("worker %s is gone; its work goes on elsewhere", job.worker)
                self._carrier.take_over(job.id)

    def _drop_older(self) -> None:
        """Drops what another version of Cairn began, to be asked for anew: the engine would never give it to us.

        What a living worker of that version carries is left to it, and so is what a newer one waits to carry.
        """
        others = self._workers.alive() - {self._name}
        for job in self._carrier.standing():
            is_older = int(job.version) < int(engine.VERSION)
            if job.version != engine.VERSION and job.worker not in others and (is_older or not others):
                logger.warning("what version %s of the work began is begun anew", job.version)
                self._carrier.drop(job.id)

    def _place_missing_orders(self) -> None:
        """What was begun and nobody asked for, as in a ledger that an older Cairn wrote."""
        begun = [b.id for b in self._catalog.unfinished_batches() if b.state is not BatchState.OPEN]
        for kind, subjects in ((OrderKind.ISSUE, begun), (OrderKind.STATUS, self._revocation.pending())):
            for subject in sorted(set(subjects) - self._orders.known(kind, subjects)):
                self._orders.place(kind, subject)

    def _ask_again(self) -> None:
        standing = {job.id for job in self._carrier.standing()}
        for order in self._orders.open():
            if order.is_parked or (job := self._jobs.current(order)).id in standing:
                continue
            if self._carrier.is_over(job.id):
                if self._jobs.current(order).id != job.id:
                    continue  # it has just done its part, and asked for the next job itself
                self._orders.begin_anew(order.id, order.attempt)
                order = self._orders.by_id(order.id)  # noqa: PLW2901 - it may be done by now
                if order.is_parked or order.is_done:
                    continue
                job = self._jobs.current(order)
            self._carrier.enqueue(job)

    def _alert(self, alert: Alert) -> None:
        now = time.monotonic()
        if now - self._alerted.get(alert.order.id, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self._alerted[alert.order.id] = now
            minutes, why = alert.seconds / 60, alert.order.problem.code if alert.order.problem else "none"
            logger.error(
                "work waits: %s %d for %.0f minutes, problem %s", alert.order.kind, alert.order.subject, minutes, why
            )


def overdue(orders: tuple[Order, ...], clock: Callable[[], float] = time.time) -> list[Alert]:
    """The orders that have been open for longer than they should."""
    now = clock()
    return [Alert(order, now - order.asked_at) for order in orders if now - order.asked_at > ALERT_SECONDS]
