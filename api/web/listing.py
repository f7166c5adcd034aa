"""Many credentials at a glance: one row each in the order of the stack, who issued them, and the picture's stones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from babel.lists import format_list
from markupsafe import Markup

from api.web.check_sentences import sentence_of_verdict
from api.web.dates import day
from api.web.stack_diagram import stack_diagram
from api.web.stack_layout import Stone, owners_of
from api.web.translating import gettext, ngettext
from api.web.verdict_facts import described
from api.web.visits import visit
from api.web.words import UNKNOWN, WORDS
from ledger.documents.fields import LANGUAGE
from ledger.documents.summary import Summary
from ledger.verifying.report import Outcome, VerificationReport

IN_PLACE = 12
"""Credentials that are opened on the page of their record itself."""
ROWS = 25
"""Lines of one page of the list of a larger record."""
ALONE = 40
"""Lines of a list that has no further pages, with those of what is wrong above it."""
WRONG = 25
"""How many of what is not valid, or could not be checked, one page shows above the list."""
DEEPEST = 4
"""How far rows are set in, at most."""


@dataclass(frozen=True)
class Row:
    """One credential in a line. `place` is where it stands in the record, `depth` how many awards stand over it."""

    place: int
    depth: int
    outcome: str
    word: str
    title: str
    language: str | None
    issuer_name: str | None
    awarded: str | None
    quiet: str
    year: str
    name: str
    rests_on: tuple[str, ...]
    href: str = ""
    why: str = ""
    """What is wrong with it, or why that is not known."""


@dataclass(frozen=True)
class Institution:
    """How many credentials of one institution there are, in words by verdict, and of which years.

    `name` is its accredited name, or says that it is none.
    """

    name: str
    total: int
    said: str
    years: str


@dataclass(frozen=True)
class Paging:
    """Which page of a list is wanted, from 1, and what belongs to the address of every page of it.

    Where there `is_one`, nothing has pages of its own: everything is on this one.
    """

    is_one: bool = True
    kept: tuple[tuple[str, str], ...] = ()
    page: int = 1

    def to_credential(self, place: int) -> str:
        return "" if self.is_one else self._to("credential", place + 1)

    def to_page(self, number: int) -> str:
        return self._to("page", number) + "#credentials"

    def _to(self, name: str, number: int) -> str:
        return "?" + urlencode([*self.kept, (name, str(number))])


@dataclass(frozen=True)
class Listing:
    """One page of the credentials of a record, with all that belongs above it.

    `wrong` are those that are not valid or could not be checked. The first page has the picture and the institutions.
    `left_out` is how many are on no page: what has no further pages says of the rest how many there are.
    """

    total: int
    picture: Markup
    institutions: tuple[Institution, ...]
    wrong: tuple[Row, ...]
    rows: tuple[Row, ...]
    page: int
    pages: int
    before: str
    after: str
    left_out: int = 0


def listing_of(
    reports: Sequence[VerificationReport], languages: Sequence[str], paging: Paging, *, in_place: bool, key: str = ""
) -> Listing:
    """The credentials of a record. `in_place` says that each is on this page in full, under `key` and its place."""
    link = (lambda place: f"#{key_of(place, key)}") if in_place else paging.to_credential
    rows = rows_of(reports, languages, link)
    wrong = [row for row in rows if row.why]
    alone = ALONE - min(len(wrong), WRONG)
    pages = 1 if paging.is_one else max(-(-len(rows) // ROWS), -(-len(wrong) // WRONG), 1)
    page = min(max(paging.page, 1), pages)
    per_page = len(rows) if in_place else alone if paging.is_one else ROWS
    return Listing(
        total=len(rows),
        picture=stack_diagram([*stones_of(rows), *unshown_of(reports)]) if page == 1 and len(rows) > 1 else Markup(""),
        institutions=institutions_of(reports) if page == 1 else (),
        wrong=tuple(wrong[(page - 1) * WRONG : page * WRONG]),
        rows=rows[(page - 1) * per_page : page * per_page],
        page=page,
        pages=pages,
        before=paging.to_page(page - 1) if page > 1 else "",
        after=paging.to_page(page + 1) if page < pages else "",
        left_out=max(0, len(rows) - per_page) if paging.is_one else 0,
    )


def key_of(place: int, above: str = "") -> str:
    """What a credential is called in the address of its place on the page."""
    return f"{above or 'c'}-{place + 1}"


def rows_of(
    reports: Sequence[VerificationReport], languages: Sequence[str], link: Callable[[int], str]
) -> tuple[Row, ...]:
    """The credentials of a record in the order of the stack: each award, then what it rests on. `link` gives the
    address of each by its place, or nothing."""
    below = below_of(reports)
    found: list[Row] = []
    waiting = [(place, 0) for place in reversed(below[None])]
    while waiting:
        place, depth = waiting.pop()
        found.append(_row(place, min(depth, DEEPEST), reports[place], languages, link(place)))
        waiting += [(part, depth + 1) for part in reversed(below.get(place, []))]
    return tuple(found)


def _row(place: int, depth: int, report: VerificationReport, languages: Sequence[str], href: str) -> Row:
    summary = report.summary
    titled = summary.in_language(languages) if summary else None
    begun = summary.valid_from if summary else None
    return Row(
        place=place,
        depth=depth,
        outcome=report.verdict.value,
        word=gettext(WORDS[report.verdict]),
        title=(titled.title if titled else None) or gettext(UNKNOWN),
        language=titled.language if titled and LANGUAGE.fullmatch(titled.language or "") else None,
        issuer_name=issuer_named(report),
        awarded=day(begun) if begun else None,
        quiet=quiet_of(summary),
        year=str(begun.year) if begun else "",
        name=name_of(place, report),
        rests_on=components_of(report),
        href=href,
        why="" if report.verdict is Outcome.VALID else sentence_of_verdict(report),
    )


def stones_of(rows: Sequence[Row]) -> list[Stone]:
    """Rows as stones of the picture, in the order of the record."""
    return [
        Stone(
            key=row.name,
            title=row.title,
            issuer=row.issuer_name or "",
            credits=row.quiet,
            state=row.outcome,
            rests_on=row.rests_on,
            day=row.year,
            href=row.href,
        )
        for row in sorted(rows, key=lambda row: row.place)
    ]


def unshown_of(reports: Sequence[VerificationReport]) -> list[Stone]:
    """What awards name and nobody shows here, as stones that say no more than that it is there."""
    known = {name_of(place, report) for place, report in enumerate(reports)}
    found = {}
    for report in reports:
        names = components_of(report)
        is_proved = bool(names) and report.check("stack").code == "components_proved"
        for number, name in enumerate(names, start=1):
            if name in known or name in found:
                continue
            title = gettext("Credential %(number)s of %(total)s") % {"number": number, "total": len(names)}
            said = (gettext("not shown here"), gettext("In force")) if is_proved else ("", "")
            found[name] = Stone(name, title, credits=said[0], state="unshown", word=said[1])
    return list(found.values())


def award_picture(
    award: VerificationReport,
    beside: Sequence[VerificationReport],
    languages: Sequence[str],
    link: Callable[[int], str],
) -> Markup:
    """An award over what it rests on: what is shown `beside` it, and what is not. Nothing for anything else."""
    wanted, found = [*components_of(award)], []
    places = {name_of(place, report): place for place, report in enumerate(beside) if report is not award}
    for name in wanted:  # grows by what awards among them rest on
        place = places.pop(name, None)
        if place is not None:
            found.append(place)
            wanted += components_of(beside[place])
    reports = [award, *(beside[place] for place in found)]
    links = ["", *map(link, found)]
    rows = rows_of(reports, languages, links.__getitem__)
    return stack_diagram([*stones_of(rows), *unshown_of(reports)]) if wanted else Markup("")


def institutions_of(reports: Sequence[VerificationReport]) -> tuple[Institution, ...]:
    """Who issued, the one with the most credentials first."""
    grouped: dict[str, list[VerificationReport]] = {}
    for report in reports:
        grouped.setdefault(issuer_named(report) or gettext("No institution could be established"), []).append(report)
    found = []
    for name, group in grouped.items():
        dated = [report.summary.valid_from.year for report in group if report.summary and report.summary.valid_from]
        years = dict.fromkeys(str(year) for year in (min(dated), max(dated))) if dated else {}
        found.append(Institution(name, len(group), tally(group), "–".join(years)))
    return tuple(sorted(found, key=lambda one: -one.total))


def issuer_named(report: VerificationReport) -> str | None:
    """The issuer's accredited name, or what it calls itself, which is said."""
    issuer = report.issuer
    if issuer.accredited_name or not issuer.claimed_name:
        return issuer.accredited_name
    return gettext("“%(name)s” (not recognised)") % {"name": issuer.claimed_name}


