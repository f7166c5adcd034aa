"""Watching that final stays final: each batch's block is remembered by its hash, and looked for again and again.

A block that was called final and is gone is the worst that a chain can do. Issuing stops, and of the batches that it
takes with it nothing can be said until a person has looked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, delete, select, update

from ledger.chain.registry import IssuerId
from ledger.issuing.inventory import HeldBatch, Inventories
from ledger.issuing.values import BatchState
from ledger.keeping.chain_view import ChainView
from ledger.keeping.holds import FINALITY_VIOLATION, put_hold
from ledger.keeping.tables import DoubtRow, FinalAnchorRow
from ledger.storage import Database, insert_rows

NEWEST = 20
SAMPLE = 20
_AT_ONCE = 500

_log = logging.getLogger(__name__)

Place = tuple[IssuerId, bytes]
"""An issuer id and a root."""


@dataclass(frozen=True)
class Round:
    """What one look found: how many batches are watched, how many were looked at, and which are gone, by their ids."""

    watched: int
    looked_at: int
    violated: tuple[int, ...]


class FinalityWatch:
    """Looks at the newest batches in every round, and at the others in turn."""

    def __init__(self, database: Database, chain: ChainView) -> None:
        self._database = database
        self._chain = chain
        self._inventories = Inventories(database)

    def look(self, *, newest: int = NEWEST, sample: int = SAMPLE) -> Round:
        """One round. Raises RegistryError if the chain cannot be read: nothing is known then, and nothing noted."""
        held = [b for b in self._inventories.take_batches() if b.state is BatchState.FINAL and b.root is not None]
        self._remember(held)
        chosen = self._choose(newest, sample)
        block, hashes = self._chain.hashes([row.block_number for row in chosen])
        # Nodes that lag say nothing about blocks that they do not have yet.
        reached = [row for row in chosen if row.block_number <= block.number or self._began_anew(block.number)]
        gone = [row for row in reached if hashes[row.block_number] != row.block_hash]
        violated = self._violated(gone, held)
        self._note_looked_at([row for row in reached if row not in gone])
        with self._database.reading() as session:
            watched = len(session.exec(select(FinalAnchorRow.root)).all())
        return Round(watched, len(reached), violated)

    def _remember(self, held: Sequence[HeldBatch]) -> None:
        """Notes the block of each batch that became final since: the one that its transaction was seen in, so that
        nothing is missed of what the chain did before this look, and for all others the one that the chain names now.

        A batch of others' doing that the chain holds elsewhere, or not at all, is no matter of this watch: `reconcile`
        tells of it."""
        with self._database.reading() as session:
            known = set(session.exec(select(FinalAnchorRow.issuer_id, FinalAnchorRow.root)).all())
            doubted = set(session.exec(select(DoubtRow.issuer_id, DoubtRow.root)).all())
        new = [batch for batch in held if _place(batch) not in known | doubted]
        for start in range(0, len(new), _AT_ONCE):
            part = new[start : start + _AT_ONCE]
            seen = self._inventories.anchor_blocks([batch.id for batch in part])
            ours = {batch.id: seen[batch.id][1] for batch in part if seen.get(batch.id, (-1,))[0] == batch.anchor_block}
            hashes = ours | self._named_now([batch for batch in part if batch.id not in ours])
            rows = [
                (*_place(batch), batch.anchor_block, hashes[batch.id], _now()) for batch in part if batch.id in hashes
            ]
            columns = ("issuer_id", "root", "block_number", "block_hash", "looked_at")
            with self._database.writing() as session:
                insert_rows(session, FinalAnchorRow, columns, rows, skip=True)

    def _named_now(self, batches: Sequence[HeldBatch]) -> dict[int, bytes]:
        """The hash of the block of each of these batches that the chain holds where the database says."""
        if not batches:
            return {}
        _, anchors = self._chain.anchors([_place(batch) for batch in batches])
        standing = [
            batch
            for batch, anchor in zip(batches, anchors, strict=True)
            if anchor is not None and anchor.block_number == batch.anchor_block
        ]
        _, hashes = self._chain.hashes([batch.anchor_block or 0 for batch in standing])
        return {batch.id: found for batch in standing if (found := hashes[batch.anchor_block or 0]) is not None}

    def _choose(self, newest: int, sample: int) -> list[FinalAnchorRow]:
        """The newest, and of the others those that were not looked at for longest."""
        by_block = select(FinalAnchorRow).order_by(col(FinalAnchorRow.block_number).desc()).limit(newest)
        by_look = select(FinalAnchorRow).order_by(col(FinalAnchorRow.looked_at), col(FinalAnchorRow.root)).limit(sample)
        with self._database.reading() as session:
            chosen = [*session.exec(by_block).all(), *session.exec(by_look).all()]
        return list({(row.issuer_id, row.root): row for row in chosen}.values())

    def _began_anew(self, final: int) -> bool:
        """Whether no block that is watched and should be there is: then the chain is another one, and shorter."""
        with self._database.reading() as session:
            oldest = session.exec(select(FinalAnchorRow).order_by(col(FinalAnchorRow.block_number)).limit(1)).first()
        if oldest is None:
            return False
        if oldest.block_number > final:
            return True
        return self._chain.hashes([oldest.block_number])[1][oldest.block_number] != oldest.block_hash

    def _violated(self, gone: Sequence[FinalAnchorRow], held: Sequence[HeldBatch]) -> tuple[int, ...]:
        """Stops issuing for these, and has nothing said of them until a person accepts."""
        if not gone:
            return ()
        places = [(IssuerId(row.issuer_id), row.root) for row in gone]
        ids = tuple(sorted(batch.id for batch in held if _place(batch) in places))
        blocks = ", ".join(str(number) for number in sorted({row.block_number for row in gone}))
        named = ", ".join(map(str, ids))
        detail = f"final block {blocks} is not on the chain any more, and with it batch {named}"
        with self._database.writing() as session:
            hold = put_hold(session, FINALITY_VIOLATION, f"blocks {blocks}", detail)
            rows = ((hold.id, issuer_id, root) for issuer_id, root in places)
            insert_rows(session, DoubtRow, ("hold", "issuer_id", "root"), rows, skip=True)
            for issuer_id, root in places:
                session.exec(
                    delete(FinalAnchorRow).where(
                        col(FinalAnchorRow.issuer_id) == issuer_id, col(FinalAnchorRow.root) == root
                    )
                )
        _log.critical("FINALITY_VIOLATION hold=%s batches=%s blocks=%s", hold.id, named, blocks)
        return ids

    def _note_looked_at(self, rows: Sequence[FinalAnchorRow]) -> None:
        with self._database.writing() as session:
            for row in rows:
                session.exec(
                    update(FinalAnchorRow)
                    .where(col(FinalAnchorRow.issuer_id) == row.issuer_id, col(FinalAnchorRow.root) == row.root)
                    .values(looked_at=_now())
                )


def _now() -> int:
    """In microseconds, so that no two rounds look at the same moment."""
    return time.time_ns() // 1000


def _place(batch: HeldBatch) -> Place:
    return batch.issuer_id, batch.root or b""
