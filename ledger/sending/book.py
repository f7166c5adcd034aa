"""What is stored of our transactions: every question and every note about them, none of which asks the chain."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Float, cast, func
from sqlmodel import Session, col, select

from ledger.chain.fees import Fees
from ledger.chain.quotes import Payload, Terms
from ledger.chain.registry import Receipt, SignedTransaction
from ledger.errors import RegistryError
from ledger.logs import about
from ledger.sending.rows import bids_of, live_transaction
from ledger.sending.tables import BidRow, TransactionRow
from ledger.sending.values import IN_FLIGHT, LOST, NOT_PLANNED, PLANNED, REVERTED, SENT, UNSETTLED, Alarm, Spending
from ledger.storage import INSERT_CHUNK, Database

logger = logging.getLogger("cairn.sending")


class Book:
    """The tables of sending. `clock` gives Unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    @property
    def now(self) -> int:
        return int(self._clock())

    # --- questions ---

    def stored(self, purpose: str) -> TransactionRow:
        """The transaction for a purpose. Raises RegistryError `not_planned`."""
        with self._database.reading() as session:
            row = live_transaction(session, purpose)
        if row is None:
            raise RegistryError(NOT_PLANNED, f"nothing was planned for {purpose}")
        return row

    def bids(self, row: TransactionRow) -> list[BidRow]:
        """Every signed form of a transaction, the newest last."""
        with self._database.reading() as session:
            return bids_of(session, row)

    def in_flight(self, sender: bytes) -> list[TransactionRow]:
        """What an account has on its way, in the order of the nonces."""
        with self._database.reading() as session:
            return list(
                session.exec(
                    select(TransactionRow)
                    .where(TransactionRow.sender == sender, col(TransactionRow.state).in_(IN_FLIGHT))
                    .order_by(col(TransactionRow.nonce))
                )
            )

    def with_nonce(self, sender: bytes, nonce: int) -> TransactionRow | None:
        """The transaction with this nonce; one that was given up if there is no other."""
        with self._database.reading() as session:
            rows = session.exec(
                select(TransactionRow)
                .where(TransactionRow.sender == sender, TransactionRow.nonce == nonce)
                .order_by(col(TransactionRow.id))
            ).all()
        return next((row for row in rows if row.state != LOST), rows[-1] if rows else None)

    def failures(self, purpose: str, *, since: int) -> int:
        """How many transactions for this purpose failed in a block, of those that were planned since then."""
        with self._database.reading() as session:
            return session.exec(
                select(func.count(col(TransactionRow.id))).where(
                    TransactionRow.purpose == purpose,
                    TransactionRow.state == REVERTED,
                    TransactionRow.planned_at >= since,
                )
            ).one()

    def gas_used(self, purpose: str) -> int:
        """What all transactions for this purpose have used, those that failed too."""
        with self._database.reading() as session:
            used = session.exec(
                select(func.sum(TransactionRow.gas_used)).where(TransactionRow.purpose == purpose)
            ).one()
        return int(used or 0)

    def gas_history(self, prefix: str, *, newest: int) -> Sequence[int]:
        """What the newest transactions whose purpose begins so have used."""
        with self._database.reading() as session:
            found = session.exec(
                select(TransactionRow.gas_used)
                .where(col(TransactionRow.purpose).startswith(prefix), col(TransactionRow.gas_used).is_not(None))
                .order_by(col(TransactionRow.id).desc())
                .limit(newest)
            ).all()
        return [gas for gas in found if gas is not None]

    def spending(self) -> tuple[Spending, ...]:
        """What blocks took of us, by the kind of the purpose: `anchor`, `status`, `withdraw` and so on."""
        with self._database.reading() as session:
            is_sqlite = session.connection().dialect.name == "sqlite"
            colon = (func.instr if is_sqlite else func.strpos)(TransactionRow.purpose, ":")
            kind = func.substr(TransactionRow.purpose, 1, colon - 1).label("kind")
            # A sum of wei may be larger than an integer of the database.
            cost = func.sum(cast(TransactionRow.gas_used, Float) * BidRow.max_fee)
            found = session.exec(
                select(kind, func.count(), func.sum(TransactionRow.gas_used), cost)
                .join(BidRow, col(BidRow.hash) == TransactionRow.hash)
                .where(col(TransactionRow.gas_used).is_not(None))
                .group_by(kind)
                .order_by(kind)
            ).all()
        return tuple(Spending(name, count, int(gas or 0), float(wei)) for name, count, gas, wei in found)

    def spent_on(self, purposes: Sequence[str]) -> tuple[int, int]:
        """How many transactions for these purposes blocks hold, and the gas that they used."""
        count = gas = 0
        with self._database.reading() as session:
            for start in range(0, len(purposes), INSERT_CHUNK):
                found = session.exec(
                    select(func.count(), func.sum(TransactionRow.gas_used)).where(
                        col(TransactionRow.purpose).in_(purposes[start : start + INSERT_CHUNK]),
                        col(TransactionRow.gas_used).is_not(None),
                    )
                ).one()
                count, gas = count + found[0], gas + int(found[1] or 0)
        return count, gas

    def alarms(self) -> tuple[Alarm, ...]:
        """What keeps transactions waiting."""
        with self._database.reading() as session:
            rows = session.exec(
                select(TransactionRow)
                .where(col(TransactionRow.state).in_(UNSETTLED), col(TransactionRow.problem).is_not(None))
                .order_by(col(TransactionRow.id))
            ).all()
        return tuple(
            Alarm(
                row.problem or "",
                row.purpose,
                f"nonce {row.nonce} of 0x{row.sender.hex()} waits",
                row.problem_since or row.planned_at,
            )
            for row in rows
        )

    # --- inside a writing session of the caller ---

    def next_nonce(self, session: Session, sender: bytes, mined_nonce: int) -> int:
        """The lowest nonce that neither a block nor a transaction of ours has. Lost ones never counted."""
        last = session.exec(
            select(func.max(TransactionRow.nonce)).where(TransactionRow.sender == sender, TransactionRow.state != LOST)
        ).one()
        return mined_nonce if last is None else max(mined_nonce, int(last) + 1)

    def is_full(self, session: Session, sender: bytes, limit: int) -> bool:
        """Whether an account has as many transactions on their way as it may."""
        waiting = session.exec(
            select(func.count(col(TransactionRow.id))).where(
                TransactionRow.sender == sender, col(TransactionRow.state).in_(IN_FLIGHT)
            )
        ).one()
        return waiting >= limit

    def enter(self, session: Session, purpose: str, payload: Payload, signed: SignedTransaction, terms: Terms) -> None:
        """Stores a transaction with its first bid, before it is sent."""
        known = session.exec(select(BidRow).where(BidRow.hash == signed.hash)).first()
        if known is not None:
            # A reorganisation gave back a nonce that somebody else had used, and the same was signed again.
            row = session.get_one(TransactionRow, known.transaction_id)
            row.state, row.hash, row.planned_at = PLANNED, signed.hash, self.now
        else:
            row = TransactionRow(
                purpose=purpose,
                state=PLANNED,
                sender=signed.sender,
                nonce=signed.nonce,
                target=payload.to,
                data=payload.data,
                hash=signed.hash,
                planned_at=self.now,
            )
        session.add(row)
        session.flush()
        if known is None:
            session.add(self._bid(row, signed, terms))

    # --- notes ---

    def add_bid(self, row: TransactionRow, last: BidRow, signed: SignedTransaction, terms: Terms) -> BidRow | None:
        """Stores another bid, before it is sent; None if another process made one, or the transaction is settled."""
        with self._database.writing(alone=row.sender) as session:
            stored = session.get_one(TransactionRow, row.id)
            if stored.state not in IN_FLIGHT or bids_of(session, stored)[-1].id != last.id:
                return None
            bid = self._bid(stored, signed, terms)
            stored.hash, stored.problem, stored.problem_since = signed.hash, None, None
            session.add_all([stored, bid])
        log_transaction(
            row.purpose, signed.hash, "bumped: gas %d at %d wei at most", terms.gas_limit, terms.fees.max_fee
        )
        return bid

    def note_sent(self, row: TransactionRow, bid: BidRow) -> None:
        """A bid was handed over, or may have been."""
        with self._database.writing() as session:
            stored, sent = session.get_one(TransactionRow, row.id), session.get_one(BidRow, bid.id)
            is_first = stored.state == PLANNED
            if is_first:
                stored.state = SENT
            sent.sent_at, sent.seen_in_block = self.now, None
            session.add_all([stored, sent])
        log_transaction(row.purpose, bid.hash, "sent" if is_first else "sent again")

    def note_seen(self, bid: BidRow, block_number: int) -> None:
        """A node holds a bid, and this is its newest block."""
        with self._database.writing() as session:
            stored = session.get_one(BidRow, bid.id)
            stored.seen_in_block = block_number
            session.add(stored)

    def note_problem(self, row: TransactionRow, code: str) -> None:
        """What keeps a transaction waiting. The time is that of the first such note."""
        with self._database.writing() as session:
            stored = session.get_one(TransactionRow, row.id)
            is_new = stored.problem != code
            if is_new:
                stored.problem, stored.problem_since = code, self.now
                session.add(stored)
        if is_new:
            log_transaction(row.purpose, row.hash, "waits: %s", code)

    def note(self, row: TransactionRow, state: str, receipt: Receipt | None, *, expected: Collection[str]) -> None:
        """Changes the state if it is still one of those expected: another thread or process may have been faster."""
        block = receipt.block if receipt else None
        with self._database.writing() as session:
            stored = session.get_one(TransactionRow, row.id)
            before = stored.state
            if before not in expected:
                return
            stored.state = state
            stored.hash = receipt.transaction_hash if receipt else stored.hash
            stored.block_number = block.number if block else None
            stored.block_hash = block.hash if block else None
            stored.block_time = block.time if block else None
            stored.gas_used = receipt.gas_used if receipt else None
            stored.problem, stored.problem_since = None, None
            session.add(stored)
        if state != before:
            at = f" in block {block.number}" if block else f"; it was {before}"
            log_transaction(row.purpose, receipt.transaction_hash if receipt else row.hash, "%s%s", state, at)

    def _bid(self, row: TransactionRow, signed: SignedTransaction, terms: Terms) -> BidRow:
        return BidRow(
            transaction_id=row.id or 0,
            hash=signed.hash,
            raw=signed.raw,
            gas_limit=terms.gas_limit,
            max_fee=terms.fees.max_fee,
            priority_fee=terms.fees.priority_fee,
            made_at=self.now,
        )


def log_transaction(purpose: str, transaction_hash: bytes, words: str, *values: object) -> None:
    """Logs what became of a transaction. `words` end the sentence, and may have places for the values."""
    with about(purpose=purpose, transaction=f"0x{transaction_hash.hex()}"):
        logger.info(f"the transaction is {words}", *values)


def fees_of(bid: BidRow) -> Fees:
    """What a bid offers."""
    return Fees(bid.max_fee, bid.priority_fee)
