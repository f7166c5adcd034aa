"""From a file to a draft: bring it, say what its columns are, put its rows right, draft a batch."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import HexId
from api.registrar.checking import as_csv, without
from api.registrar.import_pages import (
    column_problems,
    columns_page,
    path_of,
    programme_of,
    refused_rows,
    rows_page,
    sentence,
    upload_page,
)
from api.registrar.import_templates import csv_template, xlsx_template
from api.registrar.problem_files import problems_csv, problems_xlsx
from api.registrar.row_words import COLUMN_NAMES
from api.registrar.sheets import LEFT_OUT, ImportSheet
from api.registrar.upload_form import LABEL_LIMIT, Brought, BroughtForm
from api.registrar.written_dates import read_as
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.values import Member
from api.wallets.access.forms import form_lists
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
_CELL = re.compile(r"c-([0-9]{1,6})-([a-z_]{1,20})", re.ASCII)
_FILE_NAME = re.compile(r"[^A-Za-z0-9-]+")

router = APIRouter(
    prefix="/staff/issuers/{slug}/batches/new", include_in_schema=False, dependencies=[Depends(from_our_own)]
)
Lists = Annotated[dict[str, list[str]], Depends(form_lists)]
Kind = Literal["csv", "xlsx"]
Shown = Literal["all", "wrong", ""]


# --- bringing a file ---


@router.api_route("", methods=["GET", "HEAD"])
def show_upload(member: Preparer, site: SiteDep, programme: str = "") -> Response:
    """Where a file is brought, and where an empty one is had."""
    return upload_page(site, member, Brought(programme, "", "", "", b""))


@router.post("")
def upload(member: Preparer, given: BroughtForm, site: SiteDep) -> Response:
    """Keeps a file, or pasted rows, to be put right. Nothing is drafted yet."""
    slug, problems = member.institution, []
    known = {one.code for one in site.workspace.catalog.programmes(slug)}
    if given.programme not in known:
        problems.append(("programme", gettext("Choose the programme.")))
    data = given.content or given.text.encode("utf-8", "replace")
    if not data.strip():
        problems.append(("file", gettext("Choose a file, or paste rows with their headings.")))
    if problems:
        return upload_page(site, member, given, problems)
    programme = site.workspace.programmes.parsed(slug, given.programme)
    try:
        sheet = site.registrar.sheets.add(
            member, programme, data, file_name=given.file_name, label=given.label or programme.title[:LABEL_LIMIT]
        )
    except MalformedDocument as error:
        return upload_page(site, member, given, [("file", sentence(error))])
    site.staff.audit.note(member, "file_brought", f"programme {programme.code}")
    return RedirectResponse(path_of(sheet), 303)


@router.api_route("/template.{form}", methods=["GET", "HEAD"])
def template(member: Preparer, site: SiteDep, form: Kind, programme: str = "") -> Response:
    """An empty file for a programme."""
    parsed = site.workspace.programmes.parsed(member.institution, programme)
    content = csv_template(parsed) if form == "csv" else xlsx_template(parsed)
    return download(content, form, f"learners-{parsed.code}")


# --- putting it right ---


@router.api_route("/{sheet_id}", methods=["GET", "HEAD"])
def show_sheet(
    member: Preparer,
    site: SiteDep,
    sheet_id: HexId,
    show: Shown = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    row: Annotated[int | None, Query(ge=2, le=100_000)] = None,
    columns: bool = False,
) -> Response:
    """The file: first what its columns are, then its rows."""
    sheet = site.registrar.sheets.sheet(member.institution, sheet_id)
    if sheet.batch is not None:
        return RedirectResponse(f"/staff/issuers/{sheet.issuer}/batches/{sheet.batch}", 303)
    if columns or not sheet.taken.is_agreed:
        return columns_page(site, member, sheet)
    return rows_page(site, member, sheet, show=show, page=page, row=row)


@router.post("/{sheet_id}/columns")
def say_columns(member: Preparer, site: SiteDep, sheet_id: HexId, fields: Lists) -> Response:
    """Notes what the columns are."""
    sheet = open_sheet(site, member, sheet_id)
    chosen = [first(fields, f"column-{number}") for number in range(len(sheet.headings))]
    chosen = [one if one in COLUMN_NAMES else LEFT_OUT for one in chosen]
    programme = programme_of(site, sheet)
    same = {name: text for name in ("achievement", "awarded_on") if (text := first(fields, f"same-{name}").strip())}
    same = {name: text for name, text in same.items() if name not in chosen}
    if "result" not in chosen and all(one.result is None for one in programme.achievements):
        same["result"] = ""
    problems = column_problems(chosen, same)
    if problems:
        return columns_page(site, member, sheet, chosen, same, problems)
    changed = site.registrar.sheets.take(sheet, chosen, same)
    return RedirectResponse(path_of(changed), 303)


@router.post("/{sheet_id}/encoding")
def say_encoding(member: Preparer, site: SiteDep, sheet_id: HexId, fields: Lists) -> Response:
    """Reads the file as it came once more, by another code page."""
    sheet = open_sheet(site, member, sheet_id)
    changed = site.registrar.sheets.read_again(sheet, first(fields, "code_page"))
    return RedirectResponse(path_of(changed), 303)


@router.post("/{sheet_id}/dates")
def say_dates(member: Preparer, site: SiteDep, sheet_id: HexId, fields: Lists) -> Response:
    """Writes dates as year-month-day, as somebody says that they are meant."""
    sheet = open_sheet(site, member, sheet_id)
    cells = read_as(sheet, first(fields, "first"))
    changed = site.registrar.sheets.edit(sheet, cells, ()) if cells else sheet
    return RedirectResponse(path_of(changed), 303)


@router.post("/{sheet_id}/cells")
def mend(member: Preparer, site: SiteDep, sheet_id: HexId, fields: Lists) -> Response:
    """Puts cells right, leaves rows out, and checks everything again."""
    sheet = open_sheet(site, member, sheet_id)
    cells = {
        (int(match[1]), match[2]): values[0]
        for name, values in fields.items()
        if (match := _CELL.fullmatch(name)) is not None
    }
    dropped = [int(number) for number in fields.get("drop", ()) if number.isascii() and number.isdigit()]
    changed = site.registrar.sheets.edit(sheet, cells, dropped)
    show = "all" if first(fields, "show") == "all" else ""
    page = first(fields, "page")
    where = f"?show={show}&page={page if page.isascii() and page.isdigit() else 1}"
    return RedirectResponse(f"{path_of(changed)}{where}#rows", 303)


@router.api_route("/{sheet_id}/problems.{form}", methods=["GET", "HEAD"])
def problem_file(member: Preparer, site: SiteDep, sheet_id: HexId, form: Kind) -> Response:
    """The same file with a column that says what is wrong."""
    sheet = open_sheet(site, member, sheet_id)
    programme = programme_of(site, sheet)
    checked = site.registrar.checking.check(sheet, programme)
    content = (problems_csv if form == "csv" else problems_xlsx)(checked, programme)
    stem = _FILE_NAME.sub("-", sheet.file_name.rpartition(".")[0]).strip("-") or "learners"
    return download(content, form, f"{stem}-problems")


@router.post("/{sheet_id}/discard")
def discard(member: Preparer, site: SiteDep, sheet_id: HexId) -> Response:
    """Deletes the file."""
    sheet = open_sheet(site, member, sheet_id)
    site.registrar.sheets.discard(sheet, member)
    site.staff.audit.note(member, "file_discarded", f"programme {sheet.programme}")
    return RedirectResponse(f"/staff/issuers/{sheet.issuer}/batches", 303)


@router.post("/{sheet_id}/draft")
def draft(member: Preparer, site: SiteDep, sheet_id: HexId, fields: Lists) -> Response:
    """Drafts a batch: of all rows, or, where somebody said so, of those that are right. Twice gives the same batch."""
    sheet = site.registrar.sheets.sheet(member.institution, sheet_id)
    if sheet.batch is not None:
        return RedirectResponse(f"/staff/issuers/{sheet.issuer}/batches/{sheet.batch}/preview", 303)
    programme = programme_of(site, sheet)
    checked = site.registrar.checking.check(sheet, programme)
    only_valid = first(fields, "only") == "valid"
    label = first(fields, "label").strip()[:LABEL_LIMIT] or sheet.label
    if checked.general or not checked.good:
        return refused_rows(site, member, sheet, gettext("No row can be issued as the file is now."))
    if checked.bad and not only_valid:
        said = gettext("Some rows are not right. Put them right, or say that only the others are to be issued.")
        return refused_rows(site, member, sheet, said)
    good = checked.examined.good
    try:
        batch = site.registrar.sheets.draft(
            sheet, member, as_csv(sheet, programme, good), label=label, rest=without(sheet, good)
        )
    except (DraftError, Conflict) as error:
        return refused_rows(site, member, sheet, sentence(error))
    return RedirectResponse(f"/staff/issuers/{sheet.issuer}/batches/{batch.id}/preview", 303)


def open_sheet(site: Site, member: Member, sheet_id: str) -> ImportSheet:
    """A file from which nothing was drafted yet. Raises NotFound."""
    sheet = site.registrar.sheets.sheet(member.institution, sheet_id)
    if sheet.batch is not None:
        raise NotFound("a batch was drafted from this file already", "sheet_used")
    return sheet


def first(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def download(content: bytes, form: str, stem: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{stem}.{form}"'}
    return Response(content, media_type=FORMS[form], headers=headers)
