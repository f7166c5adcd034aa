"""The form that stands for a pathway that there is already: made from its definition without a loss."""

from __future__ import annotations

import re
from typing import Any, cast

from api.registrar.editing.form_tree import Tree
from api.registrar.editing.numbers import shown
from api.registrar.pathway_form import KINDS, YES, Form, pathway_form
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.stacking.definition import SELF
from ledger.stacking.pathway import Pathway

_AGE = re.compile(r"P([0-9]{1,3})([YM])", re.ASCII)


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
                "amount": shown(limit.get(kind)),
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
        "at_least": shown(found.get("atLeast")),
        "framework": found.get("framework", ""),
        "recognised": YES if found.get("recognised") else "",
        "of_which": [
            {
                "at_least": shown(one["atLeast"]),
                "framework": one["minimumLevel"]["framework"],
                "level": shown(one["minimumLevel"]["level"]),
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
        "level": shown(level.get("level")),
        "grades": [{"type": one["type"], "value": one["value"]} for one in found.get("minimumGrade", [])],
        "age": age.group(1) if age else "",
        "age_unit": age.group(2) if age else "",
    }
