"""Check 10 for awards by rules of every kind: evaluated again where all is shown, as far as goes where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from ledger.chain.registry import StatusAction
from ledger.documents.achievement import Achievement
from ledger.documents.canonical import digest
from ledger.documents.credential import (
    CREDENTIAL_MEDIA_TYPE,
    PATHWAY_MEDIA_TYPE,
    IssuerProfile,
    recognition_resource,
    related_resource,
)
from ledger.documents.endorsement import endorsed_document
from ledger.documents.recognition import Decision, build_recognition
from ledger.documents.strict_json import JsonObject
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.stacking.pathway import Component, Pathway, Substitute, pathway_id
from ledger.stacking.rules import AllOf, CreditsOf, Demands, MinimumGrade, Rule, SomeOf
from ledger.verifying.report import Check, Outcome, VerificationReport
from tests.builders import ISSUER, a_credential, a_signer, an_achievement, credential_id
from tests.world import Registered, World, evidence_of

BASE = f"{ISSUER.base_url}/achievements"
A, B, C, D = (f"{BASE}/{code}" for code in "abcd")
OTHER = IssuerProfile("did:web:other.example", "Other", "https://other.example")


def a_pathway(rule: Rule, *components: Component, award: str = "award", **changes: Any) -> Pathway:
    named = tuple(Component(name, ISSUER.did) for name in rule.achievement_ids)
    whole = Pathway(
        pathway_id(ISSUER.base_url, award, 1), 1, award, ISSUER.did, f"{BASE}/{award}", components or named, rule
    )
    return replace(whole, **changes)


def credential(code: str, number: int, **changes: Any) -> JsonObject:
    achievement: Achievement = an_achievement(code, prerequisites=(), stacks_into=(), credits=(("ECTS", 5),))
    return a_credential(number, achievement=achievement, **changes)


def an_award(
    world: World,
    pathway: Pathway,
    components: Sequence[JsonObject],
    recognitions: Sequence[JsonObject] = (),
    *,
    number: int = 500,
) -> JsonObject:
    related = [
        related_resource(pathway.id, media_type=PATHWAY_MEDIA_TYPE, digest=pathway.digest()),
        *(related_resource(str(one["id"]), media_type=CREDENTIAL_MEDIA_TYPE, digest=digest(one)) for one in components),
        *(recognition_resource(str(one["id"]), digest=digest(one)) for one in recognitions),
    ]
    code = pathway.award_id.rpartition("/")[2]
    document = credential(code, number, related=related, awarded_on=date(2026, 4, 1))
    places = tuple(evidence_of(one) for one in (*components, *recognitions))
    return world.issue(document, evidence=[AwardEvidence(pathway.canonical(), places)])[0]


def check(world: World, award: JsonObject, *shown: JsonObject) -> Check:
    """The award's stack check when these documents are handed in beside it."""
    reports = world.verifier().verify_many([orjson.dumps(document) for document in (award, *shown)])
    assert isinstance(reports[0], VerificationReport)
    return reports[0].check("stack")


def found(world: World, award: JsonObject, *shown: JsonObject) -> tuple[Outcome, str]:
    result = check(world, award, *shown)
    return result.outcome, result.code


def abroad(world: World) -> Registered:
    other = world.register(OTHER, a_signer(7))
    world.accredit(other)
    return other


OK, PROVED, UNMET = (Outcome.VALID, "ok"), (Outcome.VALID, "components_proved"), (Outcome.INVALID, "rule_not_met")


def test_some_of_a_list_may_be_any_of_it_and_no_fewer(world: World) -> None:
    pathway = a_pathway(SomeOf((A, B, C), 2))
    taken = world.issue(credential("c", 1), credential("a", 2))

    award = an_award(world, pathway, taken)

    assert found(world, award) == PROVED
    assert found(world, award, *taken) == OK
    assert found(world, an_award(world, pathway, taken[:1], number=501)) == UNMET


def test_a_sum_of_credits_is_made_again_from_what_is_shown(world: World) -> None:
    taken = world.issue(credential("a", 1), credential("b", 2))
    enough, short = (an_award(world, a_pathway(CreditsOf((A, B, C), need, "ECTS")), taken, number=500 + need)
                     for need in (10, 15))  # fmt: skip

    assert found(world, enough, *taken) == OK
    assert found(world, short) == PROVED
    assert found(world, short, *taken) == UNMET


@pytest.mark.parametrize(
    ("demands", "want"),
    [
        (Demands(minimum_grades=(MinimumGrade("Percent", "87.5"),)), OK),
        (Demands(minimum_grades=(MinimumGrade("Percent", "88"),)), UNMET),
        (Demands(maximum_age="P1M"), OK),
    ],
)
def test_demands_are_judged_as_of_the_day_of_the_award(world: World, demands: Demands, want: Any) -> None:
    taken = world.issue(credential("a", 1))
    award = an_award(world, a_pathway(AllOf((A,), demands=demands)), taken)

    assert found(world, award, *taken) == want


def test_what_is_older_than_the_rule_allows_on_that_day_does_not_count(world: World) -> None:
    taken = world.issue(credential("a", 1, awarded_on=date(2026, 2, 28)))
    award = an_award(world, a_pathway(AllOf((A,), demands=Demands(maximum_age="P1M"))), taken)

    assert found(world, award, *taken) == UNMET


def test_an_award_can_not_rest_on_what_was_awarded_after_it(world: World) -> None:
    taken = world.issue(credential("a", 1, awarded_on=date(2026, 4, 2)))

    assert found(world, an_award(world, a_pathway(AllOf((A,))), taken), *taken) == UNMET


