"""Handing notifications over: each is claimed before, and its result noted after.

Two workers never hand the same one over at the same time, unless one of them slept through its own claim. A worker that
dies in between leaves a claim that ends; what it had handed over goes out once more, the same bytes under the same id.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Protocol

from sqlalchemy import and_, or_
from sqlmodel import Session, col, func, select, update

from ledger.delivering.notifications import notification_value
from ledger.delivering.schedule import LONGEST_WAIT, next_wait
from ledger.delivering.spreading import Spreading
from ledger.delivering.tables import EventRow, NotificationRow
from ledger.delivering.values import MAIL, Answer, DeliveryState, Notification, Outcome
from ledger.failpoints import reach
from ledger.storage import Database

BUDGET = 5.0
HANDS = 4
CHUNK = 16
CLAIM_SECONDS = 120
HAND_OVER_SECONDS = 45
"""The longest that one hand-over may take: none begins when less than this is left of its claim."""


class Sender(Protocol):
    """Hands one notification over, and says what came of it. Raises nothing for what the receiver does."""

    def send(self, notification: Notification) -> Outcome: ...


class ClosingSender(Sender, Protocol):
    """A sender with a connection that is kept between two notifications."""

    def close(self) -> None: ...


class Delivery:
    """One worker. `mailer` is None where no mail is sent; what waits for it then goes on waiting.

    `worker` names the place that this worker fills: a new one of the same name takes over what the one before held.
    `budget` is how many seconds one round may go on, `clock` gives Unix seconds, `chance` gives 0 up to 1. Once
    `is_stopping` says so, nothing more is handed over.
    """

    def __init__(
        self,
        database: Database,
        spreading: Spreading,
        poster: Sender,
        mailer: ClosingSender | None,
        *,
        worker: str | None = None,
        budget: float = BUDGET,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._spreading = spreading
        self._poster = poster
        self._mailer = mailer
        self._place = worker
        self._name = f"{worker or 'worker'}/{secrets.token_hex(8)}"
        self._budget = budget
        self._clock = clock
        self._chance = chance
        self._is_stopping = is_stopping

    def work(self) -> float | None:
        """Does what is due now, for a bounded time. Gives the seconds until something is due; None if nothing waits."""
        begun = time.monotonic()
        deadline = begun + self._budget
        self._take_over()
        # Half of the time at most, so that what is spread already never waits for what is not.
        all_spread = self._spreading.spread(begun + self._budget / 2)
        try:
            with ThreadPoolExecutor(HANDS, thread_name_prefix="delivering") as hands:
                while not self._is_over(deadline) and (claimed := self._claim()):
                    self._hand_over_all(hands, claimed)
        finally:
            if self._mailer is not None:
                self._mailer.close()
        return self._next_due() if all_spread else 0.0

    def _is_over(self, deadline: float) -> bool:
        return self._is_stopping() or time.monotonic() >= deadline

    # --- claiming ---

    def _take_over(self) -> None:
        """Ends the claims of the worker whose place this one takes."""
        if self._place is None:
            return
        with self._database.writing() as session:
            session.exec(
                update(NotificationRow)
                .where(
                    col(NotificationRow.claimed_by).startswith(f"{self._place}/", autoescape=True),
                    col(NotificationRow.claimed_by) != self._name,
                )
                .values(claimed_by=None, claimed_until=None)
            )
        self._place = None

    def _claim(self) -> tuple[Notification, ...]:
        now = int(self._clock())
        due = select(NotificationRow.id).where(self._is_due(now), self._is_free(now)).limit(1)
        with self._database.reading() as session:  # most rounds find nothing, and need not wait for the lock to know
            if session.exec(due).first() is None:
                return ()
        with self._database.writing() as session:
            rows = session.exec(
                select(NotificationRow, EventRow)
                .join(EventRow, col(EventRow.number) == NotificationRow.event)
                .where(self._is_due(now), self._is_free(now))
                .order_by(col(NotificationRow.due_at))
                .limit(CHUNK)
                .with_for_update(skip_locked=True, of=NotificationRow)
            ).all()
            for row, _ in rows:
                row.claimed_by, row.claimed_until = self._name, now + CLAIM_SECONDS
                session.add(row)
            return tuple(notification_value(row, event) for row, event in rows)

    def _is_due(self, now: int) -> Any:
        # What is due later than anything can be was written by a clock that ran ahead.
        due_at = col(NotificationRow.due_at)
        return and_(*self._is_waiting(), or_(due_at <= now, due_at > now + LONGEST_WAIT))

    def _is_waiting(self) -> list[Any]:
        waiting = [col(NotificationRow.state) == DeliveryState.WAITING]
        return waiting if self._mailer else [*waiting, col(NotificationRow.lane) != MAIL]

    def _is_free(self, now: int) -> Any:
        until = col(NotificationRow.claimed_until)
        return or_(until.is_(None), until <= now, until > now + CLAIM_SECONDS)

    # --- handing over ---

    def _hand_over_all(self, hands: ThreadPoolExecutor, claimed: Sequence[Notification]) -> None:
        """Webhooks side by side, mail one after the other. What was not begun in time is free again."""
        begin_before = time.monotonic() + CLAIM_SECONDS - HAND_OVER_SECONDS
        away: dict[str, Outcome] = {}

        def hand_over(notification: Notification) -> None:
            if self._is_over(begin_before):
                return
            outcome = away.get(notification.lane) or self._send(notification)
            if outcome.answer is Answer.AWAY:
                away[notification.lane] = outcome
            self._note(notification, outcome)

        def hand_over_mail(letters: Sequence[Notification]) -> None:
            for letter in letters:
                hand_over(letter)

        letters = [notification for notification in claimed if notification.lane == MAIL]
        jobs = [hands.submit(hand_over_mail, letters)]
        jobs += [hands.submit(hand_over, other) for other in claimed if other.lane != MAIL]
        wait(jobs)
        self._release()
        for job in jobs:
            job.result()

    def _send(self, notification: Notification) -> Outcome:
        sender = self._mailer if notification.lane == MAIL else self._poster
        if sender is None:
            return Outcome(Answer.AWAY, "no mail is sent from here")
        outcome = sender.send(notification)
        reach("deliver.sent")
        return outcome

    def _release(self) -> None:
        with self._database.writing() as session:
            session.exec(
                update(NotificationRow)
                .where(col(NotificationRow.claimed_by) == self._name)
                .values(claimed_by=None, claimed_until=None)
            )

    # --- noting ---

    def _note(self, notification: Notification, outcome: Outcome) -> None:
        """Writes down what came of it, unless the claim went to somebody else meanwhile."""
        now = int(self._clock())
        is_ours = and_(col(NotificationRow.id) == notification.id, col(NotificationRow.claimed_by) == self._name)
        with self._database.writing() as session:
            self._set(session, is_ours, self._after(notification.tries, outcome, now))
            if outcome.answer is Answer.AWAY:
                self._put_off(session, notification.lane, outcome, now)

    def _put_off(self, session: Session, lane: str, outcome: Outcome, now: int) -> None:
        """One try counts for all that was due in a lane where nobody answers: each would have waited for nothing."""
        others = and_(self._is_due(now), self._is_free(now), col(NotificationRow.lane) == lane)
        for tries in session.exec(select(NotificationRow.tries).where(others).distinct()).all():
            self._set(session, and_(others, col(NotificationRow.tries) == tries), self._after(tries, outcome, now))

    def _set(self, session: Session, which: Any, values: dict[str, Any]) -> None:
        waiting = col(NotificationRow.state) == DeliveryState.WAITING
        session.exec(update(NotificationRow).where(which, waiting).values(**values))

    def _after(self, tries: int, outcome: Outcome, now: int) -> dict[str, Any]:
        """How a notification stands after so many tries and one more."""
        values: dict[str, Any] = {"claimed_by": None, "claimed_until": None, "problem": outcome.problem}
        values["tries"] = tries + 1
        if outcome.answer is Answer.TAKEN:
            return values | {"state": DeliveryState.DELIVERED.value, "ended_at": now}
        if outcome.answer in (Answer.GONE, Answer.MOOT):
            return values | {"state": DeliveryState.DROPPED.value, "ended_at": now}
        seconds = next_wait(tries + 1, outcome, self._chance)
        if seconds is None:
            return values | {"state": DeliveryState.DEAD.value, "ended_at": now}
        return values | {"due_at": now + seconds}

    def _next_due(self) -> float | None:
        now = self._clock()
        with self._database.reading() as session:
            waiting = self._is_waiting()
            free = session.exec(select(func.min(NotificationRow.due_at)).where(*waiting, self._is_free(int(now)))).one()
            held = session.exec(
                select(func.min(NotificationRow.claimed_until)).where(*waiting, ~self._is_free(int(now)))
            ).one()
        moments = [moment for moment in (free, held) if moment is not None]
        return max(0.0, min(moments) - now) if moments else None
