"""A registrar's file once more, with a column that says what is wrong with each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from api.registrar.checking import Checked
from api.registrar.row_words import COLUMN_NAMES, Said, said, said_of_warning
from api.web.translating import gettext
from ledger.documents.programme import Programme
from ledger.errors import Problem
from ledger.issuing.csv_rows import BYTE_ORDER_MARK

PROBLEM_COLUMN = "problem"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def problem_rows(checked: Checked, programme: Programme) -> Iterator[list[str]]:
    """The headings and every row of the file, each with what is wrong with it at the end."""
    yield [*checked.sheet.headings, PROBLEM_COLUMN]
    for number, row in enumerate(checked.sheet.rows, start=2):
        if any(row):
            achievement = checked.sheet.value(row, "achievement")
            found = [_text(one, said(one, programme, achievement)) for one in checked.problems.get(number, ())]
            warned = [_text(one, said_of_warning(one)) for one in checked.warnings.get(number, ())]
            yield [*row[: len(checked.sheet.headings)], " ".join([*found, *warned])]


def _text(problem: Problem, words: Said) -> str:
    column = gettext(COLUMN_NAMES[problem.column]) + ": " if problem.column in COLUMN_NAMES else ""
    return f"{column}{words.text} {words.advice}".strip()


def problems_csv(checked: Checked, programme: Programme) -> bytes:
    """As CSV in UTF-8. No cell is left that a spreadsheet would run as a formula."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows(
        [f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in row]
        for row in problem_rows(checked, programme)
    )
    return BYTE_ORDER_MARK + lines.getvalue().encode("utf-8", "replace")


def problems_xlsx(checked: Checked, programme: Programme) -> bytes:
    """As a workbook in which every cell is text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Learners")
    for row in problem_rows(checked, programme):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub(" ", text))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
