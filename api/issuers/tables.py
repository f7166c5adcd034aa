"""The tables of the issuers' endpoints. They never leave this package. An API key is kept as its SHA-256 only."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ApiKeyRow(SQLModel, table=True):
    """A key of one issuer. `key_id` is public: it names the key and finds its row."""

    __tablename__ = "api_keys"

    key_id: str = Field(primary_key=True)
    issuer: str = Field(index=True)
    label: str
    key_hash: bytes
    created_at: int = Field(sa_type=BigInteger)
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
