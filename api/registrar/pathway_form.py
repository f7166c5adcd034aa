"""The form of a pathway, and the definition file that it stands for: each is made from the other without a loss.

A form holds texts only. What is not a number stays as it was typed, and is refused by whoever reads the definition.
"""

from __future__ import annotations

import re
from typing import Any, cast

from api.registrar.editing.form_tree import Shape, Tree, shaped
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.stacking.definition import SELF
from ledger.stacking.pathway import Pathway

YES = "yes"
KINDS = ("allOf", "someOf", "creditsOf")

DEMANDS: Shape = {
    "framework": "",
    "level": "",
    "grades": [{"type": "", "value": ""}],
    "age": "",
    "age_unit": "",
}
SUBSTITUTE: Shape = {"code": "", "achievement": "", "issuer": "", "apel": ""}
COMPONENT: Shape = {
    "code": "",
    "achievement": "",
    "issuer": "",
    "title": "",
    "pathway": "",
    "apel": "",
    "after": [""],
    "substitutes": [SUBSTITUTE],
    "demands": DEMANDS,
}


def rule_shape() -> Shape:
    """A rule, whose items may be rules again."""
    return {
        "kind": "",
        "in_order": "",
        "at_least": "",
        "framework": "",
        "recognised": "",
        "of_which": [{"at_least": "", "framework": "", "level": ""}],
        "items": [{"name": "", "rule": rule_shape}],
        "demands": DEMANDS,
    }


PATHWAY: Shape = {
    "code": "",
    "title": "",
    "award": "",
    "components": [COMPONENT],
    "rule": rule_shape(),
    "capstone": "",
    "outside": {"kind": "", "amount": "", "framework": ""},
    "recognised_by": [""],
    "no_double_counting": "",
}
Form = dict[str, Any]
"""A tree in the shape of a pathway."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?", re.ASCII)
_AGE = re.compile(r"P([0-9]{1,3})([YM])", re.ASCII)
_TOKENS = re.compile(r"[A-Za-z]+|\[[0-9]+\]", re.ASCII)
_LISTS = {"allOf", "someOf", "creditsOf"}
_RENAMED = {
    "minimumLevel": ("demands", "level"),
    "minimumGrade": ("demands", "grades"),
    "maximumAge": ("demands", "age"),
    "atLeast": ("at_least",),
    "ofWhich": ("of_which",),
    "inOrder": ("in_order",),
    "outsideLimit": ("outside", "amount"),
    "recognisedBy": ("recognised_by",),
    "noDoubleCounting": ("no_double_counting",),
}
_IN_RULE = {"atLeast", "ofWhich", "inOrder", "framework", "recognised", "minimumLevel", "minimumGrade", "maximumAge"}


def pathway_form(tree: Tree) -> Form:
    """A tree in the shape of a pathway's form."""
    return cast("Form", shaped(tree, PATHWAY))


# --- from the form ---


def definition_of(form: Form, version: int) -> JsonObject:
    """The definition that a form stands for."""
    definition: JsonObject = {
        "code": form["code"].strip(),
        "version": version,
        "title": form["title"].strip(),
        "award": form["award"],
        "components": [_component(one) for one in form["components"]],
        "rule": _rule(form["rule"]),
    }
    if form["capstone"]:
        definition["capstone"] = form["capstone"]
    if limit := _limit(form["outside"]):
        definition["outsideLimit"] = limit
    if named := [name.strip() for name in form["recognised_by"] if name.strip()]:
        definition["recognisedBy"] = list(named)
    if form["no_double_counting"]:
        definition["noDoubleCounting"] = True
    return definition


def name_of(component: Form) -> str:
    """What the rule calls a component: its code, or another's address."""
    return str(component["code"] or component["achievement"].strip())


def number(text: str) -> JsonValue:
    """The number that was typed, or else the text, which whoever reads it refuses."""
    found = text.strip()
    if not _NUMBER.fullmatch(found):
        return found
    return float(found) if "." in found else int(found)


