"""An operator's day: is the ledger what the chain says, and what stops issuing?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Cairn


def spoil(folder: Path) -> None:
    """Changes a final batch in the database, as a fault or an intruder would."""
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("UPDATE batches SET size = 4")
        connection.commit()


def test_a_healthy_ledger_has_0_differences(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
    ran = cairn("reconcile", "--data", folder)

    assert ran.code == 0
    assert "0 differences" in ran.out


def test_drift_is_shown_and_stands_until_somebody_accepts_it_by_name(cairn: Cairn, folder: Path, rows: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    cairn("issue", "--data", folder)
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
