"""Changing the status of what a file lists: each row is looked at first, then all is asked for in few calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from ledger.chain.registry import Address, IssuerId, Reason, Registry, SetStatus, StatusAction
from ledger.errors import CairnError, DraftError, Problem, RegistryUnreachable
from ledger.failpoints import reach
from ledger.issuing.revocation_rows import NOTHING_REVOKED, AskedRow
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.status_requests import GONE, Placing, ask, pack
from ledger.issuing.tables import BatchRow, CredentialRow, IssuerRow, StatusChangeRow
from ledger.issuing.values import EARNED, BatchState, CredentialKind, CredentialStatus
from ledger.storage import INSERT_CHUNK, Database


class RowState(StrEnum):
    """What becomes of a row, or why nothing can."""

    REVOKE = "to_be_revoked"
    SUSPEND = "to_be_suspended"
    REINSTATE = "to_be_reinstated"
    SUSPENDED = "suspended"
    ACTIVE = "active"
    PENDING = "pending"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    DRAFT = "draft"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    DUPLICATE = "duplicate"
    MISMATCH = "mismatch"


IN_WORDS = {
    RowState.REVOKE: "is to be revoked",
    RowState.SUSPEND: "is to be suspended",
    RowState.REINSTATE: "is to be reinstated",
    RowState.SUSPENDED: "is suspended already",
    RowState.ACTIVE: "is not suspended",
    RowState.PENDING: "is being revoked already",
    RowState.REVOKED: "is revoked already",
    RowState.WITHDRAWN: "was withdrawn with its batch already",
    RowState.DRAFT: "is a draft; discard its batch instead",
    RowState.UNKNOWN: "there is no such credential",
    RowState.FOREIGN: "belongs to another issuer",
    RowState.DUPLICATE: "stands in an earlier row already",
    RowState.MISMATCH: "learner_id and achievement are not those of the credential",
}
CHANGES = {
    StatusAction.REVOKE: RowState.REVOKE,
    StatusAction.SUSPEND: RowState.SUSPEND,
    StatusAction.REINSTATE: RowState.REINSTATE,
}
"""What becomes of a row that an action changes."""
_SUSPENDED = frozenset({CredentialStatus.SUSPENDED, CredentialStatus.SUSPENDING})
PROBLEMS = frozenset({RowState.DRAFT, RowState.UNKNOWN, RowState.FOREIGN, RowState.DUPLICATE, RowState.MISMATCH})


@dataclass(frozen=True)
class RowResult:
    """What is found about a row. `credential_id` is None if the row names no credential of this ledger."""

    row: int
    reason: Reason
    credential_id: str | None
    state: RowState
    note: str | None = None

    @property
    def is_problem(self) -> bool:
        return self.state in PROBLEMS

    @property
    def is_change(self) -> bool:
        """Whether the row changes anything."""
        return self.state in CHANGES.values()

    @property
    def message(self) -> str:
        return IN_WORDS[self.state]

    @property
    def problem(self) -> Problem:
        return Problem(f"revocation_{self.state}", self.message, self.row)


@dataclass(frozen=True)
class RevocationPlan:
    """Every row in order, and the registry calls that change those that are to be changed.

    `gas` is what these calls take as the chain stands, and `cost` that in wei; None if it could not be asked. `words`
    are the words of 256 status bits that are touched.
    """

    rows: tuple[RowResult, ...]
    calls: int
    gas: int | None = None
    cost: int | None = None
    words: int = 0

    @property
    def problems(self) -> list[Problem]:
        return [row.problem for row in self.rows if row.is_problem]


class BulkRevocation:
    """Looks at rows, and asks for what they ask. `Revocation` brings it about.

    `hides_others`: another issuer's credential looks like none. `action` may be suspending or reinstating too.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        hides_others: bool = False,
        action: StatusAction = StatusAction.REVOKE,
    ) -> None:
        self._database = database
        self._registry = registry
        self._hides_others = hides_others
        self._action = action

    def preview(self, asked: Sequence[AskedRow], *, issuer: str | None = None) -> RevocationPlan:
        """What would happen now, with its price in gas. Changes nothing.

        With `issuer` only its credentials are revoked; rows that name learners need it. Raises CairnError `usage`
        without, TransactionReverted if the registry would refuse.
        """
        with self._database.reading() as session:
            found = _Look(session, asked, issuer, self._action, hides_others=self._hides_others)
            calls = found.calls()
        gas, cost = self._price(calls)
        return RevocationPlan(found.results, len(calls), gas, cost, sum(len(call.words) for call, _ in calls))

    def store(
        self,
        asked: Sequence[AskedRow],
        *,
        issuer: str | None = None,
        skip_problems: bool = False,
        placing: Placing | None = None,
    ) -> tuple[RevocationPlan, tuple[int, ...]]:
        """Asks for all that can be revoked, in one transaction. Gives the plan, and the ids of the calls, new and old.

        Raises DraftError with every row that is a problem, unless these are skipped; nothing is stored then.
        """
        with self._database.writing() as session:
            found = _Look(session, asked, issuer, self._action, hides_others=self._hides_others)
            plan = RevocationPlan(found.results, len(found.calls()))
            if plan.problems and not skip_problems:
                raise DraftError(plan.problems, then=NOTHING_REVOKED)
            # What is revoked already is asked for again, so that it goes on; nothing else can be done with it.
            takes = (lambda row: not row.is_problem) if self._action is StatusAction.REVOKE else _is_change
            chosen = [row for row in found.results if takes(row) and row.credential_id]
            code = 0 if self._action is StatusAction.REINSTATE else None
            reasons = {
                row.credential_id: int(row.reason) if code is None else code for row in chosen if row.credential_id
            }
            notes = {row.credential_id: row.note for row in chosen if row.credential_id and row.note}
            calls = ask(session, self._action, reasons, notes=notes, placing=placing)
        reach("status.stored")
        return plan, tuple(sorted(calls))

    def results(self, plan: RevocationPlan) -> tuple[RowResult, ...]:
        """The rows of a plan that was stored, as they stand now."""
        names = [row.credential_id for row in plan.rows if row.credential_id and not row.is_problem]
        with self._database.reading() as session:
            known = _by_id(session, names)
        return tuple(
            row
            if row.is_problem or row.credential_id is None
            else RowResult(
                row.row, row.reason, row.credential_id, _state(*known[row.credential_id][:2], self._action), row.note
            )
            for row in plan.rows
        )

    def _price(self, calls: Sequence[tuple[SetStatus, Address]]) -> tuple[int | None, int | None]:
        try:
            quotes = [self._registry.quote(call, sender) for call, sender in calls]
        except RegistryUnreachable:
            return None, None
        return sum(quote.gas for quote in quotes), sum(quote.cost for quote in quotes)


