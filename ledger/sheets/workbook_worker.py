"""Reads the first filled sheet of a workbook (XLSX, XLSM, XLSB, XLS, ODS) that a stranger sent, in a child process.

Within the limits that `ledger.bounded_process` sets: a workbook is packed, and a few bytes may stand for very many.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from io import BytesIO

import orjson
from python_calamine import CalamineError, CalamineWorkbook

from ledger.bounded_process import serve
from ledger.errors import MalformedDocument
from ledger.sheets.hyperlinks import targets_in

MOST_CELLS = 4_000_000
MOST_LINKED_ROWS = 5_000
"""Rows of a sheet up to which it is looked where its cells link to: no list that is checked has as many."""
_MIDNIGHT = time()

Value = int | float | str | bool | time | date | datetime | timedelta


def first_sheet(data: bytes) -> bytes:
    """The first sheet that holds something, as JSON: its `rows` of text, and its `links`: row, column, address."""
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        sheet = workbook.get_sheet_by_index(0)
        for place in range(1, len(workbook.sheet_names)):
            if sheet.total_height:
                break
            sheet = workbook.get_sheet_by_index(place)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise MalformedDocument("sheet_invalid", "the workbook cannot be read; save it once more, or as CSV") from error
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise MalformedDocument("sheet_large", "the sheet is too large; delete what stands beside and below the table")
    rows = [[text_of(value) for value in row] for row in sheet.to_python()]
    is_modest = sheet.start is not None and len(rows) <= MOST_LINKED_ROWS
    top, left = sheet.start or (0, 0)
    links = [
        (row - top, column - left, target)
        for (row, column), target in (targets_in(data, sheet.name) if is_modest else {}).items()
    ]
    return orjson.dumps({"rows": rows, "links": links})


def text_of(value: Value) -> str:
    """A cell as people write it: whole numbers without a point, dates as YYYY-MM-DD."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ")
        case _:
            return str(value).strip()


if __name__ == "__main__":
    serve(first_sheet)
