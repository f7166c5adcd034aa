"""The tables of wallets. They never leave this package. Times are Unix seconds, ids random, tokens kept as SHA-256."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class WalletRow(SQLModel, table=True):
    """A learner's wallet. `has_token` says whether there is a token for programs: nobody knows one that was not asked
    for, or that was ended.
    """

    __tablename__ = "wallets"

    id: str = Field(primary_key=True)
    token_hash: bytes = Field(unique=True)
    has_token: bool = True
    created_at: int = Field(sa_type=BigInteger)


class WalletAddressRow(SQLModel, table=True):
    """An e-mail address of a wallet. A wallet may have several.

    `proven_at`: a link that we sent there was used for this wallet. Only such an address opens a wallet, and it opens
    one only; one without was named by a claim that an issuer handed over, or by this ledger's operator (`by_operator`),
    who then made the wallet for whoever has the address.
    """

    __tablename__ = "wallet_addresses"
    __table_args__ = (
        Index(
            "wallet_addresses_proven",
            "email",
            unique=True,
            sqlite_where=text("proven_at IS NOT NULL"),
            postgresql_where=text("proven_at IS NOT NULL"),
        ),
    )

    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")], primary_key=True)
    email: str = Field(primary_key=True, index=True)
    added_at: int = Field(sa_type=BigInteger)
    proven_at: int | None = Field(default=None, sa_type=BigInteger)
    by_operator: bool = False


class WalletCredentialRow(SQLModel, table=True):
    """A credential that a wallet holds: the bytes as received, and what came out when they were checked on arrival."""

    __tablename__ = "wallet_credentials"
    __table_args__ = (UniqueConstraint("wallet", "issuer", "credential_id", name="wallet_credentials_once"),)

    id: str = Field(primary_key=True)
    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")])
    issuer: str
    credential_id: str
    kind: str
    name: str
    issuer_name: str | None = None
    learner_name: str | None = None
    valid_from: str | None = None
    source: str
    added_at: int = Field(sa_type=BigInteger)
    verdict: str
    code: str
    document: bytes


class WalletSightRow(SQLModel, table=True):
    """How a held credential stood when its learner last saw it: `valid`, or a code. Without a row it is new."""

    __tablename__ = "wallet_sights"

    credential: str = Field(sa_column_args=[ForeignKey("wallet_credentials.id", ondelete="CASCADE")], primary_key=True)
    standing: str
    seen_at: int = Field(sa_type=BigInteger)


class WalletRecordRow(SQLModel, table=True):
    """A record that was made of a wallet's credentials. `previous` is the version before; its digest is inside.

    `chain` is empty for the wallet's own versions, and names the wallet that a chain came with when two became one.
    """

    __tablename__ = "wallet_records"
    __table_args__ = (UniqueConstraint("wallet", "chain", "version", name="wallet_records_version"),)

    id: str = Field(primary_key=True)
    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")], index=True)
    chain: str = ""
    version: int | None = None
    previous: str | None = None
    name: str
    credential_id: str = Field(unique=True)
    size: int
    created_at: int = Field(sa_type=BigInteger)


class WalletPathwayRow(SQLModel, table=True):
    """A pathway that a learner looks at, beside those that are published on this ledger: its document, as it came."""

    __tablename__ = "wallet_pathways"
    __table_args__ = (UniqueConstraint("wallet", "pathway_id", name="wallet_pathways_once"),)

    id: str = Field(primary_key=True)
    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")])
    pathway_id: str
    title: str
    added_at: int = Field(sa_type=BigInteger)
    content: bytes


class WalletKeyRow(SQLModel, table=True):
    """A DID of a wallet. `sealed` is its Ed25519 seed, encrypted; None for a DID whose key the learner keeps.

    The newest one that is `in_use` is the wallet's DID; the others were it before, or came with a merged wallet.
    """

    __tablename__ = "wallet_keys"

    wallet: str = Field(sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")], primary_key=True)
    did: str = Field(primary_key=True)
    sealed: bytes | None = None
    in_use: bool
    added_at: int = Field(sa_type=BigInteger)


class ClaimRow(SQLModel, table=True):
    """A one-time claim: whoever has its token may take one learner's credentials of one batch."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("batch", "email", name="claims_once"),)

    token_hash: bytes = Field(primary_key=True)
    issuer: str
    batch: int = Field(sa_type=BigInteger)
    email: str
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    wallet: str | None = Field(default=None, sa_column_args=[ForeignKey("wallets.id", ondelete="CASCADE")])
    claimed_at: int | None = Field(default=None, sa_type=BigInteger)
