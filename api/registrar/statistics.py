"""The page of statistics: what was issued, delivered, claimed and opened, how long it took, and what it cost.

What learners did is only told where it is of so many that nobody can be made out among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter
from fastapi.responses import Response

from api.dependencies import SiteDep
from api.registrar.charts import bars
from api.registrar.pathway_desk import titles_of
from api.registrar.words import STATUSES
from api.sharing.counting import opened
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member
from api.wallets.counting import claimed, held_ids
from api.web.translating import gettext
from api.web.visits import visit
from ledger.issuing.rows import anchor_purpose, status_purpose
from ledger.issuing.statistics import Statistics, statistics_of
from ledger.sending.book import Book
from ledger.sheets.writing import csv_table

FEW = 5
"""What learners did is not told of fewer than so many."""

router = APIRouter(prefix="/staff/issuers/{slug}/statistics", include_in_schema=False)


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """Charts, with a table under each."""
    found = statistics_of(site.workspace.database, member.institution)
    is_rtl = visit().direction == "rtl"
    sections = [
        {"title": title, "heading": heading, "rows": rows, "picture": bars(rows, is_rtl=is_rtl)}
        for title, heading, rows in tables(site, member, found)
    ]
    values = {"sections": sections, "total": sum(found.by_achievement.values()), "facts": facts(site, member, found)}
    return staff_page(site, member, "registrar/statistics.html", "statistics", values)


@router.get("/statistics.csv")
def exported(member: Preparer, site: SiteDep) -> Response:
    """All numbers of the page as one table."""
    found = statistics_of(site.workspace.database, member.institution)
    site.staff.audit.note(member, "exported", "statistics")
    headers = {"Content-Disposition": f'attachment; filename="{member.institution}-statistics.csv"'}
    return Response(csv_table(table(site, member, found)), media_type="text/csv; charset=utf-8", headers=headers)


def table(site: Site, member: Member, found: Statistics) -> Iterator[Sequence[str]]:
    yield "table", "row", "value"
    for title, _, rows in tables(site, member, found):
        for label, number in rows:
            yield title, label, str(number)
    for label, value in facts(site, member, found):
        yield "", label, value


def tables(site: Site, member: Member, found: Statistics) -> list[tuple[str, str, list[tuple[str, int]]]]:
    """What is counted by: the title, what a row is called, and the rows."""
    titles = titles_of(site, member.institution)
    by_number = sorted(found.by_achievement.items(), key=lambda one: (-one[1], one[0]))
    return [
        (
            gettext("By achievement"),
            gettext("Achievement"),
            [(titles.get(code, code), number) for code, number in by_number],
        ),
        (gettext("By month"), gettext("Month"), list(found.by_month.items())),
        (
            gettext("By state"),
            gettext("State"),
            [(gettext(STATUSES.get(name, name)), number) for name, number in sorted(found.by_status.items())],
        ),
    ]


def facts(site: Site, member: Member, found: Statistics) -> list[tuple[str, str]]:
    """Single numbers in words."""
    database = site.workspace.database
    did = site.workspace.catalog.issuer(member.institution).did
    total = sum(found.by_achievement.values())
    taken = claimed(database, did)
    links, views = opened(database, held_ids(database, did))
    book = Book(database, float)
    anchors, anchor_gas = book.spent_on([anchor_purpose(one) for one in found.batches])
    changes, change_gas = book.spent_on([status_purpose(one) for one in found.changes])
    facts = [
        (gettext("Credentials in wallets"), kept(taken, total)),
        (gettext("Links to single credentials"), few(links)),
        (gettext("Times such links were opened"), few(views)),
        (gettext("Transactions that anchored batches"), str(anchors)),
        (gettext("Gas that they used"), f"{anchor_gas:,}"),
        (gettext("Transactions that changed the status"), str(changes)),
        (gettext("Gas that they used for the status"), f"{change_gas:,}"),
    ]
    if found.seconds_to_final is not None:
        values = dict(zip(("least", "middle", "most"), map(lasted, found.seconds_to_final), strict=True))
        told = gettext("%(middle)s in the middle, from %(least)s to %(most)s") % values
        facts.append((gettext("From signing to final"), told))
    return facts


def few(number: int) -> str:
    """A number that tells of learners, unless it is so small that they could be made out."""
    return str(number) if number == 0 or number >= FEW else gettext("fewer than %(n)s") % {"n": FEW}


def kept(number: int, total: int) -> str:
    """How many of all: not told either where so few are left out that they could be made out."""
    if 0 < number < FEW or 0 < total - number < FEW:
        return gettext("not told: too few to hide anybody among")
    return f"{number:,}"


def lasted(seconds: int) -> str:
    if seconds < 120:
        return gettext("%(n)s s") % {"n": seconds}
    return gettext("%(n)s min") % {"n": seconds // 60}
