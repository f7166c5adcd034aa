"""The tables of checked lists. They never leave this package. Times are Unix seconds.

Contents, files, results and details are sealed (`sealing`): who reads the database reads none of them, but while a run
is asked for and not finished.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlmodel import Field, SQLModel


class BulkListRow(SQLModel, table=True):
    """A list: the hash of its token, how long it lives, how many rows and bytes it has, and what was given, sealed."""

    __tablename__ = "bulk_lists"

    id: str = Field(primary_key=True)
    token_hash: bytes = Field(unique=True)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger, index=True)
    rows: int
    size: int = Field(sa_type=BigInteger)
    contents: bytes


class BulkFileRow(SQLModel, table=True):
    """A file of a list that was given as files, sealed."""

    __tablename__ = "bulk_files"

    list: str = Field(sa_column_args=[ForeignKey("bulk_lists.id", ondelete="CASCADE")], primary_key=True)
    position: int = Field(primary_key=True)
    content: bytes


class BulkRunRow(SQLModel, table=True):
    """One check of a whole list.

    `list_key` opens the list, and is there only until the run has ended. `caller` stands for who asked, in this
    process. A worker holds a run until `held_until`, and says again and again that it still does.
    """

    __tablename__ = "bulk_runs"

    list: str = Field(sa_column_args=[ForeignKey("bulk_lists.id", ondelete="CASCADE")], primary_key=True)
    number: int = Field(primary_key=True)
    state: str = Field(index=True)
    caller: str = ""
    list_key: bytes | None = None
    asked_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    done: int = 0
    is_to_stop: bool = False
    worker: str | None = None
    held_until: int | None = Field(default=None, sa_type=BigInteger)
    tries: int = 0
    results: bytes | None = None


class BulkDetailRow(SQLModel, table=True):
    """The whole reports on one row, of the newest run, sealed."""

    __tablename__ = "bulk_details"

    list: str = Field(sa_column_args=[ForeignKey("bulk_lists.id", ondelete="CASCADE")], primary_key=True)
    position: int = Field(primary_key=True)
    run: int
    content: bytes
