"""An account's lane: its transactions on their way, one for each nonce, of which blocks take the lowest first.

Whatever a node says, a nonce stays with its purpose until the chain shows that a block used it for something else.
"""

from __future__ import annotations

from ledger.chain.registry import Address, Registry, SignedTransaction, Standing
from ledger.errors import RegistryError, RegistryUnreachable
from ledger.failpoints import reach
from ledger.sending.bidding import Bidding
from ledger.sending.book import Book
from ledger.sending.tables import BidRow, TransactionRow
from ledger.sending.values import FINAL, FUNDS_LOW, IN_FLIGHT, LOST, NONCE_TAKEN, PLANNED, REPLACED

_UNDERPRICED, _GAS_REFUSED, _GAP = "underpriced", "gas_refused", "nonce_gap"


class Lanes:
    """Hands transactions over and keeps them on their way."""

    def __init__(self, book: Book, registry: Registry, bidding: Bidding) -> None:
        self._book = book
        self._registry = registry
        self._bidding = bidding

    def offer(self, row: TransactionRow) -> None:
        """Sees to it that the node holds the newest bid, and whatever has to come before it.

        Raises RegistryUnreachable, and the call may count all the same. Raises RegistryError `nonce_taken` if the chain
        shows that the nonce was used by somebody else; `funds_low`, `nonce_gap`, `transaction_rejected`, after which it
        waits and is offered again; Conflict `gas_exhausted`.
        """
        self._offer_earlier(row, only_planned=True)
        try:
            self._offer_alone(row)
        except RegistryError as error:
            if error.code != _GAP:
                raise
            # A node without a pool takes nothing out of turn. What it should have had before was lost on the way.
            self._offer_earlier(row, only_planned=False)
            self._offer_alone(row)

    def _offer_earlier(self, row: TransactionRow, *, only_planned: bool) -> None:
        for earlier in self._book.in_flight(row.sender):
            if earlier.nonce < row.nonce and (earlier.state == PLANNED or not only_planned):
                self._offer_quietly(earlier)

    def _offer_alone(self, row: TransactionRow) -> None:
        if row.state == PLANNED:
            self._hand_over(row, self._book.bids(row)[-1])
            return
        standing = self._keep_up(row)
        if standing.next_nonce < row.nonce:
            self._fill(row.sender, standing.next_nonce)

    def _offer_quietly(self, row: TransactionRow) -> None:
        """For a transaction that another purpose looks after: its trouble is told there."""
        try:
            if row.state == PLANNED:
                self._hand_over(row, self._book.bids(row)[-1])
            else:
                self._keep_up(row)
        except RegistryUnreachable:
            raise
        except RegistryError:
            pass

    def _fill(self, sender: bytes, nonce: int) -> None:
        """Looks after the nonce that the next block needs first: a node that lost it takes none of those behind it."""
        row = self._book.with_nonce(sender, nonce)
        if row is None:
            return
        if row.state in IN_FLIGHT:
            self._offer_quietly(row)
        elif row.state in (FINAL, *REPLACED) and not self._standing(row, bids := self._book.bids(row)).known:
            # A reorganisation took away whatever had used the nonce, maybe even past finality. Every call has its
            # effect once, or fails, so that what was signed for it does no harm there.
            try:
                self._registry.send(_signed(row, bids[-1]))
            except RegistryUnreachable:
                raise
            except RegistryError:
                pass  # it says nothing of the one that waits behind it

    def _keep_up(self, row: TransactionRow) -> Standing:
        """Sends again what a node has lost, and raises the bid that the next block should take."""
        bids = self._book.bids(row)
        standing, newest = self._standing(row, bids), bids[-1]
        if standing.next_nonce > row.nonce:
            if not standing.known:
                self._judge(row)
        elif newest.hash not in standing.known:
            self._hand_over(row, newest)
        elif newest.seen_in_block is None:
            self._book.note_seen(newest, standing.head.number)
        elif standing.next_nonce == row.nonce and self._bidding.has_waited(newest, newest_block=standing.head.number):
            raised = self._bidding.raise_fees(row, newest)
            if raised is not None:
                self._hand_over(row, raised)
        return standing

    def _standing(self, row: TransactionRow, bids: list[BidRow]) -> Standing:
        return self._registry.standing(Address(row.sender), [bid.hash for bid in bids])

    def _hand_over(self, row: TransactionRow, bid: BidRow) -> None:
        try:
            self._registry.send(_signed(row, bid))
        except RegistryUnreachable:
            self._book.note_sent(row, bid)  # it may have been
            raise
        except RegistryError as error:
            self._refused(row, bid, error)
            return
        reach("send.sent")
        self._book.note_sent(row, bid)

    def _refused(self, row: TransactionRow, bid: BidRow, error: RegistryError) -> None:
        """What a node's refusal leads to: never to another nonce by itself."""
        another: BidRow | None = None
        if error.code == NONCE_TAKEN:
            self._judge(row)
            self._book.note_sent(row, bid)  # an earlier bid, or this one, is in a block
        elif error.code == _UNDERPRICED:
            # At once the first time: the market moved since it was signed, or something dearer waits with this nonce.
            if len(self._book.bids(row)) == 1 or self._bidding.has_waited(bid):
                another = self._bidding.raise_fees(row, bid)
        elif error.code == _GAS_REFUSED:
            another = self._bidding.estimate_again(row, bid)
        else:
            if error.code == FUNDS_LOW:
                self._book.note_problem(row, FUNDS_LOW)
            raise error
        if another is not None:
            self._hand_over(row, another)

    def _judge(self, row: TransactionRow) -> None:
        """Gives a transaction up if a block used its nonce for something else. Raises RegistryError `nonce_taken` then.

        It asks twice, because a node may count a block whose transactions it does not know yet.
        """
        bids = self._book.bids(row)
        hashes = [bid.hash for bid in bids]
        for _ in range(2):
            standing = self._standing(row, bids)
            if standing.known or standing.next_nonce <= row.nonce or any(self._registry.receipts(hashes)):
                return
        self._book.note(row, LOST, None, expected=IN_FLIGHT)
        raise RegistryError(NONCE_TAKEN, "another transaction of this account took the nonce; it is signed anew")


def _signed(row: TransactionRow, bid: BidRow) -> SignedTransaction:
    return SignedTransaction(bid.raw, bid.hash, Address(row.sender), row.nonce)
