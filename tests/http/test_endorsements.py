"""An issuer's machine endorses, and the endorsement verifies like any document."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.site import Campus

PATH = "/v1/issuers/usm/endorsements"


def post(campus: Campus, body: object, **headers: str) -> Any:
    return campus.client.post(PATH, json=body, headers=campus.key() | headers)


def test_an_endorsement_is_drafted_approved_anchored_and_valid(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    made = post(campus, {"document": document, "comment": "Counts for 3 credits.", "valid_until": "2031-12-31"})
    assert made.status_code == 201, made.text
    batch = made.json()["id"]
    approved = campus.client.post(f"/v1/issuers/usm/batches/{batch}/approve", headers=campus.key())
    assert approved.status_code == 202, approved.text
    campus.settled()
    [endorsement] = campus.client.get(f"/v1/issuers/usm/batches/{batch}/credentials", headers=campus.key()).json()
    path = f"/v1/issuers/usm/credentials/{endorsement['credential_id']}"
    content = campus.client.get(path, headers=campus.key()).content
    report = campus.client.post("/v1/verify", content=content, headers={"Content-Type": "application/json"}).json()

    assert endorsement["kind"] == "endorsement"
    assert orjson.loads(content)["credentialSubject"]["id"] == document["id"]
    assert (report["verdict"], report["code"]) == ("valid", "valid")


def test_a_document_that_is_deeper_and_longer_than_a_command_is_endorsed(campus: Campus) -> None:
    document = orjson.loads(campus.document())
    document["evidence"] = [{"id": "https://um.example/e", "type": ["Evidence"], "narrative": "x" * 6000}]
    level = {
        "id": "urn:uuid:1",
        "type": ["RubricCriterionLevel"],
        "name": "Good",
        "alignment": [{"type": ["Alignment"]}],
    }
    described = {"id": "urn:uuid:2", "type": ["ResultDescription"], "rubricCriterionLevel": [level]}
    document["credentialSubject"]["achievement"]["resultDescription"] = [described]
    made = post(campus, {"document": document, "comment": "Counts for 3 credits."})
    assert made.status_code == 201, made.text


def test_the_same_request_endorses_once(campus: Campus) -> None:
    body = {"target": "did:web:um.example", "comment": "A partner since 2019."}
    first, second = (post(campus, body, **{"Idempotency-Key": "endorse-um"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        {"comment": "x"},
        {"target": "did:web:um.example", "document": {}, "comment": "x"},
        {"target": "nobody", "comment": "x"},
        {"document": {"name": "x"}, "comment": "x"},
        {"target": "did:web:um.example", "comment": ""},
        {"target": "did:web:um.example", "comment": "x", "valid_until": "soon"},
        {"target": "did:web:um.example", "comment": "x", "more": 1},
    ],
)
def test_what_cannot_be_endorsed_is_refused_and_drafts_nothing(campus: Campus, body: dict[str, object]) -> None:
    before = [batch.id for batch in campus.workspace.catalog.batches("usm")]
    assert post(campus, body).status_code == 422
    assert [batch.id for batch in campus.workspace.catalog.batches("usm")] == before
