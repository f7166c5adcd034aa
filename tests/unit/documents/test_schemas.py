from __future__ import annotations

from typing import Any

import pytest

from ledger.documents.schemas import schema_problems
from tests.builders import a_credential


def changed(path: str, value: object = None) -> Any:
    """A credential in which the member at `path` has another value, or is missing."""
    document: Any = a_credential()
    *parents, last = path.split("/")
    part = document
    for name in parents:
        part = part[int(name) if name.isdigit() else name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return document


def test_a_credential_of_ours_is_valid() -> None:
    assert schema_problems(a_credential()) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("validFrom", None, "/: "),
        ("validFrom", "yesterday", "/validFrom: "),
        ("credentialSubject/achievement/criteria", None, "/credentialSubject/achievement: "),
        (
            "credentialSubject/achievement/achievementType",
            "Certificat",
            "/credentialSubject/achievement/achievementType: ",
        ),
        ("issuer", {"id": 5, "type": ["Profile"]}, "/issuer: "),
        ("@context", ["https://www.w3.org/ns/credentials/v2"], "/@context: "),
        ("credentialStatus", [{"id": "https://a.example/1", "type": "X"}], "/credentialStatus: "),
    ],
)
def test_each_fault_is_reported_where_it_is(path: str, value: object, problem: str) -> None:
    problems = schema_problems(changed(path, value))
    assert any(text.startswith(problem) for text in problems), problems


def test_all_faults_are_reported_but_not_more_than_twenty() -> None:
    document = changed("validFrom")
    document["issuer"] = 1
    assert len(schema_problems(document)) >= 2
    for name in ("name", "description", "awardedDate", "validUntil", "image", "evidence", "credentialStatus", "proof"):
        document[name] = 5
    achievement = document["credentialSubject"]["achievement"]
    for name in ("name", "description", "criteria", "humanCode", "inLanguage", "version", "tag", "image", "alignment"):
        achievement[name] = 5
    for name in ("fieldOfStudy", "specialization", "creditsAvailable", "achievementType", "creator"):
        achievement[name] = []
    assert len(schema_problems(document)) == 20


def test_values_are_not_repeated() -> None:
    document = changed("credentialSubject/achievement/achievementType", "<script>" * 1000)
    document["x" * 8000] = 1
    document["proof"] = {"type": {"<script>" * 1000: 1}}
    problems = schema_problems(document)
    assert problems
    assert not any("<script>" in text or len(text) > 500 for text in problems)


@pytest.mark.parametrize("kind", ["EndorsementCredential", "ClrCredential"])
def test_the_schema_follows_the_type(kind: str) -> None:
    document = a_credential()
    document["type"] = ["VerifiableCredential", kind]
    assert schema_problems(document)


@pytest.mark.parametrize("kind", [["VerifiableCredential"], "Other", None, 5, [["AchievementCredential"]]])
def test_a_type_without_a_schema_is_said_to_have_none(kind: Any) -> None:
    document = a_credential()
    document["type"] = kind
    assert schema_problems(document) == ["/type: not an AchievementCredential, EndorsementCredential or ClrCredential"]
