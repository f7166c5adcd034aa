"""What `cairn status` tells of work: what stands still, what waits and why, and whether anybody works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.delivering.values import DeliveryCounts
    from ledger.durable.orders import Order
    from ledger.durable.workers import Worker
    from ledger.keeping.holds import Hold
    from ledger.sending.values import Alarm
    from ledger.workspace import Workspace

_DELIVERY_PATIENCE = 3600
SHOWN = 20


def work(workspace: Workspace) -> tuple[dict[str, object], str]:
    """Holds, orders, waiting transactions, deliveries and workers, as the database knows them."""
    from ledger.delivering.notifications import Notifications
    from ledger.durable.orders import Orders
    from ledger.durable.sweep import overdue
    from ledger.durable.workers import Workers
    from ledger.keeping.holds import Holds
    from ledger.sending.book import Book

    database = workspace.database
    holds, orders = Holds(database).open(), Orders(database).open()
    late = {alert.order.id for alert in overdue(orders)}
    alarms, deliveries = Book(database, time.time).alarms(), Notifications(database).counts()
    workers = Workers(database).all()
    alive = [worker for worker in workers if worker.is_alive]
    now = int(time.time())
    value: dict[str, object] = {
        "holds": [hold_dict(hold) for hold in holds],
        "orders": [order_dict(order, now) for order in orders],
        "alarms": [alarm_dict(alarm) for alarm in alarms],
        "deliveries": deliveries_dict(deliveries),
        "workers": [worker_dict(worker) for worker in workers[: max(SHOWN, len(alive))]],
    }
    lines = [
        *(line for hold in holds for line in hold_lines(hold)),
        *order_lines(orders, late, now),
        *(f"! {alarm.subject}: {alarm.detail} for {age(now - alarm.since)} ({alarm.code})" for alarm in alarms),
        *delivery_lines(deliveries),
    ]
    if orders and not alive:
        lines.append("! nobody works for this ledger: start `cairn serve` or `cairn work`, or run `cairn issue`")
    at_work = [f"at work: {', '.join(worker.name for worker in alive)}"] if alive else []
    return value, "\n".join([*(lines or ["nothing waits"]), *at_work])


# --- as text ---


def hold_lines(hold: Hold) -> list[str]:
    return [
        f"! issuing stands still: {hold.code}: {hold.detail}",
        f"  look with `cairn reconcile`; go on with `cairn reconcile --accept {hold.id} --by NAME`",
    ]


def order_lines(orders: tuple[Order, ...], late: set[int], now: int) -> list[str]:
    """A line for each that does not go on, and how many others there are."""
    stuck = [order for order in orders if order.problem is not None or order.is_parked or order.id in late]
    lines = [order_line(order, now, is_late=order.id in late) for order in stuck[:SHOWN]]
    if len(stuck) > SHOWN:
        lines.append(f"… and {len(stuck) - SHOWN:,} more that do not go on (all of them with --json)")
    if going := len(orders) - len(stuck):
        oldest = min(order.asked_at for order in orders if order not in stuck)
        lines.append(f"{going:,} asked for and on the way, the first for {age(now - oldest)}")
    return lines


def order_line(order: Order, now: int, *, is_late: bool) -> str:
    why = f": {order.problem.message} ({order.problem.code})" if order.problem else ""
    asked = age(now - order.asked_at)
    if order.is_parked:
        return (
            f"! {subject_of(order)} waits for a person{why}; asked for {asked} ago, ask again with {remedy_of(order)}"
        )
    return f"{'! ' if is_late else ''}{subject_of(order)} has waited for {asked}{why}"


def subject_of(order: Order) -> str:
    match order.kind:
        case "issue":
            return f"batch {order.subject}"
        case "withdraw":
            return f"the withdrawal of batch {order.subject}"
        case _:
            return f"change {order.subject} of the status of credentials"


def remedy_of(order: Order) -> str:
    match order.kind:
        case "issue":
            return f"`cairn issue {order.subject}`"
        case "withdraw":
            return f"`cairn withdraw {order.subject} --reason …`"
        case _:
            return "the same command"


def delivery_lines(counts: DeliveryCounts) -> list[str]:
    from ledger.delivering.values import DeliveryState

    waiting, dead = counts.by_state[DeliveryState.WAITING] + counts.unspread, counts.by_state[DeliveryState.DEAD]
    lines = []
    if waiting:
        mark = "! " if counts.oldest_seconds > _DELIVERY_PATIENCE else ""
        lines.append(f"{mark}{waiting:,} to be delivered, the oldest for {age(counts.oldest_seconds)}")
    if dead:
        lines.append(f"! {dead:,} deliveries were given up: `cairn deliveries --dead`")
    return lines


def age(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `5 days`: rounded down."""
    whole = max(0, int(seconds))
    for size, unit in ((2 * 86_400, "days"), (2 * 3600, "h"), (120, "min")):
        if whole >= size:
            return f"{whole // (size // 2):,} {unit}"
    return f"{whole} s"


# --- as values ---


def hold_dict(hold: Hold) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "id": hold.id,
        "code": hold.code,
        "subject": hold.subject,
        "detail": hold.detail,
        "raised_at": when(hold.raised_at),
    }


def order_dict(order: Order, now: int) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "kind": str(order.kind),
        "subject": order.subject,
        "asked_at": when(order.asked_at),
        "seconds": max(0, now - order.asked_at),
        "parked": order.is_parked,
        "problem": {"code": order.problem.code, "message": order.problem.message} if order.problem else None,
    }


def alarm_dict(alarm: Alarm) -> dict[str, object]:
    from ledger.cli.output import when

    return {"code": alarm.code, "subject": alarm.subject, "detail": alarm.detail, "since": when(alarm.since)}


def deliveries_dict(counts: DeliveryCounts) -> dict[str, object]:
    return {
        **{str(state): count for state, count in counts.by_state.items()},
        "events_to_spread": counts.unspread,
        "oldest_seconds": counts.oldest_seconds,
    }


def worker_dict(worker: Worker) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "name": worker.name,
        "started_at": when(worker.started_at),
        "seen_at": when(int(worker.seen_at)),
        "alive": worker.is_alive,
    }
