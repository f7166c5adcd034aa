"""`cairn verify --on DATE`: what was valid then, and what a date has to be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.workspace import Workspace
from tests.cli.conftest import Cairn


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def issued(folder: Path, tmp_path: Path) -> Path:
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        _, document = next(iter(workspace.catalog.batch_documents(batch.id)))
    path = tmp_path / "credential.json"
    path.write_bytes(document)
    return path


def later(moment: str, seconds: int) -> str:
    shifted = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return shifted.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_is_revoked_was_valid_until_then(cairn: Cairn, issued: Path, folder: Path) -> None:
    anchored = cairn("verify", issued, "--data", folder, "--json").json()["chain"]["anchored_at"]
    identifier = json.loads(issued.read_bytes())["id"]
    words = ("revoke", identifier, "--reason", "assessment-invalid", "--data", folder)
    ran = cairn(*words)
    assert ran.code == 0, ran.err
    now = cairn("verify", issued, "--data", folder, "--json")
    assert (now.code, now.json()["code"]) == (1, "revoked")
    assert "as_of" not in now.json()
    then = cairn("verify", issued, "--on", anchored, "--data", folder)
    assert then.code == 0
    assert "✓ VALID" in then.out
    assert "SINCE THEN:" in then.out
    report = cairn("verify", issued, "--on", anchored, "--data", folder, "--json").json()
    assert (report["verdict"], report["as_of"]) == ("valid", anchored)
    assert [one["code"] for one in report["since"]] == ["revoked_since"]
    before = cairn("verify", issued, "--on", later(anchored, -1), "--data", folder, "--json")
    assert (before.code, before.json()["code"]) == (1, "not_anchored_yet")
    longer_ago = cairn("verify", issued, "--on", "2020-02-29", "--data", folder, "--json")
    assert (longer_ago.code, longer_ago.json()["code"]) == (1, "not_anchored_yet")


@pytest.mark.parametrize(
    "date", ["", "soon", "2026-13-01", "2026-02-30", "01/09/2026", "2026-09-01T12:00:00", "2999-01-01", "9" * 5000]
)
def test_what_is_no_date_that_has_passed_ends_with_2(cairn: Cairn, tmp_path: Path, date: str) -> None:
    for words in ((), ("--json",)):
        ran = cairn("verify", tmp_path / "any.json", "--on", date, *words)
        assert ran.code == 2
        assert ran.err.startswith("cairn: ")
        assert ran.err.count("\n") == 1
        assert len(ran.err) < 200


def test_the_day_that_is_not_over_is_refused_with_a_way_out(cairn: Cairn, tmp_path: Path) -> None:
    ran = cairn("verify", tmp_path / "any.json", "--on", datetime.now(UTC).date().isoformat())
    assert ran.code == 2
    assert "not over yet" in ran.err
