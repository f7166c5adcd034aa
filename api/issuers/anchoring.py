"""What happens to a batch after its approval: one background thread takes it, and all others, to their final state.

The thread keeps nothing to itself. What is approved stands in the database, the pipeline's steps can each be repeated,
and a site that starts takes up whatever was left. A chain that cannot be reached is asked again; anything else stops
that batch, with the reason stored, until it is approved again or the site starts anew.
"""

from __future__ import annotations

import logging
import time
from threading import Event, Thread

from sqlmodel import col, select

from api.clock import Clock, unix_now
from api.issuers.tables import ApprovalRow
from ledger.errors import CairnError, RegistryUnreachable
from ledger.issuing.catalog import Catalog
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.revocation import Revocation
from ledger.issuing.values import IN_FLIGHT, BatchState
from ledger.storage import Database

POLL_SECONDS = 0.5
RETRY_SECONDS = 5.0
SPONSOR_SECONDS = 30.0
"""How long to leave what is in a sponsor's hands: it may wait for days, and a public node is not to be pestered."""
IDLE_SECONDS = 30.0
STOP_SECONDS = 10.0

logger = logging.getLogger("cairn.anchoring")


class Anchoring:
    """The approved batches and the pending revocations of this ledger, and the thread that works on them."""

    def __init__(
        self, database: Database, catalog: Catalog, pipeline: Pipeline, revocation: Revocation, clock: Clock = unix_now
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._pipeline = pipeline
        self._revocation = revocation
        self._clock = clock
        self._not_before: dict[int, float] = {}
        self._changes_not_before = 0.0
        self._stopped: set[int] = set()
        self._wake = Event()
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Starts the thread; it begins with what an earlier run left."""
        for batch in self._catalog.batches():
            if batch.state is not BatchState.OPEN and not batch.is_finished:
                self._note(batch.id, None)
        self._stop.clear()
        self._wake.set()
        self._thread = Thread(target=self._run, name="anchoring", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end after the step that it is in. What it has not done, the next start takes up."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def approve(self, batch_id: int) -> None:
        """Has a batch signed and anchored, and all that follows done. After a problem: tries again."""
        self._note(batch_id, None)
        self._stopped.discard(batch_id)
        self._not_before.pop(batch_id, None)
        self._wake.set()

    def nudge(self) -> None:
        """Says that there is something to do besides batches."""
        self._changes_not_before = 0.0
        self._wake.set()

    def problem(self, batch_id: int) -> str | None:
        """Why the last attempt on a batch stopped, if it did."""
        with self._database.reading() as session:
            row = session.get(ApprovalRow, batch_id)
            return row.problem if row else None

    def is_approved(self, batch_id: int) -> bool:
        with self._database.reading() as session:
            return session.get(ApprovalRow, batch_id) is not None

    def waiting(self) -> int:
        """How many approved batches are not final yet."""
        return len(self._unfinished())

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                busy = self.work()
            except Exception:
                # The database is busy or gone for a moment: the thread outlives that.
                logger.exception("the round of anchoring was broken off")
                busy = True
            if not self._stop.is_set():
                self._wake.wait(POLL_SECONDS if busy else IDLE_SECONDS)

    def work(self) -> bool:
        """One round over everything that is left; says whether something still is."""
        left = False
        for batch_id in self._unfinished():
            if self._stop.is_set():
                return True
            if batch_id not in self._stopped:
                left = not self._advance(batch_id) or left
        return self._advance_revocations() or left

    def _unfinished(self) -> list[int]:
        with self._database.reading() as session:
            approved = list(session.exec(select(ApprovalRow.batch).order_by(col(ApprovalRow.batch))))
        unfinished = {batch.id for batch in self._catalog.batches() if not batch.is_finished}
        return [batch_id for batch_id in approved if batch_id in unfinished]

    def _advance(self, batch_id: int) -> bool:
        """Takes one batch as far as it goes now; says whether it needs no more of us."""
        if self._not_before.get(batch_id, 0.0) > time.monotonic():
            return False
        try:
            batch = self._pipeline.advance(batch_id, wait=False)
        except RegistryUnreachable as error:
            self._not_before[batch_id] = time.monotonic() + RETRY_SECONDS
            self._note(batch_id, str(error))
            return False
        except CairnError as error:
            self._park(batch_id, str(error))
            return True
        except Exception:
            logger.exception("batch %d failed", batch_id)
            self._park(batch_id, "something went wrong here; see the log")
            return True
        if self.problem(batch_id) is not None:
            self._note(batch_id, None)
        if batch.act is not None and batch.act.state in IN_FLIGHT:
            self._not_before[batch_id] = time.monotonic() + SPONSOR_SECONDS
        return batch.is_finished

    def _advance_revocations(self) -> bool:
        if self._changes_not_before > time.monotonic():
            return True
        try:
            changes = self._revocation.advance(wait=False)
            if any(change.act is not None and change.act.state in IN_FLIGHT for change in changes):
                self._changes_not_before = time.monotonic() + SPONSOR_SECONDS
            return not all(change.is_final for change in changes)
        except CairnError as error:
            logger.warning("revocations wait: %s", error)
            return True

    def _park(self, batch_id: int, problem: str) -> None:
        logger.error("batch %d stopped: %s", batch_id, problem)
        self._stopped.add(batch_id)
        self._note(batch_id, problem)

    def _note(self, batch_id: int, problem: str | None) -> None:
        with self._database.writing() as session:
            row = session.get(ApprovalRow, batch_id) or ApprovalRow(batch=batch_id, approved_at=self._clock())
            row.problem = problem
            session.add(row)
