"""The VC API: a program that speaks it issues and verifies here without knowing Cairn."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import Any

import orjson
import pytest

from ledger.proofs.data_integrity import verify
from tests.site import Campus

ISSUE = "/v1/issuers/usm/credentials/issue"
VERIFY = "/v1/credentials/verify"
HEADER = {"alg": "EdDSA", "typ": "vc+jwt", "kid": "did:web:usm.example#key-1"}


def composed(campus: Campus, **changes: object) -> dict[str, Any]:
    """A credential as somebody else's program composes one."""
    achievement = {
        "id": "https://usm.example/achievements/ethics",
        "type": ["Achievement"],
        "name": "Research Ethics",
        "description": "A short course.",
        "criteria": {"narrative": "Passed the examination."},
    }
    document: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Research Ethics",
        "issuer": {"id": campus.workspace.catalog.issuer("usm").did, "type": ["Profile"], "name": "USM"},
        "validFrom": "2026-03-02T00:00:00Z",
        "credentialSubject": {"id": "did:key:z6MkTest", "type": ["AchievementSubject"], "achievement": achievement},
    }
    return document | changes


def issue(campus: Campus, document: object, **rest: object) -> Any:
    return campus.client.post(ISSUE, json={"credential": document, **rest}, headers=campus.key())


def check(campus: Campus, document: object) -> Any:
    return campus.client.post(VERIFY, json={"verifiableCredential": document, "options": {}})


def test_what_a_caller_composed_is_signed_at_once_anchored_and_verified(campus: Campus) -> None:
    answer = issue(campus, composed(campus))
    assert answer.status_code == 201, answer.text
    signed = answer.json()["verifiableCredential"]
    key = campus.workspace.catalog.issuer("usm").keys[0].public_key
    for proof in signed["proof"]:
        verify(signed, proof, key)
    campus.settled()
    anchored = campus.client.get(answer.headers["location"].removeprefix(campus.site.base), headers=campus.key()).json()
    result = check(campus, anchored).json()

    assert [proof["cryptosuite"] for proof in signed["proof"]] == ["eddsa-rdfc-2022", "eddsa-jcs-2022"]
    assert uuid.UUID(signed["id"].removeprefix("urn:uuid:")).version == 4
    assert signed["credentialStatus"]["type"] == "BitstringStatusListEntry"
    assert [proof["cryptosuite"] for proof in anchored["proof"]][-1] == "cairn-anchor-2026"
    assert (result["verified"], result["problemDetails"]) == (True, [])


def test_a_credential_keeps_the_random_id_that_it_came_with_and_is_issued_once(campus: Campus) -> None:
    named = composed(campus, id=uuid.uuid4().urn)
    assert issue(campus, named).json()["verifiableCredential"]["id"] == named["id"]
    again = issue(campus, named)
    assert (again.status_code, again.json()["code"]) == (409, "already_issued")
    other = uuid.uuid4().urn
    signed = issue(campus, composed(campus), options={"credentialId": other}).json()["verifiableCredential"]
    assert signed["id"] == other


