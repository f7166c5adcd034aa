"""Status bits on chain that belong to no credential here: kept by a rebuilt database until the documents are back."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import col, delete, select

from ledger.chain.registry import IssuerId
from ledger.chain.state import RegistryState
from ledger.issuing.inventory import HeldStatus, Inventories, Inventory
from ledger.keeping.tables import UnownedStatusRow
from ledger.storage import Database

_WORD = 256
_BYTES = 32

Words = Mapping[tuple[IssuerId, int], tuple[int, int]]


def status_indexes(state: RegistryState, issuer_id: IssuerId) -> list[int]:
    """The status indexes of an issuer that have a bit."""
    return [
        word * _WORD + bit
        for (whose, word), bits in state.status.items()
        if whose == issuer_id
        for bit in range(_WORD)
        if (bits[0] | bits[1]) >> bit & 1
    ]


class UnownedStatuses:
    """Keeps them for the issuers of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inventories = Inventories(database)

    def keep(self, issuer: str, issuer_id: IssuerId, state: RegistryState) -> None:
        """Keeps what the chain holds of this issuer now and no credential here has, and nothing else."""
        indexes = status_indexes(state, issuer_id)
        foreign = set(indexes) - self._inventories.known_indexes(issuer, indexes)
        masks: dict[int, int] = {}
        for index in foreign:
            masks[index // _WORD] = masks.get(index // _WORD, 0) | 1 << index % _WORD
        with self._database.writing() as session:
            session.exec(delete(UnownedStatusRow).where(col(UnownedStatusRow.issuer_id) == issuer_id))
            for word, mask in masks.items():
                revoked, suspended = (bits & mask for bits in state.status[issuer_id, word])
                session.add(
                    UnownedStatusRow(
                        issuer_id=issuer_id,
                        word=word,
                        revoked=revoked.to_bytes(_BYTES, "big"),
                        suspended=suspended.to_bytes(_BYTES, "big"),
                    )
                )

    def add_to(self, held: Inventory) -> Inventory:
        """The inventory with these among its statuses."""
        slugs = {issuer.issuer_id: issuer.slug for issuer in held.issuers}
        with self._database.reading() as session:
            rows = session.exec(select(UnownedStatusRow)).all()
        for row in rows:
            slug = slugs.get(IssuerId(row.issuer_id))
            status = held.statuses[slug] if slug is not None else HeldStatus()
            status.revoked[row.word] |= int.from_bytes(row.revoked, "big")
            status.suspended[row.word] |= int.from_bytes(row.suspended, "big")
        return held
