"""Check 2: the published schema, and an honest "don't know" for what has none."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.verifying.report import Outcome
from tests.builders import a_credential, a_record, older
from tests.world import World


@pytest.mark.parametrize("member", ["id", "validFrom"])
def test_a_document_without_a_required_member_is_invalid_and_says_where(world: World, member: str) -> None:
    document = {name: value for name, value in a_credential().items() if name != member}
    report = world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    assert (report.verdict, report.code) == (Outcome.INVALID, "schema_invalid")
    assert report.check("schema").evidence["count"] == 1


def test_an_achievement_type_that_does_not_exist_is_invalid(world: World) -> None:
    document: dict[str, Any] = a_credential()
    document["credentialSubject"]["achievement"]["achievementType"] = "Knighthood"
    report = world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    assert report.code == "schema_invalid"


@pytest.mark.parametrize("lost", ["issuanceDate", "id"])
def test_the_older_data_model_is_held_against_the_same_schema(world: World, lost: str) -> None:
    document = older(a_credential())
    assert world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    del document[lost]
    report = world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    assert (report.verdict, report.code) == (Outcome.INVALID, "schema_invalid")


def test_a_record_may_hold_credentials_of_the_older_data_model(world: World) -> None:
    (inside,) = world.issue(older(a_credential(1)))
    (record,) = world.issue(a_record(inside), issuer=world.publisher)
    assert world.verifier().verify(orjson.dumps(record))


def test_a_credential_of_a_kind_without_schema_is_indeterminate_though_all_else_is_good(world: World) -> None:
    document = a_credential() | {"type": ["VerifiableCredential", "UniversityDegreeCredential"]}
    report = world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "schema_unknown")
    others = [check for check in report.checks if check.id not in ("schema", "stack", "holder")]
    assert {check.outcome for check in others} == {Outcome.VALID}


def test_problems_are_listed_shortly_and_never_by_the_hundred(world: World) -> None:
    document: dict[str, Any] = a_credential()
    document["credentialSubject"]["result"] = [{"x" * 500: 1}] * 200
    report = world.verifier().verify(orjson.dumps(world.issue(document)[0]))
    problems = report.check("schema").evidence["problems"]
    assert isinstance(problems, list)
    assert 0 < len(problems) <= 10
    assert all(len(str(problem)) <= 300 for problem in problems)
