"""Who prepared a batch, and who approved it: somebody else, wherever an institution needs two persons.

A batch that was made outside of these pages waits for an approval from the beginning: nobody has to send it. A machine
with an API key prepares like a person of its own, and never approves where two persons are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.issuers.service import Issuing
from api.registrar.tables import BatchApprovalRow
from api.staff.values import Member, Role
from ledger.documents.text import NARRATIVE_LIMIT, text_problem
from ledger.durable.orders import OrderKind, Orders
from ledger.errors import Conflict, DraftError, Problem
from ledger.issuing.values import Batch, BatchState
from ledger.storage import Database


class ApprovalState(StrEnum):
    DRAFTED = "drafted"  # somebody still looks at it
    WAITING = "waiting"  # for somebody to approve it
    REFUSED = "refused"  # it went back to whoever prepared it
    APPROVED = "approved"


@dataclass(frozen=True)
class Approval:
    """Where a batch stands with people. Nobody is named as its preparer where it was made outside of these pages."""

    batch: int
    state: ApprovalState
    prepared_by: str | None = None
    prepared_name: str | None = None
    prepared_at: int | None = None
    asked_at: int | None = None
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: int | None = None
    reason: str | None = None


_WAITING = frozenset({ApprovalState.WAITING})

Note = Callable[[Session, Member, str, str], object]
"""Writes a line into the institution's log, in the caller's session: who did what to what."""


class Approvals:
    """`needs_two` says of an issuer whether what one person prepared needs another to approve it."""

    def __init__(
        self,
        database: Database,
        issuing: Issuing,
        orders: Orders,
        needs_two: Callable[[str], bool],
        note: Note,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._issuing = issuing
        self._orders = orders
        self.needs_two = needs_two
        self._note = note
        self._clock = clock

    def of(self, batch: Batch) -> Approval:
        """Where this batch stands."""
        return self.of_all([batch])[batch.id]

    def of_all(self, batches: Iterable[Batch]) -> dict[int, Approval]:
        """Where each of these batches stands, by its id."""
        named = {batch.id: batch for batch in batches}
        with self._database.reading() as session:
            rows = session.exec(select(BatchApprovalRow).where(col(BatchApprovalRow.batch).in_(named))).all()
            found = {row.batch: _value(row) for row in rows}
        ordered = self._orders.known(OrderKind.ISSUE, set(named) - set(found))
        return {
            number: found.get(number) or Approval(number, _unnoted(batch, is_ordered=number in ordered))
            for number, batch in named.items()
        }

    def note_prepared(
        self, session: Session, batch_id: int, member: Member, state: ApprovalState = ApprovalState.DRAFTED
    ) -> None:
        """Notes in the transaction that stores a batch who prepared it (as `then` of `Imports.store_once`)."""
        now = self._clock()
        session.add(
            BatchApprovalRow(
                batch=batch_id,
                state=state.value,
                prepared_by=member.person_id,
                prepared_name=member.name,
                prepared_at=now,
                asked_at=now if state is ApprovalState.WAITING else None,
            )
        )
        self._note(session, member, "batch_drafted", f"batch {batch_id}")

    def ask(self, batch: Batch, member: Member) -> None:
        """Sends a draft to be approved, once more if it was refused. Raises Conflict `batch_moved`."""
        expected = {ApprovalState.DRAFTED, ApprovalState.REFUSED}
        self._move(batch, member, "batch_sent_for_approval", expected, ApprovalState.WAITING, asked_at=self._clock())

    def take_back(self, batch: Batch, member: Member) -> None:
        """Takes a batch back that waits for an approval. Raises Conflict `batch_moved`."""
        self._move(batch, member, "batch_taken_back", _WAITING, ApprovalState.DRAFTED, asked_at=None)

    def refuse(self, batch: Batch, member: Member, reason: str) -> None:
        """Sends a batch back with a reason. Raises Conflict `batch_moved`, DraftError for the reason."""
        if problem := text_problem(reason, limit=NARRATIVE_LIMIT, lines=True):
            raise DraftError([Problem(problem.code, problem.message, column="reason")])
        decided = {"decided_by": member.person_id, "decided_name": member.name, "decided_at": self._clock()}
        self._move(batch, member, "batch_refused", _WAITING, ApprovalState.REFUSED, **decided, reason=reason)

    def hindrance(self, batch: Batch, member: Member) -> str | None:
        """The code of what keeps somebody from approving a batch that waits; None if nothing does."""
        if not self.needs_two(batch.issuer):
            return None
        is_alone = not member.may(Role.APPROVES) or self.of(batch).prepared_by == member.person_id
        return "second_person" if is_alone else None

    def approve(self, batch: Batch, member: Member) -> Batch:
        """Has a batch signed and anchored. Approving again changes nothing, or tries again what had stopped.

        Raises Conflict `second_person` for whoever may not, `batch_moved` for what does not wait for an approval.
        """
        state = self.of(batch).state
        if state is not ApprovalState.APPROVED and batch.state is BatchState.OPEN:
            if (code := self.hindrance(batch, member)) is not None:
                raise Conflict("somebody else than who prepared this batch has to approve it", code)
            decided = {"decided_by": member.person_id, "decided_name": member.name, "decided_at": self._clock()}
            try:
                self._move(batch, member, "batch_approved", _WAITING, ApprovalState.APPROVED, **decided, reason=None)
            except Conflict:
                if self.of(batch).state is not ApprovalState.APPROVED:  # else somebody approved it meanwhile
                    raise
        return self._issuing.approve(batch.issuer, batch.id)

    def require_alone(self, slug: str) -> None:
        """Raises Conflict `second_person` where nobody may issue something alone."""
        if self.needs_two(slug):
            raise Conflict("this institution needs two persons for what it issues", "second_person")

    def _move(
        self,
        batch: Batch,
        member: Member,
        what: str,
        expected: Collection[ApprovalState],
        to: ApprovalState,
        **values: object,
    ) -> None:
        """Moves an open batch that is in one of these states; with an approval its order is placed, or neither."""
        with self._database.writing(alone=f"approval of batch {batch.id}".encode()) as session:
            if session.get(BatchApprovalRow, batch.id) is None:
                session.add(_row_of_the_unnoted(batch))
                session.flush()
            moved = session.exec(
                update(BatchApprovalRow)
                .where(col(BatchApprovalRow.batch) == batch.id, col(BatchApprovalRow.state).in_(expected))
                .values(state=to.value, **values)
            )
            if not moved.rowcount or batch.state is not BatchState.OPEN:
                raise Conflict("somebody was faster: look where this batch stands now", "batch_moved")
            self._note(session, member, what, f"batch {batch.id}")
            if to is ApprovalState.APPROVED:
                self._orders.place_all(OrderKind.ISSUE, session, [batch.id])


def _unnoted(batch: Batch, *, is_ordered: bool) -> ApprovalState:
    is_approved = is_ordered or batch.state is not BatchState.OPEN
    return ApprovalState.APPROVED if is_approved else ApprovalState.WAITING


def _row_of_the_unnoted(batch: Batch) -> BatchApprovalRow:
    return BatchApprovalRow(
        batch=batch.id,
        state=ApprovalState.WAITING.value,
        prepared_by="",
        prepared_name="",
        prepared_at=batch.created_at,
        asked_at=batch.created_at,
    )


def _value(row: BatchApprovalRow) -> Approval:
    return Approval(
        batch=row.batch,
        state=ApprovalState(row.state),
        prepared_by=row.prepared_by or None,
        prepared_name=row.prepared_name or None,
        prepared_at=row.prepared_at,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_name=row.decided_name,
        decided_at=row.decided_at,
        reason=row.reason,
    )
