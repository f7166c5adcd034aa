"""Tables of strangers: files of text and workbooks."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from ledger.bulk.columns import layout_of
from ledger.bulk.sheet import list_rows
from ledger.errors import MalformedDocument
from ledger.sheets.hyperlinks import targets_in
from ledger.sheets.reading import MAX_BYTES, MAX_ROWS, read_rows, read_sheet, with_links

ROWS = [["0012", "Ana"], ["0013", "Bo, Jr"]]


@pytest.mark.parametrize("divider", [",", ";", "\t", "|"])
def test_the_divider_is_the_one_that_the_first_line_has_most_of(divider: str) -> None:
    text = divider.join(("id", "name")) + f'\r\n0012{divider} Ana \r\n\r\n0013{divider}"Bo, Jr"\r\n\r\n'
    sheet = read_sheet(text.encode())

    assert sheet.headings == ("id", "name")
    assert [row for row in sheet.rows if any(row)] == ROWS
    assert sheet.rows[1] == ["", ""]  # numbers of rows stay those of the file


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "sep=;;;\r\n", "\ufeffsep=;\r"])
def test_a_first_line_that_names_the_divider_is_no_row(first: str) -> None:
    end = "\r" if first.endswith("\r") else "\r\n"
    sheet = read_sheet((first + end.join(("id;a,b,c", "0012;Ana", "0013;Bo, Jr"))).encode())

    assert sheet.headings == ("id", "a,b,c")
    assert sheet.rows == ROWS
    assert read_sheet(b"sep=,id\n1,2\n").headings == ("sep=", "id")  # a heading


def test_a_short_row_is_filled_up_and_a_long_one_stays_long() -> None:
    assert read_sheet(b"a,b\n1\n1,2,3\n").rows == [["1", ""], ["1", "2", "3"]]


def a_workbook() -> bytes:
    book = Workbook()
    for row in (["id", "mark", "on"], ["0012", 87.0, date(2026, 3, 14)], ["0013", 87.5, "2026-03-15"]):
        book.worksheets[0].append(row)
    book.create_sheet("Notes").append(["not", "read"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_workbook_is_read_as_people_wrote_it() -> None:
    sheet = read_sheet(a_workbook())

    assert sheet.headings == ("id", "mark", "on")
    assert sheet.rows == [["0012", "87", "2026-03-14"], ["0013", "87.5", "2026-03-15"]]


def test_sheets_that_hold_nothing_are_passed_over() -> None:
    book = Workbook()
    book.create_sheet("List").append(["id", "mark"])
    book.worksheets[1].append(["0012", 87])
    made = io.BytesIO()
    book.save(made)
    assert read_sheet(made.getvalue()).rows == [["0012", "87"]]

    made = io.BytesIO()
    Workbook().save(made)
    with pytest.raises(MalformedDocument) as caught:
        read_sheet(made.getvalue())
    assert caught.value.code == "sheet_empty"


def a_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(5):
            packed.writestr(f"xl/{number}.xml", bytes(25 * 1024 * 1024))
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sheet_empty"),
        (b"a,b\n", "sheet_empty"),
        (b'a,b\n"1,2', "sheet_syntax"),
        (b"PK\x03\x04 is no archive", "sheet_invalid"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 is no workbook", "sheet_invalid"),
        (bytes(MAX_BYTES + 1), "sheet_large"),
        (b"a\n" + b"1\n" * (MAX_ROWS + 1), "sheet_large"),
        (b",".join([b"a"] * 61) + b"\n1\n", "sheet_large"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        read_sheet(data)
    assert caught.value.code == code


def test_a_workbook_that_holds_too_much_is_not_unpacked() -> None:
    with pytest.raises(MalformedDocument) as caught:
        read_sheet(a_bomb())
    assert caught.value.code == "sheet_large"


def a_linked_workbook() -> bytes:
    """As people make them: an empty first sheet, a table that begins elsewhere, and words that lead to links."""
    book = Workbook()
    sheet = book.create_sheet("Applicants & more")
    for row in range(3, 8):
        sheet.cell(row, 2, f"Ana {row}" if row > 3 else "Name")
        sheet.cell(row, 3, "View" if row > 3 else "Diploma")
    sheet["C4"].hyperlink = "https://cairn.example/s/a?b=1&c=2"
    sheet["C5"].hyperlink = "https://cairn.example/s/b#top"
    sheet["C6"] = '=HYPERLINK("https://cairn.example/s/c","View")'
    sheet["B4"].hyperlink = "mailto:ana@students.example"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_what_the_words_of_a_workbook_link_to_is_read_where_links_are_wanted() -> None:
    rows, _ = read_rows(a_linked_workbook(), links=True)
    assert rows == [
        ["Name", "Diploma", "Diploma (link)"],
        ["Ana 4", "View", "https://cairn.example/s/a?b=1&c=2"],
        ["Ana 5", "View", "https://cairn.example/s/b#top"],
        ["Ana 6", "", "https://cairn.example/s/c"],
        ["Ana 7", "View", ""],
    ]
    assert read_sheet(a_linked_workbook()).rows[0] == ["Ana 4", "View"]  # a registrar's file says what its words say
    assert layout_of(list_rows(a_linked_workbook())).column == 2


def test_an_address_stands_in_place_of_words_beside_addresses() -> None:
    rows = [["Link"], ["https://a.example/1"], ["here"], ["HTTPS://a.example/3"]]
    found = with_links(
        rows, {(1, 0): "https://b.example/", (2, 0): "https://a.example/2", (9, 9): "https://c.example/"}
    )
    assert found == [["Link"], ["https://a.example/1"], ["https://a.example/2"], ["HTTPS://a.example/3"]]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize("content", [b"", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', None])
def test_no_links_are_found_in_a_workbook_with_a_damaged_part(part: str, content: bytes | None) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(a_linked_workbook())) as whole, zipfile.ZipFile(made, "w") as damaged:
        for name in whole.namelist():
            if name != part:
                damaged.writestr(name, whole.read(name))
            elif content is not None:
                damaged.writestr(name, content)
    assert targets_in(made.getvalue(), "Applicants & more") == {}
