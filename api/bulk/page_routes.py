"""The pages for a whole list: give it, say which column, follow it, read the table, compare, take the report away.

Every step works without JavaScript. Whoever has the address of a list has the list; there is no other way in.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.bulk.bodies import MAX_TEXT, SentList
from api.bulk.looking import Shown, find, shown_run
from api.bulk.routes import file_response, row_of
from api.bulk.service import LIFETIMES
from api.bulk.table import SORTS, Asked, table_of
from api.bulk.values import OpenList
from api.bulk.words import reason_of, word_of
from api.dependencies import CallerDep, SiteDep, limited_check, take
from api.problems import status_of
from api.security import CONTENT_SECURITY_POLICY
from api.site import Site
from api.wallets.access.forms import form_fields
from api.wallets.access.sign_in_routes import from_our_own
from api.web.languages import wanted_languages
from api.web.pages import page, rendered
from api.web.verdicts import sentence, view_of
from ledger.bulk.columns import layout_of
from ledger.bulk.uploads import upload_of
from ledger.errors import CairnError, Conflict, MalformedDocument

router = APIRouter(prefix="/bulk", include_in_schema=False, dependencies=[Depends(from_our_own)])

SCRIPTED = {"Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"}
"""For the page on which a script asks how far the list is."""
SAMPLES = 3
Fields = Annotated[dict[str, str], Depends(form_fields)]


def opened(token: str, site: SiteDep, who: CallerDep) -> OpenList:
    """The list with the token in the path."""
    return find(token, site, who)


Opened = Annotated[OpenList, Depends(opened)]


@router.api_route("", methods=["GET", "HEAD"])
def new_list() -> Response:
    """The page to give a list on."""
    return new_page()


@router.post("", dependencies=[Depends(limited_check)])
def take_list(sent: SentList, site: SiteDep, who: CallerDep) -> Response:
    """Takes a list and goes to its page. What cannot be used comes back with the reason."""
    text, days = sent.fields.get("text", ""), sent.fields.get("days", str(LIFETIMES[-1]))
    if days not in map(str, LIFETIMES):
        return new_page(text=text, trouble="Choose for how long the list is kept.", status=422)
    try:
        upload = upload_of(sent.files, text)
        take(site.listed, who, len(upload.entries))
        token = site.lists.create(upload, days=int(days), caller=who)
    except (MalformedDocument, Conflict) as error:
        return new_page(text=text, days=days, trouble=sentence(str(error)), status=status_of(error))
    site.listing.nudge()
    return to_list(token)


@router.api_route("/{token}", methods=["GET", "HEAD"])
def show_list(request: Request, token: str, opened: Opened, site: SiteDep) -> Response:
    """What is to be done next, how far the list is, or what it came to."""
    if opened.upload.is_unclear:
        return column_page(token, opened)
    asked = Asked.of(dict(request.query_params))
    latest = opened.latest
    if latest is not None and not latest.state.has_ended and asked.run is None:
        values = {"token": token, "address": site.list_url(token), "list": opened, "run": latest}
        return page("bulk/progress.html", values, headers=SCRIPTED)
    if not opened.finished:
        return page("bulk/unfinished.html", {"token": token, "list": opened, "run": latest})
    return table_page(site, token, opened, asked)


@router.api_route("/{token}/progress", methods=["GET", "HEAD"])
def progress(token: str, opened: Opened) -> Response:
    """How far the list is, as a piece of its page; once it has ended, the way to what it came to."""
    latest = opened.latest
    if latest is None or latest.state.has_ended:
        return Response(status_code=204, headers={"HX-Redirect": f"/bulk/{token}"})
    return Response(rendered("bulk/how_far.html", {"run": latest}), media_type="text/html")


@router.post("/{token}/column")
def choose_column(token: str, opened: Opened, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Takes the column that holds the links, and begins."""
    try:
        take(site.listed, who, len(opened.upload.rows))
        site.lists.choose_column(token, fields.get("column", ""), who)
    except (MalformedDocument, Conflict) as error:
        return column_page(token, opened, sentence(str(error)), status_of(error))
    site.listing.nudge()
    return to_list(token)


@router.post("/{token}/again")
def check_again(token: str, opened: Opened, site: SiteDep, who: CallerDep) -> Response:
    """Checks the whole list once more."""
    take(site.listed, who, len(opened.upload.entries))
    try:
        site.lists.again(token, who)
    except Conflict as error:
        if not opened.finished:
            raise
        return table_page(site, token, opened, Asked(), trouble=error)
    site.listing.nudge()
    return to_list(token)


