"""The schema that the migrations make is the one that the table classes describe, and it can be PostgreSQL's."""

from __future__ import annotations

import importlib
import io
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlmodel import SQLModel

from ledger.storage import MIGRATIONS, Database, newest_revision

ROOT = Path(__file__).resolve().parents[2]


def load_all_tables() -> None:
    for path in sorted([*(ROOT / "ledger").rglob("tables.py"), *(ROOT / "api").rglob("tables.py")]):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def test_migrations_and_table_classes_agree(tmp_path: Path) -> None:
    load_all_tables()
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()

    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)

    assert differences == []


def test_indexes_have_the_conditions_of_the_table_classes(tmp_path: Path) -> None:
    load_all_tables()
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()

    with database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all()
    made = {name: " ".join(str(sql).split("WHERE")[1:]).strip() for name, sql in rows if sql}
    for table in SQLModel.metadata.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            assert made[str(index.name)] == (str(where) if where is not None else ""), index.name


def test_the_history_is_one_line_of_numbered_files() -> None:
    files = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
    revisions = [importlib.import_module(f"ledger.migrations.versions.{path.stem}") for path in files]

    assert [revision.revision for revision in revisions] == [path.name[:4] for path in files]
    assert [revision.down_revision for revision in revisions] == [None, *(path.name[:4] for path in files[:-1])]
    assert newest_revision() == files[-1].name[:4]


def test_every_revision_can_be_written_for_postgresql() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written, "transactional_ddl": False}
    )
    with Operations.context(context):
        for path in sorted((MIGRATIONS / "versions").glob("[0-9]*.py")):
            importlib.import_module(f"ledger.migrations.versions.{path.stem}").upgrade()
    load_all_tables()

    made = written.getvalue().count("CREATE TABLE") - written.getvalue().count("DROP TABLE")
    assert made == len(SQLModel.metadata.tables)
    assert "BIGSERIAL" in written.getvalue()
    assert "BYTEA" in written.getvalue()
