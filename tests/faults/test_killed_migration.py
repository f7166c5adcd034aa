"""kill -9 while the schema is brought up to date: the old one or the new one, never between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ledger.failpoints import VARIABLE
from ledger.keeping.integrity import file_problems
from ledger.storage import Database, newest_revision

ROOT = Path(__file__).resolve().parents[2]
TO_THE_OLD = (
    "from alembic import command; from ledger import storage\n"
    "database = Database.at(Path(sys.argv[1]))\n"
    "with database._engine.connect() as connection:\n"
    "    marked = connection.execution_options(cairn_writes=True)\n"
    "    with marked.begin():\n"
    "        command.upgrade(storage._alembic(marked), '0003')\n"
)


def python(code: str, file: Path, **environment: str) -> int:
    text = "import sys\nfrom pathlib import Path\nfrom ledger.storage import Database\n" + code
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", text, str(file)], cwd=ROOT, env=surroundings, check=False).returncode


def told(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def test_a_killed_migration_leaves_the_old_schema_with_its_data(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    assert python(TO_THE_OLD, file) == 0
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO accreditors (slug, name, address) VALUES ('mqa', 'Agency', zeroblob(20))")
        connection.commit()
    old = told(file, "SELECT sql FROM sqlite_schema ORDER BY name")
    migrate = "Database.at(Path(sys.argv[1])).migrate()"

    assert python(migrate, file, **{VARIABLE: "migrate.in_transaction"}) == -signal.SIGKILL

    assert told(file, "SELECT version_num FROM alembic_version") == [("0003",)]
    assert told(file, "SELECT sql FROM sqlite_schema ORDER BY name") == old
    assert python(migrate, file) == 0
    assert Database.at(file).revision() == newest_revision()
    assert told(file, "SELECT slug, name FROM accreditors") == [("mqa", "Agency")]
    assert file_problems(file) == []


def test_a_first_migration_that_is_killed_leaves_no_tables(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    migrate = "Database.at(Path(sys.argv[1])).migrate()"

    assert python(migrate, file, **{VARIABLE: "migrate.in_transaction"}) == -signal.SIGKILL

    assert told(file, "SELECT name FROM sqlite_schema") == []
    assert Database.at(file).revision() is None
    assert python(migrate, file) == 0
    Database.at(file).check()
