"""The table of a list on a page: which rows are shown, in which order, and the addresses of its other views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from api.bulk.values import tallied
from ledger.bulk.report_files import Line
from ledger.verifying.report import Outcome

ROWS = 50
"""Rows on one page."""
VERDICTS = (Outcome.VALID.value, Outcome.INVALID.value, Outcome.INDETERMINATE.value)
_WORST = {Outcome.INVALID.value: 0, Outcome.INDETERMINATE.value: 1, Outcome.VALID.value: 2}
SORTS = {
    "position": lambda line: line.position,
    "verdict": lambda line: (_WORST[line.result.verdict], line.position),
    "given": lambda line: (line.shown.casefold(), line.position),
    "title": lambda line: (line.result.title.casefold(), line.position),
    "institution": lambda line: (line.result.institution.casefold(), line.position),
    "awarded": lambda line: (line.result.awarded_on, line.position),
}


@dataclass(frozen=True)
class Asked:
    """What a reader wants to see. What cannot be meant is left out."""

    verdict: str = ""
    search: str = ""
    sort: str = "position"
    page: int = 1
    run: int | None = None

    @classmethod
    def of(cls, query: dict[str, str]) -> Asked:
        number, run = query.get("page", ""), query.get("run", "")
        return cls(
            verdict=query.get("verdict", "") if query.get("verdict") in VERDICTS else "",
            search=query.get("q", "").strip()[:200],
            sort=query.get("sort", "") if query.get("sort") in SORTS else "position",
            page=int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 5 else 1,
            run=int(run) if run.isascii() and run.isdigit() and 0 < len(run) < 5 else None,
        )

    def address(self, **changed: object) -> str:
        """The query of this view with something else."""
        wanted = replace(self, **changed)  # type: ignore[arg-type]
        pairs = {
            "verdict": wanted.verdict,
            "q": wanted.search,
            "sort": wanted.sort if wanted.sort != "position" else "",
            "page": wanted.page if wanted.page > 1 else "",
            "run": wanted.run or "",
        }
        return "?" + urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True)
class Table:
    """The rows that are shown, of all that fit what was asked."""

    asked: Asked
    tally: dict[str, int]
    rows: tuple[Line, ...]
    first: int
    found: int
    total: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> str:
        return self.asked.address(page=self.asked.page - 1) if self.asked.page > 1 else ""

    @property
    def after(self) -> str:
        return self.asked.address(page=self.asked.page + 1) if self.last < self.found else ""


def table_of(lines: Sequence[Line], asked: Asked) -> Table:
    """What was asked for, of all rows."""
    found = [line for line in lines if asked.verdict in ("", line.result.verdict) and _has(line, asked.search)]
    found.sort(key=SORTS[asked.sort])
    pages = max(1, -(-len(found) // ROWS))
    asked = replace(asked, page=min(asked.page, pages))
    start = (asked.page - 1) * ROWS
    shown = tuple(found[start : start + ROWS])
    return Table(asked, tallied(lines), shown, start + 1, len(found), len(lines))


def _has(line: Line, search: str) -> bool:
    result = line.result
    texts = (
        line.shown,
        *line.others,
        result.title,
        result.institution,
        result.code,
        result.reason,
        result.credential_id,
    )
    wanted = search.casefold()
    return not wanted or any(wanted in text.casefold() for text in texts)
