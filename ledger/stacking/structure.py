"""What is wrong with a pathway whatever is known of its achievements: circles, unknown names, rules that contradict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ledger.errors import Problem
from ledger.stacking.order import circle, predecessors, prerequisites
from ledger.stacking.rules import CreditsOf, Rule

if TYPE_CHECKING:
    from ledger.stacking.pathway import Pathway


def structural_problems(pathway: Pathway) -> list[Problem]:
    """Every such problem. The components are different ones, and the rule names none but them.

    Codes: `pathway_reference`, `pathway_cycle`, `pathway_order`, `pathway_rule`, `pathway_unmeetable`,
    `field_duplicate`.
    """
    problems = [*_references(pathway), *_places(pathway)]
    if problems:
        return problems
    if around := circle(prerequisites(pathway)):
        message = f"each of these has to come before the next, without an end: {_in_words(pathway, around)}"
        return [Problem("pathway_cycle", message, column="components")]
    if around := circle(predecessors(pathway)):
        message = f"the orders contradict each other about: {_in_words(pathway, around)}"
        return [Problem("pathway_order", message, column="rule")]
    return []


def _references(pathway: Pathway) -> Iterator[Problem]:
    """Names that lead nowhere, or back to the award."""
    names = {component.achievement_id for component in pathway.components}
    stand_ins: set[tuple[str, str]] = set()
    for index, component in enumerate(pathway.components):
        place = f"components[{index}]"
        if component.achievement_id == pathway.award_id:
            yield Problem("pathway_cycle", "is the award itself, which can't be a component of itself", column=place)
        for number, name in enumerate(component.after):
            if name not in names:
                yield Problem("pathway_reference", f"“{name}” is not one of the components", column=f"{place}.after")
            elif name == component.achievement_id:
                yield Problem("pathway_cycle", "has to come after itself", column=f"{place}.after[{number}]")
        for number, substitute in enumerate(component.substitutes):
            where, key = f"{place}.substitutes[{number}]", (substitute.achievement_id, substitute.issuer_did)
            if substitute.achievement_id == pathway.award_id:
                yield Problem("pathway_cycle", "is the award itself, which can't count towards itself", column=where)
            if key in stand_ins or key == (component.achievement_id, component.issuer_did):
                yield Problem("field_duplicate", f"“{substitute.achievement_id}” stands twice", column=where)
            stand_ins.add(key)


def _places(pathway: Pathway) -> Iterator[Problem]:
    """Components without a place in the rule, and a capstone that is none."""
    named = set(pathway.rule.achievement_ids)
    known = {component.achievement_id for component in pathway.components}
    if pathway.capstone is not None and pathway.capstone not in known:
        yield Problem("pathway_reference", f"“{pathway.capstone}” is not one of the components", column="capstone")
    if pathway.capstone in named:
        yield Problem("pathway_rule", "comes after the rule is met, so the rule can't name it", column="capstone")
    needed = {name for component in pathway.components for name in component.after}
    for index, component in enumerate(pathway.components):
        if component.achievement_id not in named | needed | {pathway.capstone}:
            message = "is named by no part of the rule, and is the prerequisite of nothing"
            yield Problem("pathway_rule", message, column=f"components[{index}]")
    if any(rule.recognised for rule in _sums(pathway.rule)) and not pathway.recognised_by:
        message = "is what recognised credits count by, and names nobody whose decisions count"
        yield Problem("pathway_unmeetable", message, column="recognisedBy")


def _sums(rule: Rule) -> Iterator[CreditsOf]:
    if isinstance(rule, CreditsOf):
        yield rule
        return
    for item in rule.items:
        if not isinstance(item, str):
            yield from _sums(item)


def _in_words(pathway: Pathway, names: tuple[str, ...]) -> str:
    return " → ".join(f"“{pathway.component(name).name}”" for name in (*names, names[0]))
