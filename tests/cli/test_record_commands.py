"""`cairn record`, its versions and what it adds up to; and `cairn verify` with other files beside one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from shutil import copytree

import pytest

from ledger.cli.main import run
from tests.cli.conftest import ROWS, Cairn

EMAIL = "olof@students.example"


@pytest.fixture(scope="module")
def recorded(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside which stand two versions of one learner's record, of the same credentials under two names."""
    folder = Path(copytree(prepared, tmp_path_factory.mktemp("recorded") / "data"))
    rows = folder.parent / "rows.csv"
    rows.write_text(ROWS, encoding="utf-8")
    record = ("record", "--email", EMAIL, "--name")
    for words in (
        ("import", str(rows), "--issuer", "um"),
        ("issue",),
        ("issuer", "register", "records", "--name", "Records", "--publisher"),
        (*record, "First", "--out", str(folder.parent / "v1.json")),
        (*record, "Second", "--out", str(folder.parent / "v2.json")),
    ):
        with pytest.raises(SystemExit) as ended:
            run([*words, "--data", str(folder)])
        assert ended.value.code == 0, words
    return folder


def test_the_versions_follow_each_other_and_can_be_checked_together(
    cairn: Cairn, recorded: Path, tmp_path: Path
) -> None:
    out = tmp_path / "versions.zip"
    ran = cairn("record", "history", "--email", EMAIL, "--out", out, "--data", recorded, "--json")
    versions = ran.json()["versions"]
    assert (ran.code, [one["version"] for one in versions]) == (0, [1, 2])
    assert all(one["follows"] and one["state"] == "final" for one in versions)
    assert zipfile.ZipFile(out).namelist() == ["version-1.json", "version-2.json"]
    assert cairn("verify", out, "--data", recorded).code == 0


def test_a_version_that_was_changed_is_found_beside_the_next(cairn: Cairn, recorded: Path, tmp_path: Path) -> None:
    first, second = recorded.parent / "v1.json", recorded.parent / "v2.json"
    report = cairn("verify", second, "--with", first, "--data", recorded, "--json").json()
    stack = next(check for check in report["checks"] if check["id"] == "stack")
    assert (report["verdict"], stack["evidence"]["previous"]["handed_in"]) == ("valid", True)
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(json.loads(first.read_bytes()) | {"name": "Better"}), encoding="utf-8")
    ran = cairn("verify", second, "--with", changed, "--data", recorded, "--json")
    assert (ran.code, ran.json()["code"]) == (1, "previous_mismatch")
    assert cairn("verify", second, "--with", tmp_path / "missing.json", "--data", recorded).code == 2


def test_the_overview_is_for_people_and_for_programs(cairn: Cairn, recorded: Path) -> None:
    ran = cairn("record", "overview", "--email", EMAIL, "--data", recorded)
    assert ran.code == 0
    assert "2 of 2 credentials count, from 1 issuer" in ran.out
    assert "03-02 ├ ●" in ran.out
    value = cairn("record", "overview", "--email", EMAIL, "--unit", "MQF", "--data", recorded, "--json").json()
    assert (value["counted"], value["totals"]["unit"]) == (2, "MQF")


@pytest.mark.parametrize(
    "words",
    [
        ("record",),
        ("record", "history"),
        ("record", "history", "--email", "nobody@students.example"),
        ("record", "overview", "--email", EMAIL, "--unit", "hours"),
    ],
)
def test_what_cannot_be_told_ends_with_2(cairn: Cairn, recorded: Path, words: tuple[str, ...]) -> None:
    ran = cairn(*words, "--data", recorded)
    assert (ran.code, ran.out) == (2, "")
