"""The choice of what counts for what: right wherever a choice exists, and the same whatever the order of the input."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.recognition import Recognition
from ledger.errors import MalformedDocument
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway, Substitute, parse_pathway
from ledger.stacking.rules import (
    AllOf,
    CreditsOf,
    Demands,
    MinimumLevel,
    OutsideLimit,
    Portion,
    Rule,
    SomeOf,
)
from tests.unit.stacking.reference import can_be_met

OWN, OTHER, AUTHORITY = "did:web:own.example", "did:web:other.example", "did:web:authority.example"
NAMES = ("a", "b", "c", "d")
HIGH = MinimumLevel("NZQCF", 8)


def a_pathway(rule: Rule, **changes: Any) -> Pathway:
    names = dict.fromkeys(rule.achievement_ids)
    arguments: dict[str, Any] = {
        "id": "https://own.example/pathways/p/1",
        "version": 1,
        "title": "P",
        "issuer_did": OWN,
        "award_id": "award",
        "components": tuple(Component(name, OWN, substitutes=(Substitute(f"{name}-x", OTHER),)) for name in names),
        "rule": rule,
    }
    return Pathway(**(arguments | changes))


def held(achievement: str, day: int, number: int = 0, **changes: Any) -> HeldCredential:
    arguments: dict[str, Any] = {
        "achievement_id": achievement,
        "credential_id": f"urn:{achievement}:{day}:{number}",
        "issuer_did": OTHER if achievement.endswith("-x") else OWN,
        "awarded_on": date(2026, 1, day),
        "digest": f"{achievement}:{day}:{number}".encode().ljust(32, b"."),
        "credits": (("NZQCF", 15.0),),
        "levels": (("NZQCF", 8),),
    }
    return HeldCredential(**(arguments | changes))


demands = st.sampled_from([Demands()] * 5 + [Demands(HIGH)])


@st.composite
def rules(draw: st.DrawFn, depth: int = 2) -> Rule:
    """A tree of rules in which a component may stand in several places."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    inner = draw(st.lists(rules(depth - 1), max_size=2 if depth > 1 else 1)) if depth else []
    kind, demand = draw(st.sampled_from(["all", "some", "sum"])), draw(demands)
    if kind == "sum":
        portions = draw(st.sampled_from([(), (), (Portion(10, HIGH),), (Portion(30, HIGH),)]))
        return CreditsOf(tuple(names), draw(st.sampled_from([15, 30, 45])), "NZQCF", portions, demands=demand)
    items = tuple(draw(st.permutations([*names, *inner])))
    if kind == "all":
        return AllOf(items, draw(st.booleans()), demand)
    return SomeOf(items, draw(st.integers(1, len(items))), demand)


limits = st.one_of(
    st.none(),
    st.builds(OutsideLimit, number=st.integers(0, 2)),
    st.builds(OutsideLimit, credits=st.sampled_from([0, 10, 25]), framework=st.just("NZQCF")),
    st.builds(OutsideLimit, percent=st.sampled_from([25, 40, 50]), framework=st.just("NZQCF")),
)


@st.composite
def pathways(draw: st.DrawFn) -> Pathway:
    """Any rule over at most four components, with prerequisites, substitutes, a capstone and limits."""
    pathway = a_pathway(draw(rules()))
    changes: dict[str, Any] = {
        "outside_limit": draw(limits),
        "recognised_by": draw(st.sampled_from([(), (AUTHORITY,)])),
    }
    components = list(pathway.components)
    if draw(st.integers(0, 3)) == 3:
        components.append(Component("z", OWN))
        changes["capstone"] = "z"
    if len(pathway.components) > 1 and draw(st.booleans()):
        first, last = draw(st.permutations(range(len(pathway.components))))[:2]
        components[first] = replace(components[first], after=(components[last].achievement_id,))
    if draw(st.booleans()):
        components[0] = replace(components[0], demands=Demands(HIGH))
    changes["no_double_counting"] = draw(st.booleans())
    return replace(pathway, components=tuple(components), **changes)


@st.composite
def credentials(draw: st.DrawFn) -> list[HeldCredential]:
    taken = draw(
        st.lists(
            st.tuples(st.sampled_from(["a", "b", "c", "d", "a-x", "b-x", "z", "y"]), st.integers(1, 5)),
            min_size=2,
            max_size=7,
            unique=True,
        )
    )
    found: list[HeldCredential] = []
    for name, day in taken:
        rests_on = draw(st.sampled_from([()] * 6 + [tuple(one.digest for one in found[:1])]))
        found.append(
            held(
                name,
                day,
                credits=draw(st.sampled_from([(("NZQCF", 30.0),), (("NZQCF", 15.0),), (("NZQCF", 5.0),), ()])),
                levels=draw(st.sampled_from([(("NZQCF", 8),), (("NZQCF", 7),)])),
                rests_on=rests_on,
            )
        )
    return found


