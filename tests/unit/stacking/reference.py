"""What a pathway means, written for clarity alone: every way to count what is held is tried, and each rule looked up.

Only for a handful of credentials. It shares the values of `ledger.stacking`, and nothing that evaluates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from ledger.documents.recognition import Recognition
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Pathway
from ledger.stacking.rules import AllOf, CreditsOf, Demands, Rule, SomeOf

Path = tuple[int, ...]
"""Where a rule stands in the tree: the positions that lead to it. None stands for beside the rule."""


@dataclass(frozen=True)
class Counted:
    """A credential, counted for a component at a place, as a decision says if there is one."""

    component: str
    place: Path | None
    credential: HeldCredential
    decision: Recognition | None

    def credits(self, framework: str) -> float | None:
        if self.decision is not None and self.decision.credits is not None:
            return self.decision.credits if self.decision.framework == framework else None
        return dict(self.credential.credits).get(framework)

    def level(self, framework: str) -> int:
        return dict(self.credential.levels).get(framework, 0)


def can_be_met(pathway: Pathway, held: Sequence[HeldCredential], recognitions: Sequence[Recognition] = ()) -> bool:
    """Whether any way to count what is held satisfies the pathway."""
    ways = [[None, *_ways(pathway, component.achievement_id, held, recognitions)] for component in pathway.components]
    return any(holds(pathway, [one for one in way if one is not None]) for way in product(*ways))


def holds(pathway: Pathway, counted: Sequence[Counted]) -> bool:
    """Whether this way to count satisfies the pathway."""
    by_component = {one.component: one for one in counted}
    kinds = [(one.credential.issuer_did, one.credential.achievement_id) for one in counted]
    if len(set(kinds)) < len(kinds):
        return False
    for component in pathway.components:
        one = by_component.get(component.achievement_id)
        if one is None:
            continue
        for name in component.after:
            if name not in by_component or by_component[name].credential.awarded_on > one.credential.awarded_on:
                return False
    if pathway.capstone is not None:
        last = by_component.get(pathway.capstone)
        if last is None or any(one.credential.awarded_on > last.credential.awarded_on for one in counted):
            return False
    if _forbids_nesting(pathway) and any(
        a.credential.digest in b.credential.rests_on for a in counted for b in counted
    ):
        return False
    return _within_limit(pathway, counted) and _met(pathway.rule, (), counted)


def _ways(
    pathway: Pathway, name: str, held: Sequence[HeldCredential], recognitions: Sequence[Recognition]
) -> Iterator[Counted]:
    component = pathway.component(name)
    accepted = [(component.achievement_id, component.issuer_did)]
    accepted += [(one.achievement_id, one.issuer_did) for one in component.substitutes]
    places: list[tuple[Path | None, list[Demands]]] = list(_places(pathway.rule, (), name, []))
    if any(name in other.after for other in pathway.components) or name == pathway.capstone:
        places.append((None, []))
    for credential in held:
        decisions: list[Recognition | None] = (
            [None] if (credential.achievement_id, credential.issuer_did) in accepted else []
        )
        decisions += [
            decision
            for decision in recognitions
            if decision.credential_digest == credential.digest
            and decision.achievement_id == name
            and decision.recogniser_did in pathway.recognised_by
        ]
        for decision, (place, demands) in product(decisions, places):
            one = Counted(name, place, credential, decision)
            if all(_fulfils(one, demand) for demand in [*demands, component.demands]) and _is_counted(pathway, one):
                yield one


def _is_counted(pathway: Pathway, one: Counted) -> bool:
    """What has no credits counts in no sum; what is from outside must state those that are limited."""
    if one.place is not None:
        rule = _at(pathway.rule, one.place)
        if isinstance(rule, CreditsOf) and one.credits(rule.framework) is None:
            return False
    limit = pathway.outside_limit
    if limit is not None and limit.number is None and one.credential.issuer_did != pathway.issuer_did:
        return one.credits(limit.framework or "") is not None
    return True


def _places(rule: Rule, path: Path, name: str, demands: list[Demands]) -> Iterator[tuple[Path, list[Demands]]]:
    for index, item in enumerate(rule.items):
        if item == name:
            yield path, [*demands, rule.demands]
        elif not isinstance(item, str):
            yield from _places(item, (*path, index), name, [*demands, rule.demands])


def _at(rule: Rule, path: Path) -> Rule:
    for index in path:
        inner = rule.items[index]
        assert not isinstance(inner, str)
        rule = inner
    return rule


def _fulfils(one: Counted, demands: Demands) -> bool:
    minimum = demands.minimum_level
    return minimum is None or one.level(minimum.framework) >= minimum.level


def _met(rule: Rule, path: Path, counted: Sequence[Counted]) -> bool:
    here = {one.component: one for one in counted if one.place == path}
    if isinstance(rule, CreditsOf):
        whole = sum(one.credits(rule.framework) or 0 for one in here.values())
        return whole >= rule.at_least and all(
            sum(
                one.credits(rule.framework) or 0
                for one in here.values()
                if one.level(part.minimum_level.framework) >= part.minimum_level.level
            )
            >= part.at_least
            for part in rule.of_which
        )
    met = [
        item in here if isinstance(item, str) else _met(item, (*path, index), counted)
        for index, item in enumerate(rule.items)
    ]
    if isinstance(rule, SomeOf):
        return sum(met) >= rule.at_least
    days = [sorted(_days(rule, path, index, counted)) for index in range(len(rule.items))]
    dated = [some for some in days if some]
    in_order = all(dated[a][-1] <= dated[b][0] for a in range(len(dated)) for b in range(a + 1, len(dated)))
    return all(met) and (in_order or not rule.in_order)


def _days(rule: AllOf, path: Path, index: int, counted: Sequence[Counted]) -> Iterator[int]:
    item = rule.items[index]
    for one in counted:
        is_direct = one.place == path and one.component == item
        is_inside = not isinstance(item, str) and one.place is not None and one.place[: len(path) + 1] == (*path, index)
        if is_direct or is_inside:
            yield one.credential.awarded_on.toordinal()


def _forbids_nesting(pathway: Pathway) -> bool:
    return pathway.no_double_counting or "creditsOf" in str(pathway.to_dict()["rule"])


def _within_limit(pathway: Pathway, counted: Sequence[Counted]) -> bool:
    limit = pathway.outside_limit
    if limit is None:
        return True
    outside = [one for one in counted if one.credential.issuer_did != pathway.issuer_did]
    if limit.number is not None:
        return len(outside) <= limit.number
    framework = limit.framework or ""
    given: Mapping[bool, float] = {
        is_outside: sum(one.credits(framework) or 0 for one in counted if (one in outside) == is_outside)
        for is_outside in (True, False)
    }
    if limit.credits is not None:
        return given[True] <= limit.credits
    return given[True] * 100 <= (limit.percent or 0) * (given[True] + given[False])
