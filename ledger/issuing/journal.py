"""The journal of our own transactions: what was signed is stored before anything is sent, and only chain state counts.

Each step can be repeated at will, by another process too: `plan` signs and stores, `send` hands the stored bytes over,
`look` asks the chain what became of them. An account has one lane: nothing is signed while an earlier transaction of
the account is in no block, so that no nonce is used twice and none is skipped. Acts for which somebody else pays have a
book of their own, `sponsored.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from ledger.chain.registry import Account, Address, BlockRef, Receipt, Registry, RegistryCall, SignedTransaction
from ledger.errors import Conflict, RegistryError, RegistryUnreachable, TransactionReverted
from ledger.issuing.rows import live_act, live_transaction, transaction_value
from ledger.issuing.tables import TransactionRow
from ledger.issuing.values import FINAL, IN_FLIGHT, LOST, MINED, PLANNED, REVERTED, SENT, Transaction
from ledger.storage import Database

UNSETTLED = (*IN_FLIGHT, MINED)
NONCE_TAKEN, NOT_MINED = "nonce_taken", "not_mined"

Sleep = Callable[[float], None]


class Journal:
    """Transactions by purpose. Implements `Courier`.

    `patience` is how many seconds to wait for a block, `poll` how often to ask.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        patience: float = 120.0,
        poll: float = 0.05,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._database = database
        self._registry = registry
        self._patience = patience
        self._poll = poll
        self._sleep = sleep

    def find(self, purpose: str) -> Transaction | None:
        """The transaction for this purpose, unless it failed and nothing took its place."""
        with self._database.reading() as session:
            row = live_transaction(session, purpose)
            return transaction_value(row) if row else None

    def plan(self, purpose: str, call: RegistryCall, account: Account) -> Transaction:
        """Signs the call and stores the bytes and their hash; nothing is sent. Answers with what stands there already.

        Raises TransactionReverted if the registry would refuse the call, RegistryUnreachable if the account's lane does
        not clear, Conflict `act_waits` if the call was handed to a sponsor meanwhile.
        """
        deadline = time.monotonic() + self._patience
        while (stored := self.find(purpose)) is None:
            self._clear_lane(account.address, deadline)
            signed = self._registry.sign(call, account)
            try:
                with self._database.writing() as session:
                    if live_act(session, purpose) is not None:
                        raise Conflict("this was handed to a sponsor a moment ago; run it again", "act_waits")
                    session.add(_row(purpose, signed))
            except IntegrityError:
                # Another process was faster, with this purpose or this nonce: look again. Any other reason is raised.
                if not self._stands(purpose, signed):
                    raise
                self._wait(deadline)
        return stored

    def send(self, purpose: str) -> Transaction:
        """Hands the stored bytes over, once more if need be.

        Raises RegistryUnreachable, and the call may count all the same. Raises RegistryError `nonce_taken` if someone
        else used the nonce: these bytes can never count, and the purpose is free again.
        """
        row = self._stored(purpose)
        if row.state in IN_FLIGHT:
            self._send(row)
        return self._value(purpose)

    def look(self, purpose: str) -> Transaction:
        """Asks the chain, and notes: mined (where), final, or back to sent after a reorganisation took the block away.

        Raises TransactionReverted if it was mined and failed; the purpose is free again then.
        """
        row = self._stored(purpose)
        if row.state == FINAL:
            return transaction_value(row)
        receipt = self._registry.receipt(row.hash)
        if receipt is None:
            if row.state == MINED:
                self._note(row, SENT, None, expected=[MINED])
            return self._value(purpose)
        if not receipt.succeeded:
            self._note(row, REVERTED, receipt, expected=UNSETTLED)
            raise receipt.refusal or TransactionReverted("unknown")
        is_final = self._registry.final_block().number >= receipt.block.number
        self._note(row, FINAL if is_final else MINED, receipt, expected=UNSETTLED)
        return self._value(purpose)

    def complete(self, purpose: str, call: RegistryCall, account: Account) -> Transaction:
        """All steps until the call is in a block: for calls that others wait for, such as setting up an issuer."""
        deadline = time.monotonic() + self._patience
        while True:
            transaction = self.plan(purpose, call, account)
            try:
                while transaction.state in IN_FLIGHT:
                    self.send(purpose)
                    transaction = self.look(purpose)
                    if transaction.state in IN_FLIGHT:
                        self._wait(deadline)
            except RegistryError as error:
                if error.code != NONCE_TAKEN:
                    raise
            else:
                return transaction

    def void(self, purpose: str) -> None:
        """Nothing: a transaction of ours that succeeded has had its effect."""

    def gas_used(self, purpose: str) -> int:
        """What all transactions for this purpose have used, those that reverted too."""
        with self._database.reading() as session:
            used = session.exec(
                select(func.sum(TransactionRow.gas_used)).where(TransactionRow.purpose == purpose)
            ).one()
        return int(used or 0)

    def _clear_lane(self, sender: Address, deadline: float) -> None:
        """Waits until no earlier transaction of the account is on its way; sends again what may never have left."""
        while True:
            with self._database.reading() as session:
                waiting = session.exec(
                    select(TransactionRow)
                    .where(TransactionRow.sender == sender, col(TransactionRow.state).in_(IN_FLIGHT))
                    .order_by(col(TransactionRow.nonce))
                ).first()
            if waiting is None:
                return
            try:
                self._send(waiting)
                self.look(waiting.purpose)
            except TransactionReverted:
                continue
            except RegistryError as error:
                if error.code != NONCE_TAKEN:
                    raise
                continue
            if self._value(waiting.purpose).state in IN_FLIGHT:
                self._wait(deadline)

    def _stands(self, purpose: str, signed: SignedTransaction) -> bool:
        """Whether there is a transaction for this purpose, or with this nonce, that keeps another from being stored."""
        with self._database.reading() as session:
            lane = select(TransactionRow).where(
                TransactionRow.sender == signed.sender,
                TransactionRow.nonce == signed.nonce,
                TransactionRow.state != LOST,
            )
            return live_transaction(session, purpose) is not None or session.exec(lane).first() is not None

    def _send(self, row: TransactionRow) -> None:
        self._note(row, SENT, None, expected=[PLANNED])
        signed = SignedTransaction(raw=row.raw, hash=row.hash, sender=Address(row.sender), nonce=row.nonce)
        try:
            self._registry.send(signed)
        except RegistryError as error:
            if error.code == NONCE_TAKEN and self._registry.receipt(row.hash) is None:
                self._note(row, LOST, None, expected=IN_FLIGHT)
                raise
            if error.code != NONCE_TAKEN:
                raise

    def _note(self, row: TransactionRow, state: str, receipt: Receipt | None, *, expected: Collection[str]) -> None:
        """Changes the state if it is still one of those expected: another thread or process may have been faster."""
        block: BlockRef | None = receipt.block if receipt else None
        with self._database.writing() as session:
            stored = session.get_one(TransactionRow, row.id)
            if stored.state not in expected:
                return
            stored.state = state
            stored.block_number = block.number if block else None
            stored.block_hash = block.hash if block else None
            stored.block_time = block.time if block else None
            stored.gas_used = receipt.gas_used if receipt else None
            session.add(stored)

    def _stored(self, purpose: str) -> TransactionRow:
        with self._database.reading() as session:
            row = live_transaction(session, purpose)
        if row is None:
            raise Conflict(f"nothing was planned for {purpose}", "not_planned")
        return row

    def _value(self, purpose: str) -> Transaction:
        return transaction_value(self._stored(purpose))

    def _wait(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("a transaction was sent and is in no block yet; run it again later", NOT_MINED)
        self._sleep(self._poll)


def _row(purpose: str, signed: SignedTransaction) -> TransactionRow:
    return TransactionRow(
        purpose=purpose,
        state=PLANNED,
        sender=signed.sender,
        nonce=signed.nonce,
        hash=signed.hash,
        raw=signed.raw,
        planned_at=int(time.time()),
    )
