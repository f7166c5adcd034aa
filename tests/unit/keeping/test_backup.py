"""Backups: whole while others write, restored only if nothing about them is damaged."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from ledger.chain.registry import Reason
from ledger.errors import WorkspaceError
from ledger.keeping.backup import back_up
from ledger.keeping.parts import check, reconciler
from ledger.keeping.restore import restore
from ledger.workspace import Workspace
from tests.office import drafts
from tests.unit.keeping.conftest import ids, issue


def with_passphrase(source: Path, restored: Path) -> Path:
    """What an operator does after a restore."""
    shutil.copy(source / "keys" / "passphrase", restored / "keys" / "passphrase")
    return restored


def code_of(action: object) -> str:
    with pytest.raises(WorkspaceError) as refused:
        action()  # type: ignore[operator]
    assert "\n" not in str(refused.value)
    return refused.value.code


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    return back_up(folder, tmp_path / "ledger.tar.gz").file


def test_a_restored_ledger_is_the_same_and_goes_on(folder: Path, backup: Path, tmp_path: Path) -> None:
    with Workspace.open(folder) as workspace:
        documents = {b.id: list(workspace.catalog.batch_documents(b.id)) for b in workspace.catalog.batches()}
    restore(backup, tmp_path / "new")
    with Workspace.open(with_passphrase(folder, tmp_path / "new")) as workspace:
        again = {b.id: list(workspace.catalog.batch_documents(b.id)) for b in workspace.catalog.batches()}
        assert again == documents
        assert check(workspace) == ()
        assert reconciler(workspace).run().differences == ()
        workspace.revocation.revoke(ids(workspace, issue(workspace, 2, 800)), Reason.ISSUED_IN_ERROR)
        assert reconciler(workspace).run().differences == ()


def test_the_passphrase_is_not_in_it_and_nobody_else_may_read_it(folder: Path, backup: Path, tmp_path: Path) -> None:
    secret = (folder / "keys" / "passphrase").read_bytes().strip()
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        contents = [file.read() for name in names if (file := tar.extractfile(name)) is not None]
    restore(backup, tmp_path / "new")

    assert "keys/passphrase" not in names
    assert not any(secret in content for content in contents)
    assert backup.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new" / "keys").rglob("*.json")} == {0}


def test_a_backup_of_a_ledger_that_is_being_written_to_is_sound(folder: Path, tmp_path: Path) -> None:
    stop, problems = Event(), list[BaseException]()

    def work() -> None:
        try:
            with Workspace.open(folder) as workspace:
                first = 1000
                while not stop.is_set():
                    issue(workspace, 20, first)
                    workspace.imports.draft_batch("usm", drafts(5, first=first + 50), label="draft")
                    first += 100
        except BaseException as error:  # noqa: BLE001 - told to the test
            problems.append(error)

    writer = Thread(target=work)
    writer.start()
    files = []
    for number in range(5):
        stop.wait(0.3)
        files.append(back_up(folder, tmp_path / f"{number}.tar.gz").file)
    stop.set()
    writer.join()
    assert problems == []
    for number, file in enumerate(files):
        restored = tmp_path / f"restored-{number}"
        restore(file, restored)
        with Workspace.open(with_passphrase(folder, restored)) as workspace:
            assert reconciler(workspace).run().differences == ()


def test_what_is_there_is_never_overwritten(folder: Path, backup: Path) -> None:
    assert code_of(lambda: back_up(folder, backup)) == "backup_exists"
    assert code_of(lambda: restore(backup, folder)) == "workspace_exists"
    assert code_of(lambda: restore(backup.with_name("none"), folder.parent / "new")) == "backup_missing"


def test_a_damaged_backup_is_refused_wherever_the_damage_is(backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    rolls = random.Random(1)  # noqa: S311 - the same places each time
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[rolls.randrange(10, len(whole))] ^= 1 << rolls.randrange(8)
        (tmp_path / "damaged").write_bytes(damaged)
        assert code_of(lambda: restore(tmp_path / "damaged", tmp_path / "new")) == "backup_damaged"
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    assert code_of(lambda: restore(tmp_path / "cut", tmp_path / "new")) == "backup_damaged"
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.glob(".new*")) == []


def repacked(backup: Path, target: Path, **changes: bytes) -> Path:
    """A backup with other content under some names, and a manifest that was not changed."""
    with tarfile.open(backup) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            content = changes.pop(member.name.replace("/", "_").replace(".", "_"), file.read())
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
        for name, content in changes.items():
            extra = tarfile.TarInfo(name)
            extra.size = len(content)
            new.addfile(extra, io.BytesIO(content))
    return target


def test_files_that_the_manifest_does_not_name_are_refused(backup: Path, tmp_path: Path) -> None:
    for file in (
        repacked(backup, tmp_path / "a", more=b"x"),
        repacked(backup, tmp_path / "b", cairn_json=b"{}"),
        repacked(backup, tmp_path / "c", manifest_json=b'{"version": 1, "files": []}'),
        repacked(backup, tmp_path / "d", manifest_json=gzip.compress(b"")),
        repacked(
            backup,
            tmp_path / "e",
            manifest_json=b'{"version":1,"files":[{"name":"../../evil","size":1,"sha256":"' + b"0" * 64 + b'"}]}',
        ),
    ):
        assert code_of(lambda file=file: restore(file, tmp_path / "new")) == "backup_damaged"
    assert not (tmp_path / "new").exists()


def test_a_ledger_whose_content_is_damaged_is_not_restored(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute(
            "UPDATE documents SET body = CAST(replace(body, 'Learner', 'Teacher') AS BLOB) WHERE position = 0"
        )
        connection.commit()
    backup = back_up(folder, tmp_path / "ledger.tar.gz").file

    assert code_of(lambda: restore(backup, tmp_path / "new")) == "backup_damaged"
    assert not (tmp_path / "new").exists()
