"""The batches of which nothing can be said now, for verifiers: it is asked anew for each verification.

A database file is read without the machinery of `ledger.storage`: whoever checks one document should not wait for it.
Whoever has the database open asks through that: opening a file, or a connection, anew costs more than the question.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.chain.registry import IssuerId
from ledger.errors import WorkspaceError

if TYPE_CHECKING:
    from ledger.storage import Database

_OPEN = (
    "SELECT doubts.issuer_id, doubts.root FROM doubts JOIN holds ON holds.id = doubts.hold"
    " WHERE holds.accepted_at IS NULL"
)
_ABSENT = ("no such table", "undefinedtable", "does not exist")

Roots = frozenset[tuple[IssuerId, bytes]]


class Doubts:
    """What a ledger's database doubts. `place` is its file, the URL of a server, or the database, opened."""

    def __init__(self, place: Path | str | Database) -> None:
        self._place = place
        self._known: Roots | None = None

    def roots(self) -> Roots:
        """The (issuer id, root) of every batch in doubt; none where there is no database.

        While the database does not answer, what it said last; raises WorkspaceError if it never said anything.
        """
        try:
            rows = self._rows()
        except WorkspaceError:
            if self._known is None:
                raise
            return self._known
        self._known = frozenset((IssuerId(bytes(issuer_id)), bytes(root)) for issuer_id, root in rows)
        return self._known

    def _rows(self) -> list[tuple[bytes, bytes]]:
        if isinstance(self._place, Path):
            return self._from_file(self._place)
        return self._from_server(self._place) if isinstance(self._place, str) else self._from_opened(self._place)

    def _from_file(self, file: Path) -> list[tuple[bytes, bytes]]:
        if _is_empty(file):
            return []
        place = file.absolute().as_uri()
        try:
            return _rows(f"{place}?mode=rw")
        except sqlite3.Error as error:
            if "unable to open" not in str(error) and "readonly" not in str(error):
                raise _unreadable() from error
        try:
            return _rows(f"{place}?immutable=1")  # a copy in a place where nobody may write
        except sqlite3.Error as error:
            raise _unreadable() from error

    def _from_server(self, url: str) -> list[tuple[bytes, bytes]]:
        from ledger.storage import Database

        database = Database(url)
        try:
            return self._from_opened(database)
        finally:
            database.close()

    def _from_opened(self, database: Database) -> list[tuple[bytes, bytes]]:
        from sqlalchemy.exc import SQLAlchemyError

        if database.file is not None and _is_empty(database.file):
            return []  # asking would begin one there
        try:
            with database.reading() as session:
                return [(row[0], row[1]) for row in session.connection().exec_driver_sql(_OPEN).all()]
        except SQLAlchemyError as error:
            if any(word in str(error).lower() for word in _ABSENT):
                return []
            raise _unreadable() from error


def _is_empty(file: Path) -> bool:
    return not file.exists() or file.stat().st_size == 0


def _rows(uri: str) -> list[tuple[bytes, bytes]]:
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        try:
            return connection.execute(_OPEN).fetchall()
        except sqlite3.OperationalError as error:
            if any(word in str(error) for word in _ABSENT):  # an older Cairn's, which doubted nothing
                return []
            raise


def _unreadable() -> WorkspaceError:
    return WorkspaceError("database_unreachable", "the database does not say which batches are in doubt")
