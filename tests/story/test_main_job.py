"""The main job as a newcomer runs it, twice: everything happens, and nothing happens twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.documents.strict_json import parse
from ledger.workspace import Workspace
from scripts import main_job

CREDENTIALS = {"usm": 720, "um": 36, "purdue": 39}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("story") / "data"
    assert main_job.main(["--data", str(folder)]) == 0
    return folder


@pytest.fixture
def summary(data: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((data / "summary.json").read_bytes())
    return value


@pytest.fixture
def workspace(data: Path) -> Iterator[Workspace]:
    with Workspace.open(data) as opened:
        yield opened


def test_three_universities_issue_over_720_credentials_in_three_batches(summary: dict[str, Any]) -> None:
    issued = {batch["issuer"]: batch["size"] for batch in summary["batches"][:3]}
    assert issued == CREDENTIALS
    assert summary["counts"]["credentials"] == sum(CREDENTIALS.values())
    assert all(batch["state"] == "final" and batch["finished"] for batch in summary["batches"])


def test_a_batch_of_any_size_costs_one_transaction_below_60_000_gas(summary: dict[str, Any]) -> None:
    assert all(21_000 < batch["gas"] <= 60_000 for batch in summary["batches"])
    assert len({batch["tx"] for batch in summary["batches"]}) == len(summary["batches"])


@pytest.mark.parametrize(
    ("name", "verdict", "named"),
    [
        ("valid", "valid", {}),
        ("award", "valid", {}),
        ("record", "valid", {}),
        ("altered", "invalid", {"inclusion": "digest_mismatch", "signature": "signature_invalid"}),
        ("revoked", "invalid", {"status": "revoked"}),
    ],
)
def test_each_file_gets_the_verdict_that_it_deserves(
    name: str, verdict: str, named: dict[str, str], data: Path, summary: dict[str, Any], workspace: Workspace
) -> None:
    report = workspace.verifier().verify((data / summary["files"][name]).read_bytes())
    assert report.verdict == verdict
    assert {check.id: check.code for check in report.checks if check.outcome == "invalid"} == named


def test_the_altered_file_differs_from_the_valid_one_in_one_letter(data: Path, summary: dict[str, Any]) -> None:
    good, bad = ((data / summary["files"][name]).read_bytes() for name in ("valid", "altered"))
    assert len(good) == len(bad)
    assert sum(a != b for a, b in zip(good, bad, strict=True)) == 1


def test_the_record_holds_credentials_of_all_three_issuers_and_the_award(data: Path, summary: dict[str, Any]) -> None:
    record = parse((data / summary["files"]["record"]).read_bytes())
    subject: Any = record["credentialSubject"]
    inside = subject["verifiableCredential"]
    assert {one["issuer"]["id"] for one in inside} == {issuer["did"] for issuer in summary["issuers"]}
    assert sum("relatedResource" in one for one in inside) == 1
    assert len(inside) == summary["counts"]["gathered"] == 17


def test_every_did_and_status_list_that_the_documents_name_lies_in_a_file(data: Path, summary: dict[str, Any]) -> None:
    for name in ("valid", "award", "record", "revoked"):
        document: Any = parse((data / summary["files"][name]).read_bytes())
        parts = [document, *document["credentialSubject"].get("verifiableCredential", [])]
        for part in parts:
            for url in (part["issuer"]["id"], part["credentialStatus"]["statusListCredential"]):
                assert (data / summary["documents"][url]).is_file(), url


def test_a_second_run_doubles_nothing_and_keeps_the_link(data: Path, summary: dict[str, Any]) -> None:
    kept = {name: (data / path).read_bytes() for name, path in summary["files"].items()}
    with Workspace.open(data) as workspace:
        block = workspace.registry.final_block()
    assert main_job.main(["--data", str(data)]) == 0
    again = json.loads((data / "summary.json").read_bytes())
    assert {k: v for k, v in again.items() if k != "seconds"} == {k: v for k, v in summary.items() if k != "seconds"}
    assert {name: (data / path).read_bytes() for name, path in again["files"].items()} == kept
    with Workspace.open(data) as workspace:
        assert workspace.registry.final_block() == block


def test_a_run_that_died_before_it_told_its_link_leaves_one_wallet_and_one_open_link(
    data: Path, summary: dict[str, Any]
) -> None:
    (data / "summary.json").unlink()
    assert main_job.main(["--data", str(data)]) == 0
    again = json.loads((data / "summary.json").read_bytes())
    assert again["share_url"] != summary["share_url"]
    with sqlite3.connect(data / "ledger.db") as database:
        assert database.execute("SELECT count(*) FROM wallets").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM share_links WHERE withdrawn_at IS NULL").fetchone() == (1,)


def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main_job.main(["--data", str(tmp_path)]) == 2
    assert main_job.main(["--data", str(tmp_path), "--fresh", "--yes"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert "Traceback" not in capsys.readouterr().err
