"""Proposals to revoke, suspend, reinstate or withdraw: prepared by one person, decided by another where two are needed.

Until a proposal is decided nothing is asked of the registry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson
from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.issuers.service import Issuing
from api.registrar.status.tables import StatusProposalRow
from api.staff.audit import Audit
from api.staff.people import People
from api.staff.values import InstitutionKind, Member, Role
from ledger.chain.registry import Reason, StatusAction
from ledger.errors import Conflict, NotFound
from ledger.issuing.awarding.components import Counted, counted
from ledger.issuing.bulk_revocation import BulkRevocation, RevocationPlan, RowResult
from ledger.issuing.revocation_rows import AskedRow
from ledger.issuing.status_requests import Placing
from ledger.issuing.values import StatusChange, StoredCredential
from ledger.workspace import Workspace


class Action(StrEnum):
    """What is to become of credentials, or of a whole batch."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    WITHDRAW = "withdraw"


class State(StrEnum):
    PREPARED = "prepared"  # somebody still looks at it
    PROPOSED = "proposed"  # for another person to decide
    DONE = "done"
    REFUSED = "refused"


_OPEN = (State.PREPARED, State.PROPOSED)
_CALLS = {
    Action.REVOKE: StatusAction.REVOKE,
    Action.SUSPEND: StatusAction.SUSPEND,
    Action.REINSTATE: StatusAction.REINSTATE,
}


@dataclass(frozen=True)
class Proposal:
    """What is to be done, and where that stands. `calls` are the registry calls that were made of it."""

    id: int
    issuer: str
    action: Action
    reason: Reason
    note: str | None
    batch: int | None
    asked: tuple[AskedRow, ...]
    state: State
    calls: tuple[int, ...]
    why: str | None
    prepared_by: str
    prepared_name: str
    prepared_at: int
    decided_name: str | None
    decided_at: int | None


