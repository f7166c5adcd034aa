"""What anchoring a batch costs, asked of the chain at this moment, and who pays."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ledger.chain.addresses import checksum_address
from ledger.chain.amounts import money
from ledger.chain.networks import network_of
from ledger.durable.orders import Order
from ledger.errors import CairnError
from ledger.issuing.values import Issuer
from ledger.sending.book import Book
from ledger.sending.forecast import FUNDS_WARNING, forecast
from ledger.sending.values import FUNDS_LOW
from ledger.workspace import Workspace


@dataclass(frozen=True)
class Cost:
    """What one anchor costs, in words with the chain's coin; however many credentials there are in the batch.

    `sponsor` pays instead of the account, if one was named. `is_known` is False where the chain did not answer: then
    the amounts are empty. `left` is how many anchors the account can pay for.
    """

    network: str
    network_kind: str
    account: str
    sponsor: str | None
    is_known: bool = False
    cost: str = ""
    balance: str = ""
    left: int = 0
    is_short: bool = False
    is_low: bool = False


def cost_of_anchor(workspace: Workspace, issuer: Issuer, order: Order | None) -> Cost:
    """The cost for an issuer's next batch. Never raises for a chain that does not answer."""
    chain_id = workspace.configuration.chain_id
    network = network_of(chain_id)
    account = checksum_address(issuer.anchoring_operator)
    sponsor = order.sponsor if order is not None else None
    known = Cost(network.name, network.kind, account, sponsor)
    try:
        book = Book(workspace.database, time.time)
        found = forecast(book, workspace.registry, issuer.anchoring_operator, workspace.configuration.fees)
    except CairnError:
        return known
    return Cost(
        network=known.network,
        network_kind=known.network_kind,
        account=account,
        sponsor=sponsor,
        is_known=True,
        cost=money(found.cost_of_one, chain_id),
        balance=money(found.balance, chain_id),
        left=found.left,
        is_short=found.problem == FUNDS_LOW,
        is_low=found.problem == FUNDS_WARNING,
    )
