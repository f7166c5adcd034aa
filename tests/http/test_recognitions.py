"""A machine recognises a credential, a learner keeps the decision, and anybody reckons credits."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
import pytest

from tests.site import ORIGIN, Campus

PATH = "/v1/issuers/um/recognitions"
CREDITS = {"credits": 15, "framework": "NZQCF", "level": 8}


def post(campus: Campus, body: object, **headers: str) -> Any:
    return campus.client.post(PATH, json=body, headers=campus.key("um") | headers)


def issued(campus: Campus, batch: int) -> dict[str, Any]:
    """The one document of a batch of um's, approved and final."""
    approved = campus.client.post(f"/v1/issuers/um/batches/{batch}/approve", headers=campus.key("um"))
    assert approved.status_code == 202, approved.text
    campus.settled()
    [found] = campus.client.get(f"/v1/issuers/um/batches/{batch}/credentials", headers=campus.key("um")).json()
    path = f"/v1/issuers/um/credentials/{found['credential_id']}"
    document: dict[str, Any] = campus.client.get(path, headers=campus.key("um")).json()
    return document


def test_a_decision_is_drafted_issued_valid_and_kept_beside_the_credential(campus: Campus) -> None:
    credential = campus.document()
    made = post(campus, {"document": orjson.loads(credential), **CREDITS, "email": "learner1@students.example"})
    assert made.status_code == 201, made.text
    decision = issued(campus, made.json()["id"])
    report = campus.client.post("/v1/verify", json=decision).json()
    assert (report["verdict"], report["summary"]["kind"]) == ("valid", "endorsement")
    assert report["summary"]["comment"] == "This credential counts for 15 NZQCF credits at NZQCF level 8."
    [stack] = [check for check in report["checks"] if check["id"] == "stack"]
    assert stack["evidence"]["recognition"]["credits"] == 15

    owner = campus.a_wallet()
    owner.take_in(credential)
    owner.take_in(orjson.dumps(decision))
    held = campus.client.get(f"{owner.path}/credentials", headers=owner.headers).json()
    assert sorted(entry["kind"] for entry in held) == ["credential", "recognition"]


def test_a_learner_claims_a_decision_that_names_them(campus: Campus) -> None:
    made = post(campus, {"document": orjson.loads(campus.document()), **CREDITS, "email": "new@students.example"})
    decision = issued(campus, made.json()["id"])
    claims = campus.client.post(
        f"/v1/issuers/um/batches/{made.json()['id']}/claims", json={}, headers=campus.key("um")
    ).json()
    [claim] = claims["claims"] if isinstance(claims, dict) else claims
    assert claim["email"] == "new@students.example"
    owner = campus.a_wallet()
    token = claim.get("token") or claim["url"].removeprefix(ORIGIN).rpartition("/")[2]
    taken = campus.client.post(f"{owner.path}/claims", json={"token": token}, headers=owner.headers)
    assert taken.status_code == 200, taken.text
    held = campus.client.get(f"{owner.path}/credentials", headers=owner.headers).json()
    assert [(entry["kind"], entry["credential_id"]) for entry in held] == [("recognition", decision["id"])]


def test_a_credential_may_come_as_a_file(campus: Campus) -> None:
    made = post(campus, {"content": b64encode(campus.document()).decode(), **CREDITS})
    assert made.status_code == 201, made.text


def test_the_same_request_decides_once(campus: Campus) -> None:
    body = {"document": orjson.loads(campus.document()), **CREDITS}
    first, second = (post(campus, body, **{"Idempotency-Key": "recognise-1"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_what_does_not_verify_is_recognised_with_a_reason_only(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    document["name"] = "A doctorate"
    refused = post(campus, {"document": document, **CREDITS})
    assert (refused.status_code, refused.json()["code"]) == (409, "recognise_invalid")
    made = post(campus, {"document": document, **CREDITS, "unverified": "The paper original was seen."})
    assert made.status_code == 201, made.text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"document": None}, 422),
        ({"content": "AAAA"}, 422),
        ({"document": None, "content": "%%%"}, 422),
        ({"document": None, "content": b64encode(b"{}").decode()}, 422),
        ({"document": None, "content": b64encode(b"15 credits").decode()}, 400),
        ({"document": {"id": "urn:uuid:1"}}, 422),
        ({"credits": None}, 201),
        ({"credits": None, "level": None}, 422),
        ({"credits": 0}, 422),
        ({"credits": "15"}, 422),
        ({"framework": "AQF"}, 422),
        ({"level": 11}, 422),
        ({"achievement": "needs"}, 422),
        ({"pathway": "nothing"}, 404),
        ({"pathway": "design"}, 422),
        ({"email": "nobody"}, 422),
        ({"valid_until": "2020-01-01"}, 422),
        ({"more": 1}, 422),
    ],
)
def test_what_cannot_be_decided_is_refused_and_drafts_nothing(
    campus: Campus, change: dict[str, object], status: int
) -> None:
    before = [batch.id for batch in campus.workspace.catalog.batches("um")]
    body = {"document": orjson.loads(campus.document()), **CREDITS} | change
    answer = post(campus, {name: value for name, value in body.items() if value is not None})
    assert answer.status_code == status, answer.text
    after = [batch.id for batch in campus.workspace.catalog.batches("um")]
    assert len(after) - len(before) == (status == 201)


def test_anybody_reckons_credits_and_is_told_what_that_is_not(campus: Campus) -> None:
    answer = campus.client.post("/v1/compare", json={"amount": 15, "framework": "NZQCF", "level": 8})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    ects = next(one for one in found["credits"] if one["framework"] == "ECTS")
    assert (ects["low"], ects["high"], ects["rule"]) == (5, 6, "1 ECTS credit = 25–30 hours")
    assert "no recognition decision" in found["note"]
    assert found["text"].startswith("15 NZQCF credits = 150 hours")


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 15, "framework": "XYZ"},
        {"amount": 0, "framework": "ECTS"},
        {"amount": 5, "framework": "ECTS", "level": 9},
        {"amount": 5, "framework": "US", "level": 7},
        {"amount": "5", "framework": "ECTS"},
        {"framework": "ECTS"},
    ],
)
def test_what_cannot_be_compared_is_refused(campus: Campus, body: dict[str, object]) -> None:
    assert campus.client.post("/v1/compare", json=body).status_code == 422