def notes_of(database: Database, credential_id: str) -> dict[int, str]:
    """What was noted about the status of a credential, by the id of the change."""
    with database.reading() as session:
        rows = session.exec(
            select(StatusChangeRow.call, StatusChangeRow.note)
            .join(CredentialRow, col(CredentialRow.id) == StatusChangeRow.credential)
            .where(CredentialRow.credential_id == credential_id, col(StatusChangeRow.note).is_not(None))
        ).all()
    return {call: note for call, note in rows if note}


class _Look:
    """All rows against what is stored. `results` has one entry for each."""

    def __init__(
        self,
        session: Session,
        asked: Sequence[AskedRow],
        issuer: str | None,
        action: StatusAction,
        *,
        hides_others: bool,
    ) -> None:
        self._session = session
        self._action = action
        self._owner = issuer_row(session, issuer) if issuer is not None else None
        self._hides_others = hides_others
        if self._owner is None and any(row.credential_id is None for row in asked):
            raise CairnError("usage", "say whose credentials they are with --issuer: some rows name only learners")
        self._by_id = _by_id(session, [row.credential_id for row in asked if row.credential_id])
        self._by_learner = self._current([row for row in asked if not row.credential_id])
        seen: set[str] = set()
        self.results = tuple(self._result(row, seen) for row in asked)

    def calls(self) -> list[tuple[SetStatus, Address]]:
        """The registry calls for all that is to be revoked, each with the account that signs it."""
        chosen: dict[Reason, list[tuple[int, int]]] = defaultdict(list)
        known = {row.credential_id: row for row, _, _ in (*self._by_id.values(), *self._by_learner.values())}
        owners: dict[int, IssuerRow] = {}
        for result in self.results:
            if result.is_change:
                row = known[result.credential_id or ""]
                chosen[result.reason].append((row.issuer, row.status_index))
                owners[row.issuer] = self._session.get_one(IssuerRow, row.issuer)
        made = []
        for reason, places in sorted(chosen.items()):
            code = 0 if self._action is StatusAction.REINSTATE else int(reason)
            masks: dict[tuple[int, int], int] = defaultdict(int)
            for owner, status_index in places:
                masks[owner, status_index >> 8] |= 1 << (status_index & 255)
            for owner, words in pack(places):
                held = tuple((word, masks[owner, word]) for word in words)
                call = SetStatus(IssuerId(owners[owner].issuer_id), self._action, code, held)
                made.append((call, Address(owners[owner].revoking)))
        return made

    def _result(self, asked: AskedRow, seen: set[str]) -> RowResult:
        if asked.credential_id:
            found = self._by_id.get(asked.credential_id)
        else:
            found = self._by_learner.get((asked.learner_id or "", asked.achievement or ""))
        state = RowState.UNKNOWN if found is None else self._judged(asked, *found)
        name = found[0].credential_id if found is not None and state is not RowState.UNKNOWN else asked.credential_id
        if name is not None and state is not RowState.UNKNOWN:
            state = RowState.DUPLICATE if name in seen else state
            seen.add(name)
        return RowResult(asked.row, asked.reason, name, state, asked.note)

    def _judged(self, asked: AskedRow, row: CredentialRow, batch_state: str, _slug: str) -> RowState:
        if self._owner is not None and row.issuer != self._owner.id:
            return RowState.UNKNOWN if self._hides_others else RowState.FOREIGN
        if self._hides_others and row.kind == CredentialKind.RECORD:
            return RowState.UNKNOWN
        if asked.learner_id and (asked.learner_id, asked.achievement) != (row.learner_id, row.achievement):
            return RowState.MISMATCH
        return _state(row, batch_state, self._action)

    def _current(self, asked: Sequence[AskedRow]) -> dict[tuple[str, str], _Found]:
        """For each learner and achievement the credential that counts; if none does, the last one."""
        best: dict[tuple[str, str], _Found] = {}
        if self._owner is None:
            return best
        learners = sorted({row.learner_id for row in asked if row.learner_id})
        for start in range(0, len(learners), INSERT_CHUNK):
            query = _credentials().where(
                CredentialRow.issuer == saved(self._owner.id),
                col(CredentialRow.learner_id).in_(learners[start : start + INSERT_CHUNK]),
                col(CredentialRow.kind).in_(EARNED),
            )
            for found in self._session.exec(query).all():
                key = (found[0].learner_id, found[0].achievement)
                if key not in best or _rank(found) > _rank(best[key]):
                    best[key] = found
        return best


