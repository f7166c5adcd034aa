"""The tables of keeping. They never leave this package: services answer with frozen values.

Times are Unix seconds; hashes, ids and roots are bytes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, text
from sqlmodel import Field, SQLModel

# SQLite gives out row ids by itself only for a column that is spelled INTEGER.
ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class HoldRow(SQLModel, table=True):
    """A reason for which issuing stands still. It is open until a person accepts it."""

    __tablename__ = "holds"
    __table_args__ = (
        # One for each trouble; once it was accepted, the same trouble may come again.
        Index(
            "holds_open",
            "code",
            "subject",
            unique=True,
            sqlite_where=text("accepted_at IS NULL"),
            postgresql_where=text("accepted_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    code: str
    subject: str
    detail: str
    raised_at: int = Field(sa_type=BigInteger)
    accepted_at: int | None = Field(default=None, sa_type=BigInteger)
    accepted_by: str | None = None


class DifferenceRow(SQLModel, table=True):
    """One thing about which database and chain differed when a hold was put on issuing."""

    __tablename__ = "differences"

    hold: int = Field(primary_key=True, foreign_key="holds.id", sa_type=ROW_ID)
    subject: str = Field(primary_key=True)
    here: str
    on_chain: str


class DoubtRow(SQLModel, table=True):
    """A batch of which nothing can be said while the hold on it is open."""

    __tablename__ = "doubts"

    hold: int = Field(primary_key=True, foreign_key="holds.id", sa_type=ROW_ID)
    issuer_id: bytes = Field(primary_key=True)
    root: bytes = Field(primary_key=True)


class FinalAnchorRow(SQLModel, table=True):
    """A batch and the block, called final, that it was seen in. `looked_at` is when the block was last looked for, in
    microseconds."""

    __tablename__ = "final_anchors"
    __table_args__ = (Index("final_anchors_looked_at", "looked_at"),)

    issuer_id: bytes = Field(primary_key=True)
    root: bytes = Field(primary_key=True)
    block_number: int = Field(sa_type=BigInteger)
    block_hash: bytes
    looked_at: int = Field(sa_type=BigInteger)


class EventRow(SQLModel, table=True):
    """An event of the registry about this ledger's issuers, in a final block: its name, and its fields as JSON."""

    __tablename__ = "registry_events"

    block_number: int = Field(primary_key=True, sa_type=BigInteger)
    log_index: int = Field(primary_key=True)
    block_hash: bytes
    block_time: int = Field(sa_type=BigInteger)
    name: str
    content: bytes


class EventReadingRow(SQLModel, table=True):
    """How far the events of a registry were read: all of the blocks from the first to before the next, and the hash of
    the last one.
    """

    __tablename__ = "registry_readings"

    chain_id: int = Field(primary_key=True, sa_type=BigInteger)
    address: bytes = Field(primary_key=True)
    first_block: int = Field(sa_type=BigInteger)
    next_block: int = Field(sa_type=BigInteger)
    last_hash: bytes | None = None
    issuers: bytes


class UnownedStatusRow(SQLModel, table=True):
    """Status bits that the chain held when the database was rebuilt, of credentials that are not here. The masks have
    32 bytes."""

    __tablename__ = "unowned_statuses"

    issuer_id: bytes = Field(primary_key=True)
    word: int = Field(primary_key=True, sa_type=BigInteger)
    revoked: bytes
    suspended: bytes
