"""The tables of sharing. They never leave this package. Times are Unix seconds; a token is kept as its SHA-256 only."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


class ShareLinkRow(SQLModel, table=True):
    """A link to one document of a wallet, a record or a credential, or to items of its own where it hides something.

    `hidden` names what it hides, with commas. `pin_wrong` counts wrong PINs in a row and `pin_tries` all of them, since
    the link was made or its owner lifted the lock.
    """

    __tablename__ = "share_links"

    id: str = Field(primary_key=True)
    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")], index=True)
    token_hash: bytes = Field(unique=True)
    record: str | None = Field(default=None, sa_column_args=[ForeignKey("wallet_records.id", ondelete="CASCADE")])
    credential: str | None = Field(
        default=None, sa_column_args=[ForeignKey("wallet_credentials.id", ondelete="CASCADE")]
    )
    label: str
    purpose: str | None = None
    hidden: str = ""
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    withdrawn_at: int | None = Field(default=None, sa_type=BigInteger)
    pin_salt: bytes | None = None
    pin_hash: bytes | None = None
    pin_wrong: int = 0
    pin_tries: int = 0
    pin_wait_until: int | None = Field(default=None, sa_type=BigInteger)
    pin_locked_at: int | None = Field(default=None, sa_type=BigInteger)


class ShareItemRow(SQLModel, table=True):
    """One credential of a link that hides something, as its issuer signed it for this link, without what is hidden."""

    __tablename__ = "share_items"

    link: str = Field(sa_column_args=[ForeignKey("share_links.id", ondelete="CASCADE")], primary_key=True)
    position: int = Field(primary_key=True)
    credential: str = Field(sa_column_args=[ForeignKey("wallet_credentials.id", ondelete="CASCADE")], index=True)
    document: bytes


class ShareViewRow(SQLModel, table=True):
    """One access to a link: when, whether as page, JSON or file, and what for if they said. Nothing about who."""

    __tablename__ = "share_views"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    link: str = Field(sa_column_args=[ForeignKey("share_links.id", ondelete="CASCADE")], index=True)
    viewed_at: int = Field(sa_type=BigInteger)
    kind: str
    purpose: str | None = None
