"""What credentials add up to, in words for a page: totals, what leads to what, and a timeline by years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from api.wallets.overview_text import amounts, levels
from api.web.dates import day
from api.web.ledger_words import need_said, said_of_credits
from api.web.timeline import Mark, timeline
from api.web.translating import gettext, ngettext, noted
from api.web.verdict_facts import Fact
from api.web.words import COUNTED, UNNAMED
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject
from ledger.verifying.report import Outcome, VerificationReport

MOST_SKILLS = 40
MOST_LINES = 20
"""Credentials that the timeline lists; how many more there are is said."""
MOST_LEFT_OUT = 20
STATES = {
    "awarded": noted("awarded"),
    "complete": noted("all that it asks for is here; not awarded yet"),
    "in_progress": noted("in progress"),
    "undecided": noted("could not be worked out"),
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
    """Everything that a page shows of an overview. `beyond` is how many credentials `years` leaves out."""

    sentence: str
    facts: tuple[Fact, ...]
    note: str
    pathways: tuple[PathwayView, ...]
    picture: Markup
    years: tuple[Year, ...]
    beyond: int
    when: str


def overview_view(overview: JsonObject, titles: Mapping[str, str]) -> OverviewView:
    """The page's view of an overview. `titles` are those in the reader's language, by the credential's id."""
    found: Any = overview
    several = sum(issuer["counted"] > 0 for issuer in found["issuers"])
    said = [
        gettext("%(counted)s of %(total)s credentials count: only what is valid does.")
        % {"counted": found["counted"], "total": found["credentials"]}
    ]
    if several:
        said.append(
            ngettext("They are from %(num)s institution.", "They are from %(num)s institutions.", several)
            % {"num": several}
        )
    dated = [entry["from"][:4] for entry in found["timeline"] if entry["from"]]
    return OverviewView(
        sentence=" ".join(said),
        facts=tuple(_facts(found, titles)),
        note=said_of_credits(found["totals"]["note"]) if found["totals"]["counted"] else "",
        pathways=tuple(_pathways(found)),
        picture=timeline([*_marks(found)]),
        years=tuple(_years(found, titles)),
        beyond=max(len(found["timeline"]) - MOST_LINES, 0),
        when="–".join(dict.fromkeys((min(dated), max(dated)))) if dated else "",
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
    names = {issuer["did"]: _issuer(issuer) for issuer in found["issuers"]}
    recognised = [
        gettext("%(credits)s %(framework)s by %(institution)s")
        % {
            "credits": f"{one['credits']:g}",
            "framework": one["framework"],
            "institution": names.get(one["recogniser"], one["recogniser"]),
        }
        for one in totals["recognised"]
    ]
    left_out = [f"{_title(one, titles)} ({_why(one)})" for one in found["not_counted"]]
    indicative = gettext("%(amount)s %(unit)s, indicative") % {"amount": _span(totals["indicative"]), "unit": unit}
    pairs = [
        (gettext("Credits as stated"), amounts(totals["by_framework"], "; ")),
        (gettext("In one unit"), indicative if totals["counted"] else gettext("none")),
        (gettext("By level"), _by_label(by_level, unit)),
        (gettext("By kind"), _by_label(by_bearing, unit)),
        (gettext("How it is compared"), "; ".join(map(said_of_credits, totals["rules"]))),
        (gettext("Recognised besides"), "; ".join(recognised)),
        (gettext("Skills"), _some(skills, MOST_SKILLS)),
        (gettext("Not counted"), _some(left_out, MOST_LEFT_OUT)),
    ]
    return (Fact(label, value) for label, value in pairs if value)


def _by_label(found: Mapping[str, Mapping[str, float]], unit: str) -> str:
    return "; ".join(f"{said_of_credits(label)}: {_span(amount)} {unit}" for label, amount in found.items())


def _some(words: Sequence[str], most: int) -> str:
    """So many of the words, and how many more there are."""
    more = len(words) - most
    said = [ngettext("and %(num)s more", "and %(num)s more", more) % {"num": more}] if more > 0 else []
    return "; ".join([*words[:most], *said])


def _span(amount: Mapping[str, float]) -> str:
    """A range as 5 to 6, or one number where both ends are the same."""
    low, high = f"{amount['low']:g}", f"{amount['high']:g}"
    return low if low == high else gettext("%(low)s to %(high)s") % {"low": low, "high": high}


def _pathways(found: Any) -> Iterator[PathwayView]:
    names = {issuer["did"]: _issuer(issuer) for issuer in found["issuers"]}
    for one in found["pathways"]:
        said = gettext(STATES[one["state"]])
        if one["state"] != "awarded":
            said = gettext("%(state)s, %(percent)s done") % {"state": said, "percent": f"{one['progress']:.0%}"}
        needs = tuple(map(need_said, one["needs"])) if one["state"] == "in_progress" else ()
        yield PathwayView(one["title"], names.get(one["issuer"], ""), said, needs)


def _marks(found: Any) -> Iterator[Mark]:
    for entry in found["timeline"]:
        when = parse_date_time_stamp(entry["from"]) if entry["from"] else None
        if when is not None:
            state = entry["verdict"] if entry["counted"] or entry["verdict"] != "valid" else "waiting"
            yield Mark(when, state, entry["kind"] == "award")


def _years(found: Any, titles: Mapping[str, str]) -> Iterator[Year]:
    named = {entry["key"]: _title(entry, titles) for entry in found["timeline"]}
    part_of: dict[str, list[str]] = {}
    for pair in found["associations"]:
        said = gettext("Part of “%(award)s”.") % {"award": named[pair["award"]]}
        part_of.setdefault(pair["component"], []).append(said)
    rests_on = Counter(pair["award"] for pair in found["associations"])
    why = {one["key"]: _why(one) for one in found["not_counted"]}
    left = {one["credential_id"]: one["reason"] for one in found["totals"]["left"] if one["code"] != "component"}
    shown = found["timeline"][:MOST_LINES]
    for year, entries in groupby(shown, key=lambda entry: (entry["from"] or "")[:4]):
        lines = []
        for entry in entries:
            key = entry["key"]
            notes = [*part_of.get(key, ())]
            if key in rests_on:
                counted = ngettext(
                    "Rests on %(num)s of the credentials here.",
                    "Rests on %(num)s of the credentials here.",
                    rests_on[key],
                )
                notes.append(counted % {"num": rests_on[key]})
            notes += [said_of_credits(left[entry["id"]])] if entry["id"] in left else []
            notes += [gettext("Not counted: %(why)s.") % {"why": why[key]}] if key in why else []
            parts = (_issuer(entry["issuer"]), amounts(entry["credits"]), levels(entry["levels"]))
            lines.append(Line(_day(entry["from"]), named[key], " · ".join(filter(None, parts)), tuple(notes)))
        yield Year(year or gettext("No date"), tuple(lines))


def _why(left_out: Any) -> str:
    """Why a credential is not counted."""
    if left_out["whose"] == "other":
        return gettext("it may be somebody else's")
    return gettext(COUNTED[Outcome(left_out["verdict"])])


def _issuer(issuer: Mapping[str, Any]) -> str:
    """Who issued: by its accredited name, or else by what it calls itself, which is said."""
    if issuer["name"] or not issuer["claimed_name"]:
        return str(issuer["name"] or "")
    return gettext("“%(name)s” (not recognised)") % {"name": issuer["claimed_name"]}


def _title(entry: Any, titles: Mapping[str, str]) -> str:
    return titles.get(entry["id"] or "") or entry["name"] or gettext(UNNAMED)


def _day(moment: str | None) -> str:
    return day(parse_date_time_stamp(moment)) if moment else ""
