"""The tables of sharing. They never leave this package. Times are Unix seconds; a token is kept as its SHA-256 only."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class ShareLinkRow(SQLModel, table=True):
    """A link to one document of a wallet: a record, or one credential. Exactly one of the two is set."""

    __tablename__ = "share_links"

    id: str = Field(primary_key=True)
    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")], index=True)
    token_hash: bytes = Field(unique=True)
    record: str | None = Field(default=None, sa_column_args=[ForeignKey("wallet_records.id", ondelete="CASCADE")])
    credential: str | None = Field(
        default=None, sa_column_args=[ForeignKey("wallet_credentials.id", ondelete="CASCADE")]
    )
    label: str
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    withdrawn_at: int | None = Field(default=None, sa_type=BigInteger)


class ShareViewRow(SQLModel, table=True):
    """One access to a link: when, and whether as page, JSON or file. Nothing about who."""

    __tablename__ = "share_views"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    link: str = Field(sa_column_args=[ForeignKey("share_links.id", ondelete="CASCADE")], index=True)
    viewed_at: int = Field(sa_type=BigInteger)
    kind: str
