"""Checking a whole list, for programs: upload, follow, read the rows, report, again, delete. The token is the key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.answers import answers
from api.bulk.bodies import CSV, LIST_BODY, XLSX, SentList
from api.bulk.looking import MEDIA_TYPES, find, report_file, report_name, shown_run
from api.bulk.schemas import ListMade, ListOut, RowOut, RowReportsOut, RowsOut, RunAsked, RunOut, Verdict
from api.bulk.service import nothing_here
from api.bulk.values import Found, OpenList, tallied
from api.dependencies import CallerDep, SiteDep, limited_check, take
from api.parameters import Limit, Offset, WholeNumber
from api.site import Site
from ledger.bulk.columns import unclear
from ledger.bulk.uploads import upload_of

router = APIRouter(prefix="/v1/bulk", tags=["Lists"])

Days = Annotated[Literal["7", "30", "90"], Query(description="How long the list is kept.")]
Column = Annotated[
    str | None,
    Query(max_length=200, description="The column with the links or ids: its name, or its number from 1."),
]
RunNumber = Annotated[int | None, Query(ge=1, le=1000, description="A finished run; the newest if not named.")]
FILE: dict[str, Any] = {
    "description": "The report, a row each.",
    "content": {
        CSV: {"schema": {"type": "string"}},
        XLSX: {"schema": {"type": "string", "format": "binary"}},
    },
}


def opened(token: str, site: SiteDep, who: CallerDep) -> OpenList:
    """The list with the token in the path."""
    return find(token, site, who)


Opened = Annotated[OpenList, Depends(opened)]


@router.post(
    "",
    status_code=201,
    responses=answers(400, 409, 413, 415, 422, 429, 503),
    openapi_extra=LIST_BODY,
    dependencies=[Depends(limited_check)],
)
def take_list(sent: SentList, site: SiteDep, who: CallerDep, days: Days = "90", column: Column = None) -> ListMade:
    """Takes a table of links or ids, an archive, or several files, and begins to check them.

    At most 500 rows and 50 MB. The table's other columns are kept and stand in the report as they were.
    """
    upload = upload_of(sent.files, sent.fields.get("text", ""), column)
    if upload.is_unclear:
        raise unclear()
    take(site.listed, who, len(upload.entries))
    token = site.lists.create(upload, days=int(days), caller=who)
    site.listing.nudge()
    made = site.lists.open(token)
    return ListMade(token=token, url=site.list_url(token), rows=len(upload.entries), expires_at=made.expires_at)


@router.get("/{token}", responses=answers(404, 422, 429))
def show_list(opened: Opened, site: SiteDep) -> ListOut:
    """How far the list is, and what its newest finished run came to."""
    tally = tallied(shown_run(site.lists, opened).lines) if opened.finished else None
    return ListOut(
        rows=len(opened.upload.entries),
        columns=list(opened.upload.header),
        created_at=opened.created_at,
        expires_at=opened.expires_at,
        runs=[RunOut.of(run) for run in opened.runs],
        tally=tally,
    )


@router.delete("/{token}", status_code=204, responses=answers(404, 422, 429))
def delete_list(token: str, _: Opened, site: SiteDep) -> None:
    """Erases the list and everything that was found of it, at once."""
    site.lists.delete(token)


@router.get("/{token}/rows", responses=answers(404, 422, 429))
def show_rows(
    opened: Opened,
    site: SiteDep,
    offset: Offset = 0,
    limit: Limit = 100,
    run: RunNumber = None,
    verdict: Annotated[Verdict | None, Query()] = None,
    changed: Annotated[Literal["only"] | None, Query(description="Only rows that came to something else.")] = None,
) -> RowsOut:
    """The rows of a finished run, compared with the run before."""
    shown = shown_run(site.lists, opened, run)
    lines = [line for line in shown.lines if verdict in (None, line.result.verdict)]
    lines = [line for line in lines if changed is None or line.has_changed]
    rows = [RowOut.of(line) for line in lines[offset : offset + limit]]
    return RowsOut(run=shown.run.number, total=len(lines), rows=rows)


@router.get("/{token}/rows/{position}", responses=answers(404, 422, 429))
def show_row(position: WholeNumber, opened: Opened, site: SiteDep) -> RowReportsOut:
    """One row of the newest finished run with the whole reports behind it."""
    run, found = row_of(site, opened, position)
    return RowReportsOut.of(run, found)


@router.get("/{token}/report.csv", responses=answers(404, 422, 429, ok=FILE), response_model=None)
def csv_file(opened: Opened, site: SiteDep, run: RunNumber = None) -> Response:
    """The report on a run, as CSV."""
    return file_response(site, opened, "csv", run)


@router.get("/{token}/report.xlsx", responses=answers(404, 422, 429, ok=FILE), response_model=None)
def xlsx_file(opened: Opened, site: SiteDep, run: RunNumber = None) -> Response:
    """The report on a run, as XLSX."""
    return file_response(site, opened, "xlsx", run)


@router.post("/{token}/runs", status_code=202, responses=answers(404, 409, 422, 429))
def check_again(token: str, opened: Opened, site: SiteDep, who: CallerDep) -> RunAsked:
    """Checks the whole list once more; what it came to before is kept."""
    take(site.listed, who, len(opened.upload.entries))
    number = site.lists.again(token, who)
    site.listing.nudge()
    return RunAsked(run=number)


@router.delete("/{token}/runs", status_code=204, responses=answers(404, 422, 429))
def stop_run(token: str, _: Opened, site: SiteDep) -> None:
    """Stops the run that is under way; rows that it did not reach could not be checked."""
    site.lists.stop(token)


def row_of(site: Site, opened: OpenList, position: int) -> tuple[int, Found]:
    """The newest finished run's number, and what it came to for one row. Raises NotFound."""
    shown = shown_run(site.lists, opened)
    if not 1 <= position <= len(shown.lines):
        raise nothing_here()
    line = shown.lines[position - 1]
    number, reports = site.lists.reports(opened, position)
    return shown.run.number, Found(line.result, line.same_as, reports if number == shown.run.number else ())


def file_response(site: Site, opened: OpenList, form: Literal["csv", "xlsx"], run: int | None) -> Response:
    """The report as a file to save."""
    shown = shown_run(site.lists, opened, run)
    headers = {"Content-Disposition": f'attachment; filename="{report_name(shown, form)}"'}
    return Response(report_file(opened, shown, form), 200, headers, MEDIA_TYPES[form])
