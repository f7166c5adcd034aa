"""What is wrong with a pathway, given what its issuer knows of the achievements and of other pathways.

Whether a rule can be met at all is tried out: on a learner who holds everything that the pathway names, in the best
order and with the best results. What is not known of the achievements of others is taken to be enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256

from ledger.documents.achievement import Achievement
from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.recognition import Recognition
from ledger.documents.result import NUMERIC, RUBRIC, ResultDescription
from ledger.errors import Problem
from ledger.stacking.admission import Candidate, unmet
from ledger.stacking.award_circles import circular_awards
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway
from ledger.stacking.references import AchievementsOf, unknown_names
from ledger.stacking.rules import KINDS, CreditsOf, Demands, OutsideLimit, Rule
from ledger.stacking.structure import structural_problems

MAX_REQUIRED = 64
"""Credentials that one award can rest on: what the evidence in its anchor proof has room for."""
_DAY = date(2026, 1, 1)
_PLENTY = 10_000.0
_TOP = 100


def problems_of(
    pathway: Pathway, known: Mapping[str, Achievement], others: Sequence[Pathway], achievements_of: AchievementsOf
) -> list[Problem]:
    """Every problem. `known` holds the issuer's own achievements by id, `others` the pathways that are known here,
    `achievements_of` what other issuers award."""

    def awarded_by(did: str) -> Collection[str] | None:
        return known if did == pathway.issuer_did else achievements_of(did)

    problems = [*structural_problems(pathway), *unknown_names(pathway, others, awarded_by)]
    problems = problems or [*circular_awards(pathway, others), *_demands(pathway, known)]
    return problems or list(_unmeetable(pathway, known))


def _demands(pathway: Pathway, known: Mapping[str, Achievement]) -> Iterator[Problem]:
    """What is asked of one achievement of the issuer's own that it can never fulfil, nor anything in its place."""
    fixed = _fixed(pathway, known)
    for index, component in enumerate(pathway.components):
        if component.achievement_id in fixed:
            yield from _unfit(component, fixed[component.achievement_id], component.demands, f"components[{index}]")
    yield from _sums(pathway, known, pathway.rule, "rule")


def _fixed(pathway: Pathway, known: Mapping[str, Achievement]) -> dict[str, Achievement]:
    """The achievements that are known, of components for which no other credential could count."""
    return {} if pathway.recognised_by else _without_stand_ins(pathway, known)


def _without_stand_ins(pathway: Pathway, known: Mapping[str, Achievement]) -> dict[str, Achievement]:
    """The achievements that are known, of components that nothing else may stand in for."""
    return {
        component.achievement_id: known[component.achievement_id]
        for component in pathway.components
        if component.achievement_id in known and not component.substitutes
    }


def _sums(pathway: Pathway, known: Mapping[str, Achievement], rule: Rule, place: str) -> Iterator[Problem]:
    """Sums of credits that some of the list can't add to, or that are more than all of it can give."""
    fixed, certain = _fixed(pathway, known), _without_stand_ins(pathway, known)
    for index, item in enumerate(rule.items):
        where = f"{place}.{KINDS[type(rule)]}[{index}]"
        if not isinstance(item, str):
            yield from _sums(pathway, known, item, where)
        elif isinstance(rule, CreditsOf) and item in fixed and rule.framework not in dict(fixed[item].credits):
            message = f"“{fixed[item].title}” has no {rule.framework} credits, so it can't count in this sum"
            yield Problem("pathway_unmeetable", message, column=where)
    if isinstance(rule, CreditsOf) and not rule.recognised and all(name in certain for name in rule.items):
        whole = sum(dict(certain[name].credits).get(rule.framework, 0) for name in rule.items)
        if whole < rule.at_least:
            message = f"asks for {rule.at_least:g} {rule.framework} credits, and all of the list give {whole:g}"
            yield Problem("pathway_unmeetable", message, column=f"{place}.atLeast")


def _rule_demands(pathway: Pathway, fixed: Mapping[str, Achievement], rule: Rule, place: str) -> Iterator[Problem]:
    """Items of a list that can't fulfil what is asked of the whole list: no fault as long as the others are enough."""
    for index, item in enumerate(rule.items):
        where = f"{place}.{KINDS[type(rule)]}[{index}]"
        if not isinstance(item, str):
            yield from _rule_demands(pathway, fixed, item, where)
        elif item in fixed:
            yield from _unfit(pathway.component(item), fixed[item], rule.demands, where)


def _unfit(component: Component, achievement: Achievement, demands: Demands, place: str) -> Iterator[Problem]:
    best = _own(component, achievement)
    if refusal := unmet(Candidate(best), demands, best.awarded_on):
        scale = f" (its scale: {', '.join(best.scale)})" if refusal.code.startswith("grade") and best.scale else ""
        message = f"no credential for “{achievement.title}” can fulfil this: {refusal.reason}{scale}"
        yield Problem("pathway_unmeetable", message, column=place)


