"""The form of a pathway, and the definition file that it stands for; `pathway_reopening` makes the form of one again.

A form holds texts only. What is not a number stays as it was typed, and is refused by whoever reads the definition.
"""

from __future__ import annotations

import re
from typing import Any, cast

from api.registrar.editing.form_tree import Shape, Tree, shaped
from api.registrar.editing.numbers import number
from ledger.documents.strict_json import JsonObject, JsonValue

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
