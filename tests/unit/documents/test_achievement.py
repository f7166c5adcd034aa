"""Achievements as Open Badges 3.0, and programme files read without mercy and without stopping at the first error."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ledger.documents import code_lists
from ledger.documents.achievement import QualityAssurance, Recognition
from ledger.documents.programme import Programme, parse_programme
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import parse
from ledger.errors import DraftError
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import GRADES, ISSUER, STATUS, a_credential, a_programme_object, an_achievement

BASE = ISSUER.base_url


def read(programme: dict[str, Any]) -> Programme:
    return parse_programme(json.dumps(programme).encode())


def problems_of(programme: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(DraftError) as caught:
        read(programme)
    return [(problem.code, problem.column) for problem in caught.value.problems]


def facts(document: dict[str, Any], target_type: str) -> list[dict[str, Any]]:
    return [entry for entry in document["alignment"] if entry["targetType"] == f"ext:{target_type}"]


def test_an_achievement_says_what_the_european_recommendation_demands() -> None:
    document: Any = an_achievement().to_dict(BASE)

    assert document["id"] == f"{BASE}/achievements/needs-assessment"
    assert document["achievementType"] == "MicroCredential"
    assert document["criteria"]["narrative"].startswith("The successful learner can:\n- Tell a gap")
    assert facts(document, "level")[0]["targetUrl"] == "http://data.europa.eu/snb/eqf/6"
    assert facts(document, "workload")[0]["targetCode"] == "PT25H"
    assert facts(document, "credits")[0]["targetName"] == "1 ECTS credit"
    assert [entry["targetCode"] for entry in facts(document, "assessment")] == ["project-work", "quiz"]
    for kind in ("participation", "supervision", "complexity", "taskLevel", "creditBearing", "qualityAssurance"):
        assert len(facts(document, kind)) == 1


def test_an_achievement_names_its_prerequisites_and_what_it_stacks_into_by_address() -> None:
    document: Any = an_achievement().to_dict(BASE)

    assert facts(document, "prerequisite")[0]["targetUrl"] == f"{BASE}/achievements/instructional-design-models"
    assert facts(document, "stacksInto")[0]["targetName"] == "Instructional Design"


def test_credits_available_are_ects_where_there_are_any() -> None:
    assert an_achievement(credits=(("US", 3), ("ECTS", 7.5))).to_dict(BASE)["creditsAvailable"] == 7.5
    assert an_achievement(credits=(("US", 3),)).to_dict(BASE)["creditsAvailable"] == 3
    assert "creditsAvailable" not in an_achievement(credits=()).to_dict(BASE)


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "letter grade": {"result": GRADES},
    "status": {"result": STATUS},
    "no result": {"result": None},
    "every framework": {
        "levels": tuple((name, known.highest) for name, known in code_lists.LEVEL_FRAMEWORKS.items()),
        "credits": tuple((name, 2.5) for name in code_lists.CREDIT_FRAMEWORKS),
    },
    "recognition": {
        "credit_bearing": True,
        "entry_to": (Recognition("Master of Education", "https://www.usm.example/med"),),
        "credit_towards": (Recognition("Master of Education", "https://www.usm.example/med", 0.5),),
    },
    "every assessment": {"assessment": tuple(code_lists.ASSESSMENT.names)},
    "external quality assurance": {
        "quality_assurance": (
            QualityAssurance("institution", "Agency", "https://agency.example/"),
            QualityAssurance("programme", "Agency", "https://agency.example/"),
        )
    },
    "bare": {"credits": (), "prerequisites": (), "stacks_into": (), "field_of_study": None, "tags": ()},
}
VARIANTS |= {
    f"{name} {code}": {name: code}
    for name, codes in {
        "participation": code_lists.PARTICIPATION.names,
        "supervision": code_lists.SUPERVISION.names,
        "complexity": code_lists.COMPLEXITY.names,
        "task_level": code_lists.TASK_LEVEL.names,
    }.items()
    for code in codes
}
RESULTS = {"letter grade": "B", "status": "Completed"}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_fits_the_schema_and_the_contexts(name: str) -> None:
    document = a_credential(achievement=an_achievement(**VARIANTS[name]), result=RESULTS.get(name, "87.5"))

    assert schema_problems(document) == []
    assert canonicalize_rdf(document)
    assert parse(orjson.dumps(document)) == document


@pytest.mark.parametrize("achievement_type", sorted(code_lists.ACHIEVEMENT_TYPES))
def test_the_list_of_achievement_types_is_that_of_the_schema(achievement_type: str) -> None:
    assert schema_problems(a_credential(achievement=an_achievement(achievement_type=achievement_type))) == []


def test_a_programme_file_is_read_in_its_order() -> None:
    programme = read(a_programme_object())

    assert [achievement.code for achievement in programme.achievements] == ["needs-assessment", "instructional-design"]
    award = programme.find("instructional-design")
    assert award is not None
    assert award.credit_towards[0].units == 0.5
    assert award.prerequisites[0].title == "Needs Assessment"
    assert programme.find("nothing") is None


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets, or with `...` deletes, a member of the first achievement."""

    def apply(programme: dict[str, Any]) -> None:
        target = programme["achievements"][0]
        *parents, last = path.split("/")
        for parent in parents:
            target = target[parent] if not parent.isdigit() else target[int(parent)]
        if value is ...:
            del target[last]
        else:
            target[last] = value

    return apply


