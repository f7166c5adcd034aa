"""The tables of access. They never leave this package. Times are Unix seconds; secrets are kept as SHA-256 only."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


def of_wallet() -> list[ForeignKey]:
    return [ForeignKey("wallets.id", ondelete="CASCADE")]


class SessionRow(SQLModel, table=True):
    """A browser that is signed in to a wallet. `way` is how it came in; `id` names it in lists."""

    __tablename__ = "wallet_sessions"

    token_hash: bytes = Field(primary_key=True)
    id: str = Field(unique=True)
    wallet: str = Field(sa_column_args=of_wallet(), index=True)
    way: str
    created_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class PasskeyRow(SQLModel, table=True):
    """A passkey (WebAuthn). `public_key` is COSE; `stopped_at` is when its counter showed that there is a copy."""

    __tablename__ = "wallet_passkeys"

    credential_id: bytes = Field(primary_key=True)
    id: str = Field(unique=True)
    wallet: str = Field(sa_column_args=of_wallet(), index=True)
    user_handle: bytes
    public_key: bytes
    sign_count: int = Field(sa_type=BigInteger)
    name: str
    added_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)
    stopped_at: int | None = Field(default=None, sa_type=BigInteger)


class AccountRow(SQLModel, table=True):
    """An Ethereum account (20 bytes) that has signed for a wallet. It opens one wallet only."""

    __tablename__ = "wallet_accounts"

    address: bytes = Field(primary_key=True)
    wallet: str = Field(sa_column_args=of_wallet(), index=True)
    added_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)


class RecoveryCodeRow(SQLModel, table=True):
    """A recovery code that was not used yet."""

    __tablename__ = "wallet_recovery_codes"

    code_hash: bytes = Field(primary_key=True)
    wallet: str = Field(sa_column_args=of_wallet(), index=True)
    made_at: int = Field(sa_type=BigInteger)


class LinkRow(SQLModel, table=True):
    """A one-time link that went to an e-mail address: to `enter` its wallet, or to add the `address` to one."""

    __tablename__ = "access_links"

    token_hash: bytes = Field(primary_key=True)
    purpose: str
    email: str = Field(index=True)
    wallet: str | None = Field(default=None, sa_column_args=of_wallet())
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class UsedClaimRow(SQLModel, table=True):
    """A claim link out of a mail that was used. It is forgotten once the link would have ended anyhow."""

    __tablename__ = "used_claim_links"

    token_hash: bytes = Field(primary_key=True)
    expires_at: int = Field(sa_type=BigInteger, index=True)


class ChallengeRow(SQLModel, table=True):
    """Something random that is to be signed once. `context` is what else the signature must name."""

    __tablename__ = "access_challenges"

    challenge_hash: bytes = Field(primary_key=True)
    purpose: str
    wallet: str | None = Field(default=None, sa_column_args=of_wallet())
    context: str
    expires_at: int = Field(sa_type=BigInteger, index=True)


class LetterRow(SQLModel, table=True):
    """A letter that is to go out. It is deleted once it went, or turned out to have nobody to go to."""

    __tablename__ = "access_letters"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    kind: str
    email: str
    wallet: str | None = Field(default=None, sa_column_args=of_wallet())
    said: str | None = None
    created_at: int = Field(sa_type=BigInteger)
    due_at: int = Field(sa_type=BigInteger, index=True)
    tries: int = 0


class WalletEventRow(SQLModel, table=True):
    """What was done to the ways into a wallet, for its learner to read. No address, no key."""

    __tablename__ = "wallet_events"

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    wallet: str = Field(sa_column_args=of_wallet(), index=True)
    what: str
    way: str
    at: int = Field(sa_type=BigInteger)
