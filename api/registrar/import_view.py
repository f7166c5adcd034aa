"""What the page shows of a file that is being put right: its columns with samples, and its rows with what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.registrar.checking import Checked
from api.registrar.row_words import Said, said, said_of_warning
from api.registrar.sheets import ImportSheet
from ledger.documents.programme import Programme

PAGE = 25
SAMPLES = 3
LONG = 120


@dataclass(frozen=True)
class HeadingView:
    """A heading, some of what stands under it, and what it is taken for."""

    number: int
    text: str
    samples: tuple[str, ...]
    taken: str


@dataclass(frozen=True)
class CellView:
    """A cell. One that `may_change` is shown as a field, a `is_long` one as several lines."""

    name: str
    column: str
    text: str
    said: tuple[Said, ...]
    may_change: bool
    is_long: bool

    @property
    def is_wrong(self) -> bool:
        return any(not one.is_warning for one in self.said)


@dataclass(frozen=True)
class RowView:
    """A row of the file and its number in it; `said` is about the row as a whole."""

    number: int
    cells: tuple[CellView, ...]
    said: tuple[Said, ...]
    is_wrong: bool


@dataclass(frozen=True)
class RowsView:
    """One page of the rows of a file."""

    rows: tuple[RowView, ...]
    page: int
    pages: int
    count: int


def headings_of(sheet: ImportSheet) -> list[HeadingView]:
    """The headings of a file with samples of what stands under them."""
    found = []
    for number, (heading, taken) in enumerate(zip(sheet.headings, sheet.taken.columns, strict=True)):
        samples = dict.fromkeys(row[number] for row in sheet.rows[:200] if row[number])
        found.append(HeadingView(number, heading, tuple(text[:60] for text in list(samples)[:SAMPLES]), taken))
    return found


def rows_of(checked: Checked, programme: Programme, *, only_wrong: bool, page: int, open_row: int | None) -> RowsView:
    """A page of the rows, or of those with something to say of them; the cells of `open_row` may all be changed."""
    numbers = checked.numbers(only_wrong=only_wrong)
    pages = max(1, -(-len(numbers) // PAGE))
    page = min(max(1, page), pages)
    shown = numbers[(page - 1) * PAGE : page * PAGE]
    if open_row is not None and open_row not in shown and 2 <= open_row < len(checked.sheet.rows) + 2:
        shown = [open_row, *shown]
    rows = tuple(_row(checked, programme, number, is_open=number == open_row) for number in shown)
    return RowsView(rows, page, pages, len(numbers))


def _row(checked: Checked, programme: Programme, number: int, *, is_open: bool) -> RowView:
    sheet, row = checked.sheet, checked.sheet.rows[number - 2]
    columns = [column for column in sheet.taken.used if sheet.place(column) is not None]
    problems, warnings = checked.problems.get(number, ()), checked.warnings.get(number, ())
    achievement = sheet.value(row, "achievement")
    told = [(problem.column, said(problem, programme, achievement)) for problem in problems]
    told += [(problem.column, said_of_warning(problem)) for problem in warnings]
    cells = tuple(
        _cell(number, column, sheet.value(row, column), [one for at, one in told if at == column], is_open=is_open)
        for column in columns
    )
    general = tuple(one for at, one in told if at not in columns)
    return RowView(number, cells, general, is_wrong=bool(problems))


def _cell(number: int, column: str, text: str, told: Sequence[Said], *, is_open: bool) -> CellView:
    is_long = len(text) > LONG or "\n" in text
    return CellView(f"c-{number}-{column}", column, text, tuple(told), is_open or bool(told), is_long)
