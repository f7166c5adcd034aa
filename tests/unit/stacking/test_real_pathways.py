"""Real programmes as pathways: what learners hold, what that leads to, and what is said to them on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ledger.documents.credential import IssuerProfile
from ledger.documents.programme import Programme
from ledger.documents.recognition import Recognition
from ledger.stacking.definition import define_pathway
from ledger.stacking.evaluation import Evaluation, evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.stacking.rules import CreditsOf, Demands, MinimumLevel, OutsideLimit, Portion
from tests.builders import an_achievement

DAY = date(2026, 6, 1)


def an_issuer(slug: str) -> IssuerProfile:
    return IssuerProfile(f"did:web:{slug}.example", slug, f"https://{slug}.example")


def a_programme(**codes: Any) -> Programme:
    """Achievements by code (with hyphens for underscores), each with what differs of it."""
    entries = [
        an_achievement(code.replace("_", "-"), prerequisites=(), stacks_into=(), **changes)
        for code, changes in codes.items()
    ]
    return Programme("programme", "Programme", tuple(entries))


def define(issuer: IssuerProfile, programme: Programme, *others: Pathway, **members: Any) -> Pathway:
    data = json.dumps({"version": 1, "title": members["code"], **members}).encode()
    return define_pathway(data, issuer=issuer, programme=programme, others=others)


def held(issuer: IssuerProfile, programme: Programme, code: str, day: int = 1, **changes: Any) -> HeldCredential:
    achievement = programme.find(code)
    assert achievement is not None
    credential = HeldCredential(
        achievement_id=f"{issuer.base_url}/achievements/{code}",
        credential_id=f"urn:{code}:{day}",
        issuer_did=issuer.did,
        awarded_on=DAY + timedelta(days=day),
        digest=f"{issuer.did}{code}{day}".encode().ljust(32, b"."),
        credits=tuple((framework, float(number)) for framework, number in achievement.credits),
        levels=achievement.levels,
        title=code,
    )
    return replace(credential, **changes)


def codes_missing(evaluation: Evaluation) -> list[str]:
    return [component.name for component in evaluation.missing]


# --- Universiti Sains Malaysia: nine modules, each the prerequisite of the next ---

USM = an_issuer("usm")
NINE = tuple(f"module-{number}" for number in range(1, 10))
USM_PROGRAMME = a_programme(**{code.replace("-", "_"): {} for code in (*NINE, "instructional-design")})
IN_ORDER = define(
    USM,
    USM_PROGRAMME,
    code="instructional-design",
    award="instructional-design",
    components=list(NINE),
    rule={"allOf": list(NINE), "inOrder": True},
)
AFTER = define(
    USM,
    USM_PROGRAMME,
    code="instructional-design",
    award="instructional-design",
    components=[{"code": code, **({"after": [NINE[at - 1]]} if at else {})} for at, code in enumerate(NINE)],
    rule={"allOf": list(NINE), "inOrder": False},
)


def test_all_nine_in_order_complete_the_certificate() -> None:
    taken = [held(USM, USM_PROGRAMME, code, day) for day, code in enumerate(NINE)]

    for pathway in (IN_ORDER, AFTER):
        evaluation = evaluate(pathway, taken)
        assert evaluation.satisfied
        assert list(evaluation.chosen) == taken
        assert (evaluation.progress, evaluation.needs) == (1.0, ())


def test_who_skipped_a_module_is_told_which_and_what_follows_from_it() -> None:
    taken = [held(USM, USM_PROGRAMME, code, day) for day, code in enumerate(NINE) if code != "module-4"]

    evaluation = evaluate(IN_ORDER, taken)

    assert not evaluation.satisfied
    assert codes_missing(evaluation) == ["module-4"]
    (sentence,) = evaluation.needs
    assert sentence.startswith("A credential for “module-4”; after it again: “module-5”")
    assert evaluation.progress == pytest.approx(8 / 9)


def test_where_each_module_is_a_prerequisite_nothing_counts_without_it() -> None:
    taken = [held(USM, USM_PROGRAMME, code, day) for day, code in enumerate(NINE) if code != "module-4"]

    evaluation = evaluate(AFTER, taken)

    assert [met.component.achievement_id.rpartition("/")[2] for met in evaluation.met] == list(NINE[:3])
    assert {refused.code for refused in evaluation.refused} == {"prerequisite_missing"}
    assert len(evaluation.refused) == 5


# --- Universiti Malaya: four courses ---


def test_the_four_courses_of_malay_lead_to_the_mastery_certificate() -> None:
    issuer, four = an_issuer("um"), ("introduction", "intermediate", "advanced", "writing")
    programme = a_programme(**{code: {} for code in (*four, "mastery")})
    pathway = define(
        issuer,
        programme,
        code="mastery",
        award="mastery",
        components=list(four),
        rule={"allOf": list(four), "inOrder": False},
    )
    taken = [held(issuer, programme, code, 9 - day) for day, code in enumerate(four)]

    assert evaluate(pathway, taken).satisfied
    assert codes_missing(evaluate(pathway, taken[:3])) == ["writing"]


# --- Purdue: six courses, of which a learner took four; the credits need an added assessment ---

PURDUE = an_issuer("purdue")
SIX = ("introduction", "plans", "owned", "earned", "paid", "listening")
PURDUE_PROGRAMME = a_programme(
    **{code: {} for code in SIX},
    assessment={"credits": (("US", 3),)},
    credit={"credits": (("US", 3),)},
)


def purdue(at_least: int) -> Pathway:
    return define(
        PURDUE,
        PURDUE_PROGRAMME,
        code="academic-credit",
        award="credit",
        components=[*SIX, "assessment"],
        rule={"someOf": list(SIX), "atLeast": at_least},
        capstone="assessment",
    )


def test_four_of_six_courses_are_not_the_credit_and_it_says_how_many_more() -> None:
    four = [held(PURDUE, PURDUE_PROGRAMME, code, day) for day, code in enumerate(SIX[:4])]

    evaluation = evaluate(purdue(6), four)

    assert not evaluation.satisfied
    assert len(evaluation.met) == 4
    title = PURDUE_PROGRAMME.achievements[0].title
    assert evaluation.needs == (
        f"Two more of: “{title}”, “{title}”.",
        f"“{title}” as the last step, once the rest is held.",
    )


def test_the_added_assessment_makes_academic_credits_of_the_courses() -> None:
    courses = [held(PURDUE, PURDUE_PROGRAMME, code, day) for day, code in enumerate(SIX)]
    assessment = held(PURDUE, PURDUE_PROGRAMME, "assessment", 20)

    assert not evaluate(purdue(6), courses).satisfied
    evaluation = evaluate(purdue(6), [assessment, *courses])
    assert evaluation.satisfied
    assert evaluation.chosen[-1] == assessment


def test_an_assessment_before_the_courses_is_not_the_last_step() -> None:
    courses = [held(PURDUE, PURDUE_PROGRAMME, code, day) for day, code in enumerate(SIX)]
    early = held(PURDUE, PURDUE_PROGRAMME, "assessment", 2)

    evaluation = evaluate(purdue(6), [early, *courses])

    assert not evaluation.satisfied
    assert [(refused.credential, refused.code) for refused in evaluation.refused] == [(early, "out_of_order")]
    assert evaluate(purdue(3), [early, *courses]).satisfied


# --- academyEX: micro-credentials of 15 credits, a postgraduate certificate of 60, a master's of 180 ---

ACADEMY, OTHER = an_issuer("academyex"), an_issuer("other")
EIGHT = {"credits": (("NZQCF", 15),), "levels": (("NZQCF", 8),)}
SEVEN = {"credits": (("NZQCF", 15),), "levels": (("NZQCF", 7),)}
TOPICS = ("digital-skills", "disruptive-technologies", "internet-of-things", "sustainability")
GRADUATE = ("organisational-psychology", "digital-basics")
EX = a_programme(
    **{code.replace("-", "_"): EIGHT for code in TOPICS},
    **{code.replace("-", "_"): SEVEN for code in GRADUATE},
    pg_cert={"credits": (("NZQCF", 60),), "levels": (("NZQCF", 8),)},
    thesis={"credits": (("NZQCF", 90),), "levels": (("NZQCF", 9),)},
    methods={"credits": (("NZQCF", 30),), "levels": (("NZQCF", 8),)},
    master={"credits": (("NZQCF", 180),), "levels": (("NZQCF", 9),)},
)
LEVEL_8 = {"framework": "NZQCF", "level": 8}
PG_CERT = define(
    ACADEMY,
    EX,
    code="pg-cert",
    award="pg-cert",
    components=[*TOPICS, *GRADUATE],
    rule={
        "creditsOf": [*TOPICS, *GRADUATE],
        "atLeast": 60,
        "framework": "NZQCF",
        "ofWhich": [{"atLeast": 45, "minimumLevel": LEVEL_8}],
        "recognised": True,
    },
    outsideLimit={"credits": 30, "framework": "NZQCF"},
    recognisedBy=["self"],
    noDoubleCounting=True,
)
MASTER = define(
    ACADEMY,
    EX,
    PG_CERT,
    code="master",
    award="master",
    components=[{"code": "pg-cert", "pathway": PG_CERT.id}, *TOPICS, "methods", "thesis"],
    rule={
        "allOf": [
            {"creditsOf": ["pg-cert", *TOPICS, "methods"], "atLeast": 90, "framework": "NZQCF"},
            {"creditsOf": ["thesis"], "atLeast": 90, "framework": "NZQCF", "minimumLevel": LEVEL_8 | {"level": 9}},
        ],
        "inOrder": False,
    },
)


def mc(*codes: str) -> list[HeldCredential]:
    return [held(ACADEMY, EX, code, day) for day, code in enumerate(codes)]


def test_sixty_credits_of_which_most_are_at_level_8_make_a_certificate() -> None:
    assert evaluate(PG_CERT, mc(*TOPICS)).satisfied
    assert evaluate(PG_CERT, mc(*TOPICS[:3], GRADUATE[0])).satisfied


def test_too_many_credits_at_level_7_leave_credits_at_level_8_to_earn() -> None:
    evaluation = evaluate(PG_CERT, mc(*TOPICS[:2], *GRADUATE))

    assert not evaluation.satisfied
    (sentence,) = evaluation.needs
    assert sentence.startswith("15 more NZQCF credits at NZQCF level 8 or above out of: ")


def test_what_is_lacking_at_level_8_is_held_to_the_age_of_all_and_one_credit_is_one() -> None:
    portion = Portion(31, MinimumLevel("NZQCF", 8))
    rule = CreditsOf(PG_CERT.rule.achievement_ids, 60, "NZQCF", (portion,), demands=Demands(maximum_age="P5Y"))

    (sentence,) = evaluate(replace(PG_CERT, rule=rule), mc(*TOPICS[:2], *GRADUATE)).needs

    assert sentence.startswith("1 more NZQCF credit at NZQCF level 8 or above not older than 5 years out of: ")


def test_what_comes_from_elsewhere_where_nothing_may_is_said_plainly() -> None:
    other, decision = elsewhere(1)

    evaluation = evaluate(replace(PG_CERT, outside_limit=OutsideLimit(number=0)), [other], recognitions=[decision])

    assert [refused.reason for refused in evaluation.refused] == ["nothing may come from other institutions"]


def test_the_certificate_counts_towards_the_masters_and_what_it_rests_on_does_not_count_again() -> None:
    certificate = held(ACADEMY, EX, "pg-cert", 20, pathway_id=PG_CERT.id, rests_on=tuple(c.digest for c in mc(*TOPICS)))
    rest = [held(ACADEMY, EX, "methods", 30), held(ACADEMY, EX, "thesis", 40)]

    assert evaluate(MASTER, [certificate, *rest]).satisfied
    without_methods = evaluate(MASTER, [certificate, rest[1], *mc(*TOPICS)])
    assert not without_methods.satisfied
    assert {refused.code for refused in without_methods.refused} == {"counted_already"}


def test_a_certificate_of_another_pathway_does_not_count() -> None:
    other = held(ACADEMY, EX, "pg-cert", 20, pathway_id="https://academyex.example/pathways/pg-cert/0")

    assert [refused.code for refused in evaluate(MASTER, [other]).refused] == ["other_pathway"]


def test_one_micro_credential_does_not_count_towards_two_awards() -> None:
    taken = mc(*TOPICS)

    evaluation = evaluate(PG_CERT, taken, used=[taken[0].digest])

    assert not evaluation.satisfied
    assert [(refused.credential, refused.code) for refused in evaluation.refused] == [(taken[0], "counted_elsewhere")]
    assert evaluation.needs[0].startswith("15 more NZQCF credits out of: ")


def elsewhere(number: int, **changes: Any) -> tuple[HeldCredential, Recognition]:
    """A credential of another institution, and the decision of the academy that it counts for 15 credits at level 8."""
    credential = HeldCredential(
        f"https://other.example/achievements/{number}",
        f"urn:other:{number}",
        OTHER.did,
        DAY,
        f"other {number}".encode().ljust(32, b"."),
        title=f"Other {number}",
    )
    arguments: dict[str, Any] = {
        "recogniser_did": ACADEMY.did,
        "credential_id": credential.credential_id,
        "credential_digest": credential.digest,
        "credits": 15.0,
        "framework": "NZQCF",
        "level": 8,
        "level_framework": "NZQCF",
        "pathway_id": PG_CERT.id,
        "achievement_id": None,
        "endorsement_id": f"urn:recognition:{number}",
        "endorsement_digest": bytes([number]) * 32,
        "valid_from": DAY,
        "valid_until": None,
    }
    return credential, Recognition(**(arguments | changes))


def test_recognised_credits_count_up_to_the_limit_on_what_comes_from_elsewhere() -> None:
    others, decisions = zip(*(elsewhere(number) for number in (1, 2, 3)), strict=True)

    evaluation = evaluate(PG_CERT, [*others, *mc(*TOPICS[:2])], recognitions=decisions)
    assert evaluation.satisfied
    assert len(evaluation.recognitions_used) == 2

    evaluation = evaluate(PG_CERT, [*others, *mc(*TOPICS[:1])], recognitions=decisions)
    assert not evaluation.satisfied
    assert [refused.code for refused in evaluation.refused] == ["outside_limit"]
    assert any("at most 30 NZQCF credits may come from other institutions" in sentence for sentence in evaluation.needs)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recogniser_did": OTHER.did}, "recogniser_not_named"),
        ({"credential_digest": bytes(32)}, "recognition_mismatch"),
        ({"valid_from": DAY + timedelta(days=1)}, "recognition_later"),
        ({"valid_until": DAY - timedelta(days=1)}, "recognition_expired"),
        ({"credits": None, "framework": None}, "credits_unknown"),
    ],
)
def test_a_decision_that_does_not_count_is_refused_with_the_reason(changes: dict[str, Any], code: str) -> None:
    credential, decision = elsewhere(1, **changes)

    evaluation = evaluate(PG_CERT, [credential], recognitions=[decision], on=DAY)

    assert [refused.code for refused in evaluation.refused] == [code]


def test_a_decision_for_another_pathway_says_nothing_here() -> None:
    credential, decision = elsewhere(1, pathway_id="https://academyex.example/pathways/another/1")

    evaluation = evaluate(PG_CERT, [credential], recognitions=[decision], on=DAY)

    assert (evaluation.met, evaluation.refused) == ((), ())


@pytest.mark.parametrize("pathway", [IN_ORDER, AFTER, PG_CERT, MASTER, purdue(4)], ids=lambda pathway: str(pathway.id))
def test_each_of_these_survives_its_own_bytes(pathway: Pathway) -> None:
    assert parse_pathway(pathway.canonical()) == pathway
