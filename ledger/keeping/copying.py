"""Copies of the databases of a folder that belong together, while others write."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from ledger.errors import WorkspaceError

_PAGES_AT_ONCE = 4096
_PATIENCE = 5.0
_POSTGRES_TOOLS = Path("/usr/lib/postgresql")
_LONGEST_DUMP = 3600


def copy_sqlite(sources: dict[Path, Path]) -> None:
    """Copies SQLite databases, each from its path to another, all as of one moment.

    The first is locked against writing while the moment is fixed in all of them, and no longer. Raises WorkspaceError
    `database_busy` if somebody else keeps it locked, `database_corrupt` for what is no database.
    """
    try:
        with ExitStack() as stack:
            opened = {source: stack.enter_context(closing(_open(source))) for source in sources}
            first = stack.enter_context(closing(_open(next(iter(sources)))))
            first.execute("BEGIN IMMEDIATE")
            for connection in opened.values():  # the first read is what fixes the moment
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            first.execute("ROLLBACK")
            for source, target in sources.items():
                with closing(sqlite3.connect(target)) as copy:
                    opened[source].backup(copy, pages=_PAGES_AT_ONCE)
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise WorkspaceError("database_busy", "another process is writing to the database; try again") from error
        raise WorkspaceError("database_unreachable", f"the database cannot be copied: {error}") from error
    except sqlite3.DatabaseError as error:
        raise WorkspaceError("database_corrupt", f"the database cannot be copied: {error}") from error


def dump_postgres(url: str, target: Path) -> None:
    """Writes a dump of a PostgreSQL database, without what the executor of durable work keeps there.

    Raises WorkspaceError `tool_missing`, `database_unreachable`.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=dbos", f"--file={target}"]
    _run("pg_dump", make_url(url), options)


def load_postgres(url: str, dump: Path) -> None:
    """Loads a dump into an empty database, all of it or nothing. Raises as `dump_postgres`."""
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(dump)]
    _run("pg_restore", make_url(url), options)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)


def _run(tool: str, url: URL, options: list[str]) -> None:
    """The password goes by the environment: arguments are for everybody to see."""
    program = shutil.which(tool) or _installed(tool)
    if program is None:
        raise WorkspaceError("tool_missing", f"a database on a PostgreSQL server is copied by {tool}: install it")
    place = url.set(drivername="postgresql", password=None).render_as_string()
    environment = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    command = [program, f"--dbname={place}", *options]
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        command, env=environment, capture_output=True, text=True, timeout=_LONGEST_DUMP, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise WorkspaceError("database_unreachable", f"{tool} failed: {said}")


def _installed(tool: str) -> str | None:
    found = sorted(_POSTGRES_TOOLS.glob(f"*/bin/{tool}"), key=lambda path: float(path.parts[-3]))
    return str(found[-1]) if found else None
