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
from ledger.documents.result import ResultDescription
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import parse
from ledger.errors import DraftError
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import (
    AWARDING_BODY,
    GRADES,
    ISSUER,
    RUBRIC,
    SKILLS,
    STATUS,
    TRANSLATIONS,
    a_credential,
    a_programme_object,
    an_achievement,
)

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
    "rubric": {"result": RUBRIC},
    "score": {"result": ResultDescription("RawScore", "20", minimum="0", maximum="40", name="Score of the test")},
    "languages": {"translations": TRANSLATIONS},
    "awarding body": {"awarding_body": AWARDING_BODY},
    "skills": {"skills": SKILLS},
    "everything else": {
        "specialization": "Schools",
        "human_code": "ID-3",
        "version": "2026",
        "image_url": "https://www.usm.example/needs.png",
        "information_url": "https://www.usm.example/needs",
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
RESULTS = {"letter grade": "B", "status": "Completed", "rubric": "competent", "score": "22"}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_fits_the_schema_and_the_contexts(name: str) -> None:
    document = a_credential(achievement=an_achievement(**VARIANTS[name]), result=RESULTS.get(name, "87.5"))

    assert schema_problems(document) == []
    assert canonicalize_rdf(document)
    assert parse(orjson.dumps(document)) == document


def test_each_learning_outcome_can_be_read_by_machines() -> None:
    achievement = an_achievement()
    document: Any = achievement.to_dict(BASE)

    assert tuple(entry["targetName"] for entry in facts(document, "learningOutcome")) == achievement.outcomes
    assert facts(document, "learningOutcome")[1]["targetUrl"] == f"{document['id']}#outcome-2"


def test_a_translation_is_signed_with_the_achievement_and_published_beside_it() -> None:
    achievement = an_achievement(translations=TRANSLATIONS)
    document: Any = achievement.to_dict(BASE)
    malay: Any = achievement.in_language("ms", BASE)

    assert [entry["targetCode"] for entry in facts(document, "translation")] == ["ms", "zh-Hant"]
    assert document["related"][0] == {"id": f"{document['id']}/ms", "type": ["Related"], "inLanguage": "ms"}
    assert (malay["id"], malay["name"], malay["inLanguage"]) == (f"{document['id']}/ms", "Penilaian Keperluan", "ms")
    assert malay["related"][0]["id"] == document["id"]
    assert achievement.in_language("fr", BASE) is None
    other: Any = achievement.in_language("zh-Hant", BASE)
    assert other["description"] == achievement.description


def test_a_skill_keeps_the_target_type_of_the_standard() -> None:
    document: Any = an_achievement(skills=SKILLS).to_dict(BASE)

    assert [entry["targetType"] for entry in document["alignment"][-3:]] == [
        "ext:ESCOSkill",
        "CFItem",
        "ceasn:Competency",
    ]


def test_a_rubric_has_its_levels_from_low_to_high_and_a_result_names_one() -> None:
    document: Any = a_credential(achievement=an_achievement(result=RUBRIC), result="Competent")
    [description] = document["credentialSubject"]["achievement"]["resultDescription"]
    [result] = document["credentialSubject"]["result"]

    assert [(level["name"], level["points"]) for level in description["rubricCriterionLevel"]] == [
        ("Not yet competent", "0"),
        ("Competent", "2.5"),
        ("Outstanding", "4"),
    ]
    assert description["requiredLevel"] == result["achievedLevel"] == description["rubricCriterionLevel"][1]["id"]
    assert result["resultDescription"] == description["id"]


def test_grades_are_written_from_low_to_high() -> None:
    document: Any = an_achievement(result=GRADES).to_dict(BASE)

    assert document["resultDescription"][0]["allowedValue"] == ["D", "C", "B", "A"]


@pytest.mark.parametrize(
    ("result", "value", "said"),
    [
        (RUBRIC, "outstanding", None),
        (RUBRIC, "Outstanding", None),
        (RUBRIC, "not-yet", "is below the level to reach, competent"),
        (RUBRIC, "4", "must be one of: outstanding, competent, not-yet"),
        (ResultDescription("RawScore", "20", maximum="40"), "40", None),
        (ResultDescription("RawScore", "20", maximum="40"), "19.5", "is below the pass mark of 20"),
        (ResultDescription("RawScore", "20", maximum="40"), "41", "must be a number from 0 to 40"),
        (ResultDescription("GradePointAverage", minimum="1", maximum="4"), "0.9", "must be a number from 1 to 4"),
        (ResultDescription("PerformanceLevel", allowed=("High", "Low")), "Low", None),
    ],
)
def test_a_result_is_checked_against_its_description(result: ResultDescription, value: str, said: str | None) -> None:
    assert (result.problem(value) or "").startswith(said or "")
    assert (result.problem(value) is None) == (said is None)


def test_an_awarding_body_that_does_not_seal_is_creator_and_source() -> None:
    document: Any = a_credential(achievement=an_achievement(awarding_body=AWARDING_BODY))
    subject = document["credentialSubject"]

    assert subject["source"] == {"id": AWARDING_BODY.id, "type": ["Profile"], "name": "Universiti Malaya"}
    assert subject["achievement"]["creator"]["address"]["addressCountryCode"] == "MY"
    assert document["issuer"]["name"] == ISSUER.name


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


def test_a_programme_says_who_awards_in_which_languages_and_what_it_claims() -> None:
    programme = a_programme_object()
    programme["awarding_body"] = {"name": "Universiti Malaya", "url": "https://www.um.example/", "country": "MY"}
    programme["profiles"] = ["eu", "mqa"]
    first = programme["achievements"][0]
    first |= {"titles": {"ms": "Penilaian Keperluan"}, "descriptions": {"ms": "Adakah latihan jawapannya."}}
    first["alignments"] = [
        {"type": "ESCO", "url": "http://data.europa.eu/esco/skill/a1b2", "name": "identify training needs"},
        {"type": "CTDL", "url": "https://ce.example/1", "name": "Needs analysis", "target": "competency"},
        {"type": "CASE", "url": "https://case.example/1", "name": "Needs", "framework": "Teaching", "code": "T1"},
    ]
    first["result"] = a_rubric("a")
    read_first = read(programme).achievements[0]

    assert read(programme).profiles == ("eu", "mqa")
    assert read_first.awarding_body == AWARDING_BODY
    assert [(one.language, one.title) for one in read_first.translations] == [("ms", "Penilaian Keperluan")]
    assert [(skill.target_type, skill.framework) for skill in read_first.skills] == [
        ("ext:ESCOSkill", "ESCO"),
        ("ceasn:Competency", "CTDL"),
        ("CFItem", "Teaching"),
    ]
    assert read_first.result is not None
    assert read_first.result.levels[0].points == "2"


@pytest.mark.parametrize(
    ("member", "value", "code", "column"),
    [
        ("profiles", ["eu", "iso"], "field_choice", "profiles[1]"),
        ("awarding_body", {"name": "UM", "url": "https://x.example/", "id": "um"}, "field_value", "awarding_body.id"),
        (
            "awarding_body",
            {"name": "UM", "url": "https://x.example/", "country": "my"},
            "field_value",
            "awarding_body.country",
        ),
        ("awarding_body", {"name": "UM"}, "field_missing", "awarding_body.url"),
    ],
)
def test_each_fault_of_the_whole_is_named_with_its_place(member: str, value: Any, code: str, column: str) -> None:
    assert (code, column) in problems_of(a_programme_object() | {member: value})


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


def a_rubric(required: str, second: str = "b") -> dict[str, Any]:
    levels = [{"code": "a", "name": "Good", "points": 2}, {"code": second, "name": "Bad", "points": 0}]
    return {"type": "RubricCriterionLevel", "levels": levels, "required": required}


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
    ("result", {"type": "RawScore"}, "field_missing", "result.maximum"),
    ("result", {"type": "RawScore", "maximum": "1", "minimum": "2"}, "field_range", "result.maximum"),
    ("result", {"type": "RawScore", "maximum": "9", "required": "10"}, "field_value", "result.required"),
    ("result", {"type": "RubricCriterionLevel", "required": "a"}, "field_missing", "result.levels"),
    ("result", a_rubric("b"), "field_choice", "result.required"),
    ("result", a_rubric("a", "a"), "field_duplicate", "result.levels[1]"),
    ("result", a_rubric("a", "B"), "field_code", "result.levels[1].code"),
    ("titles", {"english": "Needs"}, "field_value", "titles.english"),
    ("titles", {"en": "Needs"}, "field_duplicate", "titles"),
    ("titles", {"ms": ""}, "string_empty", "titles.ms"),
    ("descriptions", {"ms": "Apa"}, "field_missing", "descriptions"),
    ("alignments", [{"type": "ISCO", "name": "x", "url": "https://x.example/"}], "field_choice", "alignments[0].type"),
    (
        "alignments",
        [{"type": "ESCO", "name": "x", "url": "https://x.example/"}],
        "field_value",
        "alignments[0].url",
    ),
    (
        "alignments",
        [{"type": "CASE", "target": "skill", "name": "x", "url": "https://x.example/"}],
        "field_choice",
        "alignments[0].target",
    ),
    ("image", "http://x.example/", "url_scheme", "image"),
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
