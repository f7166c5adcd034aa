"""The database: what is committed stays, two writers take turns, and trouble with it is one plain error."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger import storage
from ledger.errors import WorkspaceError
from ledger.issuing.tables import AnchorProofRow, BatchRow, IssuerRow
from ledger.storage import Database, insert_rows, newest_revision


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.at(tmp_path / "ledger.db")
    with database.writing() as session:
        session.connection().execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
    return database


def count(database: Database) -> int:
    with database.reading() as session:
        return int(session.connection().execute(text("SELECT count(*) FROM thing")).scalar_one())


def add(database: Database, name: str) -> None:
    with database.writing() as session:
        session.connection().execute(text("INSERT INTO thing (name) VALUES (:name)"), {"name": name})


def pragma(database: Database, name: str) -> object:
    with database.reading() as session:
        return session.connection().execute(text(f"PRAGMA {name}")).scalar_one()


def test_sqlite_keeps_what_it_acknowledged_and_minds_references(database: Database) -> None:
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # FULL
    assert pragma(database, "foreign_keys") == 1
    assert pragma(database, "busy_timeout") == 5000


def test_a_writing_session_that_raises_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as session:
            session.connection().execute(text("INSERT INTO thing (name) VALUES ('a')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert count(database) == 0


def test_a_reading_session_writes_nothing(database: Database) -> None:
    with database.reading() as session:
        session.connection().execute(text("INSERT INTO thing (name) VALUES ('a')"))

    assert count(database) == 0


def test_a_reading_session_sees_one_moment(database: Database) -> None:
    with database.reading() as session:
        before = session.connection().execute(text("SELECT count(*) FROM thing")).scalar_one()
        add(database, "a")
        assert session.connection().execute(text("SELECT count(*) FROM thing")).scalar_one() == before


def test_writers_take_turns(database: Database) -> None:
    def write(worker: int) -> None:
        for number in range(20):
            with database.writing() as session:
                known = session.connection().execute(text("SELECT count(*) FROM thing")).scalar_one()
                session.connection().execute(text("INSERT INTO thing (id) VALUES (:id)"), {"id": known + 1})
                assert worker + number >= 0

    workers = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert count(database) == 80


def test_a_lock_that_is_not_given_up_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0)
    database = Database.at(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(WorkspaceError) as caught, database.writing():
        pass

    other.close()
    assert caught.value.code == "database_busy"


def test_a_full_disk_is_said_plainly_and_changes_nothing(database: Database) -> None:
    pages = int(str(pragma(database, "page_count")))

    def fill() -> None:
        with database.writing() as session:
            connection = session.connection()
            connection.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
            for number in range(1000):
                connection.execute(text("INSERT INTO thing (name) VALUES (:name)"), {"name": f"{number}" * 100})

    with pytest.raises(WorkspaceError) as caught:
        fill()

    assert caught.value.code == "database_full"
    assert count(database) == 0


def test_a_file_that_is_no_database_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 1000)

    with pytest.raises(WorkspaceError) as caught:
        Database.at(tmp_path / "ledger.db").revision()

    assert caught.value.code == "database_corrupt"


def test_a_url_that_no_driver_takes_is_said_plainly() -> None:
    for url in ("nonsense", "oracle+none://x"):
        with pytest.raises(WorkspaceError) as caught:
            Database(url)
        assert caught.value.code == "database_url"


def test_an_error_about_a_row_stays_what_it_is(database: Database) -> None:
    add(database, "a")

    with pytest.raises(IntegrityError):
        add(database, "a")


def test_many_rows_are_inserted_and_those_that_stand_already_can_be_left_out(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    columns = ("batch", "position", "proof")
    with database.writing() as session:
        owner = IssuerRow(
            slug="a",
            kind="issuer",
            name="A",
            did="d",
            base_url="b",
            issuer_id=b"i",
            admin=b"",
            anchoring=b"",
            revoking=b"",
        )
        session.add(owner)
        session.flush()
        session.add(BatchRow(id=1, issuer=owner.id or 0, label="l", state="open", size=1, byte_count=1, created_at=1))
        session.flush()
        inserted = insert_rows(session, AnchorProofRow, columns, ((1, number, b"a") for number in range(1201)))
    with database.writing() as session:
        insert_rows(session, AnchorProofRow, columns, [(1, 0, b"b"), (1, 5000, b"b")], skip=True)
    with database.reading() as session:
        found = session.connection().execute(text("SELECT proof, count(*) FROM anchor_proofs GROUP BY proof")).all()

    assert inserted == 1201
    assert [tuple(row) for row in found] == [(b"a", 1201), (b"b", 1)]


def test_a_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()

    with pytest.raises(IntegrityError), database.writing() as session:
        insert_rows(session, AnchorProofRow, ("batch", "position", "proof"), [(9, 0, b"a")])


# --- schema ---------------------------------------------------------------------------------------------------------


def test_a_new_database_gets_the_newest_schema_and_keeps_it(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    database.migrate()

    database.check()
    assert database.revision() == newest_revision()


@pytest.mark.parametrize(("revision", "code"), [("0000", "database_older"), ("9999", "database_newer")])
def test_a_schema_of_another_version_is_told_apart(tmp_path: Path, revision: str, code: str) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})

    with pytest.raises(WorkspaceError) as caught:
        database.check()

    assert caught.value.code == code


def test_what_a_newer_cairn_wrote_is_left_alone(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(WorkspaceError):
        database.migrate()

    assert database.revision() == "9999"


def test_checking_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        Database.at(tmp_path / "ledger.db").check()

    assert caught.value.code == "database_missing"
    assert not (tmp_path / "ledger.db").exists()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for source in (storage.MIGRATIONS / "env.py", *sorted((storage.MIGRATIONS / "versions").glob("*.py"))):
        target = versions / source.name if source.parent.name == "versions" else versions.parent / source.name
        target.write_text(source.read_text())
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    before = newest_revision()
    (versions / "9000_broken.py").write_text(
        f'from alembic import op\nimport sqlalchemy as sa\nrevision = "9000"\ndown_revision = "{before}"\n'
        'def upgrade():\n    op.create_table("half", sa.Column("id", sa.Integer()))\n'
        '    raise RuntimeError("power cut")\n'
    )
    monkeypatch.setattr(storage, "MIGRATIONS", versions.parent)

    with pytest.raises(RuntimeError, match="power cut"):
        database.migrate()

    assert database.revision() == before
    with database.reading() as session:
        tables = session.connection().execute(text("SELECT name FROM sqlite_master WHERE name = 'half'")).all()
    assert tables == []
