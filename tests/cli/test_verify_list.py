"""`cairn verify --list`: a table or an archive at the command line, with a report of a row each."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ledger.workspace import Workspace
from tests.cli.conftest import Cairn


@pytest.fixture
def folder(final_folder: Path) -> Path:
    return final_folder


@pytest.fixture
def issued(folder: Path) -> list[tuple[str, bytes]]:
    """The ids and documents of a batch."""
    with Workspace.open(folder) as workspace:
        (batch,) = workspace.catalog.batches("um")
        return list(workspace.catalog.batch_documents(batch.id))


def test_a_table_of_ids_becomes_a_report(
    cairn: Cairn, folder: Path, issued: list[tuple[str, bytes]], tmp_path: Path
) -> None:
    listed, report = tmp_path / "list.csv", tmp_path / "report.xlsx"
    name = issued[0][0]
    listed.write_text(f"Applicant,Credential\n0012,{name}\n0013,nonsense\n0014,{name}\n", "utf-8")
    ran = cairn("verify", "--list", listed, "--report", report, "--data", folder)
    assert ran.code == 3, ran.err
    assert "3 rows: 2 valid, 1 could not be checked" in ran.out
    sheet = load_workbook(report).active
    assert sheet is not None
    found = [[cell.value for cell in row][2:5] for row in sheet.iter_rows(min_row=2)]
    assert found == [["0012", "valid", "valid"], ["0013", "indeterminate", "not_a_link"], ["0014", "valid", "valid"]]


def test_an_archive_becomes_a_report_and_one_false_file_decides(
    cairn: Cairn, folder: Path, issued: list[tuple[str, bytes]], tmp_path: Path
) -> None:
    listed, report = tmp_path / "files.zip", tmp_path / "report.csv"
    document = issued[0][1]
    with zipfile.ZipFile(listed, "w") as packed:
        packed.writestr("good.json", document)
        packed.writestr("changed.json", document.replace(b'"Universiti', b'"University', 1))
    ran = cairn("verify", "--list", listed, "--report", report, "--data", folder)
    assert ran.code == 1, ran.err
    with report.open(encoding="utf-8-sig", newline="") as file:
        assert [row["Verdict"] for row in csv.DictReader(file)] == ["valid", "invalid"]


def test_what_makes_no_sense_is_refused(cairn: Cairn, folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("a,b\n1,2\n", "utf-8")
    assert cairn("verify", "--data", folder).code == 2
    assert cairn("verify", listed, "--list", listed, "--data", folder).code == 2
    assert "column" in cairn("verify", "--list", listed, "--data", folder).err
    assert cairn("verify", "--list", listed, "--report", tmp_path / "r.pdf", "--data", folder).code == 2
