"""From an order to the job that carries it now: its name says what it does to the chain, so that it is done once."""

from __future__ import annotations

from ledger.chain.registry import Address
from ledger.durable.engine import Job, Lane
from ledger.durable.orders import Order, OrderKind
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import BatchState


class Jobs:
    """The jobs of one ledger, whose registry stands at `registry` on `chain_id`."""

    def __init__(self, catalog: Catalog, chain_id: int, registry: Address) -> None:
        self._catalog = catalog
        self._place = f"{chain_id}:0x{registry.hex()}"

    def is_done(self, kind: OrderKind, subject: int) -> bool:
        """Whether nothing is left to do. Raises NotFound for a batch that there is not."""
        if kind is OrderKind.STATUS:
            return self._catalog.status_change(subject).is_final
        batch = self._catalog.batch(subject)
        return batch.is_finished if kind is OrderKind.ISSUE else batch.withdrawn_at is not None

    def current(self, order: Order) -> Job:
        """The job that an order needs now. A batch is signed in one lane, and anchored in another."""
        if order.kind is OrderKind.STATUS:
            change = self._catalog.status_change(order.subject)
            issuer = self._issuer_id(change.issuer)
            return self._job(order, Lane.STATUS, f"status:{self._place}:{issuer}:{change.id}:{change.requested_at}")
        batch = self._catalog.batch(order.subject)
        issuer = self._issuer_id(batch.issuer)
        unsealed = f"{batch.id}:{batch.created_at}"
        if order.kind is OrderKind.ISSUE and (batch.state is BatchState.OPEN or batch.root is None):
            return self._job(order, Lane.SEALING, f"seal:{self._place}:{issuer}:{unsealed}")
        verb = "anchor" if order.kind is OrderKind.ISSUE else "withdraw"
        what = unsealed if batch.root is None else f"0x{batch.root.hex()}"
        return self._job(order, Lane.ANCHORING, f"{verb}:{self._place}:{issuer}:{what}")

    def _issuer_id(self, slug: str) -> str:
        return f"0x{self._catalog.issuer(slug).issuer_id.hex()}"

    def _job(self, order: Order, lane: Lane, name: str) -> Job:
        return Job(name if order.attempt == 1 else f"{name}:{order.attempt}", lane, order.id, order.attempt)
