"""Definition files: all that can be said in one, and each thing that is wrong with one, named where it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ledger.documents.programme import Programme
from ledger.errors import DraftError, MalformedDocument, Problem
from ledger.stacking.definition import define_pathway
from ledger.stacking.pathway import Pathway, parse_pathway
from tests.builders import GRADES, ISSUER, PERCENT, RUBRIC, a_pathway, an_achievement

BASE = f"{ISSUER.base_url}/achievements"
ELSEWHERE = "https://other.example/achievements/x"
FOREIGN = {"achievement": ELSEWHERE, "issuer": "did:web:other.example"}
NZ8, NZ9 = {"framework": "NZQCF", "level": 8}, {"framework": "NZQCF", "level": 9}


def an_entry(code: str, **changes: Any) -> Any:
    described: dict[str, Any] = {"credits": (("NZQCF", 15),), "levels": (("NZQCF", 8),), "result": PERCENT}
    return an_achievement(code, title=code.upper(), prerequisites=(), stacks_into=(), **(described | changes))


PROGRAMME = Programme(
    "programme",
    "Programme",
    (
        *(an_entry(code) for code in ("a", "b", "c", "d")),
        an_entry("graded", result=GRADES),
        an_entry("rubric", result=RUBRIC),
        an_entry("bare", credits=(), result=None),
        an_entry("final"),
        an_entry("award"),
        an_entry("bigger"),
    ),
)


def a_definition(**changes: Any) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "code": "p",
        "version": 1,
        "title": "P",
        "award": "award",
        "components": ["a", "b", "c"],
        "rule": {"allOf": ["a", "b", "c"], "inOrder": False},
    }
    return {name: value for name, value in (definition | changes).items() if value is not None}


def define(*others: Pathway, **changes: Any) -> Pathway:
    data = json.dumps(a_definition(**changes)).encode()
    return define_pathway(data, issuer=ISSUER, programme=PROGRAMME, others=others)


def problems(*others: Pathway, **changes: Any) -> list[Problem]:
    with pytest.raises(DraftError) as caught:
        define(*others, **changes)
    return list(caught.value.problems)


EVERYTHING: dict[str, Any] = {
    "components": [
        "a",
        {"code": "b", "after": ["a"], "minimumLevel": NZ8, "minimumGrade": [{"type": "Percent", "value": "65"}]},
        {"code": "c", "apel": True, "maximumAge": "P5Y", "substitutes": [FOREIGN, {"code": "d", "apel": True}]},
        {"achievement": "https://other.example/achievements/y", "issuer": "did:web:other.example", "title": "Y",
         "pathway": "https://other.example/pathways/y/1"},
        "graded",
        "final",
    ],
    "rule": {
        "allOf": [
            {"someOf": ["a", "b", {"allOf": ["c"], "inOrder": True}], "atLeast": 2, "minimumLevel": NZ8},
            {
                "creditsOf": ["https://other.example/achievements/y", "graded"],
                "atLeast": 22.5,
                "framework": "NZQCF",
                "ofWhich": [{"atLeast": 15, "minimumLevel": NZ8}],
                "recognised": True,
                "maximumAge": "P18M",
            },
        ],
        "inOrder": True,
        "minimumGrade": [{"type": "Percent", "value": "50"}, {"type": "LetterGrade", "value": "B"}],
    },
    "capstone": "final",
    "outsideLimit": {"percent": 33.5, "framework": "NZQCF"},
    "recognisedBy": ["self", "did:web:authority.example"],
    "noDoubleCounting": True,
}  # fmt: skip


def test_everything_that_can_be_said_survives_its_own_bytes() -> None:
    pathway = define(**EVERYTHING)

    assert parse_pathway(pathway.canonical()) == pathway
    assert parse_pathway(pathway.canonical()).digest() == pathway.digest()
    assert pathway.recognised_by == (ISSUER.did, "did:web:authority.example")
    assert pathway.component(f"{BASE}/b").after == (f"{BASE}/a",)
    assert pathway.component(f"{BASE}/a").title == "A"
    assert pathway.capstone == f"{BASE}/final"


@pytest.mark.parametrize("member", ["capstone", "outsideLimit", "recognisedBy", "noDoubleCounting"])
def test_each_member_changes_the_digest(member: str) -> None:
    less = EVERYTHING | {member: None}
    if member == "capstone":
        less["components"] = EVERYTHING["components"][:-1]
    if member == "recognisedBy":
        less["rule"] = json.loads(json.dumps(EVERYTHING["rule"]).replace('"recognised": true, ', ""))

    assert define(**less).digest() != define(**EVERYTHING).digest()


def test_a_plain_definition_gives_the_document_that_it_always_gave() -> None:
    pathway = define(components=["a", FOREIGN], rule={"allOf": ["a", ELSEWHERE], "inOrder": True})

    assert pathway.is_plain
    assert json.loads(pathway.canonical()) == {
        "id": f"{ISSUER.base_url}/pathways/p/1",
        "version": 1,
        "title": "P",
        "issuer": ISSUER.did,
        "award": f"{BASE}/award",
        "components": [{"achievement": f"{BASE}/a", "issuer": ISSUER.did}, FOREIGN],
        "rule": {"allOf": [f"{BASE}/a", ELSEWHERE], "inOrder": True},
    }


def some(names: list[Any], at_least: int, **members: Any) -> dict[str, Any]:
    return {"someOf": names, "atLeast": at_least, **members}


def total(names: list[Any], at_least: float, **members: Any) -> dict[str, Any]:
    return {"creditsOf": names, "atLeast": at_least, "framework": "NZQCF", **members}


ABC = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        # circles
        ({"components": ["a", "b", "award"], "rule": some(["a", "b", "award"], 2)}, "pathway_cycle", "components[2]"),
        ({"components": [{"code": "a", "after": ["b"]}, {"code": "b", "after": ["a"]}, "c"]}, "pathway_cycle",
         "components"),
        ({"components": [{"code": "a", "after": ["a"]}, "b", "c"]}, "pathway_cycle", "components[0].after[0]"),
        ({"components": [{"code": "a", "substitutes": [{"code": "award"}]}, "b", "c"]}, "pathway_cycle",
         "components[0].substitutes[0]"),
        # what is not known
        ({"components": ["a", "b", "nothing"]}, "pathway_reference", "components[2]"),
        ({"components": ["a", "b", {"code": "nothing"}]}, "pathway_reference", "components[2].code"),
        ({"rule": some(["a", "b", "c", "d"], 2)}, "pathway_reference", "rule.someOf[3]"),
        ({"components": [{"code": "a", "after": ["d"]}, "b", "c"]}, "pathway_reference", "components[0].after[0]"),
        ({"capstone": "final"}, "pathway_reference", "capstone"),
        ({"award": "nothing"}, "pathway_reference", "award"),
        # orders that contradict each other
        ({"components": [{"code": "a", "after": ["b"]}, "b", "c"], "rule": {"allOf": ABC, "inOrder": True}},
         "pathway_order", "rule"),
        ({"components": ["a", {"code": "b", "after": ["c"]}, "c"], "rule": {"allOf": ["a", "b"], "inOrder": False},
          "capstone": "c"}, "pathway_order", "rule"),
        # what has no place, or two
        ({"rule": some(["a", "b"], 1)}, "pathway_rule", "components[2]"),
        ({"capstone": "c"}, "pathway_rule", "capstone"),
        ({"components": ["a", "b", "c", "a"]}, "field_duplicate", "components[3]"),
        ({"components": ["a", "b", {"achievement": f"{BASE}/a", "issuer": ISSUER.did}]}, "field_duplicate",
         "components[2]"),
        ({"rule": some(["a", "b", "c", "a"], 2)}, "field_duplicate", "rule.someOf[3]"),
        ({"components": [{"code": "a", "substitutes": [FOREIGN, FOREIGN]}, "b", "c"]}, "field_duplicate",
         "components[0].substitutes[1]"),
        # what nobody could meet
        ({"rule": some(ABC, 4)}, "pathway_unmeetable", "rule.atLeast"),
        ({"rule": total(ABC, 60)}, "pathway_unmeetable", "rule.atLeast"),
        ({"rule": total(ABC, 45, ofWhich=[{"atLeast": 15, "minimumLevel": NZ9}])}, "pathway_unmeetable", "rule"),
        ({"rule": total(ABC, 30, ofWhich=[{"atLeast": 45, "minimumLevel": NZ8}])}, "pathway_unmeetable",
         "rule.ofWhich[0].atLeast"),
        ({"components": [*ABC, "bare"], "rule": total([*ABC, "bare"], 15)}, "pathway_unmeetable", "rule.creditsOf[3]"),
        ({"rule": total(ABC, 15, minimumLevel=NZ9)}, "pathway_unmeetable", "rule.creditsOf[0]"),
        ({"components": ["a", "b", {"code": "c", "minimumLevel": NZ9}]}, "pathway_unmeetable", "components[2]"),
        ({"components": ["a", "b", {"code": "c", "minimumLevel": {"framework": "EQF", "level": 6}}]},
         "pathway_unmeetable", "components[2]"),
        ({"components": ["a", "b", {"code": "c", "minimumGrade": [{"type": "Percent", "value": "101"}]}]},
         "pathway_unmeetable", "components[2]"),
        ({"components": ["a", "b", {"code": "c", "minimumGrade": [{"type": "LetterGrade", "value": "B"}]}]},
         "pathway_unmeetable", "components[2]"),
        ({"components": ["a", "b", {"code": "graded", "minimumGrade": [{"type": "LetterGrade", "value": "E"}]}],
          "rule": some(["a", "b", "graded"], 2)}, "pathway_unmeetable", "components[2]"),
        ({"components": ["a", "b", {"code": "rubric", "minimumGrade": [
            {"type": "RubricCriterionLevel", "value": "Splendid"}]}], "rule": some(["a", "b", "rubric"], 2)},
         "pathway_unmeetable", "components[2]"),
        ({"rule": {"allOf": [*ABC, some(["a"], 1)], "inOrder": False}}, "pathway_unmeetable", "rule"),
        ({"rule": {"allOf": [some(["a", "b"], 2), some(["b", "c"], 1), some(["c", "a"], 1)], "inOrder": False}},
         "pathway_unmeetable", "rule"),
        ({"components": ["a", "b", FOREIGN], "rule": {"allOf": ["a", "b", ELSEWHERE], "inOrder": False},
          "outsideLimit": {"number": 0}}, "pathway_unmeetable", "rule"),
        ({"components": ["a", "b", FOREIGN], "rule": {"allOf": ["a", "b", ELSEWHERE], "inOrder": False},
          "outsideLimit": {"percent": 0, "framework": "NZQCF"}}, "pathway_unmeetable", "rule"),
        ({"rule": total(ABC, 15, recognised=True)}, "pathway_unmeetable", "recognisedBy"),
        # what is not written as it has to be
        ({"rule": {"someOf": ABC}}, "field_missing", "rule.atLeast"),
        ({"rule": {"allOf": ABC, "someOf": ABC, "inOrder": False}}, "field_missing", "rule.allOf"),
        ({"rule": total([*ABC, some(["a"], 1)], 15)}, "field_type", "rule.creditsOf"),
        ({"rule": total(ABC, 15) | {"framework": "Points"}}, "field_choice", "rule.framework"),
        ({"rule": total(ABC, 0)}, "field_range", "rule.atLeast"),
        ({"rule": total(ABC, 15, minimumLevel=NZ9 | {"level": 11})}, "field_range", "rule.minimumLevel.level"),
        ({"rule": total(ABC, 15, maximumAge="5 years")}, "field_value", "rule.maximumAge"),
        ({"rule": total(ABC, 15, minimumGrade=[{"type": "Percent", "value": "good"}])}, "field_value",
         "rule.minimumGrade[0].value"),
        ({"outsideLimit": {"number": 1, "credits": 2}}, "field_missing", "outsideLimit.number"),
        ({"outsideLimit": {"credits": 2}}, "field_missing", "outsideLimit.framework"),
        ({"mostly": "harmless"}, "field_unknown", "mostly"),
    ],
)  # fmt: skip
def test_each_fault_is_named_where_it_stands(changes: dict[str, Any], code: str, column: str) -> None:
    assert (code, column) in [(problem.code, problem.column) for problem in problems(**changes)]


def test_a_list_may_hold_what_its_demand_leaves_out_if_the_rest_is_enough() -> None:
    low = replace(PROGRAMME, achievements=(*PROGRAMME.achievements, an_entry("low", levels=(("NZQCF", 7),))))

    def publish(at_least: float) -> Pathway:
        rule = total(["a", "b", "low"], at_least, minimumLevel=NZ8)
        data = json.dumps(a_definition(components=["a", "b", "low"], rule=rule)).encode()
        return define_pathway(data, issuer=ISSUER, programme=low)

    assert publish(30).rule.achievement_ids[-1] == f"{BASE}/low"
    with pytest.raises(DraftError) as caught:
        publish(45)
    (problem,) = caught.value.problems
    assert (problem.code, problem.column) == ("pathway_unmeetable", "rule.creditsOf[2]")
    assert "level 7, below NZQCF level 8" in problem.message


NAMES = {"achievement": "https://other.example/achievements/y", "issuer": "did:web:other.example"}


@pytest.mark.parametrize(
    ("component", "column"),
    [
        (NAMES | {"achievement": "not an address"}, "components[1].achievement"),
        (NAMES | {"issuer": "nobody"}, "components[1].issuer"),
        (NAMES | {"substitutes": [NAMES | {"achievement": "y"}]}, "components[1].substitutes[0].achievement"),
        (NAMES | {"pathway": "nothing"}, "components[1].pathway"),
        ({"achievement": f"{BASE}/nothing", "issuer": ISSUER.did}, "components[1]"),
        ({"achievement": NAMES["achievement"], "issuer": ISSUER.did}, "components[1]"),
        ({"achievement": f"{BASE}/nothing", "issuer": "did:web:known.example"}, "components[1]"),
        ({"code": "b", "pathway": "https://other.example/pathways/y/1"}, "components[1].pathway"),
        ({"code": "b", "pathway": f"{ISSUER.base_url}/pathways/q/1"}, "components[1].pathway"),
    ],
)
def test_names_that_lead_nowhere_are_refused(component: dict[str, Any], column: str) -> None:
    name = component.get("achievement", "b")
    other = define(code="q", award="bigger", components=["d"], rule=some(["d"], 1))
    data = json.dumps(a_definition(components=["a", component], rule=some(["a", name], 1))).encode()
    known = {"did:web:known.example": {"https://known.example/achievements/z"}}

    with pytest.raises(DraftError) as caught:
        define_pathway(data, issuer=ISSUER, programme=PROGRAMME, others=[other], achievements_of=known.get)

    assert ("pathway_reference", column) in [(problem.code, problem.column) for problem in caught.value.problems]


def test_recognisers_are_named_by_did() -> None:
    assert ("pathway_reference", "recognisedBy[1]") in [
        (problem.code, problem.column) for problem in problems(recognisedBy=["self", "our friends"])
    ]


def test_what_nobody_could_meet_is_explained() -> None:
    (problem,) = problems(rule=total(ABC, 60))
    assert problem.message == "asks for 60 NZQCF credits, and all of the list give 45"
    (problem,) = problems(components=["a", {"code": "b", "minimumLevel": NZ9}, "c"])
    assert problem.message == ("no credential for “B” can fulfil this: it is at NZQCF level 8, below NZQCF level 9")


def test_two_awards_can_not_need_each_other() -> None:
    first = define()
    second = define(code="q", award="bigger", components=["award", "d"], rule=some(["award", "d"], 1))

    assert [
        problem.code for problem in problems(second, components=["a", "bigger"], rule=some(["a", "bigger"], 1))
    ] == ["pathway_cycle"]
    # a newer version that no longer counts the other award ends the circle
    without = define(code="q", version=2, award="bigger", components=["d"], rule=some(["d"], 1))
    define(second, without, first, components=["a", "bigger"], rule=some(["a", "bigger"], 1))


def test_a_circle_through_a_third_pathway_is_found() -> None:
    middle = define(code="q", award="bigger", components=["award"], rule=some(["award"], 1))
    last = define(code="r", award="final", components=["bigger"], rule=some(["bigger"], 1))

    (problem,) = problems(middle, last, components=["a", "final"], rule=some(["a", "final"], 1))

    assert (problem.code, problem.column) == ("pathway_cycle", "components[1]")
    assert "“award” → “final” → “bigger” → “award”" in problem.message


def test_a_rule_of_more_than_an_award_can_rest_on_is_refused() -> None:
    foreign = [{"achievement": f"{ELSEWHERE}/{number}", "issuer": "did:web:other.example"} for number in range(65)]
    names = [component["achievement"] for component in foreign]

    (problem,) = problems(components=foreign, rule={"allOf": names, "inOrder": False})

    assert (problem.code, problem.column) == ("pathway_unmeetable", "rule")
    assert define(components=foreign, rule=some(names, 64)).rule.achievement_ids == tuple(names)


@pytest.mark.parametrize(
    "change",
    [
        {"noDoubleCounting": False},
        {"recognisedBy": []},
        {"capstone": f"{BASE}/models"},
        {"capstone": "https://nowhere.example"},
        {"rule": {"someOf": [f"{BASE}/models"], "atLeast": 1}},
        {"rule": {"someOf": [f"{BASE}/{code}" for code in ("models", "needs", "evaluation")], "atLeast": 4}},
        {"award": f"{BASE}/needs"},
        {"outsideLimit": {"number": -1}},
    ],
    ids=str,
)
def test_a_published_document_with_such_a_fault_is_not_read(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_pathway(json.dumps(a_pathway().to_dict() | change).encode())

    assert caught.value.code == "pathway_invalid"


def test_rules_within_rules_have_an_end() -> None:
    rule: dict[str, Any] = {"allOf": [f"{BASE}/models"], "inOrder": False}
    for _ in range(20):
        rule = {"allOf": [rule], "inOrder": False}
    with pytest.raises(MalformedDocument) as caught:
        parse_pathway(json.dumps(a_pathway().to_dict() | {"rule": rule}).encode())
    assert caught.value.code == "limit_depth"
