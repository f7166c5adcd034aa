"""The tables of people who work for institutions. They never leave this package.

Times are Unix seconds; secrets are kept as SHA-256 only.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlmodel import Field, SQLModel

ROW_ID = BigInteger().with_variant(Integer, "sqlite")


def of_person() -> list[ForeignKey]:
    return [ForeignKey("staff_people.id", ondelete="CASCADE")]


class PersonRow(SQLModel, table=True):
    """Somebody who works for one institution or several."""

    __tablename__ = "staff_people"

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    added_at: int = Field(sa_type=BigInteger)


class MemberRow(SQLModel, table=True):
    """That a person works for an institution. `roles` are the words of `Role`, with commas between."""

    __tablename__ = "staff_members"

    person: str = Field(sa_column_args=of_person(), primary_key=True)
    kind: str = Field(primary_key=True)
    institution: str = Field(primary_key=True)
    roles: str
    added_at: int = Field(sa_type=BigInteger)


class StaffSessionRow(SQLModel, table=True):
    """A browser that is signed in as a person."""

    __tablename__ = "staff_sessions"

    token_hash: bytes = Field(primary_key=True)
    id: str = Field(unique=True)
    person: str = Field(sa_column_args=of_person(), index=True)
    way: str
    created_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class StaffLinkRow(SQLModel, table=True):
    """A link that signs a person in once."""

    __tablename__ = "staff_links"

    token_hash: bytes = Field(primary_key=True)
    person: str = Field(sa_column_args=of_person(), index=True)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class StaffPasskeyRow(SQLModel, table=True):
    """A passkey (WebAuthn). `public_key` is COSE; `stopped_at` is when its counter showed that there is a copy."""

    __tablename__ = "staff_passkeys"

    credential_id: bytes = Field(primary_key=True)
    id: str = Field(unique=True)
    person: str = Field(sa_column_args=of_person(), index=True)
    user_handle: bytes
    public_key: bytes
    sign_count: int = Field(sa_type=BigInteger)
    name: str
    added_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)
    stopped_at: int | None = Field(default=None, sa_type=BigInteger)


class StaffSettingRow(SQLModel, table=True):
    """What an institution has chosen."""

    __tablename__ = "staff_settings"

    kind: str = Field(primary_key=True)
    institution: str = Field(primary_key=True)
    two_persons: bool


class StaffAuditRow(SQLModel, table=True):
    """A line of an institution's log. The database refuses to change or delete one (revision 0016)."""

    __tablename__ = "staff_audit"
    __table_args__ = (
        Index("staff_audit_number", "kind", "institution", "number", unique=True),
        Index("staff_audit_at", "kind", "institution", "at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=ROW_ID)
    kind: str
    institution: str
    number: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
    person: str
    who: str
    what: str
    subject: str
    detail: str
    previous: bytes
    hash: bytes


class StaffAuditHeadRow(SQLModel, table=True):
    """The last line of an institution's log: a line that is missing at the end shows against it."""

    __tablename__ = "staff_audit_heads"

    kind: str = Field(primary_key=True)
    institution: str = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger)
    hash: bytes
