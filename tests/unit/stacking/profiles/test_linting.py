"""Profiles over whole documents: ours, foreign ones, records, programmes, and anything that is JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.code_lists import PROFILES as CLAIMABLE
from ledger.documents.programme import parse_programme
from ledger.errors import CairnError
from ledger.stacking.profiles.claims import document_problems, programme_problems
from ledger.stacking.profiles.finding import Severity
from ledger.stacking.profiles.linting import NO_ACHIEVEMENT, PROFILES, lint, lint_programme
from tests.builders import a_credential, a_programme_object, a_record, an_achievement
from tests.unit.stacking.profiles.described import a_complete_credential, achievement_of

SAMPLES = Path(__file__).parents[4] / "samples"
FOREIGN: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "id": "https://badges.example/credentials/1",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {
        "id": "did:web:badges.example",
        "type": ["Profile"],
        "name": "Example College",
        "address": {"type": ["Address"], "addressCountry": "Ireland"},
    },
    "validFrom": "2026-05-04T10:00:00.5+02:00",
    "name": "Food hygiene",
    "credentialSubject": {
        "id": "did:key:z6Mkfoo",
        "type": "AchievementSubject",
        "achievement": {
            "id": "https://badges.example/achievements/1",
            "type": "Achievement",
            "name": "Food hygiene",
            "description": "Handles food safely.",
            "criteria": {"narrative": "Pass the test."},
            "creditsAvailable": 3,
            "alignment": {
                "type": "Alignment",
                "targetName": "EQF level 5",
                "targetUrl": "http://data.europa.eu/snb/eqf/5",
                "targetType": "ext:EQFLevel",
            },
        },
    },
}


def errors(document: Any, profile: str) -> set[str]:
    return {finding.rule for finding in lint(document, profile) if finding.severity is Severity.ERROR}


def test_a_foreign_badge_is_read_by_the_lists_that_it_shares() -> None:
    assert errors(FOREIGN, "eu") == {
        *("eu.outcomes", "eu.assessment", "eu.participation", "eu.quality-assurance"),
    }
    assert "cmf.level" in errors(FOREIGN, "cmf")


def test_every_finding_points_into_the_document() -> None:
    for profile in PROFILES:
        for finding in lint(FOREIGN, profile):
            assert re.fullmatch(r"(/[A-Za-z0-9]+)*", finding.path)
            parent = finding.path.split("/")[1:-1]
            value: Any = FOREIGN
            for name in parent:
                value = value[int(name)] if name.isdigit() and isinstance(value, list) else value[name]


def test_errors_come_first() -> None:
    order = [finding.severity for finding in lint(FOREIGN, "eu")]

    assert set(order) == set(Severity)
    assert order == sorted(order, key=list(Severity).index)


def test_a_finding_is_json_with_its_source() -> None:
    [finding] = [found for found in lint(FOREIGN, "eu") if found.rule == "eu.assessment"]

    assert orjson.loads(orjson.dumps(finding.to_dict())) == {
        "rule": "eu.assessment",
        "severity": "error",
        "message": "the type of assessment is not named",
        "path": "/credentialSubject/achievement/alignment",
        "source": {
            "document": "Council Recommendation 2022/C 243/02",
            "part": "Annex I, mandatory elements",
            "year": 2022,
        },
    }


def test_the_credentials_of_a_record_are_each_checked() -> None:
    poor: Any = a_credential(2, achievement=an_achievement(title="Diploma in Design"))
    record = a_record(a_credential(1), poor)

    found = {finding.rule: finding.path for finding in lint(record, "mqa") if finding.severity is Severity.ERROR}
    place = "/credentialSubject/verifiableCredential/1"
    assert found == {"mqa.title": f"{place}/credentialSubject/achievement/name", "mqa.name": f"{place}/name"}


def test_an_achievement_alone_is_not_asked_whose_it_is() -> None:
    achievement = achievement_of(a_complete_credential())

    assert errors(achievement, "eu") == set()
    assert errors({**achievement, "alignment": []}, "eu") >= {"eu.level", "eu.assessment"}


@pytest.mark.parametrize("document", [{}, {"type": "EndorsementCredential", "credentialSubject": {"id": "x"}}])
def test_where_no_achievement_is_described_that_is_what_is_found(document: Any) -> None:
    for profile in PROFILES:
        assert [finding.rule for finding in lint(document, profile)] == [NO_ACHIEVEMENT]


def test_documents_of_earlier_batches_list_their_outcomes_in_their_criteria() -> None:
    document = a_complete_credential()
    achievement = achievement_of(document)
    achievement["alignment"] = [
        entry
        for entry in achievement["alignment"]
        if entry["targetType"].startswith("ext:")
        and entry["targetType"] not in ("ext:learningOutcome", "ext:ESCOSkill")
    ]

    assert "eu.outcomes" not in errors(document, "eu")


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(CairnError) as caught:
        lint({}, "iso")
    assert caught.value.code == "profile_unknown"


def test_every_profile_can_be_claimed() -> None:
    assert tuple(sorted(PROFILES)) == CLAIMABLE


def the_programme(**changes: Any) -> Any:
    return a_programme_object() | changes


def refused(programme: Any, country: str | None = None) -> list[tuple[str | None, str]]:
    found = programme_problems(parse_programme(json.dumps(programme).encode()), country=country)
    return [(problem.column, problem.message) for problem in found]


def test_a_programme_is_refused_for_what_it_claims_all_at_once() -> None:
    programme = the_programme(profiles=["eu", "cmf"])

    columns = Counter(column for column, _ in refused(programme))
    assert columns["achievements[0].workload_hours"] == 1
    assert columns["achievements[1].workload_hours"] == 1
    assert columns["achievements[1].supervision"] == 1
    assert refused(the_programme(profiles=["eu"])) == []
    assert refused(the_programme()) == []


@pytest.mark.parametrize("title", ["Diploma in Needs", "Sijil Penilaian Keperluan"])
def test_a_title_of_the_framework_is_refused_to_those_who_claim_and_to_those_who_are_bound(title: str) -> None:
    programme = the_programme()
    programme["achievements"][0]["title"] = title

    assert refused(programme, "NZ") == []
    [(column, message)] = refused(programme, "MY")
    assert column == "achievements[0].title"
    assert "Malaysian Qualifications Agency" in message
    assert [column for column, _ in refused({**programme, "profiles": ["mqa"]}, "NZ")] == ["achievements[0].title"]


def test_a_title_in_another_language_is_refused_too() -> None:
    programme = the_programme()
    programme["achievements"][0]["titles"] = {"ms": "Diploma Lanjutan Keperluan"}

    assert [column for column, _ in refused(programme, "MY")] == ["achievements[0].title"]


def test_a_single_credential_is_held_to_the_same() -> None:
    document: Any = a_credential(achievement=an_achievement(title="Diploma in Design"))

    found = document_problems(document, (), country="MY", today=date(2026, 11, 22), row=7)
    assert {(problem.row, problem.column) for problem in found} == {
        (7, "/credentialSubject/achievement/name"),
        (7, "/name"),
    }
    assert document_problems(document, (), country="NZ", today=date(2026, 11, 22)) == []
    assert document_problems(document, ("mqa",), country="MY", today=date(2026, 11, 22), row=7) == found


def test_a_qualification_may_bear_its_title() -> None:
    programme = the_programme()
    programme["achievements"][0] |= {"title": "Diploma in Needs", "achievement_type": "Diploma"}

    assert refused(programme, "MY") == []


@pytest.mark.parametrize("folder", ["usm", "um", "purdue"])
def test_the_samples_meet_what_they_claim(folder: str) -> None:
    programme = parse_programme((SAMPLES / folder / "programme.json").read_bytes())

    assert "eu" in programme.profiles
    assert programme_problems(programme, country="MY") == []
    assert not [found for found in lint_programme(programme, "eu") if found.severity is Severity.ERROR]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, part in inner for found in _paths(part, (*path, name)))]


_WHOLE: Any = json.loads(json.dumps(a_complete_credential()))
_PLACES = [path for path in _paths(_WHOLE) if path]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_PLACES) - 1), _JSON), max_size=4), st.sampled_from(sorted(PROFILES)))
def test_whatever_stands_in_a_document_has_findings_and_no_traceback(changes: list[Any], profile: str) -> None:
    document = json.loads(json.dumps(_WHOLE))
    for place, value in changes:
        path, target = _PLACES[place], document
        try:
            for name in path[:-1]:
                target = target[name]
            target[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    assert all(finding.message and finding.path.startswith(("/", "")) for finding in lint(document, profile))


@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=4), st.sampled_from(sorted(PROFILES)))
def test_any_object_can_be_asked_about(document: Any, profile: str) -> None:
    assert lint(document, profile)
