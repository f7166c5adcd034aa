"""The tables of sending. They never leave this package: services answer with the frozen values of `values.py`.

Times are Unix seconds, fees are in wei for a unit of gas; hashes and addresses are bytes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, text
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class TransactionRow(SQLModel, table=True):
    """A call that has a nonce. `purpose` names what it is for, `target` and `data` say what it does.

    `hash` is that of the bid which a block holds, or else of the newest. `problem` is the code of what makes it wait.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        # One transaction for a purpose and one for a nonce, but for those that failed and were replaced.
        Index(
            "transactions_purpose",
            "purpose",
            unique=True,
            sqlite_where=text("state NOT IN ('reverted', 'lost')"),
            postgresql_where=text("state NOT IN ('reverted', 'lost')"),
        ),
        Index(
            "transactions_lane",
            "sender",
            "nonce",
            unique=True,
            sqlite_where=text("state <> 'lost'"),
            postgresql_where=text("state <> 'lost'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    purpose: str
    state: str
    sender: bytes
    nonce: int = Field(sa_type=BigInteger)
    target: bytes | None
    data: bytes | None
    hash: bytes = Field(unique=True)
    planned_at: int = Field(sa_type=BigInteger)
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    block_hash: bytes | None = None
    block_time: int | None = Field(default=None, sa_type=BigInteger)
    gas_used: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None
    problem_since: int | None = Field(default=None, sa_type=BigInteger)


class BidRow(SQLModel, table=True):
    """A signed form of a transaction: it stands here before it is sent to anyone, and any that is mined settles it.

    `seen_in_block` is the newest block when a node was first found to hold it since it was sent last.
    """

    __tablename__ = "transaction_bids"
    __table_args__ = (Index("transaction_bids_transaction", "transaction_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    transaction_id: int = Field(foreign_key="transactions.id", sa_type=ROW_ID)
    hash: bytes = Field(unique=True)
    raw: bytes
    gas_limit: int = Field(sa_type=BigInteger)
    max_fee: int = Field(sa_type=BigInteger)
    priority_fee: int = Field(sa_type=BigInteger)
    made_at: int = Field(sa_type=BigInteger)
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
    seen_in_block: int | None = Field(default=None, sa_type=BigInteger)
