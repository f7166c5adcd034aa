"""The page of an institution's log, with filters, and the whole of it as CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from api.dependencies import SiteDep
from api.site import Site
from api.staff.audit import SHOWN, Wanted
from api.staff.dependencies import AnyMember
from api.staff.showing import staff_page
from api.staff.values import Entry, Member
from api.staff.words import action_name
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.sheets.writing import CSV_TYPE, Cell, csv_lines
from ledger.verifying.report import shown_time

router = APIRouter(prefix="/staff/{kinds}/{slug}", include_in_schema=False, dependencies=[Depends(from_our_own)])

COLUMNS = ("number", "time", "person", "who", "what", "subject", "detail", "previous", "hash")
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Asked:
    """The filters as they were asked for, and what they come to. `problem` says what could not be read."""

    person: str
    what: str
    since: str
    until: str
    wanted: Wanted
    problem: str

    def query(self, **more: object) -> str:
        """The same filters in an address."""
        parts = {"person": self.person, "what": self.what, "from": self.since, "until": self.until, **more}
        return "?" + urlencode({name: value for name, value in parts.items() if value})


def asked(
    person: Annotated[str, Query(max_length=100)] = "",
    what: Annotated[str, Query(max_length=100)] = "",
    since: Annotated[str, Query(alias="from", max_length=20)] = "",
    until: Annotated[str, Query(max_length=20)] = "",
) -> Asked:
    """The filters of a request. Days are of UTC, the last one included."""
    try:
        first = first_second(since) if since else None
        last = first_second(until) + 86_400 if until else None
    except (ValueError, OverflowError):
        return Asked(person, what, since, until, Wanted(person, what), gettext("A day looks like 2026-12-31."))
    return Asked(person, what, since, until, Wanted(person, what, first, last), "")


AskedDep = Annotated[Asked, Depends(asked)]


@router.api_route("/audit", methods=["GET", "HEAD"])
def show_audit(member: AnyMember, filters: AskedDep, site: SiteDep, page: str = "1") -> Response:
    """Who did what, the latest first."""
    log, kind, slug = site.staff.audit, member.kind, member.institution
    number = min(int(page), MOST_PAGES) if page.isascii() and page.isdigit() and page != "0" else 1
    count = log.count(kind, slug, filters.wanted)
    last = max(1, -(-count // SHOWN))
    at = min(max(number, 1), last)
    values = {
        "entries": log.entries(kind, slug, filters.wanted, offset=(at - 1) * SHOWN),
        "count": count,
        "at": at,
        "last": last,
        "before": filters.query(page=at - 1) if at > 1 else "",
        "after": filters.query(page=at + 1) if at < last else "",
        "filters": filters,
        "is_filtered": bool(filters.query() != "?"),
        "people": log.people(kind, slug),
        "kinds": [(word, action_name(word)) for word in log.kinds(kind, slug)],
        "action_name": action_name,
    }
    return staff_page(site, member, "staff/audit.html", "audit", values, 422 if filters.problem else 200)


@router.get("/audit.csv")
def audit_csv(member: AnyMember, filters: AskedDep, site: SiteDep) -> Response:
    """The lines of the log as a table. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    return download(csv_lines(table(entries(site, member, filters))), CSV_TYPE, f"{member.institution}-log.csv")


@router.get("/audit.json")
def audit_json(member: AnyMember, filters: AskedDep, site: SiteDep) -> Response:
    """The lines of the log as JSON, one on each line: enough to reckon the chain of hashes."""
    lines = (orjson.dumps(entry_dict(entry)) + b"\n" for entry in entries(site, member, filters))
    return download(json_array(lines), "application/json", f"{member.institution}-log.json")


def entries(site: Site, member: Member, filters: Asked) -> Iterator[Entry]:
    """The lines, with one more for this export, which is noted first."""
    site.staff.audit.note(member, "exported", "audit")
    return site.staff.audit.every(member.kind, member.institution, filters.wanted)


def download(content: Iterator[bytes], media_type: str, name: str) -> Response:
    return StreamingResponse(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def table(found: Iterator[Entry]) -> Iterator[Sequence[Cell]]:
    yield COLUMNS
    for entry in found:
        yield [str(value) for value in entry_dict(entry).values()]


def json_array(lines: Iterator[bytes]) -> Iterator[bytes]:
    yield b"["
    for number, line in enumerate(lines):
        yield (b"," if number else b"") + b"\n" + line.rstrip(b"\n")
    yield b"\n]\n"


def entry_dict(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "time": shown_time(entry.at),
        "person": entry.person_id,
        "who": entry.who,
        "what": entry.what,
        "subject": entry.subject,
        "detail": entry.detail,
        "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }


def first_second(day: str) -> int:
    """The first second of a day. Raises ValueError for what is none, OverflowError."""
    found = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    return int(found.timestamp())
