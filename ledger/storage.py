"""The database: one engine, short sync sessions, SQLite by default and PostgreSQL by URL.

SQLite runs in WAL mode with foreign keys, a busy timeout of five seconds and full synchronisation, so that what was
committed survives a loss of power. A writing session takes the write lock when it begins: one that reads first and
writes later would fail at once, without waiting, when another writer came between.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlmodel import Session, SQLModel

from ledger.errors import WorkspaceError
from ledger.failpoints import reach

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_SECONDS = 5
INSERT_CHUNK = 500
MIGRATIONS = Path(__file__).parent / "migrations"
_WRITES = "cairn_writes"
_MIGRATION = threading.Lock()  # alembic keeps what it migrates in globals of the process


def newest_revision() -> str:
    """The revision that this code's tables have: the number of the last file in `migrations/versions`."""
    return max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


class Database:
    """A database at a URL. Nothing is opened before the first session.

    Raises WorkspaceError: `database_url` for a URL that cannot be read, `database_busy` when another process holds the
    write lock for more than five seconds, `database_unreachable` when it cannot be opened.
    """

    def __init__(self, url: str | URL) -> None:
        try:
            self._url = make_url(url)
            if self._url.drivername in {"postgresql", "postgres"}:
                self._url = self._url.set(drivername="postgresql+psycopg")
            self._engine = create_engine(self._url, hide_parameters=True)
        except (ArgumentError, ImportError) as error:
            raise WorkspaceError("database_url", "the database URL is not usable; its driver may be missing") from error
        # On SQLite every transaction is a snapshot; on a server each statement would see what was committed before it.
        is_sqlite = self._engine.dialect.name == "sqlite"
        self._reads: dict[str, Any] = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    @classmethod
    def at(cls, path: Path) -> Database:
        """The SQLite database in a file."""
        return cls(URL.create("sqlite", database=str(path)))

    @property
    def url(self) -> URL:
        """Where it is. The URL may hold a password."""
        return self._url

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None for a server."""
        if self._engine.dialect.name != "sqlite" or not self._url.database:
            return None
        return Path(self._url.database)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading: one consistent snapshot. It is rolled back at the end."""
        with _plain_errors(), self._engine.connect() as connection:
            snapshot = connection.execution_options(**self._reads)
            with Session(snapshot) as session:
                yield session

    @contextmanager
    def writing(self, *, alone: bytes | None = None) -> Iterator[Session]:
        """A session for writing: it takes the write lock now, commits at the end, and rolls back if anything raises.

        `alone` names something of which there is one: no other writing session with this name runs at the same time. On
        SQLite that is true of any two.
        """
        with _plain_errors(), self._engine.connect() as connection:
            marked = connection.execution_options(**{_WRITES: True})
            with Session(marked, expire_on_commit=False) as session, session.begin():
                session.connection()  # takes the lock; a session alone would wait for the first statement
                if alone is not None and self._engine.dialect.name == "postgresql":
                    key = int.from_bytes(hashlib.sha256(alone).digest()[:8], "big", signed=True)
                    session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
                yield session

    def revision(self) -> str | None:
        """The revision of the schema that the database has; None for an empty one, or none. Makes nothing."""
        if self.file is not None and (not self.file.exists() or self.file.stat().st_size == 0):
            return None  # connecting would begin a database there
        with _plain_errors(), self._engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found

    def is_older(self) -> bool:
        """Whether an older Cairn wrote it, so that `migrate` would change it."""
        found = self.revision()
        return found is not None and found < newest_revision()

    def check(self) -> None:
        """Raises WorkspaceError `database_missing`, `database_older` or `database_newer` unless the schema is ours."""
        if self.file is not None and not self.file.exists():
            raise WorkspaceError("database_missing", f"there is no database at {self.file}")
        found, newest = self.revision(), newest_revision()
        if found is None:
            raise WorkspaceError("database_missing", "the database is empty: it was never set up")
        if found < newest:
            raise WorkspaceError("database_older", f"the database has revision {found} and this Cairn needs {newest}")
        if found > newest:
            raise WorkspaceError("database_newer", f"a newer Cairn wrote this database (revision {found})")

    def migrate(self) -> None:
        """Brings the schema to the newest revision, in one transaction; creates it if there is none.

        Raises WorkspaceError `database_newer` rather than touch what a newer Cairn wrote.
        """
        found = self.revision()
        if found is not None and found >= newest_revision():
            return self.check()
        from alembic import command

        with _MIGRATION, _plain_errors(), self._engine.connect() as connection:
            marked = connection.execution_options(**{_WRITES: True})
            with marked.begin():
                command.upgrade(_alembic(marked), "head")
                reach("migrate.in_transaction")
        return None

    def clear_traces(self, *, at_most: int | None = None) -> bool:
        """Has what was deleted before leave the files too, and says whether it has.

        SQLite is written anew without it, and its write-ahead log emptied: False while others read or write, who keep
        that from happening, and for a file of more than `at_most` bytes, which would take long. PostgreSQL gives the
        room of deleted rows free for new ones; backups, and what the server keeps of its own log, are its operator's.
        """
        if at_most is not None and self.file is not None and self.file.stat().st_size > at_most:
            return False
        try:
            with _plain_errors(), self._engine.connect() as connection:
                if self._engine.dialect.name != "sqlite":
                    connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM"))
                    return True
                # Below the session: SQLite refuses both of these within a transaction.
                cursor = connection.connection.cursor()
                cursor.execute("VACUUM")
                busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return int(busy) == 0
        except sqlite3.OperationalError:  # somebody reads or writes
            return False
        except WorkspaceError as error:
            if error.code == "database_busy":
                return False
            raise

    def close(self) -> None:
        self._engine.dispose()


