"""What credentials add up to, in words for a page: totals, what leads to what, and a timeline by years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from api.wallets.overview_text import amounts, issuer_of, levels, span
from api.web.verdicts import Fact
from api.web.words import COUNTED, UNNAMED
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject
from ledger.verifying.report import Outcome, VerificationReport

MOST_SKILLS = 40
STATES = {
    "awarded": "awarded",
    "complete": "all that it asks for is here; not awarded yet",
    "in_progress": "in progress",
    "undecided": "could not be worked out",
}


@dataclass(frozen=True)
class Line:
    """One credential in the timeline. `notes` say how it hangs together with others, and why it is not counted."""

    day: str
    title: str
    said: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Year:
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class PathwayView:
    """How far these credentials come in one pathway. `needs` are sentences."""

    title: str
    issuer: str
    said: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class OverviewView:
    """Everything that a page shows of an overview."""

    sentence: str
    facts: tuple[Fact, ...]
    note: str
    pathways: tuple[PathwayView, ...]
    years: tuple[Year, ...]
    when: str


def overview_view(overview: JsonObject, titles: Mapping[str, str]) -> OverviewView:
    """The page's view of an overview. `titles` are those in the reader's language, by the credential's id."""
    found: Any = overview
    several = sum(issuer["counted"] > 0 for issuer in found["issuers"])
    institutions = f" They are from {several} institution{'' if several == 1 else 's'}." if several else ""
    years = tuple(_years(found, titles))
    return OverviewView(
        sentence=f"{found['counted']} of {found['credentials']} credentials count: only what is valid does."
        + institutions,
        facts=tuple(_facts(found, titles)),
        note=found["totals"]["note"] if found["totals"]["counted"] else "",
        pathways=tuple(_pathways(found)),
        years=years,
        when=" to ".join(dict.fromkeys(year.name for year in (*years[:1], *years[-1:]))),
    )


def titles_of(reports: Sequence[VerificationReport], languages: Sequence[str]) -> dict[str, str]:
    """The titles of what was checked, and of what is in it, in the first of the languages that each has."""
    found = {}
    for report in reports:
        if report.summary and report.summary.id and (title := report.summary.in_language(languages).title):
            found[report.summary.id] = title
        found |= titles_of(report.components, languages)
    return found


def _facts(found: Any, titles: Mapping[str, str]) -> Iterator[Fact]:
    totals = found["totals"]
    unit, by_level, by_bearing = totals["unit"], totals["by_level"], totals["by_bearing"]
    skills = [str(skill["name"]) for skill in found["skills"]]
    more = f" and {len(skills) - MOST_SKILLS} more" if len(skills) > MOST_SKILLS else ""
    names = {issuer["did"]: issuer_of(issuer) for issuer in found["issuers"]}
    recognised = [
        f"{one['credits']:g} {one['framework']} by {names.get(one['recogniser'], one['recogniser'])}"
        for one in totals["recognised"]
    ]
    left_out = [f"{_title(one, titles)} ({_why(one)})" for one in found["not_counted"]]
    pairs = [
        ("Credits as stated", amounts(totals["by_framework"], "; ")),
        ("In one unit", f"{span(totals['indicative'])} {unit}, indicative" if totals["counted"] else "none"),
        ("By level", "; ".join(f"{level}: {span(amount)} {unit}" for level, amount in by_level.items())),
        ("By kind", "; ".join(f"{kind}: {span(amount)} {unit}" for kind, amount in by_bearing.items())),
        ("How it is compared", "; ".join(totals["rules"])),
        ("Recognised besides", "; ".join(recognised)),
        ("Skills", "; ".join(skills[:MOST_SKILLS]) + more),
        ("Not counted", "; ".join(left_out)),
    ]
    return (Fact(label, value) for label, value in pairs if value)


def _pathways(found: Any) -> Iterator[PathwayView]:
    names = {issuer["did"]: issuer_of(issuer) for issuer in found["issuers"]}
    for one in found["pathways"]:
        done = "" if one["state"] == "awarded" else f", {one['progress']:.0%} done"
        needs = tuple(one["needs"]) if one["state"] == "in_progress" else ()
        issuer = names.get(one["issuer"], one["issuer"])
        yield PathwayView(one["title"], issuer, STATES[one["state"]] + done, needs)


def _years(found: Any, titles: Mapping[str, str]) -> Iterator[Year]:
    named = {entry["key"]: _title(entry, titles) for entry in found["timeline"]}
    part_of: dict[str, list[str]] = {}
    for pair in found["associations"]:
        part_of.setdefault(pair["component"], []).append(f"Part of “{named[pair['award']]}”.")
    rests_on = Counter(pair["award"] for pair in found["associations"])
    why = {one["key"]: _why(one) for one in found["not_counted"]}
    left = {one["credential_id"]: one["reason"] for one in found["totals"]["left"] if one["code"] != "component"}
    for year, entries in groupby(found["timeline"], key=lambda entry: (entry["from"] or "")[:4]):
        lines = []
        for entry in entries:
            key = entry["key"]
            notes = [*part_of.get(key, ())]
            notes += [f"Rests on {rests_on[key]} of the credentials here."] if key in rests_on else []
            notes += [left[entry["id"]]] if entry["id"] in left else []
            notes += [f"Not counted: {why[key]}."] if key in why else []
            said = (issuer_of(entry["issuer"]), amounts(entry["credits"]), levels(entry["levels"]))
            lines.append(Line(_day(entry["from"]), named[key], " · ".join(filter(None, said)), tuple(notes)))
        yield Year(year or "No date", tuple(lines))


def _why(left_out: Any) -> str:
    """Why a credential is not counted."""
    if left_out["whose"] == "other":
        return "it may be somebody else's"
    return COUNTED[Outcome(left_out["verdict"])]


def _title(entry: Any, titles: Mapping[str, str]) -> str:
    return titles.get(entry["id"] or "") or entry["name"] or UNNAMED


def _day(moment: str | None) -> str:
    day: datetime | None = parse_date_time_stamp(moment) if moment else None
    return f"{day.day} {day:%B}" if day else ""
