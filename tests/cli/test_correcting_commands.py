"""Corrections and bulk revocations at the command line."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.registry import Reason
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import parse
from ledger.workspace import Workspace
from tests.cli.conftest import ROWS, Cairn

HEADER = "achievement,learner_id,name,email,result,awarded_on,supersedes,note"


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def issued(folder: Path) -> list[str]:
    """The ids of three final credentials, in the order of `ROWS`."""
    with Workspace.open(folder) as workspace:
        return [credential.credential_id for credential in workspace.catalog.credentials(issuer="um")]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def correction(of: str, *, note: str = "") -> str:
    return f"introduction,0012,Ólöf Björns­dóttir,olof@students.example,A,2026-03-02,{of},{note}".replace("\u00ad", "")


def document(folder: Path, credential_id: str, path: Path) -> Path:
    with Workspace.open(folder) as workspace:
        path.write_bytes(workspace.catalog.document(credential_id))
    return path


def test_a_corrected_credential_is_superseded_once_the_correction_is_final(
    cairn: Cairn, folder: Path, issued: list[str], tmp_path: Path
) -> None:
    file = write(tmp_path / "corrections.csv", HEADER, correction(issued[0], note="The name was misspelt."))

    drafted = cairn("correct", file, "--issuer", "um", "--data", folder, "--json")
    assert (drafted.code, drafted.json()["size"], drafted.json()["state"]) == (0, 1, "open")
    waiting = cairn("status", issued[0], "--data", folder)
    assert "once that is final (batch 2: draft)" in waiting.out
    assert cairn("issue", "--data", folder).code == 0

    old: Any = cairn("status", issued[0], "--data", folder, "--json").json()
    new: Any = cairn("status", old["superseded_by"], "--data", folder, "--json").json()
    assert (old["state"], new["state"], new["supersedes"]) == ("revoked", "final", issued[0])
    assert [(change["reason"], change["final"]) for change in old["changes"]] == [(Reason.SUPERSEDED, True)]
    told = cairn("status", issued[0], "--data", folder).out
    assert f"superseded by {new['id']}\n" in told
    assert "superseded by a newer document" in told

    revoked = cairn("verify", document(folder, issued[0], tmp_path / "old.json"), "--data", folder)
    corrected = cairn("verify", document(folder, new["id"], tmp_path / "new.json"), "--data", folder)
    assert revoked.code == 1
    assert "superseded by a newer document" in revoked.out
    assert corrected.code == 0
    assert f"supersedes {issued[0]}: The name was misspelt." in corrected.out
    assert schema_problems(parse((tmp_path / "new.json").read_bytes())) == []


def test_every_row_that_cannot_be_corrected_is_named_and_nothing_is_stored(
    cairn: Cairn, folder: Path, issued: list[str], tmp_path: Path
) -> None:
    file = write(
        tmp_path / "corrections.csv",
        HEADER,
        correction("urn:uuid:00000000-0000-4000-8000-000000000000"),
        correction(issued[2]).replace("0012", "0014").replace("olof", "eva"),
    )

    refused = cairn("correct", file, "--issuer", "um", "--data", folder, "--json")

    found = [(problem["code"], problem["row"]) for problem in refused.json()["error"]["problems"]]
    assert (refused.code, found) == (2, [("credential_unknown", 2), ("correction_achievement", 3)])
    assert len(cairn("status", "--data", folder, "--json").json()["batches"]) == 1


def test_a_file_is_looked_at_first_and_then_revoked_row_by_row(
    cairn: Cairn, folder: Path, issued: list[str], tmp_path: Path
) -> None:
    file = write(
        tmp_path / "revoke.csv",
        "credential_id,learner_id,achievement,reason,note",
        f"{issued[0]},,,issued-in-error,Sent to the wrong class",
        ",0013,introduction,1,",
    )
    words = ("revoke", "--file", file, "--issuer", "um", "--data", folder)

    looked = cairn(*words, "--preview", "--json")
    assert looked.code == 0
    assert [row["result"] for row in looked.json()["rows"]] == ["to_be_revoked"] * 2
    assert looked.json()["calls"] == 1
    assert 21_000 < looked.json()["gas"] < 100_000
    assert cairn("status", issued[0], "--data", folder, "--json").json()["state"] == "final"

    results = tmp_path / "results.csv"
    done = cairn(*words, "--out", results, "--json")
    assert done.code == 0
    assert [(change["credentials"], change["final"]) for change in done.json()["changes"]] == [(2, True)]
    with results.open(encoding="utf-8", newline="") as lines:
        assert [(row["row"], row["credential"], row["result"]) for row in csv.DictReader(lines)] == [
            ("2", issued[0], "revoked"),
            ("3", issued[1], "revoked"),
        ]
    assert "(note: Sent to the wrong class)" in cairn("status", issued[0], "--data", folder).out
    again = cairn(*words)
    assert (again.code, again.out.splitlines()[0]) == (0, "2 revoked")


def test_a_file_with_a_problem_revokes_nothing_unless_problems_are_skipped(
    cairn: Cairn, folder: Path, issued: list[str], tmp_path: Path
) -> None:
    file = write(tmp_path / "revoke.csv", "credential_id,reason", f"{issued[0]},1", f"{issued[0]},4")
    words = ("revoke", "--file", file, "--data", folder)

    assert cairn(*words, "--preview").code == 2
    refused = cairn(*words)
    assert (refused.code, refused.out) == (2, "")
    assert "row 3: stands in an earlier row already" in refused.err
    assert cairn("status", issued[0], "--data", folder, "--json").json()["state"] == "final"
    assert cairn(*words, "--skip-problems").code == 0
    assert cairn("status", issued[0], "--data", folder, "--json").json()["state"] == "revoked"


@pytest.mark.parametrize(
    "words",
    [
        ("revoke", "--reason", "1"),
        ("revoke", "urn:uuid:00000000-0000-4000-8000-000000000000", "--reason", "1", "--preview"),
        ("revoke", "urn:uuid:00000000-0000-4000-8000-000000000000"),
        ("revoke", "--file", "missing.csv"),
        ("correct", "missing.csv", "--issuer", "um"),
    ],
)
def test_wrong_use_gives_one_plain_line(words: tuple[str, ...], cairn: Cairn, folder: Path) -> None:
    ran = cairn(*words, "--data", folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cairn: ")


def test_a_withdrawn_batch_is_told_of_with_its_reason(
    cairn: Cairn, folder: Path, issued: list[str], tmp_path: Path
) -> None:
    assert len(ROWS.splitlines()) == 1 + len(issued)
    assert cairn("withdraw", "1", "--reason", "assessment-invalid", "--data", folder).code == 0

    told = cairn("status", issued[0], "--data", folder)
    assert "withdrawn with its whole batch at " in told.out
    assert "the assessment turned out to be invalid" in told.out
    value = cairn("status", issued[0], "--data", folder, "--json").json()
    assert (value["state"], value["withdrawn"]["reason"]) == ("withdrawn", Reason.ASSESSMENT_INVALID)
    checked = cairn("verify", document(folder, issued[0], tmp_path / "old.json"), "--data", folder, "--json")
    assert checked.json()["code"] == "batch_withdrawn"
