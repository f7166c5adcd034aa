"""From one event to a notification for each receiver, in pieces: a batch may have 50,000 learners."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlmodel import Session, col, func, select

from ledger.delivering.tables import EventRow, NotificationRow, WebhookRow
from ledger.delivering.values import MAIL, DeliveryState
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import StoredCredential
from ledger.storage import Database, insert_rows

CHUNK = 500
_COLUMNS = ("id", "event", "lane", "credential", "state", "tries", "noted_at", "due_at")


class Spreading:
    """`by_mail` says whether the learners of what is spread now are written to, but for batches of more than `most`.

    `clock` gives Unix seconds.
    """

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        *,
        by_mail: bool,
        most: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._by_mail = by_mail
        self._most = most
        self._clock = clock

    def spread(self, until: float) -> bool:
        """Spreads events, the oldest first, until that moment of `time.monotonic`. Says whether all is spread."""
        while (event := self._next()) is not None:
            if time.monotonic() >= until:
                return False
            self._spread_chunk(event)
        return True

    def _next(self) -> EventRow | None:
        with self._database.reading() as session:
            query = select(EventRow).where(col(EventRow.spread_at).is_(None)).order_by(col(EventRow.number))
            event = session.exec(query.limit(1)).first()
            if event is not None:
                session.expunge(event)
            return event

    def _spread_chunk(self, event: EventRow) -> None:
        """The next receivers of an event: its issuer's webhooks with the first ones."""
        page: tuple[StoredCredential, ...] = ()
        if event.batch is not None and self._is_written_to(event.batch):
            page = self._catalog.credentials(batch=event.batch, offset=event.spread, limit=CHUNK)
        now = int(self._clock())
        with self._database.writing() as session:
            row = session.exec(select(EventRow).where(EventRow.number == event.number).with_for_update()).one()
            if row.spread_at is not None or row.spread != event.spread:
                return  # another worker was faster
            lanes = [*self._webhooks(session, row), *_learners(row, page)]
            values = (
                (name, row.number, lane, credential, DeliveryState.WAITING.value, 0, now, now)
                for name, lane, credential in lanes
            )
            insert_rows(session, NotificationRow, _COLUMNS, values, skip=True)
            row.spread += len(page)
            row.spread_at = now if len(page) < CHUNK else None
            session.add(row)

    def _is_written_to(self, batch_id: int) -> bool:
        return self._by_mail and (self._most is None or self._catalog.batch(batch_id).size <= self._most)

    def _webhooks(self, session: Session, event: EventRow) -> Sequence[tuple[str, str, None]]:
        if event.spread:
            return ()
        found = session.exec(
            select(WebhookRow.id).where(WebhookRow.issuer == event.issuer, col(WebhookRow.closed_at).is_(None))
        )
        return [(f"{event.id}:{webhook}", webhook, None) for webhook in found]


def _learners(event: EventRow, page: Sequence[StoredCredential]) -> Sequence[tuple[str, str, str]]:
    """What the learners hear of: what was earned, and what was said of that to them. Who has a record asked for it."""
    names = [one.credential_id for one in page if one.kind.is_earned or (one.kind.is_a_learners and one.email)]
    return [(f"{event.id}:{name}:mail", MAIL, name) for name in names]


def unspread_events(session: Session) -> tuple[int, int | None]:
    """How many events are not spread yet, and since when the oldest of them waits."""
    query = select(func.count(), func.min(EventRow.noted_at)).where(col(EventRow.spread_at).is_(None))
    count, oldest = session.exec(query).one()
    return count, oldest