def decisions(found: list[HeldCredential], *, credits_given: float | None) -> list[Recognition]:
    """The authority counts everything that is called y as a component."""
    return [
        a_decision(one, achievement_id=name, credits=credits_given, framework="NZQCF" if credits_given else None)
        for one in found
        if one.achievement_id == "y"
        for name in ("a", "b")
    ]


def a_decision(one: HeldCredential, **changes: Any) -> Recognition:
    arguments: dict[str, Any] = {
        "recogniser_did": AUTHORITY,
        "credential_id": one.credential_id,
        "credential_digest": one.digest,
        "credits": None,
        "framework": None,
        "level": None,
        "level_framework": None,
        "pathway_id": None,
        "achievement_id": None,
        "endorsement_id": f"urn:recognition:{one.credential_id}",
        "endorsement_digest": bytes(32),
        "valid_from": date(2026, 1, 1),
        "valid_until": None,
    }
    return Recognition(**(arguments | changes))


def is_sound(pathway: Pathway) -> bool:
    try:
        return parse_pathway(pathway.canonical()) == pathway
    except MalformedDocument:
        return False


@given(pathways(), credentials(), st.sampled_from([None, 10.0]), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=120)
def test_it_is_satisfied_exactly_when_some_way_to_count_is(
    pathway: Pathway, found: list[HeldCredential], credits_given: float | None, random: Any
) -> None:
    if not is_sound(pathway):
        return
    recognitions = decisions(found, credits_given=credits_given)
    day = date(2026, 1, 31)

    evaluation = evaluate(pathway, found, recognitions=recognitions, on=day)

    assert evaluation.decided
    assert evaluation.satisfied == can_be_met(pathway, found, recognitions)
    assert evaluation.satisfied == (not evaluation.needs)
    if evaluation.satisfied:
        # what was chosen satisfies it by itself
        again = evaluate(pathway, evaluation.chosen, recognitions=evaluation.recognitions_used, on=day)
        assert again.satisfied
        assert can_be_met(pathway, evaluation.chosen, evaluation.recognitions_used)
    random.shuffle(found)
    random.shuffle(recognitions)
    assert evaluate(pathway, found, recognitions=recognitions, on=day) == evaluation


@given(pathways(), credentials())
@settings(deadline=None, max_examples=60)
def test_one_credential_more_never_unmeets_a_rule(pathway: Pathway, found: list[HeldCredential]) -> None:
    if not is_sound(pathway):
        return
    day = date(2026, 1, 31)

    answers = [evaluate(pathway, found[:count], on=day).satisfied for count in range(len(found) + 1)]

    assert answers == sorted(answers)


def test_groups_that_share_components_are_filled_as_far_as_they_can_be() -> None:
    # a and b fit the first group only if c is left for the second
    pathway = a_pathway(AllOf((SomeOf(("c", "a", "b"), 2), SomeOf(("c", "d"), 1))))

    evaluation = evaluate(pathway, [held("a", 1), held("b", 1), held("c", 1)])

    assert evaluation.satisfied
    assert len(evaluation.chosen) == 3


def test_what_is_from_elsewhere_leaves_room_for_what_is_needed_from_elsewhere() -> None:
    components = (Component("a", OWN, substitutes=(Substitute("a-x", OTHER),)), Component("b", OTHER))
    pathway = a_pathway(AllOf(("a", "b")), components=components, outside_limit=OutsideLimit(number=1))

    evaluation = evaluate(pathway, [held("a-x", 1), held("b", 1, issuer_did=OTHER), held("a", 5)])

    assert [one.achievement_id for one in evaluation.chosen] == ["a", "b"]


def test_a_large_rule_is_decided() -> None:
    """A hundred components with repeats, in groups that share them, with a limit, and one credential too few."""
    names = [f"n{number}" for number in range(100)]
    groups = tuple(SomeOf(tuple(names[at : at + 30]), 12) for at in range(0, 80, 20))
    components = tuple(Component(name, OTHER if at % 3 == 0 else OWN) for at, name in enumerate(names))
    pathway = a_pathway(AllOf(groups), components=components, outside_limit=OutsideLimit(number=4))
    found = [
        held(name, 1 + at % 28, number, issuer_did=OTHER if at % 3 == 0 else OWN)
        for at, name in enumerate(names)
        for number in range(3)
    ]

    assert evaluate(pathway, found).satisfied
    few = [one for one in found if one.issuer_did == OWN or one.achievement_id < "n3"][: 3 * 43]
    assert evaluate(pathway, few).decided
