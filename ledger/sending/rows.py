"""From rows to values, and finding a row by its purpose."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func
from sqlmodel import Session, col, select

from ledger.chain.registry import Address
from ledger.sending.tables import BidRow, TransactionRow
from ledger.sending.values import FINAL, REPLACED, Transaction


def live_transaction(session: Session, purpose: str) -> TransactionRow | None:
    """The row of the transaction that stands for this purpose."""
    return session.exec(
        select(TransactionRow).where(TransactionRow.purpose == purpose, col(TransactionRow.state).not_in(REPLACED))
    ).one_or_none()


def standing_transaction(session: Session, purpose: str) -> Transaction | None:
    """The transaction that stands for this purpose."""
    row = live_transaction(session, purpose)
    return transaction_value(row) if row is not None else None


def transaction_value(row: TransactionRow) -> Transaction:
    return Transaction(
        purpose=row.purpose,
        state=row.state,
        hash=row.hash,
        sender=Address(row.sender),
        nonce=row.nonce,
        block_number=row.block_number,
        block_hash=row.block_hash,
        block_time=row.block_time,
        gas_used=row.gas_used,
        problem=row.problem,
    )


def bids_of(session: Session, row: TransactionRow) -> list[BidRow]:
    """Every signed form of a transaction, the newest last."""
    return list(session.exec(select(BidRow).where(BidRow.transaction_id == row.id).order_by(col(BidRow.id))).all())


# --- for those who keep the whole ledger in view ---


def final_transactions(session: Session, *, newest: int) -> tuple[Transaction, ...]:
    """The newest transactions that are final, and the oldest of all, the oldest first."""
    query = select(TransactionRow).where(TransactionRow.state == FINAL)
    rows = session.exec(query.order_by(col(TransactionRow.id).desc()).limit(newest)).all()
    oldest = session.exec(query.order_by(col(TransactionRow.id)).limit(1)).all()
    return tuple(transaction_value(row) for row in {row.id: row for row in [*oldest, *rows[::-1]]}.values())


def final_blocks(session: Session, purposes: Collection[str]) -> dict[str, tuple[int, bytes]]:
    """Number and hash of the block in which what is final for each of these purposes was seen."""
    columns = select(TransactionRow.purpose, TransactionRow.block_number, TransactionRow.block_hash)
    rows = session.exec(columns.where(TransactionRow.state == FINAL, col(TransactionRow.purpose).in_(purposes))).all()
    return {purpose: (number, found) for purpose, number, found in rows if number is not None and found is not None}


def open_purposes(session: Session) -> tuple[str, ...]:
    """The purposes of transactions that are neither final nor replaced."""
    over = (FINAL, *REPLACED)
    return tuple(session.exec(select(TransactionRow.purpose).where(col(TransactionRow.state).not_in(over))).all())


def first_block(session: Session) -> int | None:
    """The lowest block that holds a transaction of ours."""
    return session.exec(select(func.min(TransactionRow.block_number))).one()
