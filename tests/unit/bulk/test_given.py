"""What stands in a cell, which column it stands in, and that no report holds a formula or a whole link."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from ledger.bulk.columns import chosen, layout_of
from ledger.bulk.given import GivenKind, given_in
from ledger.bulk.report_files import Line, csv_report, xlsx_report
from ledger.bulk.results import Result, duplicates
from ledger.bulk.sheet import MAX_COLUMNS, MAX_ROWS, Rows, list_rows
from ledger.errors import MalformedDocument
from ledger.sheets.writing import harmless

TOKEN = "Wb0oUkP1VfY1F3rKmv0n2cTq5sXgk3b6HnP7cQmT2aE"
LINK = f"https://cairn.example/s/{TOKEN}"
URN = "urn:uuid:6f1c9a52-c0e9-4c2f-9f0a-3c1f6f0e7b21"
FINE = Result("valid", "valid", "It stands.")


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (LINK, GivenKind.LINK),
        (f"  <{LINK}>\u200e ", GivenKind.LINK),
        (URN, GivenKind.ID),
        (URN.removeprefix("urn:uuid:").upper(), GivenKind.ID),
        ("", GivenKind.NOTHING),
        (" \u00a0\n", GivenKind.NOTHING),
        ("ftp://a.example/x", GivenKind.OTHER),
        ("https://", GivenKind.OTHER),
        ("https://a.example:99999/x", GivenKind.OTHER),
        ("javascript:alert(1)", GivenKind.OTHER),
        ('{"a": 1}', GivenKind.TEXT),
        (f"{'a' * 40}.{'b' * 40}.{'c' * 40}", GivenKind.TEXT),
        ("www.a.b", GivenKind.OTHER),
    ],
)
def test_a_cell_is_told_by_what_stands_in_it(cell: str, kind: GivenKind) -> None:
    assert given_in(cell).kind is kind


@settings(deadline=None)
@given(st.text())
def test_no_cell_is_too_strange(cell: str) -> None:
    found = given_in(cell)
    assert len(found.shown) <= 200
    assert "\n" not in found.shown


def test_a_link_is_shown_so_that_nobody_can_open_it() -> None:
    shown = given_in(LINK).shown
    assert shown == f"https://cairn.example/s/{TOKEN[:6]}…{TOKEN[-4:]}"
    assert TOKEN not in given_in(f"{LINK}/document?x={TOKEN}#{TOKEN}").shown
    assert "secret" not in given_in("https://user:secret@a.example/x").shown
    assert urlsplit(shown).hostname == "cairn.example"


@pytest.mark.parametrize(
    ("content", "column", "has_header"),
    [
        (f"{LINK}\n{URN}\n", 0, False),
        (f"No,Link\n1,{LINK}\n", 1, True),
        (f"الرقم,الرابط\n1,{LINK}\n", 1, True),
        (f"{URN},{LINK}\n", None, False),
        (f"Applicant UUID,Pautan\n{URN},{LINK}\n", None, True),
        (f"Number,Pautan\n{URN},{LINK}\n", 1, True),
        ("a,b\n1,2\n", None, True),
        (f"Notes,Credential\nsee {LINK},x\n,y\n,{LINK}\n", 1, True),
    ],
)
def test_the_column_is_found_or_asked_for(content: str, column: int | None, has_header: bool) -> None:
    found = layout_of(list_rows(content.encode()))
    assert (found.column, found.has_header) == (column, has_header)


def test_a_column_is_named_by_its_heading_or_its_number() -> None:
    rows = list_rows(f"One,Two\n{URN},{LINK}\n".encode())
    assert chosen(rows, " two ").column == 1
    assert chosen(rows, "1").column == 0
    for unknown in ("3", "0", "", "three", "९"):
        with pytest.raises(MalformedDocument, match="no such column"):
            chosen(rows, unknown)


def read_or_refused(content: bytes) -> Rows:
    """The rows of a table; none where it is refused, which needs a code of its own."""
    try:
        return list_rows(content)
    except MalformedDocument as error:
        if not error.code.startswith("sheet_"):
            raise
        return ()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=5), min_size=1, max_size=20))
def test_a_table_comes_back_as_it_was_or_is_refused(cells: list[list[str]]) -> None:
    made = io.StringIO(newline="")
    csv.writer(made).writerows(cells)
    rows = read_or_refused(made.getvalue().encode("utf-8", "replace"))
    assert len({len(row) for row in rows}) <= 1
    assert all(any(cell.strip() for cell in row) for row in rows)


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_bytes_that_are_no_table_are_refused_with_a_code(content: bytes) -> None:
    rows = read_or_refused(content)
    assert len(rows) <= MAX_ROWS + 1
    assert all(len(row) <= MAX_COLUMNS for row in rows)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("x\n" * (MAX_ROWS + 2), "sheet_rows"),
        (",".join(["x"] * (MAX_COLUMNS + 1)), "sheet_columns"),
        ("x" * 40_000, "sheet_cell"),
        ("\n\n ,\n", "sheet_empty"),
    ],
)
def test_a_list_has_limits(content: str, code: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        list_rows(content.encode())
    assert refused.value.code == code


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30), st.sampled_from("=+-@\t\r＝|"))
def test_no_cell_of_a_report_is_a_formula(rest: str, start: str) -> None:
    line = Line(1, start + rest, (start + rest,), FINE)
    header = [start + rest]
    text = csv_report(header, [line]).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in row)


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_report(["=a"], [Line(1, "=1+1", ("0012",), FINE)]))).active
    assert sheet is not None
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert [cell.value for cell in sheet[2]][1:3] == ["=1+1", "0012"]


def test_what_begins_harmlessly_stays_as_it_is() -> None:
    assert harmless("0012") == "0012"
    assert harmless("=1+1") == "'=1+1"


def test_rows_that_are_the_same_point_to_the_first() -> None:
    assert duplicates(["a", "b", "a", "", "", "b", "a"]) == [None, None, 1, None, None, 2, 1]


def test_only_a_row_with_another_verdict_or_reason_has_changed() -> None:
    line = Line(1, "x", (), FINE, before=Result("valid", "valid", "It stood."))
    assert not line.has_changed
    assert Line(1, "x", (), FINE, before=Result("indeterminate", "link_gone", "")).has_changed
