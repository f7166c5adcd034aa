"""Reads rules and demands out of a pathway's document or definition, noting every problem.

The two differ only in how they name components: `names` leads from the name that is used to the achievement's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.fields import Fields
from ledger.documents.result import GRADED, NUMERIC, RUBRIC
from ledger.documents.strict_json import JsonValue
from ledger.documents.text import URL_LIMIT, text_problem
from ledger.stacking.rules import (
    KINDS,
    AllOf,
    CreditsOf,
    Demands,
    Item,
    MinimumGrade,
    MinimumLevel,
    OutsideLimit,
    Portion,
    Rule,
    SomeOf,
)

MAX_CREDITS = 10_000
_GRADED = (*sorted(GRADED | NUMERIC), RUBRIC)
_AGE = re.compile(r"P(?:[1-9]|[1-9][0-9])Y|P[1-9][0-9]{0,2}M", re.ASCII)


def read_rule(fields: Fields, names: Mapping[str, str]) -> Rule:
    """The rule of these members, closed. What it names that is no component is `pathway_reference`."""
    kinds = [kind for kind in KINDS.values() if fields.has(kind)]
    if len(kinds) != 1:
        fields.problem("allOf", "field_missing", f"a rule needs exactly one of: {', '.join(KINDS.values())}")
    kind = kinds[0] if kinds else "allOf"
    rule: Rule
    if kind == "allOf":
        items = _read_items(fields, kind, names) if kinds else ()
        rule = AllOf(items, fields.flag("inOrder"), read_demands(fields))
    elif kind == "someOf":
        items = _read_items(fields, kind, names)
        rule = SomeOf(items, fields.integer("atLeast", low=1, high=1_000), read_demands(fields))
        if len(items) < rule.at_least:
            message = f"asks for {rule.at_least} of {len(items)}, which can't be met"
            fields.problem("atLeast", "pathway_unmeetable", message)
    else:
        rule = _read_sum(fields, names)
    fields.close()
    return rule


def read_demands(fields: Fields) -> Demands:
    """What every credential that counts here must fulfil."""
    grades: list[MinimumGrade] = []
    if fields.has("minimumGrade"):
        for entry in fields.objects("minimumGrade", at_least=1):
            grade = MinimumGrade(entry.choice("type", _GRADED), entry.text("value"))
            entry.close()
            if grade.result_type in [known.result_type for known in grades]:
                entry.problem("type", "field_duplicate", f"“{grade.result_type}” stands twice")
            if grade.result_type in NUMERIC and as_number(grade.value) is None:
                entry.problem("value", "field_value", "must be a number")
            grades.append(grade)
    return Demands(
        minimum_level=read_level(fields.member("minimumLevel")) if fields.has("minimumLevel") else None,
        minimum_grades=tuple(grades),
        maximum_age=_read_age(fields) if fields.has("maximumAge") else None,
    )


def read_level(fields: Fields) -> MinimumLevel:
    """A level of a framework that is known."""
    framework = fields.choice("framework", LEVEL_FRAMEWORKS)
    known = LEVEL_FRAMEWORKS.get(framework)
    level = MinimumLevel(framework, fields.integer("level", low=1, high=known.highest if known else 100))
    fields.close()
    return level


def read_outside_limit(fields: Fields) -> OutsideLimit:
    """How much may come from others: one of `number`, `credits` with `framework`, `percent` with `framework`."""
    ways = [way for way in ("number", "credits", "percent") if fields.has(way)]
    if len(ways) != 1:
        fields.problem("number", "field_missing", "a limit needs exactly one of: number, credits, percent")
    limit = OutsideLimit(
        number=fields.integer("number", low=0, high=1_000) if "number" in ways else None,
        credits=fields.number("credits", low=0, high=MAX_CREDITS) if "credits" in ways else None,
        percent=fields.number("percent", low=0, high=100) if "percent" in ways else None,
        framework=None if ways == ["number"] else fields.choice("framework", CREDIT_FRAMEWORKS),
    )
    fields.close()
    return limit


def as_number(value: str) -> Decimal | None:
    """The number that a result says in plain digits, or None."""
    whole, _, fraction = value.partition(".")
    plain = value.isascii() and whole.isdigit() and (not fraction or fraction.isdigit()) and not value.endswith(".")
    return Decimal(value) if plain and len(value) <= 20 else None


def _read_sum(fields: Fields, names: Mapping[str, str]) -> CreditsOf:
    recognised = fields.flag("recognised") if fields.has("recognised") else False
    items = _read_items(fields, "creditsOf", names, at_least=0 if recognised else 1)
    rule = CreditsOf(
        items=tuple(item for item in items if isinstance(item, str)),
        at_least=fields.number("atLeast", low=0.01, high=MAX_CREDITS),
        framework=fields.choice("framework", CREDIT_FRAMEWORKS),
        of_which=tuple(_read_portion(entry) for entry in fields.objects("ofWhich")),
        recognised=recognised,
        demands=read_demands(fields),
    )
    if len(rule.items) < len(items):
        fields.problem("creditsOf", "field_type", "must name components: a sum holds no rules")
    for index, portion in enumerate(rule.of_which):
        if portion.at_least > rule.at_least:
            message = f"asks for more than the {rule.at_least:g} credits of the whole"
            fields.problem(f"ofWhich[{index}].atLeast", "pathway_unmeetable", message)
    return rule


def _read_portion(fields: Fields) -> Portion:
    portion = Portion(fields.number("atLeast", low=0.01, high=MAX_CREDITS), read_level(fields.member("minimumLevel")))
    fields.close()
    return portion


def _read_items(fields: Fields, kind: str, names: Mapping[str, str], *, at_least: int = 1) -> tuple[Item, ...]:
    items: list[Item] = []
    for index, value in enumerate(fields.values(kind, at_least=at_least)):
        place = f"{kind}[{index}]"
        if isinstance(value, dict):
            items.append(read_rule(fields.entry(place, value), names))
        elif (name := _read_name(fields, place, value, names)) is not None:
            if name in items:
                fields.problem(place, "field_duplicate", f"“{value}” stands twice")
            items.append(name)
    return tuple(items)


def _read_name(fields: Fields, place: str, value: JsonValue, names: Mapping[str, str]) -> str | None:
    if not isinstance(value, str):
        fields.problem(place, "field_type", "must be the name of a component, or a rule")
    elif found := text_problem(value, limit=URL_LIMIT):
        fields.problem(place, found.code, found.message)
    elif value not in names:
        fields.problem(place, "pathway_reference", f"“{value}” is not one of the components")
    else:
        return names[value]
    return None


def _read_age(fields: Fields) -> str:
    age = fields.text("maximumAge", limit=5)
    if age and not _AGE.fullmatch(age):
        fields.problem("maximumAge", "field_value", "is not a number of years such as P5Y, or of months such as P18M")
        return ""
    return age
