"""The registry's events about this ledger's issuers, read once and kept: reading goes on where it stopped.

What is kept is of final blocks. If the block that it was read up to is not the chain's any more, all is read anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from math import inf

import orjson
from sqlmodel import Session, col, delete, select

from ledger.chain.events import EVENTS, NonceSpent, RegistryEvent
from ledger.chain.rebuild import fold
from ledger.chain.registry import BlockRef, IssuerId, Role, StatusAction
from ledger.chain.state import RegistryState
from ledger.documents.codecs import encode_hex
from ledger.keeping.chain_view import ChainView
from ledger.keeping.tables import EventReadingRow, EventRow
from ledger.storage import Database, insert_rows

Progress = Callable[[str, int, int], None]
"""Called with a step, how much of it is done, and how much there is."""

_FIRST_WINDOW = 10_000
_WIDEST_WINDOW = 1_000_000
_QUICK = 2.0
_COLUMNS = ("block_number", "log_index", "block_hash", "block_time", "name", "content")


@dataclass(frozen=True)
class Reading:
    """How far the events were read. `is_complete`: up to the newest final block. `began_anew`: the chain is another
    one than it was."""

    first_block: int
    next_block: int
    issuers: frozenset[IssuerId]
    is_complete: bool
    began_anew: bool = False


class EventBook:
    """The events of one registry about some issuers. Two processes that read on at the same time do no harm."""

    def __init__(self, database: Database, chain: ChainView) -> None:
        self._database = database
        self._chain = chain

    def catch_up(
        self,
        issuers: Iterable[IssuerId],
        *,
        first_block: int | None = None,
        registered: Iterable[IssuerId] = (),
        deadline: float = inf,
        progress: Progress = lambda *_: None,
    ) -> Reading:
        """Reads what is new about these issuers up to the newest final block, or as far as it gets until `deadline`
        (of the monotonic clock). What was read stays, whatever happens then.

        No event may be older than `first_block`; None: than the block that was first read from, or the first of all.
        `registered` are those of the issuers whose events may lie in blocks that were read before: if nothing was kept
        of one of them, all is read again from the first block.
        """
        wanted = frozenset(issuers)
        row = self._begin(wanted, frozenset(registered), first_block)
        began_anew, window = False, _FIRST_WINDOW
        while time.monotonic() < deadline:
            started = time.monotonic()
            part = self._chain.events(row.next_block, window, row.last_hash)
            if part is None:
                return self._reading(row, is_complete=True, began_anew=began_anew)
            if not part.follows:
                row, began_anew = self._forget(row), True
                continue
            row = self._keep(row, part.events, part.through, part.last_hash)
            final = self._chain.final().number
            progress("events", row.next_block - row.first_block, max(final + 1, row.next_block) - row.first_block)
            if row.next_block > final:
                return self._reading(row, is_complete=True, began_anew=began_anew)
            if time.monotonic() - started < _QUICK:
                window = min(window * 2, _WIDEST_WINDOW)
        return self._reading(row, is_complete=False, began_anew=began_anew)

    def forget(self) -> None:
        """Drops everything: the chain is another one than it was read from."""
        with self._database.writing() as session:
            row = session.get(EventReadingRow, (self._chain.chain_id, self._chain.registry))
        if row is not None:
            self._forget(row)

    def events(self) -> list[RegistryEvent]:
        """All that are kept, oldest first."""
        with self._database.reading() as session:
            rows = session.exec(select(EventRow).order_by(col(EventRow.block_number), col(EventRow.log_index))).all()
        return [decode(row) for row in rows]

    def state(self, reading: Reading) -> RegistryState:
        """What the events come to. Raises RegistryUnreachable `events_contradict` if they do not fit each other."""
        return fold(RegistryState(next_block=reading.first_block), self.events(), reading.next_block)

    def landmarks(self) -> dict[int, bytes]:
        """The hashes of the blocks of the oldest and of the newest event."""
        with self._database.reading() as session:
            ends = [
                session.exec(select(EventRow).order_by(order).limit(1)).first()
                for order in (col(EventRow.block_number), col(EventRow.block_number).desc())
            ]
        return {row.block_number: row.block_hash for row in ends if row is not None}

    def _begin(
        self, wanted: frozenset[IssuerId], registered: frozenset[IssuerId], first_block: int | None
    ) -> EventReadingRow:
        with self._database.writing() as session:
            row = session.get(EventReadingRow, (self._chain.chain_id, self._chain.registry))
            if row is None:
                session.exec(delete(EventRow))  # of another registry that this folder once had
                row = EventReadingRow(
                    chain_id=self._chain.chain_id,
                    address=self._chain.registry,
                    first_block=first_block or 0,
                    next_block=first_block or 0,
                    issuers=_joined(wanted),
                )
            known = _divided(row.issuers)
            first = row.first_block if first_block is None else min(first_block, row.first_block)
            if (registered & wanted) - known or first < row.first_block:
                session.exec(delete(EventRow))
                row.first_block = row.next_block = first
                row.last_hash = None
            row.issuers = _joined(known | wanted)
            session.add(row)
            return row

    def _forget(self, row: EventReadingRow) -> EventReadingRow:
        with self._database.writing() as session:
            session.exec(delete(EventRow))
            stored = session.get_one(EventReadingRow, (row.chain_id, row.address))
            stored.next_block, stored.last_hash = stored.first_block, None
            session.add(stored)
            return stored

    def _keep(
        self, row: EventReadingRow, events: Iterable[RegistryEvent], through: int, last_hash: bytes
    ) -> EventReadingRow:
        """Keeps those of our issuers, and notes how far it was read, in one transaction."""
        issuers = _divided(row.issuers)
        kept = []
        for event in events:
            if isinstance(event, NonceSpent):
                continue
            if event.issuer_id in issuers:
                kept.append(event)
        with self._database.writing() as session:
            stored = session.get_one(EventReadingRow, (row.chain_id, row.address))
            if stored.next_block != row.next_block:  # another process read on meanwhile
                return stored
            _store(session, kept)
            stored.next_block, stored.last_hash = through + 1, last_hash
            session.add(stored)
            return stored

    def _reading(self, row: EventReadingRow, *, is_complete: bool, began_anew: bool) -> Reading:
        return Reading(row.first_block, row.next_block, _divided(row.issuers), is_complete, began_anew)


def encode(event: RegistryEvent) -> bytes:
    """The event's own fields as JSON: bytes in hex, numbers in decimal, both as text."""
    own = {one.name: getattr(event, one.name) for one in fields(event) if one.name not in ("block", "log_index")}
    return orjson.dumps({name: encode_hex(v) if isinstance(v, bytes) else str(int(v)) for name, v in own.items()})


def decode(row: EventRow) -> RegistryEvent:
    """The event that was kept."""
    content = orjson.loads(row.content)
    values = {name: _value(name, text) for name, text in content.items()}
    return EVENTS[row.name](BlockRef(row.block_number, row.block_hash, row.block_time), row.log_index, **values)


def _value(name: str, text: str) -> object:
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])  # our own words
    number = int(text)
    return {"action": StatusAction, "roles": Role}.get(name, int)(number)


def _store(session: Session, events: Iterable[RegistryEvent]) -> None:
    rows = ((e.block.number, e.log_index, e.block.hash, e.block.time, type(e).__name__, encode(e)) for e in events)
    insert_rows(session, EventRow, _COLUMNS, rows, skip=True)


def _joined(issuers: Iterable[IssuerId]) -> bytes:
    return b"".join(sorted(issuers))


def _divided(ids: bytes) -> frozenset[IssuerId]:
    return frozenset(IssuerId(ids[at : at + 32]) for at in range(0, len(ids), 32))
