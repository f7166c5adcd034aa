"""The form of an achievement, and the member of a programme file that it stands for: each is made from the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from api.registrar.editing.form_tree import Shape, Tree, shaped
from api.registrar.editing.numbers import number, shown
from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.result import GRADED, NUMERIC, RUBRIC
from ledger.documents.strict_json import JsonObject, JsonValue

YES = "yes"
SHAPE: Shape = {
    "programme": "",
    "programme_title": "",
    "original": "",
    "base": "",
    "profiles": [""],
    "code": "",
    "title": "",
    "description": "",
    "language": "",
    "translations": [{"language": "", "title": "", "description": ""}],
    "outcomes": [""],
    "criteria": "",
    "achievement_type": "",
    "participation": "",
    "workload_hours": "",
    "levels": dict.fromkeys(LEVEL_FRAMEWORKS, ""),
    "credits": dict.fromkeys(CREDIT_FRAMEWORKS, ""),
    "credit_bearing": "",
    "task_level": "",
    "complexity": "",
    "supervision": "",
    "assessment": [""],
    "quality_assurance": [{"type": "", "body": "", "url": ""}],
    "entry_to": [{"programme": "", "url": ""}],
    "credit_towards": [{"programme": "", "url": "", "units": ""}],
    "prerequisites": [""],
    "stacks_into": [""],
    "field_of_study": "",
    "specialization": "",
    "human_code": "",
    "version": "",
    "image": "",
    "information_url": "",
    "tags": "",
    "alignments": [{"type": "", "target": "", "name": "", "url": "", "code": "", "framework": "", "description": ""}],
    "result": {
        "type": "",
        "name": "",
        "required": "",
        "minimum": "",
        "maximum": "",
        "allowed": "",
        "levels": [{"code": "", "name": "", "description": "", "points": ""}],
    },
}
"""`programme` and `original` say which achievement of which programme is written, `base` what it was then."""
Form = dict[str, Any]

_PLAIN = ("title", "description", "criteria", "achievement_type", "language", "participation")
_CODED = ("task_level", "complexity", "supervision")
_OPTIONAL = ("field_of_study", "specialization", "human_code", "version", "image", "information_url")
_PART = re.compile(r"[A-Za-z_]+|\[[0-9]+\]", re.ASCII)
_COMMA = re.compile(r"[,،;\n]")


def achievement_form(tree: Tree) -> Form:
    """A tree in the shape of an achievement's form."""
    return cast("Form", shaped(tree, SHAPE))


def achievement_of(form: Form) -> JsonObject:
    """The member of a programme file that a form stands for. What is empty is left out, and then told to be missing."""
    document: JsonObject = {"code": form["code"].strip()}
    document |= {name: form[name].strip() for name in _PLAIN if form[name].strip()}
    numbers = {name: number(form[name]) for name in ("workload_hours",) if form[name].strip()}
    document |= numbers | _listed("outcomes", (one.strip() for one in form["outcomes"]))
    for member in ("levels", "credits"):
        if found := {name: number(text) for name, text in form[member].items() if text.strip()}:
            document[member] = found
    document["credit_bearing"] = bool(form["credit_bearing"])
    document |= {name: form[name] for name in _CODED if form[name]}
    document |= _listed("assessment", form["assessment"])
    for member in ("quality_assurance", "entry_to"):
        if form[member]:
            document[member] = [_said(one) for one in form[member]]
    if form["credit_towards"]:
        document["credit_towards"] = [{**_said(one), "units": number(one["units"])} for one in form["credit_towards"]]
    document |= _listed("prerequisites", form["prerequisites"]) | _listed("stacks_into", form["stacks_into"])
    document |= {name: form[name].strip() for name in _OPTIONAL if form[name].strip()}
    document |= _listed("tags", (one.strip() for one in _COMMA.split(form["tags"])))
    if form["alignments"]:
        document["alignments"] = [_filled(one) for one in form["alignments"]]
    if result := _result(form["result"]):
        document["result"] = result
    return document | _translations(form["translations"])


