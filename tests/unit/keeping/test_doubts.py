"""What a verifier hears of doubts: asked anew each time, and "could not check" while the database does not answer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import WorkspaceError
from ledger.keeping.chain_view import ChainView
from ledger.keeping.doubts import Doubts
from ledger.keeping.holds import FINALITY_VIOLATION
from ledger.keeping.parts import finality_watch, holds_of
from ledger.storage import Database
from ledger.verifying.report import Outcome
from ledger.workspace import Workspace
from tests.unit.keeping.conftest import ids

GONE = b"\xee" * 32


def lose_blocks(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Has the chain show other blocks in the place of these."""
    true = ChainView.hashes

    def hashes(view: ChainView, wanted: list[int]) -> object:
        block, found = true(view, wanted)
        return block, found | {number: GONE for number in wanted if number in numbers}

    monkeypatch.setattr(ChainView, "hashes", hashes)


def test_a_healthy_ledger_has_no_doubts_and_its_batches_are_watched(workspace: Workspace, folder: Path) -> None:
    first, again = finality_watch(workspace).look(), finality_watch(workspace).look()

    assert (first.watched, first.looked_at, first.violated) == (2, 2, ())
    assert again == first
    assert Doubts(folder / "ledger.db").roots() == frozenset()


def test_every_batch_is_looked_at_in_turn(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = finality_watch(workspace)
    watch.look(newest=0, sample=0)
    oldest = workspace.catalog.batch(1)
    lose_blocks(monkeypatch, oldest.anchor_block or 0)

    found = [watch.look(newest=0, sample=1).violated for _ in range(2)]

    assert sorted(found) == [(), (1,)]


def test_a_doubt_ends_when_a_person_accepts(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = workspace.catalog.batch(1)
    document = workspace.catalog.document(ids(workspace, batch)[3])
    verifier = workspace.verifier()
    finality_watch(workspace).look()
    assert verifier.verify(document).verdict is Outcome.VALID
    lose_blocks(monkeypatch, batch.anchor_block or 0)
    finality_watch(workspace).look()

    (hold,) = holds_of(workspace).open()
    doubted = verifier.verify(document)
    holds_of(workspace).accept(hold.id, by="Aminah")

    assert hold.code == FINALITY_VIOLATION
    assert doubted.verdict is Outcome.INDETERMINATE
    assert verifier.verify(document).verdict is Outcome.VALID


def test_whoever_has_the_database_open_hears_of_the_same_doubts(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Doubts(workspace.database)
    finality_watch(workspace).look()
    assert opened.roots() == frozenset()
    lose_blocks(monkeypatch, workspace.catalog.batch(1).anchor_block or 0)
    finality_watch(workspace).look()

    assert len(opened.roots()) == 1
    assert opened.roots() == Doubts(folder / "ledger.db").roots() == workspace.policy().doubts()


def test_a_changed_document_of_a_doubted_batch_is_not_valid_either(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = workspace.catalog.batch(1)
    document = workspace.catalog.document(ids(workspace, batch)[3])
    finality_watch(workspace).look()
    lose_blocks(monkeypatch, batch.anchor_block or 0)
    finality_watch(workspace).look()

    assert workspace.verifier().verify(document.replace(b"87.5", b"97.5")).verdict is Outcome.INVALID


def test_where_there_is_no_database_or_an_older_one_nothing_is_doubted(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    assert Doubts(file).roots() == Doubts(Database.at(file)).roots() == frozenset()
    assert not file.exists()
    file.touch()
    assert Doubts(file).roots() == Doubts(Database.at(file)).roots() == frozenset()
    assert file.stat().st_size == 0
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE issuers (id INTEGER)")
    assert Doubts(file).roots() == Doubts(Database.at(file)).roots() == frozenset()


def test_a_database_that_does_not_answer_makes_nothing_valid(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        document = workspace.catalog.document(ids(workspace, workspace.catalog.batch(1))[3])
    for file in folder.glob("ledger.db*"):
        file.unlink()
    (folder / "ledger.db").write_bytes(b"no database" * 1000)
    with pytest.raises(WorkspaceError):
        Doubts(folder / "ledger.db").roots()
    with Workspace.open(folder) as workspace:
        assert workspace.verifier().verify(document).verdict is Outcome.INDETERMINATE


def test_what_was_known_last_holds_while_the_database_does_not_answer(folder: Path) -> None:
    doubts = Doubts(folder / "ledger.db")
    assert doubts.roots() == frozenset()
    (folder / "ledger.db").write_bytes(b"no database" * 1000)

    assert doubts.roots() == frozenset()
