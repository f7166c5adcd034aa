"""The same on a PostgreSQL server: compare, stop, copy, restore, rebuild, check."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ledger.errors import Conflict, WorkspaceError
from ledger.keeping.archive import export_archive
from ledger.keeping.backup import back_up
from ledger.keeping.holds import DRIFT
from ledger.keeping.parts import check, finality_watch, holds_of, import_archive, make_database, rebuilding, reconciler
from ledger.keeping.restore import restore
from ledger.storage import Database
from ledger.workspace import Workspace
from tests.office import programme_file
from tests.postgres import postgres_server
from tests.unit.keeping.conftest import issue


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


def a_database(server: str, name: str) -> str:
    """A new, empty database on the server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


def execute(url: str, statement: str) -> None:
    database = Database(url)
    with database.writing() as session:
        session.connection().execute(text(statement))
    database.close()


def documents(workspace: Workspace) -> dict[str, bytes]:
    return dict(pair for batch in workspace.catalog.batches() for pair in workspace.catalog.batch_documents(batch.id))


def pointed_at(folder: Path, url: str) -> Path:
    """The folder with another database."""
    configuration = folder / "cairn.json"
    text_of = configuration.read_text()
    before = text_of.partition('"database_url": "')[2].partition('"')[0]
    configuration.write_text(text_of.replace(before, url))
    return folder


def test_keeping_on_a_server(server: str, tmp_path: Path) -> None:
    url = a_database(server, "first")
    folder = tmp_path / "data"
    with Workspace.init(folder, demo=True, database_url=url) as workspace:
        workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        workspace.accreditors.accredit("mqa", "usm")
        workspace.programmes.add("usm", programme_file("needs"))
        issue(workspace, 3, 1)
        before = documents(workspace)
        assert reconciler(workspace).run().differences == ()
        assert finality_watch(workspace).look().watched == 1
        assert check(workspace) == ()
        export_archive(workspace.catalog, tmp_path / "archive")

    # A copy, into another database of the server.
    backup = back_up(folder, tmp_path / "ledger.tar.gz").file
    with pytest.raises(WorkspaceError, match="not empty"):
        restore(backup, tmp_path / "new")
    restore(backup, tmp_path / "new", database_url=a_database(server, "second"))
    shutil.copy(folder / "keys" / "passphrase", tmp_path / "new" / "keys" / "passphrase")
    with Workspace.open(tmp_path / "new") as workspace:
        assert documents(workspace) == before
        assert reconciler(workspace).run().differences == ()

    # From the chain and an archive, into a third.
    with Workspace.open(pointed_at(folder, a_database(server, "third"))) as workspace:
        make_database(workspace)
        rebuilding(workspace).run()
        assert import_archive(workspace, tmp_path / "archive").added == 3
        assert documents(workspace) == before
        assert reconciler(workspace).run().differences == ()

    # Drift stops issuing there too.
    execute(server.rpartition("/")[0] + "/third", "UPDATE batches SET size = 4")
    with Workspace.open(folder) as workspace:
        assert [one.subject for one in reconciler(workspace).run().differences] == ["batch 1 of usm"]
        assert [hold.code for hold in holds_of(workspace).open()] == [DRIFT]
        with pytest.raises(Conflict):
            holds_of(workspace).require_none()
        assert check(workspace) != ()