def test_an_issuer_that_is_only_named_becomes_a_profile_and_one_that_is_described_stays(campus: Campus) -> None:
    did = campus.workspace.catalog.issuer("usm").did
    whole = campus.workspace.catalog.issuer("usm").profile.to_dict()
    described = {"id": did, "type": ["Profile"], "name": "The School of Education"}
    asked: list[tuple[object, object]] = [
        (did, whole),
        ({"id": did, "name": "The School"}, whole | {"name": "The School"}),
        (described, described),
    ]
    for given, expected in asked:
        answer = issue(campus, composed(campus, issuer=given))
        assert (answer.status_code, answer.json()["verifiableCredential"]["issuer"]) == (201, expected)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "did:web:other.example"}, "issuer_mismatch"),
        ({"id": "https://usm.example/credentials/1"}, "id_guessable"),
        ({"id": "urn:uuid:00000000-0000-1000-8000-000000000000"}, "id_guessable"),
        ({"credentialStatus": {"id": "https://usm.example/1", "type": "X"}}, "member_reserved"),
        ({"proof": {"type": "DataIntegrityProof"}}, "member_reserved"),
        ({"type": ["VerifiableCredential"]}, "kind_unsupported"),
        ({"type": [{}, ["VerifiableCredential"]]}, "kind_unsupported"),
        ({"type": ["VerifiableCredential", "ClrCredential"]}, "kind_unsupported"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2", "https://usm.example/context"]}, "context_unknown"),
        ({"nobodyDefinedThis": "x"}, "undefined_term"),
        ({"endorsementJwt": ["a.b.c"]}, "term_ambiguous"),
        ({"evidence": [{"type": ["Evidence"], "endorsementJwt": ["a.b.c"]}]}, "term_ambiguous"),
        ({"validFrom": "yesterday"}, "schema_invalid"),
        ({"validUntil": "2026-03-01T00:00:00Z"}, "time_order"),
        ({"credentialSubject": {"type": ["AchievementSubject"]}}, "learner_unnamed"),
        ({"credentialSubject": {"id": "did:key:z6MkTest", "type": ["AchievementSubject"]}}, "schema_invalid"),
    ],
)
def test_what_cannot_be_issued_is_a_400_and_leaves_nothing(
    campus: Campus, changes: dict[str, object], code: str
) -> None:
    before = len(campus.workspace.catalog.batches("usm"))
    answer = issue(campus, composed(campus, **changes))
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert not answer.json()["detail"].startswith("None")
    assert len(campus.workspace.catalog.batches("usm")) == before


@pytest.mark.parametrize("body", [{}, {"credential": []}, {"credential": {}, "options": []}, {"options": {}}])
def test_a_request_without_a_credential_is_a_400(campus: Campus, body: object) -> None:
    assert campus.client.post(ISSUE, json=body, headers=campus.key()).status_code == 400


def test_an_option_that_is_not_offered_is_refused_rather_than_passed_over(campus: Campus) -> None:
    answer = issue(campus, composed(campus), options={"mandatoryPointers": ["/issuer"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "option_unsupported")


def test_only_the_issuer_issues(campus: Campus) -> None:
    body = {"credential": composed(campus)}
    assert campus.client.post(ISSUE, json=body).status_code == 401
    assert campus.client.post(ISSUE, json=body, headers=campus.key("um")).status_code == 404


def test_a_false_document_is_not_verified_and_the_problem_says_which_check_failed(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    document["name"] = "Another course " + secrets.token_hex(4)
    answer = check(campus, document)
    problems = {problem["type"].rpartition("#")[2]: problem for problem in answer.json()["problemDetails"]}

    assert (answer.status_code, answer.json()["verified"]) == (200, False)
    assert problems["CRYPTOGRAPHIC_SECURITY_ERROR"]["outcome"] == "invalid"
    assert answer.json()["report"]["verdict"] == "invalid"


def test_what_could_not_be_checked_is_not_verified_and_says_so(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    document["proof"] = [proof for proof in document["proof"] if proof["cryptosuite"] != "cairn-anchor-2026"]
    answer = check(campus, document).json()
    assert (answer["verified"], answer["report"]["verdict"]) == (False, "indeterminate")
    assert {problem["outcome"] for problem in answer["problemDetails"]} == {"indeterminate"}


@pytest.mark.parametrize("is_enveloped", [False, True])
def test_a_token_may_be_longer_than_a_text_of_a_document(campus: Campus, is_enveloped: bool) -> None:
    long = {"id": "urn:uuid:1", "type": ["VerifiableCredential"], "description": ["x" * 8000] * 2}
    token = ".".join(base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in (HEADER, long, "x"))
    envelope = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{token}"}
    answer = check(campus, envelope if is_enveloped else token)
    assert (answer.status_code, answer.json()["verified"]) == (200, False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verifiableCredential": 1},
        {"verifiableCredential": "not.a"},
        {"verifiableCredential": {}, "options": 3},
        {"a": "b"},
    ],
)
def test_nothing_to_verify_is_a_400(campus: Campus, body: object) -> None:
    assert campus.client.post(VERIFY, json=body).status_code == 400
