"""Another bid for a nonce that waits: more for a unit of gas, or more gas. It never makes a second transaction."""

from __future__ import annotations

from collections.abc import Callable

from ledger.chain.fees import FeePolicy
from ledger.chain.quotes import GAS_MARGIN, Payload, Terms
from ledger.chain.registry import Account, Address, Registry
from ledger.errors import Conflict, KeystoreError
from ledger.sending.book import Book, fees_of
from ledger.sending.tables import BidRow, TransactionRow
from ledger.sending.values import FEE_CAP, FUNDS_LOW, GAS_EXHAUSTED, KEY_MISSING

FindAccount = Callable[[Address], Account | None]

MOST_ESTIMATES = 3
"""How often the gas for one purpose is estimated anew before a person has to look."""


class Bidding:
    """Signs and stores further bids. Sends nothing."""

    def __init__(self, book: Book, registry: Registry, accounts: FindAccount, policy: FeePolicy) -> None:
        self._book = book
        self._registry = registry
        self._accounts = accounts
        self._policy = policy

    def has_waited(self, bid: BidRow, *, newest_block: int | None = None) -> bool:
        """Whether a bid is to be raised. Without a block only the time counts."""
        blocks = 0 if newest_block is None or bid.seen_in_block is None else newest_block - bid.seen_in_block
        waiting_since = bid.made_at if bid.sent_at is None else bid.sent_at
        return self._policy.is_due(blocks=blocks, seconds=self._book.now - waiting_since)

    def raise_fees(self, row: TransactionRow, last: BidRow) -> BidRow | None:
        """A bid that nodes take in the place of the last one.

        None if there is none: the cap is reached (`fee_cap`), the account cannot pay (`funds_low`), its key is not here
        (`key_missing`), which is noted and seen again the next time; or another process was faster.
        """
        account = self._account(row)
        if account is None:
            return None
        fees = self._policy.raised(fees_of(last), self._registry.market())
        if fees is None:
            self._book.note_problem(row, FEE_CAP)
            return None
        if self._registry.balance(account.address) < last.gas_limit * fees.max_fee:
            self._book.note_problem(row, FUNDS_LOW)
            return None
        return self._sign(row, last, Terms(row.nonce, last.gas_limit, fees), account)

    def estimate_again(self, row: TransactionRow, last: BidRow) -> BidRow | None:
        """A bid with the gas that the call needs now, for one that a node refused because of its gas.

        None as for `raise_fees`. Raises Conflict `gas_exhausted` after three, TransactionReverted.
        """
        account = self._account(row)
        if account is None:
            return None
        if len({bid.gas_limit for bid in self._book.bids(row)}) > MOST_ESTIMATES:
            self._book.note_problem(row, GAS_EXHAUSTED)
            raise gas_exhausted(row.purpose)
        gas_limit = int(self._registry.gas_for(_payload(row), account.address) * GAS_MARGIN)
        if gas_limit == last.gas_limit:
            self._book.note_problem(row, GAS_EXHAUSTED)
            return None
        return self._sign(row, last, Terms(row.nonce, gas_limit, fees_of(last)), account)

    def _account(self, row: TransactionRow) -> Account | None:
        try:
            account = self._accounts(Address(row.sender))
        except KeystoreError:  # what was signed stays on its way all the same
            account = None
        if account is None:
            self._book.note_problem(row, KEY_MISSING)
        return account

    def _sign(self, row: TransactionRow, last: BidRow, terms: Terms, account: Account) -> BidRow | None:
        signed = self._registry.bid(_payload(row), account, terms)
        return self._book.add_bid(row, last, signed, terms)


def _payload(row: TransactionRow) -> Payload:
    return Payload(Address(row.target or b""), row.data or b"")


def gas_exhausted(purpose: str) -> Conflict:
    return Conflict(
        f"what {purpose} needs was estimated {MOST_ESTIMATES} times, and it did not go through; "
        "nothing more is paid for it today",
        GAS_EXHAUSTED,
    )