def _component(form: Form) -> JsonValue:
    members: JsonObject = {}
    if form["code"] or not form["achievement"].strip():
        members["code"] = form["code"]
    else:
        members |= {"achievement": form["achievement"].strip(), "issuer": form["issuer"].strip()}
    if form["title"].strip():
        members["title"] = form["title"].strip()
    if form["pathway"].strip():
        members["pathway"] = form["pathway"].strip()
    if form["apel"]:
        members["apel"] = True
    if after := [name for name in form["after"] if name]:
        members["after"] = list(after)
    if form["substitutes"]:
        members["substitutes"] = [_substitute(one) for one in form["substitutes"]]
    members |= _demands(form["demands"])
    return str(members["code"]) if members.keys() == {"code"} else members


def _substitute(form: Form) -> JsonObject:
    members: JsonObject = (
        {"code": form["code"]}
        if form["code"] or not form["achievement"].strip()
        else {"achievement": form["achievement"].strip(), "issuer": form["issuer"].strip()}
    )
    return members | {"apel": True} if form["apel"] else members


def _rule(form: Form) -> JsonObject:
    kind = form["kind"] if form["kind"] in KINDS else "allOf"
    items: list[JsonValue] = [
        _rule(one["rule"]) if one["rule"] is not None else one["name"]
        for one in form["items"]
        if one["rule"] is not None or one["name"]
    ]
    members: JsonObject = {kind: items}
    if kind == "allOf":
        members["inOrder"] = bool(form["in_order"])
    else:
        members["atLeast"] = number(form["at_least"])
    if kind == "creditsOf":
        members["framework"] = form["framework"]
        if form["of_which"]:
            members["ofWhich"] = [
                {
                    "atLeast": number(one["at_least"]),
                    "minimumLevel": {"framework": one["framework"], "level": number(one["level"])},
                }
                for one in form["of_which"]
            ]
        if form["recognised"]:
            members["recognised"] = True
    return members | _demands(form["demands"])


def _demands(form: Form) -> JsonObject:
    members: JsonObject = {}
    if form["level"].strip():
        members["minimumLevel"] = {"framework": form["framework"], "level": number(form["level"])}
    if form["grades"]:
        members["minimumGrade"] = [{"type": one["type"], "value": one["value"].strip()} for one in form["grades"]]
    if form["age"].strip():
        members["maximumAge"] = f"P{form['age'].strip()}{'M' if form['age_unit'] == 'M' else 'Y'}"
    return members


def _limit(form: Form) -> JsonObject:
    kind = form["kind"]
    if kind not in {"number", "credits", "percent"}:
        return {}
    members: JsonObject = {kind: number(form["amount"])}
    return members if kind == "number" else members | {"framework": form["framework"]}


# --- to the form ---


def form_of(definition: JsonObject) -> Form:
    """The form that stands for a definition; what is not in it is empty."""
    found: Any = definition
    limit = found.get("outsideLimit", {})
    kind = next((one for one in ("number", "credits", "percent") if one in limit), "")
    return pathway_form(
        {
            "code": found.get("code", ""),
            "title": found.get("title", ""),
            "award": found.get("award", ""),
            "components": [_component_form(one) for one in found.get("components", [])],
            "rule": _rule_form(found.get("rule", {})),
            "capstone": found.get("capstone", ""),
            "outside": {
                "kind": kind,
                "amount": _shown(limit.get(kind)),
                "framework": limit.get("framework", ""),
            },
            "recognised_by": list(found.get("recognisedBy", [])),
            "no_double_counting": YES if found.get("noDoubleCounting") else "",
        }
    )


def definition_of_pathway(pathway: Pathway, base_url: str) -> JsonObject:
    """The definition of a published pathway, with codes in place of the issuer's own addresses."""
    start = f"{base_url}/achievements/"

    def named(address: str) -> str:
        return address.removeprefix(start)

    def written(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: written(inner) for name, inner in value.items()}
        return [written(one) for one in value] if isinstance(value, list) else _renamed(value)

    def _renamed(value: Any) -> Any:
        return named(value) if isinstance(value, str) else value

    document: Any = pathway.to_dict()
    document["rule"] = written(document["rule"])
    document["components"] = [_own(one, start, named) for one in document["components"]]
    document["award"] = named(document["award"])
    document["code"] = pathway.id.rsplit("/", 2)[1]
    if "capstone" in document:
        document["capstone"] = named(document["capstone"])
    if "recognisedBy" in document:
        document["recognisedBy"] = [SELF if did == pathway.issuer_did else did for did in document["recognisedBy"]]
    del document["id"], document["issuer"]
    return cast("JsonObject", document)


