"""How far status indexes were used, as the chain shows: a database that is older than it must not use one twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ledger.chain.registry import IssuerId
from ledger.chain.state import RegistryState
from ledger.documents.credential import STATUS_LIST_SIZE
from ledger.issuing.inventory import Inventories
from ledger.keeping.unowned import status_indexes


@dataclass(frozen=True)
class Raised:
    """The next status index of an issuer, put up because the chain shows that lower ones may have been used."""

    issuer: str
    before: int
    after: int


def raise_index(
    inventories: Inventories,
    issuer: str,
    issuer_id: IssuerId,
    state: RegistryState,
    lacking: Collection[tuple[IssuerId, bytes]],
) -> Raised | None:
    """Puts the next status index of an issuer beyond all that may have been used. `lacking` are the batches that the
    chain holds and the database lacks.

    The sizes of the batches on chain tell how many indexes were used at least, and the bits how high they went. Where a
    batch is lacking, drafts that were discarded may have used more, which no chain tells: then the next index is at
    least a whole status list further.
    """
    used = sum(anchor.tree_size for (whose, _), anchor in state.anchors.items() if whose == issuer_id)
    indexes = status_indexes(state, issuer_id)
    foreign = set(indexes) - inventories.known_indexes(issuer, indexes)
    least = max(used, max(foreign, default=-1) + 1)
    if foreign or any(whose == issuer_id for whose, _ in lacking):
        least = (least // STATUS_LIST_SIZE + 2) * STATUS_LIST_SIZE
    before = inventories.raise_status_index(issuer, least)
    return None if before is None else Raised(issuer, before, least)
