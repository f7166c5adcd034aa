"""An issuer's machine corrects credentials, and revokes many at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ledger.issuing.values import StoredCredential
from tests.site import Campus

ISSUER = "/v1/issuers/usm"
JSON = {"Content-Type": "application/json"}
UNKNOWN = "urn:uuid:00000000-0000-4000-8000-000000000000"


def final(campus: Campus, count: int = 1) -> tuple[StoredCredential, ...]:
    """New credentials of new learners, final."""
    workspace = campus.workspace
    rows = [row for _ in range(count) for row in campus.new_drafts("intro")]
    batch = workspace.imports.draft_batch("usm", rows, label="To correct")
    approve(campus, batch.id)
    campus.settled()
    return workspace.catalog.credentials(batch=batch.id)


def approve(campus: Campus, batch_id: int) -> None:
    """As a machine asks for it: where a browser is driven here, this thread has a loop, and gives no jobs itself."""
    assert campus.client.post(f"{ISSUER}/batches/{batch_id}/approve", headers=campus.key()).status_code == 202


def row_for(credential: StoredCredential, **changes: str) -> dict[str, str]:
    return {
        "achievement": credential.achievement,
        "learner_id": credential.learner_id,
        "name": "The right name",
        "email": credential.email,
        "result": "75.5",
        "awarded_on": "2026-03-02",
        "supersedes": credential.credential_id,
    } | changes


def post(campus: Campus, path: str, body: object, **headers: str) -> Any:
    return campus.client.post(f"{ISSUER}/{path}", json=body, headers=campus.key() | headers)


def checked(campus: Campus, credential_id: str) -> Any:
    document = campus.workspace.catalog.document(credential_id)
    return campus.client.post("/v1/verify", content=document, headers=JSON).json()


def until_revoked(campus: Campus, credential_id: str) -> None:
    deadline = time.monotonic() + 60
    while campus.workspace.catalog.credential(credential_id).state != "revoked":
        assert time.monotonic() < deadline, "it was not revoked"
        time.sleep(0.1)


def test_a_correction_takes_the_place_of_a_credential(campus: Campus) -> None:
    (credential,) = final(campus)
    made = post(campus, "corrections", {"rows": [row_for(credential, note="The name was misspelt.")]})
    assert made.status_code == 201, made.text
    assert "superseded_by" not in checked(campus, credential.credential_id)
    approve(campus, made.json()["id"])
    campus.settled()
    until_revoked(campus, credential.credential_id)

    path = f"{ISSUER}/batches/{made.json()['id']}/credentials"
    [correction] = campus.client.get(path, headers=campus.key()).json()
    old, new = checked(campus, credential.credential_id), checked(campus, correction["credential_id"])
    assert correction["supersedes"] == credential.credential_id
    assert (old["code"], old["superseded_by"]) == ("revoked", correction["credential_id"])
    assert "superseded by a newer document" in old["message"]
    assert (new["verdict"], new["summary"]["supersedes"]) == ("valid", credential.credential_id)


def test_the_pages_show_both_sides_of_a_correction(campus: Campus) -> None:
    (credential,) = final(campus)
    made = post(campus, "corrections", {"rows": [row_for(credential, note="The name was misspelt.")]}).json()
    approve(campus, made["id"])
    campus.settled()
    until_revoked(campus, credential.credential_id)
    [correction] = campus.workspace.catalog.credentials(batch=made["id"])

    def shown(credential_id: str) -> str:
        document = campus.workspace.catalog.document(credential_id)
        answer = campus.client.post("/check", files={"file": ("c.json", document, "application/json")})
        assert answer.status_code == 200
        return str(answer.text)

    old, new = shown(credential.credential_id), shown(correction.credential_id)
    assert "Superseded by" in old
    assert correction.credential_id in old
    assert "Supersedes" in new
    assert credential.credential_id in new
    assert "The name was misspelt." in new


def test_the_same_request_makes_one_batch_of_corrections(campus: Campus) -> None:
    (credential,) = final(campus)
    body = {"rows": [row_for(credential)]}
    name = {"Idempotency-Key": credential.credential_id}
    first, again = post(campus, "corrections", body, **name), post(campus, "corrections", body, **name)
    other = post(campus, "corrections", {"rows": [row_for(credential, name="Another")]}, **name)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()


def test_what_cannot_be_corrected_is_named_by_row_and_column(campus: Campus) -> None:
    (credential,) = final(campus)
    refused = post(campus, "corrections", {"rows": [row_for(credential, email="nobody", supersedes="x")]})
    assert (refused.status_code, refused.json()["code"]) == (422, "draft_invalid")
    assert [(p["code"], p["row"], p["column"]) for p in refused.json()["problems"]] == [
        ("email_syntax", 2, "email"),
        ("csv_credential_id", 2, "supersedes"),
    ]
    unknown = post(campus, "corrections", {"rows": [row_for(credential, supersedes=UNKNOWN)]}).json()
    assert [(p["code"], p["row"], p["column"]) for p in unknown["problems"]] == [
        ("credential_unknown", 2, "supersedes")
    ]


def test_rows_are_looked_at_and_then_revoked(campus: Campus) -> None:
    first, second = final(campus, 2)
    body = {
        "rows": [
            {"credential_id": first.credential_id, "reason": "issued_in_error", "note": "Sent twice"},
            {"learner_id": second.learner_id, "achievement": second.achievement, "reason": "2"},
        ]
    }
    looked = post(campus, "revocations/bulk?preview=true", body)
    assert looked.status_code == 200, looked.text
    assert [row["result"] for row in looked.json()["rows"]] == ["to_be_revoked"] * 2
    assert (looked.json()["calls"], looked.json()["changes"]) == (2, [])
    assert looked.json()["gas"] > 42_000
    assert campus.workspace.catalog.credential(first.credential_id).state == "final"

    done = post(campus, "revocations/bulk", body)
    assert done.status_code == 200, done.text
    assert [change["reason"] for change in done.json()["changes"]] == ["issued_in_error", "assessment_invalid"]
    campus.settled()
    assert [checked(campus, c.credential_id)["code"] for c in (first, second)] == ["revoked"] * 2


def test_a_file_with_a_problem_revokes_nothing_unless_problems_are_skipped(campus: Campus) -> None:
    (credential,) = final(campus)
    file = f"credential_id,reason\n{credential.credential_id},1\n{UNKNOWN},1\n"

    def send(query: str) -> Any:
        return campus.client.post(
            f"{ISSUER}/revocations/bulk{query}", content=file, headers=campus.key() | {"Content-Type": "text/csv"}
        )

    refused = send("")
    assert (refused.status_code, refused.json()["code"]) == (422, "draft_invalid")
    assert [(p["code"], p["row"]) for p in refused.json()["problems"]] == [("revocation_unknown", 3)]
    assert campus.workspace.catalog.credential(credential.credential_id).state == "final"
    done = send("?skip_problems=true")
    assert [row["result"] for row in done.json()["rows"]][1] == "unknown"
    campus.settled()
    assert campus.workspace.catalog.credential(credential.credential_id).state == "revoked"


def test_another_issuers_credential_looks_like_none(campus: Campus) -> None:
    (credential,) = final(campus)
    body = {"rows": [{"credential_id": credential.credential_id, "reason": "1"}]}
    looked = campus.client.post("/v1/issuers/um/revocations/bulk?preview=true", json=body, headers=campus.key("um"))

    assert [row["result"] for row in looked.json()["rows"]] == ["unknown"]


@pytest.mark.parametrize("path", ["corrections", "revocations/bulk"])
@pytest.mark.parametrize("body", [b'{"rows": []}', b'{"rows": [{"surprise": "x"}]}', b"{}", b"["])
def test_bodies_that_are_no_rows_are_refused(campus: Campus, path: str, body: bytes) -> None:
    answer = campus.client.post(f"{ISSUER}/{path}", content=body, headers=campus.key() | JSON)
    assert answer.status_code in {400, 422}
    assert "surprise" not in answer.text


@pytest.mark.parametrize("path", ["corrections", "revocations/bulk"])
def test_both_need_the_issuers_own_key(campus: Campus, path: str) -> None:
    assert campus.client.post(f"{ISSUER}/{path}", json={}).status_code == 401
    assert campus.client.post(f"{ISSUER}/{path}", json={}, headers=campus.key("um")).status_code == 404
