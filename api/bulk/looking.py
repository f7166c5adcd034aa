"""What is looked up of a list: a run with its rows, the run before it, and the report as a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.bulk.service import Lists, nothing_here
from api.bulk.values import Found, OpenList, Run, lines_of
from api.problems import too_many
from api.site import Site
from ledger.bulk.report_files import Line, csv_report, xlsx_report
from ledger.errors import NotFound
from ledger.sheets.writing import CSV_TYPE, XLSX_TYPE

MEDIA_TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}


@dataclass(frozen=True)
class Shown:
    """A run that has ended, and its rows; `before` is the run that they are compared with."""

    run: Run
    before: Run | None
    lines: tuple[Line, ...] = field(repr=False)

    @property
    def changed(self) -> list[Line]:
        return [line for line in self.lines if line.has_changed]


def find(token: str, site: Site, who: str) -> OpenList:
    """The list that a token opens. Wrong ones are counted, so that nobody can try many."""
    if seconds := site.misses.wait(who):
        raise too_many(seconds)
    try:
        return site.lists.open(token)
    except NotFound:
        site.misses.take(who)
        raise


def shown_run(lists: Lists, opened: OpenList, number: int | None = None, before: int | None = None) -> Shown:
    """A run and the one before it: the newest, unless they are named. Raises NotFound."""
    finished = {run.number: run for run in opened.finished}
    wanted = number if number is not None else max(finished, default=0)
    if wanted not in finished:
        raise nothing_here()
    earlier = before if before is not None else max((one for one in finished if one < wanted), default=0)
    if earlier and (earlier not in finished or earlier >= wanted):
        raise nothing_here()
    past: list[Found] = lists.results(opened, earlier) if earlier else []
    lines = lines_of(opened.upload.entries, lists.results(opened, wanted), past)
    return Shown(finished[wanted], finished.get(earlier), tuple(lines))


def report_file(opened: OpenList, shown: Shown, form: str) -> bytes:
    """The report on a run, as `csv` or `xlsx`."""
    write = csv_report if form == "csv" else xlsx_report
    return write(opened.upload.header, shown.lines)


def report_name(shown: Shown, form: str) -> str:
    """What the file is called when it is saved."""
    return f"cairn-list-check-{shown.run.number}.{form}"