def _unmeetable(pathway: Pathway, known: Mapping[str, Achievement]) -> Iterator[Problem]:
    """Tries the rule on a learner who holds everything."""
    fixed = _fixed(pathway, known)
    held = [
        _own(component, fixed[component.achievement_id])
        if component.achievement_id in fixed
        else _enough(pathway, component)
        for component in pathway.components
    ]
    recognitions = []
    if pathway.recognised_by:
        elective = _enough(pathway, Component("urn:elective", "did:elective"))
        held.append(elective)
        recognitions.append(_recognised(pathway, elective))
    evaluation = evaluate(_without_unknown_limit(pathway), held, recognitions=recognitions, on=_DAY)
    if not evaluation.satisfied and evaluation.decided:
        why = [
            *evaluation.needs,
            *dict.fromkeys(f"{one.reason[:1].upper()}{one.reason[1:]}." for one in evaluation.refused),
        ]
        message = f"can't be met, even with every component. What would be lacking: {' '.join(why)}"
        yield from list(_rule_demands(pathway, fixed, pathway.rule, "rule")) or [
            Problem("pathway_unmeetable", message, column="rule")
        ]
    elif len(evaluation.chosen) > MAX_REQUIRED:
        message = f"takes {len(evaluation.chosen)} credentials; an award can rest on {MAX_REQUIRED}"
        yield Problem("pathway_unmeetable", message, column="rule")


def _without_unknown_limit(pathway: Pathway) -> Pathway:
    """The pathway with a limit on others' credits only where that can be tried: their credits are not known."""
    limit = pathway.outside_limit
    if limit is None or limit.number is not None:
        return pathway
    return replace(pathway, outside_limit=None if limit.credits or limit.percent else OutsideLimit(number=0))


def _own(component: Component, achievement: Achievement) -> HeldCredential:
    """The best credential that there can be for an achievement as it is described."""
    kind, scale = _scale(achievement.result)
    return replace(
        _any(component),
        credits=tuple((framework, float(number)) for framework, number in achievement.credits),
        levels=achievement.levels,
        result=scale[-1] if scale else None,
        result_kind=kind,
        scale=scale,
    )


def _enough(pathway: Pathway, component: Component) -> HeldCredential:
    """A credential of someone else's that fulfils all that is asked of it."""
    asked = [component.demands, *_demands_on(pathway.rule, component.achievement_id)]
    grades = [grade for demands in asked for grade in demands.minimum_grades]
    values = [grade.value for grade in grades if grade.result_type == grades[0].result_type]
    if grades and grades[0].result_type in NUMERIC:
        values = ["0", max(values, key=Decimal)]
    return replace(
        _any(component),
        credits=tuple((framework, _PLENTY) for framework in CREDIT_FRAMEWORKS),
        levels=tuple((framework, _TOP) for framework in LEVEL_FRAMEWORKS),
        result=values[-1] if values else None,
        result_kind=grades[0].result_type if grades else None,
        scale=tuple(values),
    )


def _any(component: Component) -> HeldCredential:
    name = component.achievement_id
    return HeldCredential(
        achievement_id=name,
        credential_id=f"urn:{name}",
        issuer_did=component.issuer_did,
        awarded_on=_DAY,
        digest=sha256(name.encode()).digest(),
        title=component.name,
        has_evidence=True,
        pathway_id=component.pathway_id,
    )


def _recognised(pathway: Pathway, held: HeldCredential) -> Recognition:
    return Recognition(
        recogniser_did=pathway.recognised_by[0],
        credential_id=held.credential_id,
        credential_digest=held.digest,
        credits=None,
        framework=None,
        level=None,
        level_framework=None,
        pathway_id=pathway.id,
        achievement_id=None,
        endorsement_id="urn:recognition",
        endorsement_digest=held.digest,
        valid_from=held.awarded_on,
        valid_until=None,
    )


def _demands_on(rule: Rule, name: str) -> Iterator[Demands]:
    """The demands of the rules around a component."""
    if name in rule.achievement_ids:
        yield rule.demands
        for item in rule.items:
            if not isinstance(item, str):
                yield from _demands_on(item, name)


def _scale(result: ResultDescription | None) -> tuple[str | None, tuple[str, ...]]:
    """The type of a result, and its values from low to high, as credentials state them."""
    if result is None:
        return None, ()
    if result.result_type in NUMERIC:
        return result.result_type, (result.minimum, result.maximum)
    if result.result_type == RUBRIC:
        return result.result_type, tuple(level.name for level in reversed(result.levels))
    return result.result_type, tuple(reversed(result.allowed))