_Found = tuple[CredentialRow, str, str]
"""A credential, the state of its batch, its issuer's short name."""


def _rank(found: _Found) -> tuple[bool, bool, int]:
    row, state, _ = found
    return row.status not in GONE, state != BatchState.OPEN, saved(row.id)


def _is_change(row: RowResult) -> bool:
    return row.is_change


def _state(row: CredentialRow, batch_state: str, action: StatusAction) -> RowState:
    if batch_state == BatchState.OPEN:
        return RowState.DRAFT
    is_suspended = row.status in _SUSPENDED
    if action is StatusAction.SUSPEND and is_suspended:
        return RowState.SUSPENDED
    if action is StatusAction.REINSTATE and not is_suspended and row.status not in GONE:
        return RowState.ACTIVE
    states = {
        CredentialStatus.REVOKED: RowState.REVOKED,
        CredentialStatus.REVOKING: RowState.PENDING,
        CredentialStatus.WITHDRAWN: RowState.WITHDRAWN,
    }
    return states.get(CredentialStatus(row.status), CHANGES[action])


def _by_id(session: Session, names: Sequence[str]) -> dict[str, _Found]:
    unique = sorted(set(names))
    found: dict[str, _Found] = {}
    for start in range(0, len(unique), INSERT_CHUNK):
        query = _credentials().where(col(CredentialRow.credential_id).in_(unique[start : start + INSERT_CHUNK]))
        found |= {row[0].credential_id: tuple(row) for row in session.exec(query).all()}
    return found


def _credentials() -> Any:
    return (
        select(CredentialRow, BatchRow.state, IssuerRow.slug)
        .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
        .join(IssuerRow, col(IssuerRow.id) == CredentialRow.issuer)
    )
