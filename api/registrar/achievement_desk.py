"""What the pages of achievements ask of the ledger: programmes, what a draft would make of one, and its problems."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.registrar.achievement_form import Form, achievement_of, field_of, form_of
from api.site import Site
from api.web.translating import gettext, noted
from ledger.documents.canonical import canonicalize
from ledger.documents.programme import Programme, parse_programme
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import DraftError, MalformedDocument, Problem
from ledger.issuing.values import StoredProgramme
from ledger.stacking.profiles.claims import programme_problems

LABELS: Mapping[str, str] = {
    "programme": noted("Code of the new programme"),
    "programme_title": noted("Title of the programme"),
    "title": noted("Title"),
    "code": noted("Code"),
    "description": noted("Description"),
    "language": noted("Language of these texts"),
    "achievement_type": noted("Type"),
    "outcomes": noted("What the learner can do afterwards"),
    "criteria": noted("What has to be done for it"),
    "workload_hours": noted("Hours, assessment included"),
    "credits": noted("Credits"),
    "levels": noted("Level"),
    "task_level": noted("Level of the main task"),
    "complexity": noted("How complex the main task is"),
    "participation": noted("Participation"),
    "assessment": noted("Assessment"),
    "supervision": noted("Supervision, and how identity is checked"),
    "quality_assurance": noted("Quality assurance"),
    "result": noted("Result"),
}
"""What the form calls its fields."""
_MISSING = {"field_missing", "string_empty"}
_IN_ACHIEVEMENT = re.compile(r"achievements\[([0-9]+)\](?:\.(.*))?", re.ASCII)


@dataclass(frozen=True)
class Listed:
    """A programme as it is listed: its achievements as they are, and how many credentials each was issued."""

    stored: StoredProgramme
    programme: Programme
    versions: int


@dataclass(frozen=True)
class Made:
    """What a form makes of its programme: the new content, and what is wrong with it, by field."""

    content: bytes
    problems: tuple[tuple[str, str], ...]


def listed(site: Site, issuer: str) -> list[Listed]:
    """The programmes of an issuer."""
    workspace = site.workspace
    return [
        Listed(
            stored,
            workspace.programmes.parsed(issuer, stored.code),
            len(workspace.programmes.versions(issuer, stored.code)),
        )
        for stored in workspace.catalog.programmes(issuer)
    ]


def content_of(site: Site, issuer: str, code: str) -> bytes | None:
    """A programme as it is stored now; None if there is none of this code."""
    found = [stored.content for stored in site.workspace.catalog.programmes(issuer) if stored.code == code]
    return found[0] if found else None


def titles_in(content: bytes | None) -> dict[str, str]:
    """The titles of a programme's achievements by their codes, in order."""
    if content is None:
        return {}
    found: Any = orjson.loads(content)
    return {one["code"]: one["title"] for one in found["achievements"]}


def form_of_stored(site: Site, issuer: str, programme: str, code: str) -> Form | None:
    """The form of an achievement as it is stored; None if there is none."""
    content = content_of(site, issuer, programme)
    found: Any = orjson.loads(content) if content is not None else {"achievements": []}
    for one in found["achievements"]:
        if one["code"] == code:
            form = form_of(one)
            return form | {
                "programme": programme,
                "programme_title": found["title"],
                "original": code,
                "base": fingerprint(one),
                "profiles": list(found.get("profiles", [])),
            }
    return None


def fingerprint(achievement: JsonObject) -> str:
    """What tells an achievement from a changed one."""
    return hashlib.sha256(canonicalize(achievement)).hexdigest()[:32]


def made_of(form: Form, content: bytes | None, *, country: str | None) -> Made:
    """The programme with this achievement in it. Nothing is stored."""
    programme: Any = (
        parse(content)
        if content is not None
        else {"code": form["programme"].strip(), "title": form["programme_title"].strip(), "achievements": []}
    )
    programme["title"] = form["programme_title"].strip() or programme["title"]
    written, entries = achievement_of(form), programme["achievements"]
    codes = [one["code"] for one in entries]
    place = codes.index(form["original"]) if form["original"] in codes else len(entries)
    entries[place : place + 1] = [written]
    programme["profiles"] = [name for name in form["profiles"] if name]
    if not programme["profiles"]:
        del programme["profiles"]
    changed = orjson.dumps(programme, option=orjson.OPT_INDENT_2)
    return Made(changed, tuple(dict.fromkeys(_told(one, place) for one in _problems(changed, country))))


def read_file(content: bytes) -> str:
    """The code of a programme file. Raises DraftError with every problem, MalformedDocument for what is none."""
    found = parse(content)
    if "achievements" not in found:
        raise MalformedDocument("programme_invalid", gettext("This is not the file of a programme."))
    return parse_programme(content).code


def _problems(content: bytes, country: str | None) -> tuple[Problem, ...]:
    try:
        return tuple(programme_problems(parse_programme(content), country=country))
    except DraftError as error:
        return error.problems


def _told(problem: Problem, place: int) -> tuple[str, str]:
    """A problem of the programme by the field of the form that it is about."""
    found = _IN_ACHIEVEMENT.fullmatch(problem.column or "")
    if found is None:
        field = {"code": "programme", "title": "programme_title"}.get(problem.column or "", "profiles")
        if problem.code in _MISSING and field in LABELS:
            return field, _missing(field)
        return field, gettext("Programme: %(problem)s.") % {"problem": problem.message.rstrip(".")}
    field = field_of(found.group(2))
    if int(found.group(1)) != place:
        values = {"n": int(found.group(1)) + 1, "problem": problem.message.rstrip(".")}
        return "", gettext("Another achievement of this programme (number %(n)s): %(problem)s.") % values
    member = field.split(".")[0] or "code"
    if problem.code in _MISSING and member in LABELS:
        return field, _missing(member)
    name = gettext(LABELS[member]) if member in LABELS else member.replace("_", " ").capitalize()
    return field, gettext("%(place)s: %(problem)s.") % {"place": name, "problem": problem.message.rstrip(".")}


def _missing(member: str) -> str:
    return gettext("“%(field)s” is still missing.") % {"field": gettext(LABELS[member])}
