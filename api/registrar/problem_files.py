"""A registrar's file once more, with a column that says what is wrong with each row."""

from __future__ import annotations

from collections.abc import Iterator

from api.registrar.checking import Checked
from api.registrar.row_words import COLUMN_NAMES, Said, said, said_of_warning
from api.web.translating import gettext
from ledger.documents.programme import Programme
from ledger.errors import Problem
from ledger.sheets.writing import csv_table, xlsx_table

PROBLEM_COLUMN = "problem"


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
    return csv_table(problem_rows(checked, programme))


def problems_xlsx(checked: Checked, programme: Programme) -> bytes:
    """As a workbook in which every cell is text."""
    return xlsx_table(list(problem_rows(checked, programme)), "Learners")
