"""Asking for work: it is stored first, and then given to whoever works. Asking twice is asking once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ledger.chain.registry import Reason
from ledger.durable.engine import Job
from ledger.durable.jobs import Jobs
from ledger.durable.orders import OrderKind, Orders


class Dispatcher:
    """Takes orders and gives them on. `sponsor` is who pays for what is signed, `days` how long they may submit it.

    What is done already is not asked for again; what had stopped with a problem is tried again.
    """

    def __init__(self, orders: Orders, jobs: Jobs, enqueue: Callable[[Job], None]) -> None:
        self._orders = orders
        self._jobs = jobs
        self._enqueue = enqueue

    def issue(self, batch_id: int, *, sponsor: str | None = None, days: int | None = None) -> None:
        """Has a batch signed, anchored and, once final, proved. Raises NotFound `batch_unknown`."""
        self._place(OrderKind.ISSUE, batch_id, None, sponsor, days)

    def withdraw(self, batch_id: int, reason: Reason, *, sponsor: str | None = None, days: int | None = None) -> None:
        """Has a batch withdrawn. Raises NotFound `batch_unknown`."""
        self._place(OrderKind.WITHDRAW, batch_id, reason, sponsor, days)

    def change(self, calls: Iterable[int], *, sponsor: str | None = None, days: int | None = None) -> None:
        """Has calls brought to the chain that change the status of credentials."""
        for call_id in calls:
            self._place(OrderKind.STATUS, call_id, None, sponsor, days)

    def _place(
        self, kind: OrderKind, subject: int, reason: Reason | None, sponsor: str | None, days: int | None
    ) -> None:
        if not self._jobs.is_done(kind, subject):
            order = self._orders.place(kind, subject, reason=reason, sponsor=sponsor, sponsor_days=days)
            self._enqueue(self._jobs.current(order))