def form_of(document: JsonObject) -> Form:
    """The form that stands for an achievement of a programme file."""
    found: Any = document
    form: dict[str, Any] = {
        name: found.get(name, "") for name in ("code", *_PLAIN, *_CODED, *_OPTIONAL) if isinstance(found.get(name), str)
    }
    form |= {
        "outcomes": list(found.get("outcomes", [])),
        "workload_hours": shown(found.get("workload_hours")),
        "levels": {name: shown(value) for name, value in found.get("levels", {}).items()},
        "credits": {name: shown(value) for name, value in found.get("credits", {}).items()},
        "credit_bearing": YES if found.get("credit_bearing") else "",
        "assessment": list(found.get("assessment", [])),
        "quality_assurance": [dict(one) for one in found.get("quality_assurance", [])],
        "entry_to": [dict(one) for one in found.get("entry_to", [])],
        "credit_towards": [{**one, "units": shown(one.get("units"))} for one in found.get("credit_towards", [])],
        "prerequisites": list(found.get("prerequisites", [])),
        "stacks_into": list(found.get("stacks_into", [])),
        "tags": ", ".join(found.get("tags", [])),
        "alignments": [dict(one) for one in found.get("alignments", [])],
        "translations": [
            {"language": language, "title": title, "description": found.get("descriptions", {}).get(language, "")}
            for language, title in found.get("titles", {}).items()
        ],
    }
    if "result" in found:
        result = found["result"]
        form["result"] = {
            **{name: result.get(name, "") for name in ("type", "name", "required", "minimum", "maximum")},
            "allowed": ", ".join(result.get("allowed", [])),
            "levels": [{**one, "points": shown(one.get("points"))} for one in result.get("levels", [])],
        }
    return achievement_form(form)


def field_of(column: str | None) -> str:
    """The field of the form that a problem of the achievement is about, its place given below `achievements[N].`."""
    place: list[str] = []
    for word in _PART.findall(column or ""):
        if word.startswith("["):
            place.append(word[1:-1])
        elif word in {"titles", "descriptions"}:
            return "translations"
        else:
            place.append(word)
    return ".".join(place)


def _listed(name: str, texts: Iterable[str]) -> JsonObject:
    """A member with these texts, those that are empty left out; no member if none is left."""
    found: list[JsonValue] = [one for one in texts if one]
    return {name: found} if found else {}


def _said(form: Form) -> JsonObject:
    return {name: value.strip() for name, value in form.items() if name != "units"}


def _filled(form: Form) -> JsonObject:
    return {name: value.strip() for name, value in form.items() if value.strip()}


def _translations(found: list[Form]) -> JsonObject:
    named = [one for one in found if one["language"].strip() or one["title"].strip()]
    if not named:
        return {}
    titles: JsonObject = {one["language"].strip(): one["title"].strip() for one in named}
    texts: JsonObject = {
        one["language"].strip(): one["description"].strip() for one in named if one["description"].strip()
    }
    return {"titles": titles, "descriptions": texts} if texts else {"titles": titles}


def _result(form: Form) -> JsonObject:
    kind = form["type"]
    if not kind:
        return {}
    document: JsonObject = {"type": kind}
    if form["name"].strip():
        document["name"] = form["name"].strip()
    if kind in NUMERIC and kind != "Percent":
        document |= {name: form[name].strip() for name in ("minimum", "maximum") if form[name].strip()}
    if kind in GRADED:
        allowed: list[JsonValue] = [one.strip() for one in _COMMA.split(form["allowed"]) if one.strip()]
        document["allowed"] = allowed
    if kind == RUBRIC:
        document["levels"] = [_level(one) for one in form["levels"]]
    if kind != "Status" and form["required"].strip():
        document["required"] = form["required"].strip()
    return document


def _level(form: Form) -> JsonObject:
    document: JsonObject = {"code": form["code"].strip(), "name": form["name"].strip()}
    if form["description"].strip():
        document["description"] = form["description"].strip()
    if form["points"].strip():
        document["points"] = number(form["points"])
    return document
