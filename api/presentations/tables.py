"""The table of challenges. It never leaves this package. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlmodel import Field, SQLModel


class PresentationRequestRow(SQLModel, table=True):
    """A challenge to be answered once and in time. `wallet` is set where it is to prove a DID for one."""

    __tablename__ = "presentation_requests"

    challenge_hash: bytes = Field(primary_key=True)
    audience: str
    purpose: str | None = None
    wallet: str | None = Field(default=None, sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")])
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger, index=True)
    used_at: int | None = Field(default=None, sa_type=BigInteger)
