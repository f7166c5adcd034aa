"""The doctor: all well where all is well, and each ailment by its name with what to do."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import KeystoreError
from ledger.keeping.doctor import Finding, Health, examine
from ledger.keeping.holds import DRIFT
from ledger.keeping.parts import holds_of, require_keys
from ledger.workspace import Workspace


def findings(folder: Path) -> list[Finding]:
    with Workspace.open(folder) as workspace:
        return examine(workspace)


def failures(folder: Path) -> list[tuple[str, str]]:
    return [(one.subject, one.message) for one in findings(folder) if one.health is Health.FAILURE]


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_healthy_ledger_is_well_and_everything_was_looked_at(folder: Path) -> None:
    found = findings(folder)

    assert [(one.subject, one.message) for one in found if one.health is not Health.OK] == []
    assert {one.subject.split()[0] for one in found} == {
        "configuration",
        "disk",
        "log",
        "database",
        "keys",
        "node",
        "registry",
        "clock",
        "queue",
        "balance",
    }


def test_a_missing_key_an_open_one_and_one_of_somebody_else_are_named(folder: Path) -> None:
    keys = folder / "keys" / "issuers" / "usm"
    (keys / "revoking.json").unlink()
    (keys / "admin.json").chmod(0o644)
    shutil.copy(keys / "anchoring.json", keys / "other.json")
    shutil.copy(folder / "keys" / "accreditors" / "mqa.json", keys / "anchoring.json")

    found = dict.fromkeys(message for subject, message in failures(folder) if subject == "keys")

    assert any("there is no key at" in one and "revoking.json" in one for one in found)
    assert any("others may read the key" in one and "admin.json" in one for one in found)
    assert any("issuers/usm/anchoring is of another account" in one for one in found)


def test_a_passphrase_that_does_not_open_the_keys_is_told_of(folder: Path) -> None:
    (folder / "keys" / "passphrase").write_text("another one\n")

    assert any("the passphrase does not open" in message for subject, message in failures(folder) if subject == "keys")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda keys: (keys / "issuers/usm/anchoring.json").unlink(), "there is no key at"),
        (lambda keys: (keys / "issuers/usm/revoking.json").chmod(0o604), "others may read the key"),
        (lambda keys: (keys / "passphrase").write_text("another"), "the passphrase does not open"),
        (lambda keys: (keys / "passphrase").chmod(0o644), "others may read the passphrase"),
        (lambda keys: (keys / "passphrase").unlink(), "the passphrase of the keys cannot be read"),
    ],
)
def test_a_server_finds_out_about_its_keys_when_it_starts(folder: Path, spoil: object, said: str) -> None:
    with Workspace.open(folder) as workspace:
        require_keys(workspace)
    spoil(folder / "keys")  # type: ignore[operator]
    with Workspace.open(folder) as workspace, pytest.raises(KeystoreError, match=said) as refused:
        require_keys(workspace)
    assert "\n" not in str(refused.value)


def test_a_hold_is_told_of_with_what_to_run(folder: Path) -> None:
    with Workspace.open(folder) as workspace:
        holds_of(workspace).put(DRIFT, "abc", "two differences")
        (hold,) = [one for one in examine(workspace) if one.subject == "hold"]

    assert hold.health is Health.FAILURE
    assert hold.remedy == "cairn reconcile --accept 1 --by NAME"


def test_a_damaged_database_is_told_of_and_the_rest_is_looked_at(folder: Path) -> None:
    whole = (folder / "ledger.db").read_bytes()
    (folder / "ledger.db").write_bytes(whole[:4096] + bytes(4096) + whole[8192:])

    found = findings(folder)

    assert any(one.subject == "database" and one.health is Health.FAILURE for one in found)
    assert any(one.subject == "registry" and one.health is Health.OK for one in found)


def test_an_older_database_is_told_of_and_not_changed(folder: Path) -> None:
    change(folder, "UPDATE alembic_version SET version_num = '0003'")

    found = findings(folder)

    assert any(one.subject == "database" and "revision 0003" in one.message for one in found)
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)


def test_a_missing_database_is_told_of_and_none_is_made(folder: Path) -> None:
    for file in folder.glob("ledger.db*"):
        file.unlink()

    assert ("database", f"there is no database at {folder / 'ledger.db'}: restore one, or `cairn rebuild`") in failures(
        folder
    )
    assert not (folder / "ledger.db").exists()


def test_a_full_disk_is_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 50 << 20))

    assert ("disk", "50 MB are free") in failures(folder)


def test_a_clock_that_runs_ahead_or_behind_is_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger.chain import skew

    monkeypatch.setattr(skew, "DEVELOPMENT_CHAINS", frozenset())
    now = time.time()
    for seconds in (3600, -3600):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: now + seconds)
        assert any(subject == "clock" for subject, _ in failures(folder)), seconds


def test_work_that_has_waited_for_an_hour_is_told_of(folder: Path) -> None:
    from ledger.durable.orders import OrderKind, Orders

    with Workspace.open(folder) as workspace:
        Orders(workspace.database, clock=lambda: time.time() - 3600).place(OrderKind.ISSUE, 1)

    assert any(
        subject == "queue" and "issue 1 has waited for 60 minutes" in message for subject, message in failures(folder)
    )


def test_a_folder_that_others_may_look_into_is_warned_of(folder: Path) -> None:
    folder.chmod(0o755)

    assert any(one.subject == "folder" and one.health is Health.WARNING for one in findings(folder))
