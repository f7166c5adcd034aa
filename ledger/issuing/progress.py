"""How far a batch has come, for people who watch: read from what is stored, so that anybody can, in any process."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from ledger.issuing.steps import FINISHED
from ledger.issuing.tables import AnchorProofRow, SignatureRow
from ledger.issuing.values import Batch, BatchState
from ledger.storage import Database


@dataclass(frozen=True)
class Progress:
    """A step of a batch by its name, and how many of its documents are done. Waiting for the chain counts none."""

    step: str
    done: int
    total: int


def progress_of(database: Database, batch: Batch) -> Progress:
    """What is being done to a batch now."""
    if batch.is_finished:
        return Progress(FINISHED, batch.size, batch.size)
    if batch.state not in {BatchState.OPEN, BatchState.FINAL}:
        return Progress(str(batch.state), 0, batch.size)
    step, table = ("sign", SignatureRow) if batch.state is BatchState.OPEN else ("attach", AnchorProofRow)
    with database.reading() as session:
        # Positions are filled in order, so that the last one counts them all without a look at the others.
        last = session.exec(select(func.max(table.position)).where(col(table.batch) == batch.id)).one()
    return Progress(step, 0 if last is None else last + 1, batch.size)
