"""What a monitoring system reads: counters of this process, and the state of the ledger at the moment of the reading.

Numbers only: no ids, and no names but those of states, routes and queues. A source that fails is named, and the others
are still told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security import route_of
from ledger.delivering.notifications import Notifications
from ledger.durable.orders import OrderKind, Orders
from ledger.errors import CairnError
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import BatchState
from ledger.verifying.report import Outcome

if TYPE_CHECKING:
    from ledger.verifying.report import VerificationReport

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUEUES: Mapping[str, frozenset[BatchState]] = {
    "sending": frozenset({BatchState.SEALED, BatchState.PLANNED}),
    "finality": frozenset({BatchState.SENT, BatchState.MINED, BatchState.SAFE}),
    "attaching": frozenset({BatchState.FINAL}),
}

Source = Callable[[], Iterable[Metric]]
"""Reads one part of the ledger when somebody asks for the metrics. May raise CairnError."""


class Metrics:
    """The metrics of one site. `sources` are read, by name, each time that somebody asks."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "cairn_http_requests", "Requests by route.", ("method", "route", "status"), registry=self.registry
        )
        self._verdicts = Counter("cairn_verifications", "Verdicts given.", ("verdict",), registry=self.registry)
        for verdict in (Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE):
            self._verdicts.labels(verdict.value)
        self.registry.register(_Readings(sources))

    def count_request(self, method: str, route: str, status: int) -> None:
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()

    def count_verdict(self, report: VerificationReport) -> None:
        self._verdicts.labels(report.verdict.value).inc()

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)


class RequestCounter:
    """Counts requests by route, as `AccessLog` names them: never by path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_see)
        finally:
            self.metrics.count_request(scope["method"], route_of(scope), status)


class _Readings(Collector):
    """What is read on demand."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources

    def describe(self) -> Iterable[Metric]:
        """Nothing: whoever registers this is not made to wait for the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        failed = gauge("cairn_metrics_source_failed", "Whether a part of the ledger could not be read.", "source")
        for name, source in self._sources.items():
            try:
                found = list(source())
            except (CairnError, SQLAlchemyError):
                found = []
                failed.add_metric([name], 1)
            else:
                failed.add_metric([name], 0)
            yield from found
        yield failed


def gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


# --- what is read ---


def issuing_source(catalog: Catalog, orders: Orders, clock: Callable[[], float] = time.time) -> Source:
    """Batches by state, how old the oldest is in each queue, and what was asked for and is not done."""

    def read() -> Iterable[Metric]:
        now = int(clock())
        counts, asked = catalog.batch_counts(), orders.open()
        states = gauge("cairn_batches", "Batches by state; attached ones are final, with their proofs.", "state")
        for state in BatchState:
            states.add_metric([state.value], sum(c.count for c in counts if c.state is state and not c.is_finished))
        states.add_metric(["attached"], sum(c.count for c in counts if c.is_finished))
        ages = gauge("cairn_queue_oldest_seconds", "How long the oldest in a queue has waited; 0 if none.", "queue")
        for queue, members in QUEUES.items():
            waiting = [c.since for c in counts if c.state in members and not c.is_finished]
            ages.add_metric([queue], _age(now, waiting))
        sealing = [
            order.asked_at
            for order in asked
            if order.kind is OrderKind.ISSUE
            and not order.is_parked
            and catalog.batch(order.subject).state is BatchState.OPEN
        ]
        ages.add_metric(["sealing"], _age(now, sealing))
        open_orders = gauge(
            "cairn_orders", "What was asked for and is not done; parked ones need a person.", "kind", "state"
        )
        for kind in OrderKind:
            parked = sum(order.is_parked for order in asked if order.kind is kind)
            open_orders.add_metric([kind.value, "parked"], parked)
            open_orders.add_metric([kind.value, "open"], sum(order.kind is kind for order in asked) - parked)
        return states, ages, open_orders

    return read


def delivery_source(notifications: Notifications) -> Source:
    """Notifications by state, and how long the oldest has waited."""

    def read() -> Iterable[Metric]:
        counts = notifications.counts()
        states = gauge("cairn_deliveries", "Notifications by state; dead ones need a person.", "state")
        for state, count in counts.by_state.items():
            states.add_metric([state.value], count)
        unspread = gauge("cairn_events_to_spread", "Events whose receivers are not listed yet.")
        unspread.add_metric([], counts.unspread)
        age = gauge("cairn_delivery_oldest_seconds", "How long the oldest notification has waited; 0 if none.")
        age.add_metric([], counts.oldest_seconds)
        return states, unspread, age

    return read


def _age(now: int, moments: Iterable[int]) -> int:
    return max(0, now - min(moments, default=now))
