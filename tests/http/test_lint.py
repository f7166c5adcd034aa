"""POST /v1/lint, and what an issuer is told of a batch of drafts."""

from __future__ import annotations

import orjson
import pytest

from ledger.stacking.profiles.linting import PROFILES
from tests.site import Campus, limited
from tests.unit.stacking.profiles.described import a_complete_credential, without

JSON = {"Content-Type": "application/json"}


def test_a_complete_credential_has_no_findings(campus: Campus) -> None:
    params = {"profile": list(PROFILES)}
    answer = campus.client.post("/v1/lint", content=orjson.dumps(a_complete_credential()), headers=JSON, params=params)

    assert answer.status_code == 200
    assert answer.json() == {"profiles": list(PROFILES), "errors": 0, "warnings": 0, "notes": 0, "findings": []}


def test_what_is_missing_is_said_with_its_source(campus: Campus) -> None:
    document = a_complete_credential()
    without(document, "ext:level")
    answer = campus.client.post("/v1/lint?profile=eu", content=orjson.dumps(document), headers=JSON)

    [finding] = answer.json()["findings"]
    assert answer.json()["errors"] == 1
    assert (finding["rule"], finding["severity"]) == ("eu.level", "error")
    assert finding["source"]["year"] == 2022


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("", b"{}", 422, "parameters"),
        ("?profile=iso", b"{}", 422, "parameters"),
        ("?profile=eu", b"[1", 400, "json_syntax"),
        ("?profile=eu", b'{"code": 1, "achievements": 1}', 422, "draft_invalid"),
    ],
)
def test_what_cannot_be_read_is_refused(campus: Campus, query: str, body: bytes, status: int, code: str) -> None:
    answer = campus.client.post(f"/v1/lint{query}", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_it_is_limited_as_checking_is(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(campus.site.checks, monkeypatch, 1)
    answers = [campus.client.post("/v1/lint?profile=eu", content=b"{}", headers=JSON).status_code for _ in range(3)]

    assert answers == [200, 429, 429]


def test_an_issuer_sees_what_a_batch_lacks_for_what_is_claimed(campus: Campus) -> None:
    headers = {"Authorization": f"Bearer {campus.keys['usm']}"}
    answer = campus.client.get(f"/v1/issuers/usm/batches/{campus.batch.id}/findings", headers=headers)

    assert answer.status_code == 200
    assert answer.json()["profiles"] == []
    assert campus.client.get(f"/v1/issuers/usm/batches/{campus.batch.id}/findings").status_code == 401
    assert campus.client.get("/v1/issuers/usm/batches/999999/findings", headers=headers).status_code == 404