FAULTS: list[tuple[str, Any, str, str]] = [
    ("description", ..., "field_missing", "description"),
    ("description", 7, "field_type", "description"),
    ("description", "word " * 30 + "word", "field_words", "description"),
    ("description", "x\u202ey", "string_forbidden", "description"),
    ("outcomes", ["word " * 60 + "a", "word " * 40 + "b"], "field_words", "outcomes"),
    ("outcomes", [], "field_missing", "outcomes"),
    ("outcomes", ["a", "a"], "field_duplicate", "outcomes[1]"),
    ("outcomes", [1], "field_type", "outcomes[0]"),
    ("title", "x" * 151, "string_long", "title"),
    ("code", "Needs Assessment", "field_code", "code"),
    ("achievement_type", "Microcredential", "field_choice", "achievement_type"),
    ("language", "english language", "string_long", "language"),
    ("language", "EN", "field_value", "language"),
    ("participation", "hybrid", "field_choice", "participation"),
    ("workload_hours", 0, "field_range", "workload_hours"),
    ("workload_hours", 2.5, "field_type", "workload_hours"),
    ("workload_hours", True, "field_type", "workload_hours"),
    ("levels", {}, "field_missing", "levels"),
    ("levels", {"EQF": 9}, "field_range", "levels.EQF"),
    ("levels", {"EQF": 6, "XQF": 1}, "field_unknown", "levels.XQF"),
    ("levels", ..., "field_missing", "levels"),
    ("credits", {"ECTS": -1}, "field_range", "credits.ECTS"),
    ("credits", {"ECTS": "1"}, "field_type", "credits.ECTS"),
    ("credits", [1], "field_type", "credits"),
    ("credit_bearing", "no", "field_type", "credit_bearing"),
    ("credit_bearing", True, "programme_credit", "credit_bearing"),
    ("task_level", "phd", "field_choice", "task_level"),
    ("assessment", ["exam"], "field_choice", "assessment[0]"),
    ("assessment", [], "field_missing", "assessment"),
    ("quality_assurance/0/url", "http://x.example/", "url_scheme", "quality_assurance[0].url"),
    ("quality_assurance/0/since", 2020, "field_unknown", "quality_assurance[0].since"),
    ("entry_to", [{"programme": "Master"}], "field_missing", "entry_to[0].url"),
    ("prerequisites", ["instructional-design"], "programme_reference", "prerequisites[0]"),
    ("prerequisites", ["needs-assessment"], "programme_reference", "prerequisites[0]"),
    ("stacks_into", ["diploma"], "programme_reference", "stacks_into[0]"),
    ("stacks_into", ["needs-assessment"], "programme_reference", "stacks_into[0]"),
    ("result/type", "Points", "field_choice", "result.type"),
    ("result/required", "101", "field_value", "result.required"),
    ("result", {"type": "LetterGrade", "allowed": ["A", "B"], "required": "C"}, "field_choice", "result.required"),
    ("result", {"type": "LetterGrade", "allowed": ["A"]}, "field_missing", "result.allowed"),
    ("result", {"type": "Status", "required": "1"}, "field_unknown", "result.required"),
    ("tittle", "Needs", "field_unknown", "tittle"),
]


@pytest.mark.parametrize(("path", "value", "code", "column"), FAULTS)
def test_each_fault_is_named_with_its_place(path: str, value: Any, code: str, column: str) -> None:
    programme = a_programme_object()
    change(path, value)(programme)

    assert (code, f"achievements[0].{column}") in problems_of(programme)


def test_all_faults_are_reported_at_once() -> None:
    programme = a_programme_object()
    change("workload_hours", "many")(programme)
    change("participation", "hybrid")(programme)
    programme["achievements"][1]["levels"] = {"EQF": 0}
    programme["owner"] = "me"

    assert sorted(problems_of(programme), key=str) == [
        ("field_choice", "achievements[0].participation"),
        ("field_range", "achievements[1].levels.EQF"),
        ("field_type", "achievements[0].workload_hours"),
        ("field_unknown", "owner"),
    ]


def test_two_achievements_can_not_share_a_code() -> None:
    programme = a_programme_object()
    programme["achievements"][1]["code"] = "needs-assessment"

    assert ("programme_duplicate", "achievements[1].code") in problems_of(programme)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "json_empty"),
        (b"{", "json_syntax"),
        (b"[]", "schema_root"),
        (b'{"code":"a","code":"b"}', "json_duplicate_key"),
    ],
)
def test_a_file_that_is_not_strict_json_is_one_problem(data: bytes, code: str) -> None:
    with pytest.raises(DraftError) as caught:
        parse_programme(data)

    assert [problem.code for problem in caught.value.problems] == [code]


@pytest.mark.parametrize("value", [None, 1, True, "", [], {}, [None], [[]], {"a": 1}], ids=repr)
def test_members_of_the_wrong_kind_are_problems_and_nothing_worse(value: Any) -> None:
    for index in (0, 1):
        for name in a_programme_object()["achievements"][index]:
            programme = a_programme_object()
            programme["achievements"][index][name] = value
            with contextlib.suppress(DraftError):
                read(programme)
    for name in ("code", "title", "achievements"):
        assert problems_of(a_programme_object() | {name: value})
