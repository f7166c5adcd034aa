"""Figures of what issuing needs: nodes, money, gas, consent, and somebody at work. Sources of `Metrics`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, Metric

from api.metrics.measures import Source, gauge
from ledger.chain.nodes import Standing
from ledger.durable.orders import OrderKind, Orders
from ledger.durable.workers import Workers
from ledger.keeping.holds import DRIFT, FINALITY_VIOLATION, Holds
from ledger.sending.book import Book
from ledger.sending.forecast import forecasts
from ledger.sending.values import FEE_CAP, FUNDS_LOW, GAS_EXHAUSTED, KEY_MISSING

if TYPE_CHECKING:
    from ledger.chain.registry import Address
    from ledger.storage import Database
    from ledger.workspace import Workspace

MONEY_SECONDS = 60.0
"""For how long balances are not asked for again: whoever reads metrics reads them often."""


def work_source(database: Database) -> Source:
    """Who works, since when the oldest order of each kind waits, and for what issuing stands still."""
    orders, workers, holds = Orders(database), Workers(database), Holds(database)

    def read() -> Iterable[Metric]:
        ages, held = orders.ages(), Counter(hold.code for hold in holds.open())
        oldest = gauge("cairn_order_oldest_seconds", "How long the oldest order that is not parked has waited.", "kind")
        for kind in OrderKind:
            oldest.add_metric([kind.value], ages[kind][1] if kind in ages else 0)
        alive = gauge("cairn_workers_alive", "Processes that carry what was asked for.")
        alive.add_metric([], len(workers.alive()))
        open_holds = gauge("cairn_holds", "Reasons for which issuing stands still until a person accepts them.", "code")
        for code in sorted({DRIFT, FINALITY_VIOLATION, *held}):
            open_holds.add_metric([code], held[code])
        return oldest, alive, open_holds

    return read


def sending_source(database: Database) -> Source:
    """What mined transactions used, by what they were for, and what keeps others waiting."""
    book = Book(database, time.time)

    def read() -> Iterable[Metric]:
        spent, alarms = book.spending(), Counter(alarm.code for alarm in book.alarms())
        gas = CounterMetricFamily("cairn_gas_used", "Gas of mined transactions by what they were for.", labels=["kind"])
        wei = CounterMetricFamily(
            "cairn_wei_spent_at_most", "Gas of mined transactions at the highest fee they offered.", labels=["kind"]
        )
        mined = CounterMetricFamily("cairn_transactions_mined", "Mined transactions.", labels=["kind"])
        for one in spent:
            gas.add_metric([one.kind], one.gas)
            wei.add_metric([one.kind], one.wei_at_most)
            mined.add_metric([one.kind], one.transactions)
        waiting = gauge("cairn_alarms", "Transactions that wait, by what for.", "code")
        for code in sorted({FEE_CAP, FUNDS_LOW, KEY_MISSING, GAS_EXHAUSTED, *alarms}):
            waiting.add_metric([code], alarms[code])
        return gas, wei, mined, waiting

    return read


def node_source(workspace: Workspace) -> Source:
    """Each node by its place in the configuration and its host, which is all that is told of its URL."""

    def read() -> Iterable[Metric]:
        standing = gauge("cairn_node_standing", "1 for how a node stands, else 0.", "node", "host", "standing")
        latency = gauge("cairn_node_latency_seconds", "The median latency of a node's last answers.", "node", "host")
        final = gauge("cairn_node_final_block", "The newest final block that a node knows.", "node", "host")
        outvoted = CounterMetricFamily(
            "cairn_node_outvoted", "How often a quorum contradicted a node.", labels=["node", "host"]
        )
        for number, node in enumerate(workspace.reader.health(), start=1):
            labels = [str(number), node.name]
            for each in Standing:
                standing.add_metric([*labels, each.value], node.standing is each)
            outvoted.add_metric(labels, node.outvoted)
            if node.latency is not None:
                latency.add_metric(labels, node.latency)
            if node.final_block is not None:
                final.add_metric(labels, node.final_block)
        return standing, latency, final, outvoted

    return read


def money_source(workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> Source:
    """For how many anchors the poorest account of each role can pay; asked of the chain once a minute."""
    known: dict[str, int] = {}
    asked_at = -MONEY_SECONDS

    def read() -> Iterable[Metric]:
        nonlocal known, asked_at
        if clock() - asked_at >= MONEY_SECONDS:
            known, asked_at = left_by_role(workspace), clock()
        left = gauge("cairn_anchors_left", "How many anchors the poorest account of a role can pay for.", "role")
        for role, count in known.items():
            left.add_metric([role], count)
        return (left,)

    return read


def left_by_role(workspace: Workspace) -> dict[str, int]:
    """Raises RegistryError if the chain does not answer."""
    accounts: list[tuple[str, Address]] = [
        (role, account)
        for issuer in workspace.catalog.issuers()
        for role, account in (("anchoring", issuer.anchoring_operator), ("revoking", issuer.revoking_operator))
    ]
    if not accounts:
        return {}
    book, fees = Book(workspace.database, time.time), workspace.configuration.fees
    found = forecasts(book, workspace.registry, [account for _, account in accounts], fees)
    least: dict[str, int] = {}
    for (role, _), one in zip(accounts, found, strict=True):
        least[role] = min(one.left, least.get(role, one.left))
    return least
