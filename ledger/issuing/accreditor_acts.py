"""What an accreditor's people ask for, and how it comes to the registry: stored first, approved, then carried in steps.

A recognition begins in the block that holds it. It is shortened by another one with the same statement and an earlier
end, which takes its place; and it is ended. Each is one transaction of the journal, whose purpose is the row of the
recognition: so nothing is sent twice, whoever asks and whenever a process ends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import Session, col, select

from ledger.chain.registry import Accredit, EndAccreditation, Registry, RegistryCall
from ledger.documents.accreditation import AccreditationStatement, parse_accreditation
from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import parse
from ledger.errors import CairnError, Conflict, NotFound, RegistryUnreachable, TransactionReverted
from ledger.issuing.accreditors import Accreditors
from ledger.issuing.catalog import Catalog
from ledger.issuing.rows import accreditor_row, issuer_row, saved
from ledger.issuing.signer import KeyRing, accreditor_key
from ledger.issuing.tables import AccreditationRow, AccreditorActRow, AccreditorRow, IssuerRow
from ledger.sending.journal import Journal, is_to_be_planned_anew
from ledger.sending.values import FINAL, IN_BLOCK, Transaction
from ledger.storage import Database

SOON = 0.5
"""Seconds until acts that are on their way are looked at again."""
PASSING = frozenset({"database_busy", "database_full", "fee_cap", "funds_low", "not_mined", "transaction_waits"})
"""Codes of what goes by without anybody asking again."""

Statements = Callable[[], Mapping[bytes, AccreditationStatement]]
"""The statements in the folder, by their hash."""

logger = logging.getLogger("cairn.work")


class ActKind(StrEnum):
    RECOGNISE = "recognise"
    SHORTEN = "shorten"
    END = "end"


class ActState(StrEnum):
    WAITS = "waits"  # for another person's approval
    GOING = "going"  # on its way to the registry
    FINAL = "final"
    FAILED = "failed"  # the registry refused it
    TAKEN_BACK = "taken_back"


OPEN = (ActState.WAITS, ActState.GOING)


@dataclass(frozen=True)
class Act:
    """Something that was asked for. `until` is the end of the recognition (Unix seconds), None to end it now.

    `prepared_by` and `approved_by` are ids of people. `problem` is why it does not go on, or why it failed.
    """

    id: int
    accreditor: str
    issuer: str
    kind: ActKind
    statement: AccreditationStatement | None
    until: int | None
    reason: str
    prepared_by: str
    approved_by: str | None
    state: ActState
    problem: str | None
    problem_code: str | None
    asked_at: int
    done_at: int | None
    accreditation: int | None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def purpose(self) -> str | None:
        """What its transaction is called in the journal, once there may be one."""
        if self.accreditation is None:
            return None
        return f"{'end-accreditation' if self.kind is ActKind.END else 'accredit'}:{self.accreditation}"


class AccreditorActs:
    """The acts of all accreditors."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        keys: KeyRing,
        accreditors: Accreditors,
        statements: Statements,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._keys = keys
        self._accreditors = accreditors
        self._statements = statements
        self._catalog = Catalog(database)
        self._clock = clock

    # --- asking ---

    def call(self, act: Act) -> RegistryCall:
        """What the act does to the registry."""
        issuer = self._catalog.issuer(act.issuer).issuer_id
        if act.kind is ActKind.END or act.until is None or act.statement is None:
            return EndAccreditation(issuer)
        return Accredit(issuer, act.until, act.statement.scope())

    def recognise(
        self, accreditor: str, statement: AccreditationStatement, issuer: str, until: int, *, prepared_by: str
    ) -> Act:
        """Asks for a recognition with a statement. Raises Conflict `act_open`, `period_over`, `statement_mismatch`."""
        who = self._catalog.issuer(issuer)
        if (statement.did, statement.issuer_id) != (who.did, who.issuer_id):
            raise Conflict("the statement is about another issuer", "statement_mismatch")
        self._require_ahead(until)
        return self._ask(accreditor, issuer, ActKind.RECOGNISE, statement, until, "", prepared_by)

    def shorten(self, accreditor: str, issuer: str, until: int, *, reason: str, prepared_by: str) -> Act:
        """Asks for an earlier end of the recognition in force. Raises Conflict `act_open`, `period_over`, `end_later`,
        `statement_missing`; NotFound `not_accredited`."""
        row = self._in_force(accreditor, issuer)
        self._require_ahead(until)
        if until >= row.valid_until:
            raise Conflict("the end may only move earlier", "end_later")
        statement = self._statements().get(row.scope)
        if statement is None:
            raise Conflict("the statement of this recognition is not in this folder", "statement_missing")
        return self._ask(accreditor, issuer, ActKind.SHORTEN, statement, until, reason, prepared_by)

    def end(self, accreditor: str, issuer: str, *, reason: str, prepared_by: str) -> Act:
        """Asks for the end of the recognition in force. Raises Conflict `act_open`, NotFound `not_accredited`."""
        self._in_force(accreditor, issuer)
        return self._ask(accreditor, issuer, ActKind.END, None, None, reason, prepared_by)

    def approve(self, act_id: int, by: str) -> Act:
        """Sends an act on its way. Raises Conflict `act_settled` unless it waits, `period_over`."""
        with self._database.writing(alone=b"accreditor acts") as session:
            row = self._row(session, act_id)
            if row.state != ActState.WAITS:
                raise Conflict("this was decided already", "act_settled")
            if row.until is not None:
                self._require_ahead(row.until)
            row.state, row.approved_by = ActState.GOING, by
            session.add(row)
            return self._value(session, row)

    def take_back(self, act_id: int) -> Act:
        """Takes an act back that waits for approval. Raises Conflict `act_settled`."""
        with self._database.writing(alone=b"accreditor acts") as session:
            row = self._row(session, act_id)
            if row.state != ActState.WAITS:
                raise Conflict("this was decided already", "act_settled")
            row.state, row.done_at = ActState.TAKEN_BACK, int(self._clock())
            session.add(row)
            return self._value(session, row)

    # --- reading ---

    def get(self, accreditor: str, act_id: int) -> Act:
        """Raises NotFound `act_unknown`, also for an act of another accreditor."""
        with self._database.reading() as session:
            found = self._value(session, self._row(session, act_id))
        if found.accreditor != accreditor:
            raise unknown()
        return found

    def of(self, accreditor: str, issuer: str | None = None) -> list[Act]:
        """The acts of an accreditor, the latest first."""
        with self._database.reading() as session:
            query = select(AccreditorActRow).where(
                AccreditorActRow.accreditor == accreditor_row(session, accreditor).id
            )
            if issuer is not None:
                query = query.where(AccreditorActRow.issuer == issuer_row(session, issuer).id)
            rows = session.exec(query.order_by(col(AccreditorActRow.id).desc())).all()
            return [self._value(session, row) for row in rows]

    def transaction(self, act: Act) -> Transaction | None:
        """The transaction of an act, once there is one."""
        return self._journal.find(act.purpose) if act.purpose is not None and act.state != ActState.WAITS else None

    # --- carrying ---

    def carry(self) -> float | None:
        """One step of every act that is on its way; the seconds until there is something to do again."""
        with self._database.reading() as session:
            rows = session.exec(
                select(AccreditorActRow)
                .where(AccreditorActRow.state == ActState.GOING)
                .order_by(col(AccreditorActRow.id))
            ).all()
            acts = [self._value(session, row) for row in rows]
        for act in acts:
            try:
                self._step(act)
            except CairnError as error:
                self._note(act.id, error)
        return SOON if acts else None

    def _step(self, act: Act) -> None:
        row_id = act.accreditation or self._begin(act)
        purpose = f"{'end-accreditation' if act.kind is ActKind.END else 'accredit'}:{row_id}"
        if self._journal.find(purpose) is None:
            account = self._keys.account(accreditor_key(act.accreditor))
            self._accreditors.fund(account.address)
            self._journal.plan(purpose, self.call(act), account)
        self._journal.send(purpose)
        transaction = self._journal.look(purpose)
        if transaction.state in IN_BLOCK and transaction.block_time is not None:
            self._accreditors.settle(row_id, transaction.block_time, ended=act.kind is ActKind.END)
        self._set(act.id, state=ActState.FINAL if transaction.state == FINAL else None)

    def _begin(self, act: Act) -> int:
        """The row of the recognition that the act makes or ends; its statement is published before."""
        if act.kind is ActKind.END or act.until is None or act.statement is None:
            row_id = saved(self._in_force(act.accreditor, act.issuer).id)
        else:
            row_id = self._accreditors.open_row(act.accreditor, act.issuer, act.statement, act.until)
        with self._database.writing() as session:
            row = self._row(session, act.id)
            row.accreditation = row_id
            session.add(row)
        return row_id

    def _note(self, act_id: int, error: CairnError) -> None:
        """Stores why an act does not go on; one that the registry refused has failed."""
        if isinstance(error, TransactionReverted) and not is_to_be_planned_anew(error):
            if error.error == "NotAccredited":  # it has ended already: that is what was asked for
                return self._set(act_id, state=ActState.FINAL)
            logger.warning("act %d of an accreditor failed: %s", act_id, error.error)
            return self._set(act_id, state=ActState.FAILED, problem=error)
        if error.code == "not_accredited":
            return self._set(act_id, state=ActState.FINAL)
        is_passing = isinstance(error, RegistryUnreachable) or error.code in PASSING
        if isinstance(error, NotFound) or (isinstance(error, Conflict) and not is_passing):
            return self._set(act_id, state=ActState.FAILED, problem=error)
        return self._set(act_id, problem=error)

    def _set(self, act_id: int, *, state: ActState | None = None, problem: CairnError | None = None) -> None:
        with self._database.writing() as session:
            row = self._row(session, act_id)
            if row.state != ActState.GOING:
                return
            row.problem, row.problem_code = (str(problem), problem.code) if problem is not None else (None, None)
            if state is not None:
                row.state, row.done_at = state, int(self._clock())
            session.add(row)
            is_void = state is ActState.FAILED and row.accreditation is not None
            given = session.get(AccreditationRow, row.accreditation) if is_void else None
            if given is not None and given.valid_from is None:  # it never began, and must not stand in for another
                row.accreditation = None
                session.flush()
                session.delete(given)

    # --- what these share ---

    def _ask(
        self,
        accreditor: str,
        issuer: str,
        kind: ActKind,
        statement: AccreditationStatement | None,
        until: int | None,
        reason: str,
        prepared_by: str,
    ) -> Act:
        with self._database.writing(alone=b"accreditor acts") as session:
            by, who = saved(accreditor_row(session, accreditor).id), saved(issuer_row(session, issuer).id)
            query = select(AccreditorActRow.id).where(
                AccreditorActRow.accreditor == by,
                AccreditorActRow.issuer == who,
                col(AccreditorActRow.state).in_(OPEN),
            )
            if session.exec(query).first() is not None:
                raise Conflict("something about this issuer is on its way already, or waits for approval", "act_open")
            row = AccreditorActRow(
                accreditor=by,
                issuer=who,
                kind=kind,
                statement=canonicalize(statement.to_dict()) if statement is not None else None,
                until=until,
                reason=reason,
                prepared_by=prepared_by,
                state=ActState.WAITS,
                asked_at=int(self._clock()),
            )
            session.add(row)
            session.flush()
            return self._value(session, row)

    def _require_ahead(self, until: int) -> None:
        if until <= self._registry.final_block().time:
            raise Conflict("the recognition would be over already; name a later day", "period_over")

    def _in_force(self, accreditor: str, issuer: str) -> AccreditationRow:
        now = self._registry.final_block().time
        row = self._accreditors.latest(accreditor, issuer)
        if row is None or row.valid_from is None or row.valid_until <= now:
            raise NotFound(f"{accreditor} does not recognise {issuer} now", "not_accredited")
        return row

    def _row(self, session: Session, act_id: int) -> AccreditorActRow:
        row = session.get(AccreditorActRow, act_id)
        if row is None:
            raise unknown()
        return row

    def _value(self, session: Session, row: AccreditorActRow) -> Act:
        by, who = session.get_one(AccreditorRow, row.accreditor), session.get_one(IssuerRow, row.issuer)
        return Act(
            id=saved(row.id),
            accreditor=by.slug,
            issuer=who.slug,
            kind=ActKind(row.kind),
            statement=parse_accreditation(parse(row.statement)) if row.statement is not None else None,
            until=row.until,
            reason=row.reason,
            prepared_by=row.prepared_by,
            approved_by=row.approved_by,
            state=ActState(row.state),
            problem=row.problem,
            problem_code=row.problem_code,
            asked_at=row.asked_at,
            done_at=row.done_at,
            accreditation=row.accreditation,
        )


def statement_about(
    catalog: Catalog, accreditor: str, issuer: str, *, name: str, country: str, recognised: tuple[str, ...], on: date
) -> AccreditationStatement:
    """The statement that would be published. Raises MalformedDocument for what none may say, NotFound."""
    who, by = catalog.issuer(issuer), catalog.accreditor(accreditor)
    made = AccreditationStatement(
        name=name,
        did=who.did,
        issuer_id=who.issuer_id,
        country=country,
        recognised=recognised,
        accreditor=by.name,
        published=on,
    )
    return parse_accreditation(made.to_dict())


def unknown() -> NotFound:
    return NotFound("there is no such act", "act_unknown")
