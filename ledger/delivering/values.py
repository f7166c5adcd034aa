"""What the services of delivering answer with: frozen values, Unix seconds for times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAIL = "mail"
"""The lane of everything that goes out by e-mail; the other lanes are webhooks' ids."""


class DeliveryState(StrEnum):
    """What became of a notification."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up: a person must look
    DROPPED = (
        "dropped"  # no longer owed: the webhook was removed, the credential revoked before its learner heard of it
    )


class Answer(StrEnum):
    """What came of handing something over."""

    TAKEN = "taken"
    LATER = "later"  # this one not now
    AWAY = "away"  # nothing in this lane now: nobody answers, or asks for patience
    REFUSED = "refused"  # this one is not wanted as it is
    GONE = "gone"  # nothing will ever be taken here again
    MOOT = "moot"  # nothing is left to say


@dataclass(frozen=True)
class Outcome:
    """An answer, and in one line why: no personal data. `wait` is how many seconds the receiver asks for."""

    answer: Answer
    problem: str | None = None
    wait: int = 0


@dataclass(frozen=True)
class Webhook:
    """An address that hears of an issuer's events. A closed one hears nothing."""

    id: str
    issuer: str
    url: str
    created_at: int
    closed_at: int | None
    said: str | None


@dataclass(frozen=True)
class Notification:
    """One event for one receiver. `body` is the event's own JSON; `credential` is whose learner is written to."""

    id: str
    kind: str
    issuer: str
    body: bytes
    happened_at: int
    lane: str
    credential: str | None
    state: DeliveryState
    tries: int
    noted_at: int
    due_at: int
    ended_at: int | None
    problem: str | None


@dataclass(frozen=True)
class DeliveryCounts:
    """Notifications by state, events that are not spread yet, and how old the oldest is that has not ended."""

    by_state: dict[DeliveryState, int]
    unspread: int
    oldest_seconds: int