def below_of(reports: Sequence[VerificationReport]) -> dict[int | None, list[int]]:
    """What stands under each credential of a record, by their places; under None, what stands on the ground."""
    owners = owners_of(
        [Stone(name_of(place, report), "", rests_on=components_of(report)) for place, report in enumerate(reports)]
    )
    below: dict[int | None, list[int]] = {None: []}
    for place in range(len(reports)):
        below.setdefault(owners.get(place), []).append(place)
    return below


def name_of(place: int, report: VerificationReport) -> str:
    """The id of a credential; another name for one without."""
    return (report.summary.id if report.summary else None) or f"#{place}"


def components_of(report: VerificationReport) -> tuple[str, ...]:
    """The ids of the credentials that an award names; none for anything else."""
    return report.summary.components if report.summary else ()


def quiet_of(summary: Summary | None) -> str:
    """Credits and level in a few words."""
    if summary is None:
        return ""
    return ", ".join(described(fact) for fact in (*summary.credits[:1], *summary.levels[:1]))


def tally(reports: Sequence[VerificationReport]) -> str:
    """How many credentials there are, by verdict."""
    counts = {outcome: sum(report.verdict is outcome for report in reports) for outcome in Outcome}
    said = [
        ngettext("%(num)s valid", "%(num)s valid", counts[Outcome.VALID]),
        ngettext("%(num)s not valid", "%(num)s not valid", counts[Outcome.INVALID]),
        ngettext("%(num)s could not be checked", "%(num)s could not be checked", counts[Outcome.INDETERMINATE]),
    ]
    shown = [
        text % {"num": counts[outcome]}
        for outcome, text in zip((Outcome.VALID, Outcome.INVALID, Outcome.INDETERMINATE), said, strict=True)
        if counts[outcome]
    ]
    parts = format_list(shown, "unit", locale=visit().language)
    return gettext("%(total)s in all: %(parts)s.") % {"total": len(reports), "parts": parts}
