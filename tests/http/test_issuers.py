"""An issuer's machine: drafts with all problems at once, approval, claims, revocation."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ledger.issuing.values import BatchState
from tests.site import Campus

HEADER = "achievement,learner_id,name,email,result,awarded_on"
CSV = {"Content-Type": "text/csv"}
BATCHES = "/v1/issuers/usm/batches"
_numbers = iter(range(500, 10_000))


def a_row(code: str = "intro", **changes: str) -> dict[str, str]:
    number = next(_numbers)
    row = {
        "achievement": code,
        "learner_id": f"{number:04}",
        "name": f"Learner {number}",
        "email": f"learner{number}@students.example",
        "result": "75.5",
        "awarded_on": "2026-03-02",
    }
    return row | changes


def csv_file(*rows: dict[str, str]) -> bytes:
    return "\n".join([HEADER, *(",".join(row[name] for name in HEADER.split(",")) for row in rows), ""]).encode()


def draft(campus: Campus, *rows: dict[str, str], **headers: str) -> Any:
    return campus.client.post(
        BATCHES, params={"programme": "design"}, content=csv_file(*rows), headers=campus.key() | CSV | headers
    )


def finished(campus: Campus, batch_id: int) -> dict[str, Any]:
    """Approves a batch and waits until the background thread has taken it to its end."""
    assert campus.client.post(f"{BATCHES}/{batch_id}/approve", headers=campus.key()).status_code == 202
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        batch: dict[str, Any] = campus.client.get(f"{BATCHES}/{batch_id}", headers=campus.key()).json()
        if batch["finished"]:
            return batch
        time.sleep(0.1)
    raise AssertionError("the batch did not become final")


def test_a_csv_file_becomes_a_draft_that_can_be_looked_at(campus: Campus) -> None:
    made = draft(campus, a_row(), a_row(name="Nur Aisyah"))
    assert made.status_code == 201, made.text
    batch = made.json()
    assert (batch["state"], batch["size"], batch["approved"], batch["finished"]) == ("open", 2, False, False)
    document = campus.client.get(
        f"{BATCHES}/{batch['id']}/preview", params={"position": 1}, headers=campus.key()
    ).json()
    assert document["credentialSubject"]["identifier"][0]["identityHash"] == "Nur Aisyah"
    assert "proof" not in document


def test_json_rows_become_the_same_draft_as_a_file(campus: Campus) -> None:
    made = campus.client.post(
        BATCHES, params={"programme": "design", "label": "From JSON"}, json={"rows": [a_row()]}, headers=campus.key()
    )
    assert made.status_code == 201, made.text
    assert (made.json()["size"], made.json()["label"]) == (1, "From JSON")


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_stored(campus: Campus) -> None:
    before = [batch.id for batch in campus.workspace.catalog.batches("usm")]
    bad = draft(campus, a_row("none"), a_row(email="nobody"), a_row(awarded_on="2026-02-30"), a_row(result="=1+1"))
    assert bad.status_code == 422
    found = {(problem["row"], problem["column"]) for problem in bad.json()["problems"]}
    assert found >= {(2, "achievement"), (3, "email"), (4, "awarded_on"), (5, "result")}
    assert [batch.id for batch in campus.workspace.catalog.batches("usm")] == before


@pytest.mark.parametrize(
    "body",
    [
        b'{"rows": [{"achievement": 1}]}',
        b'{"rows": []}',
        b'{"rows": [{"achievement": "intro", "surprise": "x"}]}',
        b'{"rows": "x"}',
        b"{}",
    ],
)
def test_json_rows_that_are_no_rows_are_refused(campus: Campus, body: bytes) -> None:
    answer = campus.client.post(
        BATCHES,
        params={"programme": "design"},
        content=body,
        headers=campus.key() | {"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "parameters")
    assert "surprise" not in answer.text


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"a;b;c\n1;2;3", HEADER.encode(), b'"unclosed', b"\x00" * 100])
def test_a_file_that_is_no_table_is_refused(campus: Campus, body: bytes) -> None:
    answer = campus.client.post(BATCHES, params={"programme": "design"}, content=body, headers=campus.key() | CSV)
    assert (answer.status_code, answer.json()["code"]) == (422, "draft_invalid")


def test_a_programme_that_there_is_not_is_not_found(campus: Campus) -> None:
    answer = campus.client.post(
        BATCHES, params={"programme": "magic"}, content=csv_file(a_row()), headers=campus.key() | CSV
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "programme_unknown")


def test_an_approved_batch_is_signed_and_anchored_in_the_background(campus: Campus) -> None:
    made = draft(campus, a_row(), a_row()).json()
    batch = finished(campus, made["id"])
    assert (batch["state"], batch["approved"], batch["problem"]) == ("final", True, None)
    assert batch["root"].startswith("0x")
    assert batch["transaction"]["gas_used"] > 0
    [first, _] = campus.client.get(f"{BATCHES}/{made['id']}/credentials", headers=campus.key()).json()
    document = campus.client.get(f"/v1/issuers/usm/credentials/{first['credential_id']}", headers=campus.key())
    report = campus.client.post("/v1/verify", content=document.content, headers={"Content-Type": "application/json"})
    assert report.json()["verdict"] == "valid"
    assert [proof["cryptosuite"] for proof in document.json()["proof"]] == [
        "eddsa-rdfc-2022",
        "eddsa-jcs-2022",
        "cairn-anchor-2026",
    ]


def test_approving_twice_anchors_once(campus: Campus) -> None:
    made = draft(campus, a_row()).json()
    once = finished(campus, made["id"])
    assert finished(campus, made["id"])["transaction"] == once["transaction"]


def test_the_same_request_again_gets_the_same_batch(campus: Campus) -> None:
    row = a_row()
    first = draft(campus, row, **{"Idempotency-Key": "term-1"})
    again = draft(campus, row, **{"Idempotency-Key": "term-1"})
    other = draft(campus, a_row(), **{"Idempotency-Key": "term-1"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "idempotency_conflict"


def test_a_request_whose_draft_was_discarded_is_never_given_another_batch(campus: Campus) -> None:
    row = a_row()
    made = draft(campus, row, **{"Idempotency-Key": "term-2"}).json()
    campus.workspace.imports.discard(made["id"])
    theirs = draft(campus, a_row()).json()
    again = draft(campus, row, **{"Idempotency-Key": "term-2"})
    assert theirs["id"] == made["id"]  # SQLite gives the number out again
    assert (again.status_code, again.json()["code"]) == (404, "batch_unknown")
    assert draft(campus, row, **{"Idempotency-Key": "term-3"}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "é"])
def test_a_name_of_a_request_that_is_none_is_refused(campus: Campus, key: str) -> None:
    answer = campus.client.post(
        BATCHES,
        params={"programme": "design"},
        content=csv_file(a_row()),
        headers={**campus.key(), **CSV, "Idempotency-Key": key.encode()},
    )
    assert answer.status_code == 422


def test_nobody_is_given_the_same_twice(campus: Campus) -> None:
    row = a_row()
    assert draft(campus, row).status_code == 201
    again = draft(campus, row)
    assert (again.status_code, again.json()["code"]) == (409, "already_issued")


def test_a_draft_can_be_thrown_away_and_an_approved_one_cannot(campus: Campus) -> None:
    row = a_row()
    made = draft(campus, row).json()
    assert campus.client.delete(f"{BATCHES}/{made['id']}", headers=campus.key()).status_code == 204
    assert campus.client.get(f"{BATCHES}/{made['id']}", headers=campus.key()).status_code == 404
    again = draft(campus, row).json()
    finished(campus, again["id"])
    assert campus.client.delete(f"{BATCHES}/{again['id']}", headers=campus.key()).status_code == 409


def test_claims_are_made_for_final_batches_only(campus: Campus) -> None:
    made = draft(campus, a_row()).json()
    early = campus.client.post(f"{BATCHES}/{made['id']}/claims", json={}, headers=campus.key())
    assert (early.status_code, early.json()["code"]) == (409, "batch_not_final")


def test_revoking_suspending_and_reinstating_change_the_verdict(campus: Campus) -> None:
    made = draft(campus, a_row(), a_row()).json()
    finished(campus, made["id"])
    listed = campus.client.get(f"{BATCHES}/{made['id']}/credentials", headers=campus.key()).json()
    first, second = (credential["credential_id"] for credential in listed)
    change(campus, "revocations", {"credential_ids": [first], "reason": "superseded"}, "revoke")
    assert verdict(campus, first) == ("invalid", "revoked")
    change(campus, "suspensions", {"credential_ids": [second], "reason": "assessment_invalid"}, "suspend")
    assert verdict(campus, second) == ("invalid", "suspended")
    change(campus, "reinstatements", {"credential_ids": [second]}, "reinstate")
    assert verdict(campus, second) == ("valid", "valid")
    again = campus.client.post(
        "/v1/issuers/usm/suspensions", json={"credential_ids": [first], "reason": "superseded"}, headers=campus.key()
    )
    assert (again.status_code, again.json()["code"]) == (409, "already_revoked")


def change(campus: Campus, what: str, body: dict[str, object], action: str) -> None:
    answer = campus.client.post(f"/v1/issuers/usm/{what}", json=body, headers=campus.key())
    assert answer.status_code == 200, answer.text
    campus.settled()
    again = campus.client.post(f"/v1/issuers/usm/{what}", json=body, headers=campus.key())
    [done] = again.json()
    assert (done["action"], done["final"]) == (action, True)
    assert done["transaction_hash"].startswith("0x")


def verdict(campus: Campus, credential_id: str) -> tuple[str, str]:
    document = campus.client.get(f"/v1/issuers/usm/credentials/{credential_id}", headers=campus.key()).content
    answer = campus.client.post("/v1/verify", content=document, headers={"Content-Type": "application/json"}).json()
    return answer["verdict"], answer["code"]


@pytest.mark.parametrize(
    "body",
    [
        {"credential_ids": [], "reason": "superseded"},
        {"credential_ids": ["urn:uuid:none"], "reason": "superseded"},
        {"credential_ids": ["urn:uuid:00000000-0000-4000-8000-000000000000"], "reason": "bad mood"},
        {"credential_ids": ["urn:uuid:00000000-0000-4000-8000-000000000000"], "reason": 1},
        {"credential_ids": "urn:uuid:00000000-0000-4000-8000-000000000000", "reason": "superseded"},
    ],
)
def test_a_revocation_without_ids_or_a_known_reason_is_refused(campus: Campus, body: dict[str, object]) -> None:
    answer = campus.client.post("/v1/issuers/usm/revocations", json=body, headers=campus.key())
    assert (answer.status_code, answer.json()["code"]) == (422, "parameters")


def test_an_issuer_cannot_revoke_what_is_anothers_and_is_not_told_that_it_exists(campus: Campus) -> None:
    theirs = campus.credentials()[0].credential_id
    answers = [
        campus.client.post(
            "/v1/issuers/um/revocations",
            json={"credential_ids": [credential_id], "reason": "superseded"},
            headers=campus.key("um"),
        )
        for credential_id in (theirs, "urn:uuid:00000000-0000-4000-8000-000000000000")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


@pytest.mark.parametrize(
    "query", ["limit=-1", "limit=0", "limit=1e3", "limit=1_0", "limit=٣", f"limit={2**63}", "offset=x"]
)
def test_a_number_has_one_spelling(campus: Campus, query: str) -> None:
    assert campus.client.get(f"{BATCHES}?{query}", headers=campus.key()).status_code == 422


@pytest.mark.parametrize("batch_id", ["0", "-1", "1_0", "٣", str(2**63), "1.0", "x"])
def test_a_batch_is_named_by_a_plain_number(campus: Campus, batch_id: str) -> None:
    assert campus.client.get(f"{BATCHES}/{batch_id}", headers=campus.key()).status_code == 422


def test_a_batch_that_stops_says_why_and_goes_on_when_it_is_approved_again(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = draft(campus, a_row()).json()
    campus.settled()  # or what others asked for would stop too
    key = campus.workspace.path / "keys" / "issuers" / "usm" / "anchoring.json"
    hidden = key.with_suffix(".hidden")
    monkeypatch.setattr(campus.workspace.keys, "_accounts", {})
    key.rename(hidden)
    try:
        campus.client.post(f"{BATCHES}/{made['id']}/approve", headers=campus.key())
        deadline = time.monotonic() + 60
        problem = None
        while problem is None and time.monotonic() < deadline:
            problem = campus.client.get(f"{BATCHES}/{made['id']}", headers=campus.key()).json()["problem"]
            time.sleep(0.1)
    finally:
        hidden.rename(key)
    assert problem
    assert finished(campus, made["id"])["problem"] is None


def test_whoever_approves_while_others_do_is_told_the_same(campus: Campus) -> None:
    batch = campus.workspace.imports.draft_batch("usm", campus.new_drafts("intro"), label="Together")

    def approve(_: int) -> int:
        answer = campus.client.post(f"{BATCHES}/{batch.id}/approve", headers=campus.key())
        return int(answer.status_code)

    with ThreadPoolExecutor(16) as clerks:
        assert set(clerks.map(approve, range(16))) == {202}
    campus.settled()
    assert campus.workspace.catalog.batch(batch.id).state is BatchState.FINAL
