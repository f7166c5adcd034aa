"""A wrong path or a lost database gives one clear line and makes nothing: only init, restore and rebuild make one."""

from __future__ import annotations

from pathlib import Path
from socket import socket

import pytest

from tests.cli.conftest import Cairn

COMMANDS = [
    ("status",),
    ("issue",),
    ("import", "PROGRAMME", "--issuer", "um"),
    ("revoke", "urn:uuid:x", "--reason", "issued-in-error"),
    ("record", "--email", "a@b.example"),
    ("share", "--record", "x"),
    ("api-key", "um"),
    ("accreditor", "register", "other", "--name", "Other"),
    ("issuer", "register", "other", "--name", "Other", "--country", "MY"),
    ("reconcile",),
    ("check",),
    ("archive", "export", "ARCHIVE"),
    ("backup", "BACKUP"),
    ("serve", "--port", "PORT"),
    ("work",),
]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, but for what says which process holds the chain."""
    if not folder.exists():
        return {}
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in ("lock", "url")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def words(tmp_path: Path) -> dict[str, str]:
    programme = tmp_path / "programme.json"
    programme.write_text('{"code": "x"}')
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    named = {"PROGRAMME": programme, "ARCHIVE": tmp_path / "archive", "BACKUP": tmp_path / "backup", "PORT": port}
    return {name: str(value) for name, value in named.items()}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
@pytest.mark.parametrize("trouble", ["no folder", "empty folder", "no database", "empty database"])
def test_a_command_makes_no_database(
    cairn: Cairn, folder: Path, words: dict[str, str], command: tuple[str, ...], trouble: str
) -> None:
    place = folder
    if trouble == "no folder":
        place = folder.with_name("typo")
    elif trouble == "empty folder":
        place = folder.with_name("empty")
        place.mkdir()
    else:
        for file in folder.glob("ledger.db*"):
            file.unlink()
        if trouble == "empty database":
            (folder / "ledger.db").touch()
    before = contents(place)

    ran = cairn(*(words.get(word, word) for word in command), "--data", place)

    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert str(place) in ran.err or "the database is empty" in ran.err
    assert contents(place) == before
    assert place.exists() is (trouble != "no folder")
    assert not Path(words["BACKUP"]).exists()


def test_the_doctor_says_so_and_makes_none(cairn: Cairn, folder: Path) -> None:
    for file in folder.glob("ledger.db*"):
        file.unlink()
    ran = cairn("doctor", "--data", folder)

    assert ran.code == 1
    assert "✗ database: there is no database at" in ran.out
    assert not (folder / "ledger.db").exists()