@router.post("/{token}/stop")
def stop(token: str, _: Opened, site: SiteDep) -> Response:
    """Stops the run that is under way."""
    site.lists.stop(token)
    return to_list(token)


@router.post("/{token}/delete")
def delete(token: str, _: Opened, site: SiteDep) -> Response:
    """Erases the list, and says so."""
    site.lists.delete(token)
    return page("bulk/deleted.html", {})


@router.api_route("/{token}/rows/{position}", methods=["GET", "HEAD"])
def show_row(request: Request, token: str, position: str, opened: Opened, site: SiteDep) -> Response:
    """One row with every check behind it."""
    place = int(position) if position.isascii() and position.isdigit() and len(position) < 5 else 0
    _, found = row_of(site, opened, place)
    languages = wanted_languages(request.headers.get("accept-language", ""))
    views = [view_of(one, rpc=site.node_url, successor=site.successor, languages=languages) for one in found.reports]
    entry = opened.upload.entries[place - 1]
    values = {
        "token": token,
        "position": place,
        "entry": entry,
        "columns": list(zip(opened.upload.header, entry.others, strict=False)),
        "result": found.result,
        "same_as": found.same_as,
        "views": views,
        "last": len(opened.upload.entries),
        "word_of": word_of,
        "reason_of": reason_of,
    }
    return page("bulk/row.html", values)


@router.api_route("/{token}/changes", methods=["GET", "HEAD"])
def show_changes(request: Request, token: str, opened: Opened, site: SiteDep) -> Response:
    """What came to something else than the time before."""
    asked = Asked.of({"run": request.query_params.get("run", "")})
    before = Asked.of({"run": request.query_params.get("before", "")}).run
    shown = shown_run(site.lists, opened, asked.run, before)
    values = {"token": token, "list": opened, "shown": shown, "word_of": word_of, "reason_of": reason_of}
    return page("bulk/changes.html", values)


@router.api_route("/{token}/report.csv", methods=["GET", "HEAD"])
def csv_report(request: Request, opened: Opened, site: SiteDep) -> Response:
    """The report as CSV."""
    return file_response(site, opened, "csv", Asked.of(dict(request.query_params)).run)


@router.api_route("/{token}/report.xlsx", methods=["GET", "HEAD"])
def xlsx_report(request: Request, opened: Opened, site: SiteDep) -> Response:
    """The report as XLSX."""
    return file_response(site, opened, "xlsx", Asked.of(dict(request.query_params)).run)


def new_page(*, text: str = "", days: str = str(LIFETIMES[-1]), trouble: str = "", status: int = 200) -> Response:
    values = {"text": text[:MAX_TEXT], "days": days, "trouble": trouble, "lifetimes": LIFETIMES}
    return page("bulk/new.html", values, status)


def column_page(token: str, opened: OpenList, trouble: str = "", status: int = 200) -> Response:
    rows = opened.upload.rows
    layout = layout_of(rows)
    below = layout.rows(rows)[:SAMPLES]
    columns = [
        (number, layout.names[number - 1], [row[number - 1] for row in below if row[number - 1].strip()])
        for number in range(1, len(rows[0]) + 1)
    ]
    values = {"token": token, "columns": columns, "trouble": trouble, "rows": len(layout.rows(rows))}
    return page("bulk/column.html", values, status)


def table_page(site: Site, token: str, opened: OpenList, asked: Asked, trouble: CairnError | None = None) -> Response:
    shown = shown_run(site.lists, opened, asked.run)
    table = table_of(shown.lines, asked)
    values = {
        "token": token,
        "address": site.list_url(token),
        "list": opened,
        "shown": shown,
        "table": table,
        "block": block_of(shown),
        "sorts": list(SORTS),
        "trouble": sentence(str(trouble)) if trouble else "",
        "word_of": word_of,
        "reason_of": reason_of,
    }
    return page("bulk/table.html", values, status_of(trouble) if trouble else 200)


def block_of(shown: Shown) -> tuple[int, str, str] | None:
    """Number, time and network of the block as of which the list was judged."""
    found = (line.result for line in shown.lines if line.result.block_number is not None)
    return next(((one.block_number, one.block_time, one.network) for one in found if one.block_number), None)


def to_list(token: str) -> Response:
    return RedirectResponse(f"/bulk/{token}", 303)
