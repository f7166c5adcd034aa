"""The table of changes of status that were asked for on pages. It never leaves this package."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class StatusProposalRow(SQLModel, table=True):
    """Many credentials, or one batch, and what is to become of them. States: prepared, proposed, done, refused.

    `asked` is a JSON array of rows that name credentials, `calls` one of the ids of the registry calls that were made
    of it. `prepared_by` is the id of a person.
    """

    __tablename__ = "status_proposals"
    __table_args__ = (Index("status_proposals_issuer", "issuer", "state"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    issuer: str
    action: str
    reason: int
    note: str | None = None
    batch: int | None = Field(default=None, sa_type=BigInteger)
    asked: bytes
    state: str
    calls: bytes | None = None
    why: str | None = None
    prepared_by: str
    prepared_name: str
    prepared_at: int = Field(sa_type=BigInteger)
    decided_name: str | None = None
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
