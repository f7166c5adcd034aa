"""The tables of the relay. They never leave this package. Times are Unix seconds; hashes and addresses are bytes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, text
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class BudgetRow(SQLModel, table=True):
    """How much gas the relay may use for an issuer in any `days` days."""

    __tablename__ = "relay_budgets"

    issuer_id: bytes = Field(primary_key=True)
    gas: int = Field(sa_type=BigInteger)
    days: int
    changed_at: int = Field(sa_type=BigInteger)


class RelayedActRow(SQLModel, table=True):
    """An act that was accepted: it stands here, with the gas that is set aside for it, before anything is sent.

    `number` gives the order, `id` is what others ask by. `gas_used` and `spent_at`, since when it counts, are null
    until they are known. `digest` is what the operator signed, so that one act is known again.
    """

    __tablename__ = "relayed_acts"
    __table_args__ = (
        # One act for a nonce, but for those that came to nothing.
        Index(
            "relayed_acts_nonce",
            "operator",
            "nonce",
            unique=True,
            sqlite_where=text("state <> 'failed'"),
            postgresql_where=text("state <> 'failed'"),
        ),
        Index("relayed_acts_issuer", "issuer_id", "spent_at"),
    )

    number: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    id: str = Field(unique=True)
    issuer_id: bytes
    operator: bytes
    nonce: bytes
    digest: bytes
    deadline: int = Field(sa_type=BigInteger)
    document: bytes
    state: str
    gas_reserved: int = Field(sa_type=BigInteger)
    gas_used: int | None = Field(default=None, sa_type=BigInteger)
    accepted_at: int = Field(sa_type=BigInteger)
    spent_at: int | None = Field(default=None, sa_type=BigInteger)
    problem: str | None = None
