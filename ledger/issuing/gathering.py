"""Gathering: documents that come one at a time, as learners' records do, and share an anchor.

A batch that gathers is open. Each document is signed as soon as it is in; the root waits. The batch closes, and is
anchored, when its issuer has nothing else on the way to the chain, or when it has waited for long enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import update
from sqlmodel import Session, col, select

from ledger.documents.credential import new_credential_id
from ledger.documents.definitions import definitions_hash
from ledger.issuing.drafting import Entry, store_chunk
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import BatchRow, IssuerRow
from ledger.issuing.values import BatchState
from ledger.storage import Database

GATHER_SECONDS = 10
"""For how long a batch waits at most while its issuer has another one on the way."""
MAX_GATHERED = 1_000
"""Documents in one batch that gathers."""
CLOSED = 0


class Gathering:
    """Batches that gather."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def add(self, issuer: str, entry: Entry, *, label: str) -> tuple[int, str]:
        """Stores one document in the batch that gathers for the issuer, or in a new one. Gives the batch's id and its.

        Raises DraftError `schema_invalid`, NotFound for the issuer, and whatever building the document raises.
        """
        named = replace(entry, credential_id=entry.credential_id or new_credential_id())
        with self._database.writing() as session:
            owner = issuer_row(session, issuer, locked=True)
            batch = self._gathering(session, owner) or self._opened(session, owner, label)
            first = owner.next_status_index - batch.size
            batch.byte_count += store_chunk(
                session, owner, saved(batch.id), batch.size, [(named, str(named.credential_id))], first
            )
            batch.size += 1
            owner.next_status_index += 1
            session.add_all([owner, batch])
        return saved(batch.id), str(named.credential_id)

    def close(self, batch_id: int) -> None:
        """Takes no more documents into a batch. Changes nothing for one that never gathered."""
        with self._database.writing() as session:
            session.exec(
                update(BatchRow)
                .where(col(BatchRow.id) == batch_id, col(BatchRow.gathers_until).is_not(None))
                .values(gathers_until=CLOSED)
            )

    def due(self) -> tuple[int, ...]:
        """The batches that should be anchored now."""
        with self._database.reading() as session:
            gathering = session.exec(
                select(BatchRow.id, BatchRow.issuer, BatchRow.gathers_until, BatchRow.size)
                .where(BatchRow.state == BatchState.OPEN, col(BatchRow.gathers_until) > CLOSED)
                .order_by(col(BatchRow.id))
            ).all()
            busy = _busy(session, {issuer for _, issuer, _, _ in gathering})
        now = self._clock()
        return tuple(
            saved(batch)
            for batch, issuer, until, size in gathering
            if issuer not in busy or size >= MAX_GATHERED or (until or 0) <= now
        )

    def issue_due(self, issue: Callable[[int], None]) -> None:
        """Has what is due issued, some other time."""
        for batch_id in self.due():
            issue(batch_id)

    def _gathering(self, session: Session, owner: IssuerRow) -> BatchRow | None:
        return session.exec(
            select(BatchRow)
            .where(
                BatchRow.issuer == owner.id,
                BatchRow.state == BatchState.OPEN,
                col(BatchRow.gathers_until) > CLOSED,
                BatchRow.size < MAX_GATHERED,
                BatchRow.definitions_hash == definitions_hash(),
            )
            .with_for_update()
        ).first()

    def _opened(self, session: Session, owner: IssuerRow, label: str) -> BatchRow:
        now = int(self._clock())
        batch = BatchRow(
            issuer=saved(owner.id),
            label=label,
            state=BatchState.OPEN,
            size=0,
            byte_count=0,
            created_at=now,
            definitions_hash=definitions_hash(),
            gathers_until=now + GATHER_SECONDS,
        )
        session.add(batch)
        session.flush()
        return batch


def _busy(session: Session, issuers: Sequence[int] | set[int]) -> set[int]:
    """Those of the issuers that have a batch on the way to the chain."""
    if not issuers:
        return set()
    return set(
        session.exec(
            select(BatchRow.issuer).where(
                col(BatchRow.issuer).in_(issuers),
                BatchRow.state != BatchState.OPEN,
                col(BatchRow.attached_at).is_(None),
            )
        )
    )
