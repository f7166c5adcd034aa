"""What waits, what came through, what was given up and why: for people, and to try again what they have put right."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlmodel import Session, col, func, select, update

from ledger.delivering.spreading import unspread_events
from ledger.delivering.tables import EventRow, NotificationRow
from ledger.delivering.values import MAIL, DeliveryCounts, DeliveryState, Notification
from ledger.errors import Conflict, NotFound
from ledger.storage import Database


class Notifications:
    """The notifications of a data folder. `clock` gives Unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def all(self, *states: DeliveryState, limit: int = 100) -> tuple[Notification, ...]:
        """Those in these states, the oldest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(NotificationRow, EventRow)
                .join(EventRow, col(EventRow.number) == NotificationRow.event)
                .where(col(NotificationRow.state).in_(states))
                .order_by(col(NotificationRow.noted_at), col(NotificationRow.id))
                .limit(limit)
            ).all()
            return tuple(notification_value(row, event) for row, event in rows)

    def letters(
        self, issuer: str, *states: DeliveryState, batch: int | None = None, offset: int = 0, limit: int = 50
    ) -> tuple[Notification, ...]:
        """The mails to an issuer's learners in these states, or in any: of one batch, or of all; the latest first."""
        with self._database.reading() as session:
            query = (
                select(NotificationRow, EventRow)
                .join(EventRow, col(EventRow.number) == NotificationRow.event)
                .where(EventRow.issuer == issuer, NotificationRow.lane == MAIL)
                .order_by(col(NotificationRow.noted_at).desc(), col(NotificationRow.id))
            )
            if states:
                query = query.where(col(NotificationRow.state).in_(states))
            if batch is not None:
                query = query.where(EventRow.batch == batch)
            rows = session.exec(query.offset(offset).limit(limit)).all()
            return tuple(notification_value(row, event) for row, event in rows)

    def letter_counts(self, issuer: str, batch: int | None = None) -> dict[DeliveryState, int]:
        """How many mails to an issuer's learners are in each state."""
        with self._database.reading() as session:
            query = (
                select(NotificationRow.state, func.count())
                .join(EventRow, col(EventRow.number) == NotificationRow.event)
                .where(EventRow.issuer == issuer, NotificationRow.lane == MAIL)
                .group_by(col(NotificationRow.state))
            )
            if batch is not None:
                query = query.where(EventRow.batch == batch)
            return {DeliveryState(state): count for state, count in session.exec(query)}

    def letters_for(self, credential_ids: Sequence[str]) -> dict[str, Notification]:
        """The mail about each of these credentials, where there is one."""
        with self._database.reading() as session:
            rows = session.exec(
                select(NotificationRow, EventRow)
                .join(EventRow, col(EventRow.number) == NotificationRow.event)
                .where(NotificationRow.lane == MAIL, col(NotificationRow.credential).in_(credential_ids))
            ).all()
            return {str(row.credential): notification_value(row, event) for row, event in rows}

    def write_again(self, notification_id: str) -> None:
        """Has a mail go out once more, whatever came of it. Raises NotFound `notification_unknown`."""
        with self._database.writing() as session:
            row = session.get(NotificationRow, notification_id)
            if row is None or row.lane != MAIL:
                raise NotFound("there is no such notification", "notification_unknown")
            row.state, row.tries, row.due_at = DeliveryState.WAITING.value, 0, int(self._clock())
            row.ended_at = row.problem = None
            session.add(row)

    def retry(self, notification_id: str) -> None:
        """Lets one that was given up begin anew. Raises NotFound `notification_unknown`, Conflict `not_dead`."""
        with self._database.writing() as session:
            row = session.get(NotificationRow, notification_id)
            if row is None:
                raise NotFound("there is no such notification", "notification_unknown")
            if row.state != DeliveryState.DEAD:
                raise Conflict(f"this notification is {row.state}, and was not given up", "not_dead")
            self._revive(session, NotificationRow.id == notification_id)

    def retry_dead(self) -> int:
        """Lets all that were given up begin anew, and says how many."""
        with self._database.writing() as session:
            return self._revive(session)

    def counts(self) -> DeliveryCounts:
        """Numbers by state, and how many seconds ago the oldest thing was noted that has not come to an end."""
        with self._database.reading() as session:
            query = select(NotificationRow.state, func.count()).group_by(col(NotificationRow.state))
            found = {DeliveryState(state): count for state, count in session.exec(query).all()}
            waiting = select(func.min(NotificationRow.noted_at)).where(NotificationRow.state == DeliveryState.WAITING)
            moments: Sequence[int | None] = (session.exec(waiting).one(), unspread_events(session)[1])
            unspread = unspread_events(session)[0]
        oldest = min((moment for moment in moments if moment is not None), default=None)
        age = max(0, int(self._clock()) - oldest) if oldest is not None else 0
        return DeliveryCounts({state: found.get(state, 0) for state in DeliveryState}, unspread, age)

    def _revive(self, session: Session, *which: bool) -> int:
        changed = session.exec(
            update(NotificationRow)
            .where(col(NotificationRow.state) == DeliveryState.DEAD, *which)  # type: ignore[arg-type]
            .values(state=DeliveryState.WAITING.value, tries=0, due_at=int(self._clock()), ended_at=None)
        )
        return int(changed.rowcount)


def notification_value(row: NotificationRow, event: EventRow) -> Notification:
    return Notification(
        id=row.id,
        kind=event.kind,
        issuer=event.issuer,
        body=event.body,
        happened_at=event.noted_at,
        lane=row.lane,
        credential=row.credential,
        state=DeliveryState(row.state),
        tries=row.tries,
        noted_at=row.noted_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        problem=row.problem,
    )
