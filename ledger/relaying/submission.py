"""Takes what the relay accepted to the chain: from the lane of the account that pays, one transaction after the other.

Everything can be repeated, by another process too. Before anything is signed the registry is asked whether the act's
nonce is spent: an act that somebody else submitted costs nothing. What a transaction used, also one that failed, is
what counts against the budget in the end; what was set aside beyond that is free again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func
from sqlmodel import col, select

from ledger.chain.act_document import from_document
from ledger.chain.registry import Account, Address, IssuerId, Registry, SponsoredCall
from ledger.errors import CairnError, RegistryError, TransactionReverted
from ledger.relaying.budgets import Budgets
from ledger.relaying.relay import relay_purpose
from ledger.relaying.tables import RelayedActRow
from ledger.relaying.values import UNSETTLED, RelayState
from ledger.sending.journal import Journal, is_to_be_planned_anew
from ledger.sending.values import FINAL, IN_BLOCK, MINED, NOT_MINED, Transaction
from ledger.storage import Database


class Submission:
    """Works on accepted acts. `journal` should not wait for long: what is not in a block comes up in the next round."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        journal: Journal,
        budgets: Budgets,
        account: Callable[[], Account],
    ) -> None:
        self._database = database
        self._registry = registry
        self._journal = journal
        self._budgets = budgets
        self._account = account

    def waiting(self) -> int:
        """How many accepted acts have not come to an end."""
        with self._database.reading() as session:
            query = select(func.count(col(RelayedActRow.number))).where(col(RelayedActRow.state).in_(UNSETTLED))
            return session.exec(query).one()

    def work(self) -> bool:
        """One round over everything that is left, the oldest first; says whether something still is.

        Trouble with one act is noted in its entry. Raises nothing but what the database raises.
        """
        lane_is_free = True
        for row in self._unsettled():
            try:
                self._advance(row, may_plan=lane_is_free)
            except CairnError as error:
                if error.code == NOT_MINED:
                    lane_is_free = False
                else:
                    self._note_problem(row, str(error))
        return self.waiting() > 0

    def _advance(self, row: RelayedActRow, *, may_plan: bool) -> None:
        """Takes an act as far as it goes now. Raises RegistryUnreachable `not_mined` if the lane is not free for it."""
        purpose = relay_purpose(row.id)
        if self._journal.find(purpose) is None and not (may_plan and self._plan(row, purpose)):
            return
        try:
            self._journal.send(purpose)
            transaction = self._journal.look(purpose)
        except TransactionReverted:
            return  # it was overtaken, or cancelled, in its block: the next round finds out
        except RegistryError as error:
            if not is_to_be_planned_anew(error):
                raise
            return
        self._follow(row, transaction)

    def _plan(self, row: RelayedActRow, purpose: str) -> bool:
        """Signs and stores a transaction, unless there is no use in it; says whether there is one now."""
        act, account = from_document(row.document).act, self._account()
        block, is_spent = self._registry.is_nonce_spent(Address(row.operator), act.authorization.nonce)
        if is_spent:
            self._settle(row, RelayState.SPENT, None)
            return False
        if self._registry.is_nonce_spent_in_head(Address(row.operator), act.authorization.nonce):
            return False  # not final yet
        if block.time > row.deadline:
            self._settle(row, RelayState.FAILED, "the deadline passed")
            return False
        try:
            self._cover(row, act, account)
            self._journal.plan(purpose, act, account)
        except TransactionReverted as error:
            self._settle(row, RelayState.FAILED, str(error))
            return False
        return True

    def _cover(self, row: RelayedActRow, act: SponsoredCall, account: Account) -> None:
        """Sets aside what the act may take now, if that has become more. Raises TransactionReverted, Conflict."""
        needed = self._registry.gas_limit(act, account.address) + self._journal.gas_used(relay_purpose(row.id))
        if needed <= row.gas_reserved:
            return
        with self._database.writing() as session:
            self._budgets.take(session, IssuerId(row.issuer_id), needed, held=row.gas_reserved)
            stored = session.get_one(RelayedActRow, row.number)
            stored.gas_reserved = needed
            session.add(stored)

    def _follow(self, row: RelayedActRow, transaction: Transaction) -> None:
        """Notes where the transaction stands: mined and final ones with what they used."""
        if transaction.state in IN_BLOCK:
            used = self._journal.gas_used(relay_purpose(row.id))
            self._note(row, RelayState(FINAL if transaction.state == FINAL else MINED), used=used)
        else:
            self._note(row, RelayState.ACCEPTED)

    def _settle(self, row: RelayedActRow, state: RelayState, problem: str | None) -> None:
        self._note(row, state, used=self._journal.gas_used(relay_purpose(row.id)), problem=problem)

    def _note(
        self, row: RelayedActRow, state: RelayState, *, used: int | None = None, problem: str | None = None
    ) -> None:
        """Changes an entry that has not come to an end: another thread or process may have been faster."""
        if (row.state, row.gas_used, row.problem) == (state, used, problem):
            return
        with self._database.writing() as session:
            stored = session.get_one(RelayedActRow, row.number)
            if stored.state not in UNSETTLED:
                return
            stored.state, stored.gas_used, stored.problem = state, used, problem
            # It counts from the time at which it used gas, not from when it was accepted: it may have waited for long.
            stored.spent_at = None if state == RelayState.ACCEPTED else stored.spent_at or self._budgets.now
            session.add(stored)

    def _note_problem(self, row: RelayedActRow, problem: str) -> None:
        with self._database.writing() as session:
            stored = session.get_one(RelayedActRow, row.number)
            if stored.state in UNSETTLED:
                stored.problem = problem
                session.add(stored)

    def _unsettled(self) -> list[RelayedActRow]:
        with self._database.reading() as session:
            return list(
                session.exec(
                    select(RelayedActRow)
                    .where(col(RelayedActRow.state).in_(UNSETTLED))
                    .order_by(col(RelayedActRow.number))
                )
            )
