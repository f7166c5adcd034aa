"""Recognition decisions are drafted for a pathway of the institution's own, or one that names it, and are anchored."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from ledger.documents.canonical import digest
from ledger.documents.credential import Learner
from ledger.documents.endorsement import Endorsed
from ledger.documents.recognition import Recognition, read_recognition
from ledger.documents.strict_json import JsonObject
from ledger.errors import DraftError, NotFound
from ledger.issuing.recognitions import Recognitions, Wanted
from ledger.issuing.values import Batch, CredentialKind, StoredCredential
from ledger.stacking.pathway import parse_pathway
from tests.office import JCS_ONLY, Office, pathway_file, programme_file

MODULES = ("needs", "models")
OUTSIDE = Endorsed("urn:uuid:00000000-0000-4000-8000-000000000007", "Elsewhere", bytes(range(32)))
CREDITS: dict[str, Any] = {"credits": 15, "framework": "NZQCF"}


@pytest.fixture
def school(office: Office) -> Office:
    """`usm` with a pathway of two modules, which counts what usm and um recognise; and `um`."""
    office.issuers.register("um", name="Universiti Malaya", country="MY")
    office.programmes.add("usm", programme_file(*MODULES, award="design"))
    definition = orjson.loads(pathway_file(*MODULES, award="design"))
    authorities = [office.catalog.issuer(slug).did for slug in ("usm", "um")]
    office.pathways.publish("usm", orjson.dumps(definition | {"recognisedBy": authorities}))
    return office


def drafted(office: Office, *, issuer: str = "usm", of: Endorsed = OUTSIDE, **wanted: Any) -> JsonObject:
    batch, is_new = Recognitions(office.database).draft(issuer, of, Wanted(**wanted))
    assert is_new
    return office.imports.preview(batch.id)


def decided(document: JsonObject) -> Recognition:
    found = read_recognition(document)
    assert found is not None
    return found


def comment(document: JsonObject) -> str:
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    return str(subject["endorsementComment"])


def problems(office: Office, **wanted: Any) -> set[tuple[str, str | None]]:
    with pytest.raises(DraftError) as caught:
        drafted(office, **wanted)
    assert office.catalog.batches("usm") == ()
    return {(problem.code, problem.column) for problem in caught.value.problems}


def stored(office: Office, batch: Batch) -> StoredCredential:
    (credential,) = office.credentials(batch)
    return credential


def test_a_decision_says_what_a_credential_stands_for_in_a_pathway(school: Office) -> None:
    document = drafted(
        school,
        **CREDITS,
        level=8,
        pathway="design",
        achievement="needs",
        comment="Agreed by the board.",
        valid_until=date(2031, 12, 31),
    )
    pathway = parse_pathway(school.catalog.pathways("usm")[0].content)
    found = decided(document)
    assert (found.credential_id, found.credential_digest) == (OUTSIDE.id, OUTSIDE.digest)
    assert (found.credits, found.framework, found.level, found.level_framework) == (15, "NZQCF", 8, "NZQCF")
    assert (found.pathway_id, found.pathway_digest) == (pathway.id, pathway.digest())
    assert found.achievement_id == pathway.components[0].achievement_id
    assert found.valid_until == date(2031, 12, 31)
    assert document["name"] == "Recognition of Elsewhere"
    placed = "as “Needs”, in the pathway “Design” (version 1)"
    assert comment(document).splitlines() == [
        f"This credential counts for 15 NZQCF credits at NZQCF level 8, {placed}.",
        "Agreed by the board.",
    ]


def test_a_decision_goes_through_the_pipeline_and_can_be_revoked_like_any_credential(school: Office) -> None:
    batch, _ = Recognitions(school.database).draft("usm", OUTSIDE, Wanted(**CREDITS))
    done = school.pipeline.advance(batch.id, suites=JCS_ONLY)
    credential = stored(school, done)
    assert (credential.kind, credential.state) == (CredentialKind.ENDORSEMENT, "final")
    assert decided(orjson.loads(school.catalog.document(credential.credential_id))).credits == 15


@pytest.mark.parametrize("name", ["design", "design/1", "https://cairn.example/issuers/usm/pathways/design/1"])
def test_a_pathway_is_named_by_code_version_or_address(school: Office, name: str) -> None:
    assert decided(drafted(school, **CREDITS, pathway=name)).pathway_id is not None


def test_an_authority_that_a_pathway_names_decides_for_it_and_nobody_else(school: Office) -> None:
    found = decided(drafted(school, issuer="um", **CREDITS, pathway="design"))
    assert (found.recogniser_did, found.pathway_id) == (
        school.catalog.issuer("um").did,
        school.catalog.pathways("usm")[0].pathway_id,
    )
    school.issuers.register("other", name="Another", country="MY")
    with pytest.raises(DraftError) as caught:
        drafted(school, issuer="other", **CREDITS, pathway="design")
    assert [problem.code for problem in caught.value.problems] == ["recogniser_unknown"]


def test_whether_a_pathway_uses_a_decision_is_told_from_whom_it_names(school: Office) -> None:
    definition = orjson.loads(pathway_file(*MODULES, award="design")) | {"version": 2, "recognisedBy": []}
    school.pathways.publish("usm", orjson.dumps(definition))
    service = Recognitions(school.database)
    wanted = {"usm": "design/1", "um": "design/1"}
    assert all(service.is_used(slug, Wanted(**CREDITS, pathway=name)) for slug, name in wanted.items())
    assert service.is_used("usm", Wanted(**CREDITS))
    assert not service.is_used("usm", Wanted(**CREDITS, pathway="design"))


def test_that_it_did_not_verify_stands_in_the_decision_in_words(school: Office) -> None:
    document = drafted(school, **CREDITS, unverified="The issuer closed in 2019; the paper was seen.")
    assert "did not verify: The issuer closed in 2019; the paper was seen." in comment(document)


def test_a_level_is_of_the_framework_of_the_credits_or_of_one_of_its_own(school: Office) -> None:
    assert decided(drafted(school, **CREDITS, level=8)).level_framework == "NZQCF"
    found = decided(drafted(school, credits=5, framework="ECTS", level=7, level_framework="EQF"))
    assert (found.framework, found.level, found.level_framework) == ("ECTS", 7, "EQF")
    assert decided(drafted(school, level=7, level_framework="AQF")).credits is None


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {("field_missing", "credits")}),
        ({"framework": "NZQCF"}, {("field_missing", "credits")}),
        ({"credits": 15}, {("field_choice", "framework")}),
        ({"credits": 15, "framework": "AQF"}, {("field_choice", "framework")}),
        ({"credits": 0, "framework": "ECTS"}, {("field_range", "credits")}),
        ({"credits": float("nan"), "framework": "ECTS"}, {("field_range", "credits")}),
        ({"credits": -1, "framework": "X"}, {("field_range", "credits"), ("field_choice", "framework")}),
        ({"credits": 5, "framework": "ECTS", "level": 6}, {("field_choice", "level_framework")}),
        ({"level": 11, "level_framework": "NZQCF"}, {("field_range", "level")}),
        ({"level": 0, "level_framework": "NZQCF"}, {("field_range", "level")}),
        ({**CREDITS, "achievement": "needs"}, {("field_missing", "achievement")}),
        ({**CREDITS, "pathway": "design", "achievement": "design"}, {("pathway_reference", "achievement")}),
        ({**CREDITS, "pathway": "design", "achievement": "\u202e"}, {("pathway_reference", "achievement")}),
        ({**CREDITS, "unverified": ""}, {("string_empty", "unverified")}),
        ({**CREDITS, "unverified": "x" * 301}, {("string_long", "unverified")}),
        ({**CREDITS, "email": "nobody"}, {("email_syntax", "email")}),
        ({**CREDITS, "comment": "a\u202eb"}, {("string_forbidden", "comment")}),
        ({**CREDITS, "comment": "x" * 2000}, {("string_long", "comment")}),
        ({**CREDITS, "valid_until": date(2020, 1, 1)}, {("time_order", "valid_until")}),
    ],
)
def test_what_cannot_be_decided_is_refused_with_every_problem(
    school: Office, wanted: dict[str, Any], found: set[tuple[str, str | None]]
) -> None:
    assert problems(school, **wanted) == found


def test_a_pathway_that_there_is_not_is_said(school: Office) -> None:
    with pytest.raises(NotFound, match="no pathway"):
        drafted(school, **CREDITS, pathway="nothing")


def test_a_decision_is_for_whom_it_names_or_for_whoever_got_the_issuers_own_credential(school: Office) -> None:
    own = stored(school, school.a_final_batch(1))
    document = orjson.loads(school.catalog.document(own.credential_id))
    endorsed = Endorsed(own.credential_id, own.name, digest(document))

    def learner(issuer: str, of: Endorsed, **wanted: Any) -> Learner:
        batch, _ = Recognitions(school.database).draft(issuer, of, Wanted(**CREDITS, **wanted))
        found = stored(school, batch)
        return Learner(found.learner_name, found.email, found.learner_id)

    assert learner("usm", OUTSIDE, email="Ana@students.example").email == "ana@students.example"
    assert learner("usm", endorsed) == Learner("Learner 1", "learner1@students.example", "0001")
    assert learner("um", endorsed) == Learner("", "", "")
    assert learner("usm", Endorsed(own.credential_id, own.name, bytes(32))) == Learner("", "", "")
