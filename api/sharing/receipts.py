"""Access receipts: that a link was opened, when, in which form, and what for if the viewer said. Never by whom.

A receipt is stored before the answer that it is about goes out, so that none is lost with a killed process. Those of
requests that come together are written together: the first of them writes for all.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from api.clock import Clock, unix_now
from api.sharing.tables import ShareViewRow
from api.sharing.values import View, ViewKind
from ledger.storage import Database

SHOWN = 1_000


@dataclass
class _Receipt:
    """One receipt that waits to be written. `trouble` is why it was not."""

    values: dict[str, object]
    is_done: bool = False
    trouble: BaseException | None = field(default=None, repr=False)


class Receipts:
    """The receipts of links. Threads share it."""

    def __init__(self, database: Database, clock: Clock = unix_now) -> None:
        self._database = database
        self._clock = clock
        self._queue_lock = Lock()
        self._write_lock = Lock()
        self._waiting: list[_Receipt] = []

    def note(self, link_id: str, kind: ViewKind, purpose: str | None) -> None:
        """Stores a receipt. Raises what the database raises; a link that was erased meanwhile gets none."""
        values = {"link": link_id, "viewed_at": self._clock(), "kind": kind, "purpose": purpose}
        receipt = _Receipt(values)
        with self._queue_lock:
            self._waiting.append(receipt)
        with self._write_lock:
            if not receipt.is_done:
                self._write_all()
        if receipt.trouble is not None:
            raise receipt.trouble

    def note_all(self, link_ids: Collection[str], kind: ViewKind, purpose: str | None) -> None:
        """Stores a receipt for each link, all at once; a link that was erased meanwhile gets none."""
        now = self._clock()
        rows: list[dict[str, object]] = [
            {"link": link_id, "viewed_at": now, "kind": kind, "purpose": purpose} for link_id in link_ids
        ]
        if not rows:
            return
        try:
            self._write(rows)
        except IntegrityError:
            for row in rows:
                with suppress(IntegrityError):
                    self._write([row])

    def views(self, link_id: str) -> list[View]:
        """When a link was opened, the latest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(ShareViewRow)
                .where(ShareViewRow.link == link_id)
                .order_by(col(ShareViewRow.id).desc())
                .limit(SHOWN)
            )
            return [View(row.viewed_at, kind_of(row.kind), row.purpose) for row in rows]

    def _write_all(self) -> None:
        with self._queue_lock:
            batch, self._waiting = self._waiting, []
        try:
            self._write([receipt.values for receipt in batch])
        except IntegrityError:  # one of the links is gone: the receipts of the others are due all the same
            for receipt in batch:
                with suppress(IntegrityError):
                    self._write([receipt.values])
        except Exception as error:  # noqa: BLE001 (each who waits is told)
            for receipt in batch:
                receipt.trouble = error
        finally:
            for receipt in batch:
                receipt.is_done = True

    def _write(self, rows: list[dict[str, object]]) -> None:
        with self._database.writing() as session:
            session.connection().execute(insert(ShareViewRow), rows)


def kind_of(text: str) -> ViewKind:
    return "json" if text == "json" else "document" if text == "document" else "page"
