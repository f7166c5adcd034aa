"""An operator's day: is the ledger what the chain says, and what stops issuing?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cairn


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


def spoil(folder: Path) -> None:
    """Changes a final batch in the database, as a fault or an intruder would."""
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("UPDATE batches SET size = 4")
        connection.commit()


def test_a_healthy_ledger_has_0_differences(cairn: Cairn, folder: Path) -> None:
    ran = cairn("reconcile", "--data", folder)

    assert ran.code == 0
    assert "0 differences" in ran.out


def test_drift_is_shown_and_stands_until_somebody_accepts_it_by_name(cairn: Cairn, folder: Path) -> None:
    spoil(folder)
    ran = cairn("reconcile", "--data", folder)
    assert ran.code == 1
    assert "batch 1 of um" in ran.out
    assert "issuing stands still: hold 1 (drift)" in ran.out
    assert "1 difference" in ran.out
    told = cairn("reconcile", "--data", folder, "--json")
    assert (told.code, [one["subject"] for one in told.json()["differences"]]) == (1, ["batch 1 of um"])
    assert [hold["id"] for hold in told.json()["holds"]] == [1]
    nameless = cairn("reconcile", "--accept", "1", "--data", folder)
    assert (nameless.code, "--by" in nameless.err) == (2, True)
    accepted = cairn("reconcile", "--accept", "1", "--by", "Aminah", "--data", folder)
    assert (accepted.code, "accepted by Aminah" in accepted.out) == (0, True)
    after = cairn("reconcile", "--data", folder)
    assert after.code == 0
    assert "0 differences" in after.out
    assert "1 more were accepted" in after.out


def test_a_hold_that_is_not_there_cannot_be_accepted(cairn: Cairn, folder: Path) -> None:
    ran = cairn("reconcile", "--accept", "7", "--by", "Aminah", "--data", folder)

    assert (ran.code, ran.err) == (2, "cairn: there is no hold 7\n")


def test_a_lost_database_comes_back_from_the_chain_and_an_archive(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    exported = cairn("archive", "export", tmp_path / "archive", "--data", folder)
    assert (exported.code, "3 documents of 1 batches" in exported.out) == (0, True)
    for file in folder.glob("ledger.db*"):
        file.unlink()
    rebuilt = cairn("rebuild", "--data", folder)
    assert (rebuilt.code, "1 batches" in rebuilt.out) == (0, True)
    taken = cairn("archive", "import", tmp_path / "archive", "--data", folder, "--json")
    assert taken.json() == {"read": 3, "added": 3, "lacking_batches": 0}
    assert cairn("check", "--data", folder).out == "✓ the ledger is sound in itself\n"
    assert cairn("reconcile", "--data", folder).code == 0
    some = cairn("status", "--data", folder, "--json").json()["batches"][0]
    assert (some["state"], some["size"]) == ("final", 3)


def test_a_backup_is_restored_and_checked(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    written = cairn("backup", tmp_path / "ledger.tar.gz", "--data", folder)
    assert (written.code, "the passphrase of the keys is not among them" in written.out) == (0, True)
    restored = cairn("restore", tmp_path / "ledger.tar.gz", "--data", tmp_path / "new")
    assert (restored.code, "the database is sound" in restored.out) == (0, True)
    again = cairn("restore", tmp_path / "ledger.tar.gz", "--data", tmp_path / "new")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert cairn("reconcile", "--data", tmp_path / "new").code == 0


def test_damage_is_told_of_with_the_exit_code_1(cairn: Cairn, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("UPDATE credentials SET digest = zeroblob(32) WHERE id = 2")
        connection.commit()
    ran = cairn("check", "--data", folder)
    told = cairn("check", "--data", folder, "--json").json()

    assert ran.code == 1
    assert "✗ batch 1, document 1: its digest is another one than was noted" in ran.out
    assert (told["sound"], len(told["problems"])) == (False, 2)


def test_the_doctor_finds_a_ledger_well_and_says_what_ails_it(cairn: Cairn, folder: Path) -> None:
    well = cairn("doctor", "--data", folder)
    assert (well.code, "✗" in well.out) == (0, False)
    (folder / "keys" / "issuers" / "um" / "revoking.json").unlink()
    ill = cairn("doctor", "--data", folder, "--json")
    assert ill.code == 1
    assert [one["subject"] for one in ill.json()["findings"] if one["health"] == "failure"] == ["keys"]
