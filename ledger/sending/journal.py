"""The journal of our own transactions: what was signed is stored before anything is sent, and only chain state counts.

Each step can be repeated at will, by another process too: `plan` signs and stores, `send` hands the stored bytes over
and keeps them on their way, `look` asks the chain what became of them. An account may have several transactions on
their way, each with a nonce of its own; a nonce may be bid for more than once, and whichever bid a block holds settles
it. Acts for which somebody else pays have a book of their own, `ledger/issuing/sponsored.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from ledger.chain.fees import USUAL_FEES, FeePolicy
from ledger.chain.quotes import Terms
from ledger.chain.registry import Account, Address, BlockRef, Receipt, Registry, RegistryCall
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted
from ledger.failpoints import reach
from ledger.sending.bidding import MOST_ESTIMATES, Bidding, FindAccount, gas_exhausted
from ledger.sending.book import Book, log_transaction
from ledger.sending.forecast import Forecast, forecast
from ledger.sending.lanes import Lanes
from ledger.sending.rows import live_transaction, standing_transaction, transaction_value
from ledger.sending.tables import TransactionRow
from ledger.sending.values import (
    FINAL,
    IN_FLIGHT,
    MINED,
    NONCE_TAKEN,
    NOT_MINED,
    NOT_PLANNED,
    REVERTED,
    SAFE,
    SENT,
    UNSETTLED,
    Alarm,
    Transaction,
)
from ledger.storage import Database

DAY = 86_400
MOST_IN_FLIGHT = 16
OUT_OF_GAS = "OutOfGas"

Sleep = Callable[[float], None]
BeforeStoring = Callable[[Session, str], None]
"""Asked in the transaction that stores one for a purpose; raises to keep it from being stored."""


class Journal:
    """Transactions by purpose. Implements `Courier`."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        accounts: FindAccount = lambda _address: None,
        policy: FeePolicy = USUAL_FEES,
        most_in_flight: int = MOST_IN_FLIGHT,
        before_storing: BeforeStoring = lambda _session, _purpose: None,
        patience: float = 120.0,
        poll: float = 0.05,
        sleep: Sleep = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`accounts` finds who can sign another bid; where it finds nobody, bids are never raised.

        `patience` is how many seconds to wait for a block, `poll` how often to ask.
        """
        self._database = database
        self._registry = registry
        self._policy = policy
        self._most_in_flight = most_in_flight
        self._before_storing = before_storing
        self._patience = patience
        self._poll = poll
        self._sleep = sleep
        self._book = Book(database, clock)
        self._lanes = Lanes(self._book, registry, Bidding(self._book, registry, accounts, policy))

    # --- the steps ---

    def find(self, purpose: str) -> Transaction | None:
        """The transaction for this purpose, unless it failed and nothing took its place."""
        with self._database.reading() as session:
            return standing_transaction(session, purpose)

    def plan(self, purpose: str, call: RegistryCall, account: Account) -> Transaction:
        """Signs the call and stores the bytes and their hash; nothing is sent. Answers with what stands there already.

        Raises TransactionReverted if the registry would refuse the call, RegistryError `funds_low` if the account
        cannot pay for it now, RegistryUnreachable `not_mined` if the account's lane stays full, Conflict
        `gas_exhausted` if it failed three times in a day, and what `before_storing` raises.
        """
        deadline = time.monotonic() + self._patience
        while (stored := self.find(purpose)) is None:
            if not (self._has_room(account.address) and self._store(purpose, call, account)):
                self._clear(account.address)
                if not self._has_room(account.address):
                    self._wait(deadline)
        return stored

    def send(self, purpose: str) -> Transaction:
        """Hands the stored bytes over, or sees to it that they stay on their way: sent again, or outbid, if need be.

        Raises RegistryUnreachable, and the call may count all the same. Raises RegistryError `nonce_taken` if someone
        else used the nonce: these bytes can never count, and the purpose is free again. Raises as `Lanes.offer`.
        """
        row = self._book.stored(purpose)
        if row.state in IN_FLIGHT:
            self._lanes.offer(row)
        return self._value(purpose)

    def look(self, purpose: str) -> Transaction:
        """Asks the chain, and notes: mined (where), safe, final, or back to sent if no block holds it any more.

        Raises TransactionReverted if it was mined and failed; the purpose is free again then.
        """
        row = self._book.stored(purpose)
        bids = self._book.bids(row)
        receipt = next(filter(None, self._registry.receipts([bid.hash for bid in bids])), None)
        reach("look.receipt")
        if receipt is None:
            # What was final is doubted only where the chain shows the nonce unused: one node may know too little.
            if row.state in (MINED, SAFE) or (row.state == FINAL and self._is_unused(row)):
                self._book.note(row, SENT, None, expected=[row.state])
        elif not receipt.succeeded:
            self._book.note(row, REVERTED, receipt, expected=(*UNSETTLED, FINAL))
            raise _failure(
                receipt, gas_limit=next(bid.gas_limit for bid in bids if bid.hash == receipt.transaction_hash)
            )
        elif (row.state, row.block_hash) != (FINAL, receipt.block.hash):
            self._book.note(row, self._depth(receipt.block), receipt, expected=(*UNSETTLED, FINAL))
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
                if not is_to_be_planned_anew(error):
                    raise
            else:
                return transaction

    def void(self, purpose: str) -> None:
        """Nothing: a transaction of ours that succeeded has had its effect."""

    # --- figures ---

    def gas_used(self, purpose: str) -> int:
        """What all transactions for this purpose have used, those that reverted too."""
        return self._book.gas_used(purpose)

    def forecast(self, account: Address) -> Forecast:
        """For how many anchors the money of an account lasts, at present fees."""
        return forecast(self._book, self._registry, account, self._policy)

    def alarms(self) -> tuple[Alarm, ...]:
        """What keeps transactions waiting, the oldest first: `fee_cap`, `funds_low`, `key_missing`, `gas_exhausted`."""
        return self._book.alarms()

    # --- what the steps share ---

    def _store(self, purpose: str, call: RegistryCall, account: Account) -> bool:
        """Quotes, signs and stores. False if the account has no room for it any more."""
        quoted = self._registry.quote(call, account.address)
        tries = self._book.failures(purpose, since=self._book.now - DAY)
        if tries >= MOST_ESTIMATES:
            raise gas_exhausted(purpose)
        fees, gas_limit = self._policy.first(quoted.market), quoted.gas_limit * 3**tries // 2**tries
        quoted.require_funds(gas_limit * fees.max_fee)
        try:
            with self._database.writing(alone=account.address) as session:
                self._before_storing(session, purpose)
                if live_transaction(session, purpose) is not None:
                    return True
                if self._book.is_full(session, account.address, self._most_in_flight):
                    return False
                nonce = self._book.next_nonce(session, account.address, quoted.mined_nonce)
                terms = Terms(nonce, gas_limit, fees)
                signed = self._registry.bid(quoted.payload, account, terms)
                reach("plan.signed")
                self._book.enter(session, purpose, quoted.payload, signed, terms)
        except IntegrityError:
            # Another process was faster with this purpose, from another account. Any other reason is raised.
            if self.find(purpose) is None:
                raise
        else:
            log_transaction(purpose, signed.hash, "planned with nonce %d", nonce)
        reach("plan.stored")
        return True

    def _has_room(self, sender: Address) -> bool:
        with self._database.reading() as session:
            return not self._book.is_full(session, sender, self._most_in_flight)

    def _clear(self, sender: Address) -> None:
        """Keeps what an account has on its way going, and looks what is in a block by now."""
        for row in self._book.in_flight(sender):
            try:
                self.send(row.purpose)
                self.look(row.purpose)
            except RegistryUnreachable:
                raise
            except RegistryError:
                continue  # told to whoever asks for that purpose

    def _depth(self, block: BlockRef) -> str:
        if self._registry.final_block().number >= block.number:
            return FINAL
        return SAFE if self._registry.safe_block().number >= block.number else MINED

    def _is_unused(self, row: TransactionRow) -> bool:
        return self._registry.standing(Address(row.sender), []).next_nonce <= row.nonce

    def _value(self, purpose: str) -> Transaction:
        return transaction_value(self._book.stored(purpose))

    def _wait(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RegistryUnreachable("a transaction was sent and is in no block yet; run it again later", NOT_MINED)
        self._sleep(self._poll)


def is_to_be_planned_anew(error: RegistryError) -> bool:
    """Whether a purpose is free again for a reason that planning it anew heals."""
    if isinstance(error, TransactionReverted):
        return error.error == OUT_OF_GAS
    return error.code in (NONCE_TAKEN, NOT_PLANNED)


def _failure(receipt: Receipt, *, gas_limit: int) -> TransactionReverted:
    if receipt.gas_used >= gas_limit:
        return TransactionReverted(
            OUT_OF_GAS, message="the transaction ran out of gas; what it needs is estimated anew"
        )
    return receipt.refusal or TransactionReverted("unknown")