def test_what_the_rule_does_not_ask_for_has_no_place_in_an_award(world: World) -> None:
    taken = world.issue(credential("a", 1), credential("d", 2))
    award = an_award(world, a_pathway(SomeOf((A, B), 1)), taken)

    assert found(world, award) == PROVED
    assert found(world, award, *taken) == UNMET


def test_a_substitute_of_another_institution_stands_in_and_no_more_of_theirs(world: World) -> None:
    other = abroad(world)
    substitute = Substitute(f"{OTHER.base_url}/achievements/x", OTHER.did)
    components = (Component(A, ISSUER.did, substitutes=(substitute,)), Component(B, ISSUER.did))
    pathway = a_pathway(AllOf((A, B)), *components)
    own = world.issue(credential("b", 1))
    theirs = world.issue(credential("x", 2, issuer=OTHER), credential("y", 3, issuer=OTHER), issuer=other)

    award = an_award(world, pathway, [theirs[0], own[0]])
    assert found(world, award) == PROVED
    assert found(world, award, theirs[0], own[0]) == OK
    assert found(world, an_award(world, pathway, theirs, number=501)) == (Outcome.INVALID, "component_issuer_mismatch")


def recognised(world: World) -> tuple[JsonObject, JsonObject, Pathway]:
    """A credential of another institution, the decision that it counts as A, and a pathway that counts it."""
    theirs = world.issue(credential("x", 1, issuer=OTHER), issuer=abroad(world))[0]
    pathway = a_pathway(AllOf((A,)), recognised_by=(ISSUER.did,))
    decision = build_recognition(
        issuer=ISSUER,
        endorsed=endorsed_document(theirs),
        decision=Decision(achievement_id=A),
        comment="It covers what we teach.",
        pathway_digest=None,
        decided_on=date(2026, 3, 20),
        status_index=2,
        endorsement_id=credential_id(2),
    )
    return theirs, world.issue(decision)[0], pathway


def test_a_decision_that_an_award_relies_on_is_proved_and_evaluated_with_it(world: World) -> None:
    theirs, decision, pathway = recognised(world)

    award = an_award(world, pathway, [theirs], [decision])

    assert world.verifier().verify(orjson.dumps(award))
    alone = check(world, award)
    assert (alone.outcome, alone.code) == PROVED
    recognitions: Any = alone.evidence["recognitions"]
    assert [one["issuer"] for one in recognitions] == [ISSUER.did]
    assert found(world, award, theirs) == PROVED
    assert found(world, award, theirs, decision) == OK
    assert found(world, an_award(world, pathway, [theirs], number=501)) == (
        Outcome.INVALID,
        "component_issuer_mismatch",
    )


def test_an_award_falls_with_the_decision_that_it_relies_on(world: World) -> None:
    theirs, decision, pathway = recognised(world)
    award = an_award(world, pathway, [theirs], [decision])
    world.set_status(2, StatusAction.REVOKE)

    assert found(world, award) == (Outcome.INVALID, "recognition_revoked")


def test_a_decision_of_somebody_whom_the_rule_does_not_name_counts_for_nothing(world: World) -> None:
    theirs, decision, pathway = recognised(world)
    award = an_award(world, replace(pathway, recognised_by=("did:web:authority.example",)), [theirs], [decision])

    assert found(world, award) == (Outcome.INVALID, "recognition_issuer_mismatch")


def nested(world: World) -> tuple[list[JsonObject], JsonObject, JsonObject]:
    """Two modules, the certificate that rests on them, and the master's that rests on the certificate."""
    modules = world.issue(credential("a", 1), credential("b", 2))
    first = a_pathway(AllOf((A, B)), award="certificate")
    certificate = an_award(world, first, modules, number=500)
    component = Component(first.award_id, ISSUER.did, pathway_id=first.id)
    components = (component, Component(C, ISSUER.did))
    second = a_pathway(SomeOf((first.award_id, C), 1), *components, award="master")
    return modules, certificate, an_award(world, second, [certificate], number=501)


def test_an_award_counts_towards_a_larger_one(world: World) -> None:
    modules, certificate, master = nested(world)

    assert found(world, master) == PROVED
    assert found(world, master, certificate) == OK
    assert found(world, master, certificate, *modules) == OK


def test_a_module_that_falls_takes_with_it_all_that_rests_on_it_where_that_is_shown(world: World) -> None:
    _, certificate, master = nested(world)
    world.set_status(2, StatusAction.REVOKE)

    assert found(world, certificate) == (Outcome.INVALID, "component_revoked")
    assert found(world, master, certificate) == (Outcome.INVALID, "component_revoked")
    assert found(world, master) == PROVED


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True), (False, False)])
def test_one_credential_counts_towards_two_awards_only_where_both_let_it(
    world: World, first: bool, second: bool
) -> None:
    taken = world.issue(credential("a", 1), credential("b", 2), credential("c", 3))
    one = an_award(world, a_pathway(AllOf((A, B)), award="one", no_double_counting=first), taken[:2], number=500)
    world.memory.mine(1)
    two = an_award(world, a_pathway(AllOf((B, C)), award="two", no_double_counting=second), taken[1:], number=501)

    assert found(world, one, two) == PROVED
    assert found(world, two) == PROVED
    assert found(world, two, one) == ((Outcome.INVALID, "component_counted_twice") if first or second else PROVED)
    world.set_status(500, StatusAction.REVOKE)
    assert found(world, two, one) == PROVED
