"""Awards by themselves: what completing a pathway brings is drafted, and its issue ordered, once.

The draft and the note that it was made are one transaction, and the order follows from that note: a worker that dies
between the two leaves a draft that the next look orders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.failpoints import reach

if TYPE_CHECKING:
    from ledger.workspace import Workspace


def award_completed(workspace: Workspace) -> None:
    """Goes through what was finished since the last look, and orders what was drafted on account of it, or approved.

    Raises RegistryError where the registry does not tell.
    """
    from ledger.durable.orders import OrderKind, Orders

    workspace.on_completion.look()
    orders = Orders(workspace.database)
    for batch in workspace.on_completion.batches(drafts=True):
        reach("award.ordering")
        if orders.find(OrderKind.ISSUE, batch) is None:
            orders.place(OrderKind.ISSUE, batch)
