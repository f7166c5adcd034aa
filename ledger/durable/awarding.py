"""Awards by themselves: what completing a pathway brings is drafted, and its issue ordered, once.

The draft and the note that it was made are one transaction, and the order follows from that note: a worker that dies
between the two leaves a draft that the next look orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.failpoints import reach

if TYPE_CHECKING:
    from ledger.workspace import Workspace


def award_completed(workspace: Workspace) -> tuple[int, ...]:
    """Goes through what was finished since the last look, and orders what was drafted on account of it, or approved.

    Gives the batches that were ordered. Raises RegistryError where the registry does not tell.
    """
    workspace.on_completion.look()
    return order_awards(workspace)


def order_awards(workspace: Workspace) -> tuple[int, ...]:
    """Orders the issue of automatic and approved awards that are drafted, and that nobody has ordered yet."""
    from ledger.durable.orders import OrderKind, Orders

    orders, ordered = Orders(workspace.database), []
    for batch in workspace.on_completion.to_issue():
        reach("award.ordering")
        if orders.find(OrderKind.ISSUE, batch) is None:
            orders.place(OrderKind.ISSUE, batch)
            ordered.append(batch)
    return tuple(ordered)
