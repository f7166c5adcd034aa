"""What a worker does besides its jobs: comparing, watching, awarding, delivering, telling what waits for a person."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ledger.errors import RegistryError

if TYPE_CHECKING:
    from ledger.durable.orders import Order, Problem
    from ledger.durable.rounds import Round
    from ledger.workspace import Workspace

DELIVER = "deliver"
AWARD_SECONDS = 3.0
RECOGNISE_SECONDS = 2.0
WATCH_SECONDS = 60.0
COMPARE_SECONDS = 3600.0

logger = logging.getLogger("cairn.work")


def parked(workspace: Workspace, order: Order, problem: Problem) -> None:
    """Tells whom it concerns that a batch waits for a person."""
    from ledger.delivering.outbox import Outbox
    from ledger.durable.orders import OrderKind
    from ledger.issuing.announcing import batch_held

    if order.kind is OrderKind.ISSUE:
        batch = workspace.catalog.batch(order.subject)
        issuer = workspace.catalog.issuer(batch.issuer)
        with workspace.database.writing() as session:
            Outbox().note(session, batch_held(batch, issuer, code=problem.code, since=order.asked_at + order.attempt))


def followers(workspace: Workspace, batch_id: int) -> list[int]:
    """The calls that a final batch makes necessary: the revocation of what its corrections supersede."""
    from ledger.issuing.corrections import Corrections

    return list(Corrections(workspace.database).pending([batch_id]))


def compare(workspace: Workspace) -> None:
    """Compares database and chain before anything is sent; what differs puts a hold on issuing.

    Where the chain cannot be read nothing is known, and it is compared again later.
    """
    from ledger.keeping.parts import reconcile_at_start

    try:
        reconcile_at_start(workspace)
    except RegistryError as error:
        logger.warning("database and chain could not be compared: %s", error.code)


def rounds_of(workspace: Workspace, worker: str, is_stopping: Callable[[], bool]) -> list[Round]:
    """What is done again and again while a worker of this folder lives."""
    from ledger.durable.awarding import award_completed
    from ledger.durable.rounds import Round
    from ledger.keeping.parts import finality_watch, reconcile_at_start

    delivery = workspace.post_office.delivery(worker=worker, is_stopping=is_stopping)
    watch = finality_watch(workspace)

    def look() -> None:
        watch.look()

    def compare_again() -> None:
        reconcile_at_start(workspace)

    def check_code() -> None:
        workspace.code_watch.check(time.monotonic())

    def award() -> None:
        award_completed(workspace)

    return [
        Round(DELIVER, delivery.work, idle=2.0),
        Round("award", award, idle=AWARD_SECONDS),
        Round("recognise", workspace.accreditor_acts.carry, idle=RECOGNISE_SECONDS),
        Round("affected", workspace.affected_awards.look, idle=WATCH_SECONDS),
        Round("finality", look, idle=WATCH_SECONDS),
        Round("code", check_code, idle=WATCH_SECONDS),
        Round("compare", compare_again, idle=COMPARE_SECONDS, first=COMPARE_SECONDS),
    ]
