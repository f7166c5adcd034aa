"""The outbox: an event stands here in the transaction that made it true, so that it is told if and only if it is so."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import orjson
from sqlmodel import Session

from ledger.delivering.tables import EventRow
from ledger.issuing.announcing import Event
from ledger.storage import insert_rows

_COLUMNS = ("id", "kind", "issuer", "body", "batch", "noted_at", "spread")


class Outbox:
    """`note` is an `Announce`. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def note(self, session: Session, event: Event) -> str:
        """Adds the event to the caller's transaction and gives its id; noted again it stays as it was noted first."""
        name = event_id(event)
        body = orjson.dumps(dict(event.body))
        row = (name, event.kind, event.issuer, body, event.batch, int(self._clock()), 0)
        insert_rows(session, EventRow, _COLUMNS, [row], skip=True)
        return name


def event_id(event: Event) -> str:
    """The id that everybody knows an event by: made of its kind and its subject alone."""
    return "evt_" + hashlib.sha256(f"{event.kind}\n{event.subject}".encode()).hexdigest()[:32]
