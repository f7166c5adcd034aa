"""The pages on which a file is brought and put right."""

from __future__ import annotations

from fastapi.responses import Response

from api.registrar.checking import Checked
from api.registrar.import_view import headings_of, rows_of
from api.registrar.row_words import COLUMN_NAMES
from api.registrar.sheets import LEFT_OUT, ImportSheet, Taken
from api.registrar.upload_form import Brought
from api.registrar.written_dates import offers
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member
from api.wallets.pages.owner import SCRIPTED
from api.web.translating import gettext, noted
from ledger.documents.programme import Programme
from ledger.errors import CairnError
from ledger.sheets.encodings import CODE_PAGES

STEPS = (noted("File"), noted("Columns"), noted("Rows"), noted("Preview"), noted("Approval"))
"""The steps from a file to credentials."""
FIRST = {
    "day": noted("The day stands first"),
    "month": noted("The month stands first"),
    "year": noted("The year stands first"),
}
"""How dates may be written."""


def upload_page(site: Site, member: Member, given: Brought, problems: list[tuple[str, str]] | None = None) -> Response:
    programmes = site.workspace.catalog.programmes(member.institution)
    values = {
        "programmes": [(one.code, one.name) for one in programmes],
        "given": given,
        "problems": problems or [],
        "wrong": dict(problems or ()),
        "steps": [gettext(one) for one in STEPS],
        "open": site.registrar.sheets.open(member.institution),
    }
    return staff_page(site, member, "registrar/upload.html", "batches", values, 422 if problems else 200)


def columns_page(
    site: Site,
    member: Member,
    sheet: ImportSheet,
    chosen: list[str] | None = None,
    same: dict[str, str] | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> Response:
    programme = programme_of(site, sheet)
    values = {
        "sheet": sheet,
        "path": path_of(sheet),
        "programme": programme,
        "headings": headings_of(sheet),
        "chosen": chosen or list(sheet.taken.columns),
        "same": same if same is not None else dict(sheet.taken.same),
        "columns": [(LEFT_OUT, gettext("Leave out")), *((key, gettext(text)) for key, text in COLUMN_NAMES.items())],
        "achievements": [("", gettext("It stands in a column")), *((a.code, a.title) for a in programme.achievements)],
        "missing": [gettext(COLUMN_NAMES[one]) for one in sheet.taken.missing],
        "code_pages": CODE_PAGES,
        "problems": problems or [],
        "wrong": dict(problems or ()),
        "steps": [gettext(one) for one in STEPS],
    }
    return staff_page(site, member, "registrar/columns.html", "batches", values, 422 if problems else 200)


def rows_page(
    site: Site,
    member: Member,
    sheet: ImportSheet,
    *,
    show: str = "",
    page: int = 1,
    row: int | None = None,
    refusal: str = "",
) -> Response:
    programme = programme_of(site, sheet)
    checked = site.registrar.checking.check(sheet, programme)
    only_wrong = show == "wrong" or (show == "" and bool(checked.problems or checked.warnings))
    values = {
        "sheet": sheet,
        "path": path_of(sheet),
        "programme": programme,
        "checked": checked,
        "general": general_problems(checked),
        "columns": [one for one in sheet.taken.used if sheet.place(one) is not None],
        "column_names": {key: gettext(text) for key, text in COLUMN_NAMES.items()},
        "achievements": [(one.code, one.title) for one in programme.achievements],
        "titles": {one.code: one.title for one in programme.achievements},
        "view": rows_of(checked, programme, only_wrong=only_wrong, page=page, open_row=row),
        "only_wrong": only_wrong,
        "open_row": row,
        "code_pages": CODE_PAGES,
        "dates": [(one, gettext(FIRST[one.first])) for one in offers(sheet)] if checked.bad else [],
        "refusal": refusal,
        "steps": [gettext(one) for one in STEPS],
    }
    return staff_page(site, member, "registrar/rows.html", "batches", values, 422 if refusal else 200, SCRIPTED)


def refused_rows(site: Site, member: Member, sheet: ImportSheet, said: str) -> Response:
    return rows_page(site, member, sheet, refusal=said)


def general_problems(checked: Checked) -> list[str]:
    return [problem.message[:1].upper() + problem.message[1:].rstrip(".") + "." for problem in checked.general]


def column_problems(chosen: list[str], same: dict[str, str]) -> list[tuple[str, str]]:
    """What keeps these columns from being taken."""
    found = []
    for number, column in enumerate(chosen):
        if column and column in chosen[:number]:
            name = gettext(COLUMN_NAMES[column])
            found.append((f"column-{number}", gettext("Two columns are taken for “%(name)s”.") % {"name": name}))
    for column in Taken(tuple(chosen), same).missing:
        name = gettext(COLUMN_NAMES[column])
        found.append(("column-0", gettext("No column is taken for “%(name)s”.") % {"name": name}))
    return found


def programme_of(site: Site, sheet: ImportSheet) -> Programme:
    return site.workspace.programmes.parsed(sheet.issuer, sheet.programme)


def path_of(sheet: ImportSheet) -> str:
    return f"/staff/issuers/{sheet.issuer}/batches/new/{sheet.id}"


def sentence(error: CairnError) -> str:
    said = str(error)
    return said[:1].upper() + said[1:].rstrip(".") + "."