def insert_rows(
    session: Session,
    table: type[SQLModel],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    skip: bool = False,
) -> int:
    """Inserts many rows at the driver's own speed, 500 at a time, and tells how many there were.

    `skip` leaves out those whose key stands there already.

    Values go to the driver as they are: text, bytes, whole numbers, None.
    """
    connection = session.connection()
    quote = connection.dialect.identifier_preparer.quote
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(quote(column) for column in columns)
    marks = ", ".join([mark] * len(columns))
    statement = f"INSERT INTO {quote(str(table.__tablename__))} ({names}) VALUES ({marks})"  # noqa: S608 - our names
    if skip:
        statement += " ON CONFLICT DO NOTHING"
    count = 0
    remaining = iter(rows)
    while chunk := [tuple(row) for row in islice(remaining, INSERT_CHUNK)]:
        connection.exec_driver_sql(statement, chunk)
        count += len(chunk)
    return count


def _alembic(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: it begins them late, and without the write lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",  # what is deleted is overwritten: a learner may have it gone
        "foreign_keys = ON",
        "temp_store = MEMORY",
        "cache_size = -16000",  # KiB: the indexes of a large batch stay in memory while it is stored
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turns the driver's errors about the database as a whole into our own; an error about a row passes as it is."""
    try:
        yield
    except OperationalError as error:
        message = str(error.orig).lower()
        if "locked" in message or "busy" in message or "deadlock" in message:
            raise WorkspaceError("database_busy", "another process is writing to the database; try again") from error
        if "disk" in message and "full" in message:
            raise WorkspaceError("database_full", "the disk of the database is full; nothing was changed") from error
        if "unable to open" in message or "connect" in message:
            raise WorkspaceError("database_unreachable", "the database cannot be opened") from error
        raise
    except DBAPIError as error:
        if "not a database" in str(error.orig).lower() or "malformed" in str(error.orig).lower():
            raise WorkspaceError("database_corrupt", "the database file is damaged or is not a database") from error
        raise