class Proposals:
    """The proposals of all issuers, each seen by its own people only."""

    def __init__(
        self, workspace: Workspace, issuing: Issuing, people: People, audit: Audit, clock: Clock = unix_now
    ) -> None:
        self._workspace = workspace
        self._database = workspace.database
        self._issuing = issuing
        self._people = people
        self._audit = audit
        self._clock = clock

    # --- looking ---

    def all(self, issuer: str, *, limit: int = 50) -> list[Proposal]:
        """The proposals of an issuer, the newest first."""
        with self._database.reading() as session:
            query = select(StatusProposalRow).where(StatusProposalRow.issuer == issuer)
            return [_value(row) for row in session.exec(query.order_by(col(StatusProposalRow.id).desc()).limit(limit))]

    def find(self, issuer: str, proposal_id: int) -> Proposal:
        """Raises NotFound `proposal_unknown`."""
        with self._database.reading() as session:
            return _value(_row(session, issuer, proposal_id))

    def plan(self, proposal: Proposal) -> RevocationPlan:
        """What would happen now, row by row, and its price. Raises TransactionReverted if the registry would refuse."""
        return self._bulk(proposal.action).preview(proposal.asked, issuer=proposal.issuer)

    def results(self, proposal: Proposal, plan: RevocationPlan) -> tuple[RowResult, ...]:
        """The rows of a plan as they stand now."""
        return self._bulk(proposal.action).results(plan)

    def changes(self, proposal: Proposal) -> tuple[StatusChange, ...]:
        """Where the registry calls of a decided proposal stand."""
        return self._workspace.revocation.changes(proposal.calls)

    def affected(self, credentials: Collection[StoredCredential]) -> tuple[Counted, ...]:
        """The awards of this ledger that rest on these credentials, each once."""
        found = counted(self._database, [one.digest for one in credentials])
        named = {one.award: one for awards in found.values() for one in awards}
        own = {one.credential_id for one in credentials}
        return tuple(one for name, one in sorted(named.items()) if name not in own)

    def needs_two(self, issuer: str) -> bool:
        return self._people.two_persons(InstitutionKind.ISSUER, issuer).needed

    def may_decide(self, proposal: Proposal, member: Member) -> bool:
        """Whether this person may do what is proposed."""
        is_own = proposal.prepared_by == member.person_id
        return member.may(Role.APPROVES) and not (is_own and self.needs_two(proposal.issuer))

    # --- doing ---

    def prepare(
        self,
        member: Member,
        action: Action,
        reason: Reason,
        asked: Sequence[AskedRow],
        *,
        note: str | None = None,
        batch: int | None = None,
    ) -> Proposal:
        """Keeps what somebody wants, to be looked at. Raises Conflict `not_anchored`, `batch_withdrawn`, NotFound."""
        if action is Action.WITHDRAW:
            named = self._issuing.batch(member.institution, batch or 0)
            if named.withdrawn_at is not None:
                raise Conflict("this batch is withdrawn already", "batch_withdrawn")
            self._workspace.desk.withdrawal.require_anchored(named.id)
        rows = [[row.row, int(row.reason), row.credential_id, row.learner_id, row.achievement] for row in asked]
        with self._database.writing() as session:
            row = StatusProposalRow(
                issuer=member.institution,
                action=action,
                reason=int(reason),
                note=note,
                batch=batch,
                asked=orjson.dumps(rows),
                state=State.PREPARED,
                prepared_by=member.person_id,
                prepared_name=member.name,
                prepared_at=self._clock(),
            )
            session.add(row)
            session.flush()
            return _value(row)

    def propose(self, member: Member, proposal: Proposal) -> None:
        """Hands it to somebody else to decide. Raises Conflict `proposal_moved`."""
        self._move(member, proposal, State.PROPOSED, (State.PREPARED,), f"{proposal.action}_proposed")

    def drop(self, member: Member, proposal: Proposal) -> None:
        """Takes it back before it is decided. Raises Conflict `proposal_moved`."""
        with self._database.writing() as session:
            row = _row(session, proposal.issuer, proposal.id)
            if row.state not in _OPEN:
                raise _moved()
            if row.state == State.PROPOSED:
                self._audit.note_in(session, member, f"{proposal.action}_taken_back", f"proposal {proposal.id}")
            session.delete(row)

    def refuse(self, member: Member, proposal: Proposal, why: str) -> None:
        """Ends it without doing anything. Raises Conflict `proposal_moved`."""
        self._move(member, proposal, State.REFUSED, (State.PROPOSED,), f"{proposal.action}_refused", why=why)

    def decide(self, member: Member, proposal: Proposal) -> Proposal:
        """Does it: what can be changed is asked of the registry, in the background. Asked again it changes nothing.

        Raises Conflict `second_person` for whoever may not, `proposal_moved` for one that was refused.
        """
        if not self.may_decide(proposal, member):
            raise Conflict("somebody else than who prepared this has to approve it", "second_person")
        if proposal.state is State.DONE:
            return proposal
        if proposal.state is State.REFUSED:
            raise _moved()
        calls: tuple[int, ...] = ()
        if proposal.action is Action.WITHDRAW:
            self._issuing.withdraw(proposal.issuer, proposal.batch or 0, proposal.reason)
        else:
            bulk, placing = self._bulk(proposal.action), self._placing()
            asked = tuple(_noted(row, proposal.note) for row in proposal.asked)
            _, calls = bulk.store(asked, issuer=proposal.issuer, skip_problems=True, placing=placing)
            self._issuing.carry(calls)
        self._move(member, proposal, State.DONE, _OPEN, f"{proposal.action}_approved", calls=calls)
        return self.find(proposal.issuer, proposal.id)

    def _placing(self) -> Placing:
        return self._workspace.placing()

    def _bulk(self, action: Action) -> BulkRevocation:
        call = _CALLS.get(action, StatusAction.REVOKE)
        return BulkRevocation(self._database, self._workspace.registry, hides_others=True, action=call)

    def _move(
        self,
        member: Member,
        proposal: Proposal,
        state: State,
        expected: Collection[State],
        what: str,
        *,
        why: str | None = None,
        calls: Sequence[int] | None = None,
    ) -> None:
        with self._database.writing() as session:
            row = _row(session, proposal.issuer, proposal.id)
            if row.state not in expected:
                raise _moved()
            row.state, row.why = state, why
            if state is not State.PROPOSED:
                row.decided_name, row.decided_at = member.name, self._clock()
            if calls is not None:
                row.calls = orjson.dumps(list(calls))
            session.add(row)
            subject = f"batch {proposal.batch}" if proposal.batch is not None else f"proposal {proposal.id}"
            self._audit.note_in(session, member, what, subject, _counted(proposal))


def _counted(proposal: Proposal) -> str:
    if proposal.batch is not None:
        return f"reason {int(proposal.reason)}"
    return f"{len(proposal.asked)} credentials, reason {int(proposal.reason)}"


def _moved() -> Conflict:
    return Conflict("somebody decided this meanwhile", "proposal_moved")


def _noted(row: AskedRow, note: str | None) -> AskedRow:
    return AskedRow(row.row, row.reason, row.credential_id, row.learner_id, row.achievement, note)


def _row(session: Session, issuer: str, proposal_id: int) -> StatusProposalRow:
    row = session.get(StatusProposalRow, proposal_id, with_for_update=True)
    if row is None or row.issuer != issuer:
        raise NotFound("there is no such proposal", "proposal_unknown")
    return row


def _value(row: StatusProposalRow) -> Proposal:
    asked = tuple(AskedRow(one[0], Reason(one[1]), one[2], one[3], one[4]) for one in orjson.loads(row.asked))
    return Proposal(
        row.id or 0,
        row.issuer,
        Action(row.action),
        Reason(row.reason),
        row.note,
        row.batch,
        asked,
        State(row.state),
        tuple(orjson.loads(row.calls)) if row.calls else (),
        row.why,
        row.prepared_by,
        row.prepared_name,
        row.prepared_at,
        row.decided_name,
        row.decided_at,
    )