def _own(component: Any, start: str, named: Any) -> JsonValue:
    """A component, or what counts in its place, by its code where it is the issuer's own."""
    members = dict(component)
    if members["achievement"].startswith(start):
        members = {"code": named(members.pop("achievement")), **members}
        members.pop("issuer")
        members.pop("title", None)
    if "after" in members:
        members["after"] = [named(one) for one in members["after"]]
    if "substitutes" in members:
        members["substitutes"] = [_own(one, start, named) for one in members["substitutes"]]
        members["substitutes"] = [{"code": one} if isinstance(one, str) else one for one in members["substitutes"]]
    return members["code"] if members.keys() == {"code"} else members


def _component_form(found: Any) -> Tree:
    if isinstance(found, str):
        return {"code": found}
    return {
        "code": found.get("code", ""),
        "achievement": found.get("achievement", ""),
        "issuer": found.get("issuer", ""),
        "title": found.get("title", ""),
        "pathway": found.get("pathway", ""),
        "apel": YES if found.get("apel") else "",
        "after": list(found.get("after", [])),
        "substitutes": [
            {
                "code": one.get("code", ""),
                "achievement": one.get("achievement", ""),
                "issuer": one.get("issuer", ""),
                "apel": YES if one.get("apel") else "",
            }
            for one in found.get("substitutes", [])
        ],
        "demands": _demands_form(found),
    }


def _rule_form(found: Any) -> Tree:
    kind = next((one for one in KINDS if one in found), "allOf")
    return {
        "kind": kind,
        "in_order": YES if found.get("inOrder") else "",
        "at_least": _shown(found.get("atLeast")),
        "framework": found.get("framework", ""),
        "recognised": YES if found.get("recognised") else "",
        "of_which": [
            {
                "at_least": _shown(one["atLeast"]),
                "framework": one["minimumLevel"]["framework"],
                "level": _shown(one["minimumLevel"]["level"]),
            }
            for one in found.get("ofWhich", [])
        ],
        "items": [
            {"name": one} if isinstance(one, str) else {"name": "", "rule": _rule_form(one)}
            for one in found.get(kind, [])
        ],
        "demands": _demands_form(found),
    }


def _demands_form(found: Any) -> Tree:
    level, age = found.get("minimumLevel", {}), _AGE.fullmatch(found.get("maximumAge", ""))
    return {
        "framework": level.get("framework", ""),
        "level": _shown(level.get("level")),
        "grades": [{"type": one["type"], "value": one["value"]} for one in found.get("minimumGrade", [])],
        "age": age.group(1) if age else "",
        "age_unit": age.group(2) if age else "",
    }


def _shown(value: Any) -> str:
    """A number as somebody would type it."""
    if value is None:
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def field_of(column: str | None) -> str:
    """The field of the form that a problem of the definition is about; empty if it is about the whole."""
    tokens = _TOKENS.findall(column or "")
    place: list[str] = []
    for word in tokens:
        is_item = len(place) >= 2 and place[-1].isdigit() and place[-2] == "items"
        if word.startswith("["):
            place.append(word[1:-1])
        elif word in _LISTS:
            place += ["rule", "items"] if is_item else ["items"]
        elif word == "minimumLevel" and place[-2:-1] == ["of_which"]:
            continue
        elif place[:1] == ["outside"]:
            place = ["outside", "framework" if word == "framework" else "amount"]
        elif word in _IN_RULE:
            place += [*(["rule"] if is_item else []), *_RENAMED.get(word, (word,))]
        elif place[-2:] == ["demands", "level"] and word in {"level", "framework"}:
            place[-1] = word
        else:
            place += _RENAMED.get(word, (word,))
    if place and place[-1] == "items":
        place.pop()
    return ".".join(place)
