"""Whether a database is sound in itself: its file, its references, and every batch against its root. Asks no chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from ledger.chain.registry import Address
from ledger.errors import CairnError
from ledger.issuing.soundness import Soundness
from ledger.storage import Database, newest_revision

Progress = Callable[[str, int, int], None]

MOST_PROBLEMS = 100


def problems_of(
    database: Database, *, chain_id: int, registry: Address, progress: Progress = lambda *_: None
) -> tuple[str, ...]:
    """Everything that is wrong with the database of a ledger, in sentences; nothing is changed.

    Damage of any kind ends up here, never in an exception.
    """
    found: list[str] = []
    try:
        if database.file is not None:
            found += file_problems(database.file)
        if not found:
            found += _content_problems(database, chain_id, registry, progress)
    except (CairnError, SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
        found.append(f"the database cannot be read: {_first_line(error)}")
    return tuple(found[:MOST_PROBLEMS])


def file_problems(file: Path) -> list[str]:
    """What SQLite itself finds wrong with a database file."""
    if not file.is_file():
        return [f"there is no database at {file}"]
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=5)) as connection:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
            loose = connection.execute("PRAGMA foreign_key_check").fetchall()
    except (sqlite3.Error, ValueError) as error:
        return [f"{file.name}: {error}"]
    found = [] if said == ["ok"] else [f"{file.name}: {line}" for line in said]
    return found + [f"{file.name}: a row of {table} refers to nothing in {other}" for table, _, other, _ in loose[:10]]


def _content_problems(database: Database, chain_id: int, registry: Address, progress: Progress) -> Iterator[str]:
    revision = database.revision()
    if revision != newest_revision():
        yield f"the database has revision {revision} and this Cairn needs {newest_revision()}"
        return
    soundness = Soundness(database, chain_id=chain_id, registry=registry)
    batches = soundness.batch_ids()
    for done, batch in enumerate(batches):
        progress("check", done, len(batches))
        try:
            yield from soundness.problems(batch)
        except (CairnError, SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
            yield f"batch {batch} cannot be read: {_first_line(error)}"
    progress("check", len(batches), len(batches))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
