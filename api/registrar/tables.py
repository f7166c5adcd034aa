"""The tables of registrars' work. They never leave this package. Times are Unix seconds."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index
from sqlmodel import Field, SQLModel


class ImportSheetRow(SQLModel, table=True):
    """A file that somebody brought and puts right before a batch is drafted from it.

    `content` is its packed cells, `columns` JSON of what each is taken for. `original` is the file as it came, kept
    where it was read by a code page (`encoding`) that was only guessed. Once there is a `batch`, the cells are gone.
    """

    __tablename__ = "import_sheets"
    __table_args__ = (Index("import_sheets_issuer", "issuer"),)

    id: str = Field(primary_key=True)
    issuer: str
    person: str
    programme: str
    label: str
    file_name: str
    encoding: str | None = None
    original: bytes | None = None
    content: bytes
    columns: str
    version: int
    changed_at: int = Field(sa_type=BigInteger)
    batch: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("batches.id", ondelete="CASCADE"), nullable=True)
    )


class ImportHeadingRow(SQLModel, table=True):
    """For what an issuer's people took a heading the last time."""

    __tablename__ = "import_headings"

    issuer: str = Field(primary_key=True)
    heading: str = Field(primary_key=True)
    column: str


class BatchApprovalRow(SQLModel, table=True):
    """Who prepared a batch, and who decided of it. States: drafted, waiting, refused, approved."""

    __tablename__ = "batch_approvals"

    batch: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    state: str
    prepared_by: str
    prepared_name: str
    prepared_at: int = Field(sa_type=BigInteger)
    asked_at: int | None = Field(default=None, sa_type=BigInteger)
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
    reason: str | None = None
