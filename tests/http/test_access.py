"""Who may do what: every protected route of the description, with every kind of wrong caller."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.tokens import WALLET, new_api_key, new_token
from tests.site import Campus, Owner

FOREIGN_ID = "0" * 32
FOREIGN_URN = "urn:uuid:00000000-0000-4000-8000-000000000000"
BODIES: dict[str, object] = {
    "/addresses": {"email": "somebody@a.example"},
    "/passkeys": {"credential": {}},
    "/accounts": {"message": "x", "signature": "0x"},
    "/message": {"account": f"0x{'0' * 40}"},
    "/merge": {"token": "x"},
    "/claims": {"token": "cairn_claim_" + "A" * 43},
    "/records": {"credential_ids": [FOREIGN_ID]},
    "/records/own": {"credential_ids": [FOREIGN_ID]},
    "/links": {"record_id": FOREIGN_ID},
    "/preview": {"record_id": FOREIGN_ID},
    "/narrowing": {"days": 1},
    "/revocations": {"credential_ids": [FOREIGN_URN], "reason": "superseded"},
    "/suspensions": {"credential_ids": [FOREIGN_URN], "reason": "superseded"},
    "/reinstatements": {"credential_ids": [FOREIGN_URN]},
    "/issue": {"credential": {}},
    "/awards": {"pathway": "design"},
    "/awards/preview": {"pathway": "design"},
    "/refuse": {"reason": "No."},
    "/endorsements": {"target": "did:web:um.example", "comment": "Well done."},
    "/recognitions": {"document": {}, "credits": 15, "framework": "NZQCF"},
}
MEMBERS = {
    "held_id": FOREIGN_ID,
    "record_id": FOREIGN_ID,
    "pathway_key": FOREIGN_ID,
    "link_id": FOREIGN_ID,
    "address_id": FOREIGN_ID,
    "passkey_id": FOREIGN_ID,
    "account": f"0x{'0' * 40}",
    "credential_id": FOREIGN_URN,
    "batch_id": "1",
    "code": "design",
    "version": "1",
    "candidate_id": "1",
}


def protected(campus: Campus) -> Iterator[tuple[str, str]]:
    """(method, path) of every operation that needs a key, by the description itself."""
    for path, operations in campus.app.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                yield method.upper(), path


def ask(campus: Campus, method: str, path: str, headers: dict[str, str], **members: str) -> int:
    filled = path.format(**{**MEMBERS, **members})
    body = next((value for suffix, value in BODIES.items() if path.endswith(suffix)), {})
    json = body if method == "POST" else None
    params = {"programme": "design"} if path.endswith("/batches") else None
    answer = campus.client.request(method, filled, json=json, headers=headers, params=params)
    return int(answer.status_code)


def test_the_description_knows_every_protected_route(campus: Campus) -> None:
    found = list(protected(campus))
    assert len(found) >= 24
    assert all(path.startswith(("/v1/wallets/{wallet_id}", "/v1/issuers/{slug}")) for _, path in found)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer " + "A" * 5000},
        {"X-API-Key": "x"},
    ],
)
def test_without_a_key_every_protected_route_says_401(campus: Campus, headers: dict[str, str]) -> None:
    owner = campus.a_wallet()
    for method, path in protected(campus):
        assert ask(campus, method, path, headers, wallet_id=owner.wallet_id, slug="usm") == 401, (method, path)


def test_a_key_that_opens_nothing_is_the_same_as_none(campus: Campus) -> None:
    owner = campus.a_wallet()
    forged = {"Authorization": f"Bearer {new_token(WALLET).text}", "X-API-Key": new_api_key().text}
    for method, path in protected(campus):
        assert ask(campus, method, path, forged, wallet_id=owner.wallet_id, slug="usm") == 401, (method, path)


def test_a_closed_key_opens_nothing_any_more(campus: Campus) -> None:
    entry, text = campus.site.keys.create("usm", "to be closed")
    headers = {"X-API-Key": text}
    assert campus.client.get("/v1/issuers/usm/batches", headers=headers).status_code == 200
    campus.site.keys.close("usm", entry.key_id)
    assert campus.client.get("/v1/issuers/usm/batches", headers=headers).status_code == 401


def test_a_key_works_in_either_header(campus: Campus) -> None:
    for headers in (campus.key(), {"Authorization": f"Bearer {campus.keys['usm']}"}):
        assert campus.client.get("/v1/issuers/usm/batches", headers=headers).status_code == 200


def test_anothers_key_finds_nothing_and_learns_nothing(campus: Campus) -> None:
    mine, theirs = campus.a_wallet(), campus.a_full_wallet()
    record, link = theirs.a_record(), theirs.a_link()
    members = {
        "held_id": theirs.held()[0],
        "record_id": str(record["id"]),
        "link_id": link["id"],
        "batch_id": str(campus.batch.id),
        "credential_id": campus.credentials()[0].credential_id,
    }
    for method, path in protected(campus):
        headers = campus.key("um") if "{slug}" in path else mine.headers
        foreign = ask(campus, method, path, headers, wallet_id=theirs.wallet_id, slug="usm", **members)
        missing = ask(campus, method, path, headers, wallet_id=FOREIGN_ID, slug="nobody")
        assert (foreign, missing) == (404, 404), (method, path)


def test_anothers_things_cannot_be_reached_through_ones_own_wallet(campus: Campus) -> None:
    mine, theirs = campus.a_full_wallet(), campus.a_full_wallet()
    record, link, [held, _] = theirs.a_record(), theirs.a_link(), theirs.held()
    for method, path in (
        ("GET", f"{mine.path}/credentials/{held}"),
        ("DELETE", f"{mine.path}/credentials/{held}"),
        ("GET", f"{mine.path}/records/{record['id']}"),
        ("GET", f"{mine.path}/records/{record['id']}/document"),
        ("GET", f"{mine.path}/links/{link['id']}/views"),
        ("DELETE", f"{mine.path}/links/{link['id']}"),
    ):
        assert campus.client.request(method, path, headers=mine.headers).status_code == 404, path
    for path, body in (
        ("records", {"credential_ids": [held]}),
        ("links", {"record_id": record["id"]}),
        ("links", {"credential_ids": [held]}),
        ("links", {"credential_ids": [*mine.held(), held]}),
    ):
        assert campus.client.post(f"{mine.path}/{path}", json=body, headers=mine.headers).status_code == 404, path
    assert len(theirs.held()) == 2
    assert [entry.state for entry in campus.site.links.links(theirs.wallet_id)] == ["live"]


def test_anothers_batches_cannot_be_reached_through_ones_own_issuer(campus: Campus) -> None:
    batch = f"/v1/issuers/um/batches/{campus.batch.id}"
    urn = campus.credentials()[0].credential_id
    for method, path in (
        ("GET", batch),
        ("DELETE", batch),
        ("GET", f"{batch}/preview"),
        ("POST", f"{batch}/approve"),
        ("GET", f"{batch}/credentials"),
        ("GET", f"/v1/issuers/um/credentials/{urn}"),
    ):
        assert campus.client.request(method, path, headers=campus.key("um")).status_code == 404, path
    claims = campus.client.post(f"{batch}/claims", json={}, headers=campus.key("um"))
    assert claims.status_code == 404


def test_an_issuers_key_opens_no_wallet_and_a_wallets_token_no_issuer(campus: Campus) -> None:
    owner: Owner = campus.a_wallet()
    issuer = {"Authorization": f"Bearer {campus.keys['usm']}"}
    assert campus.client.get(owner.path, headers=issuer).status_code == 401
    assert campus.client.get("/v1/issuers/usm/batches", headers=owner.headers).status_code == 401


def test_the_publisher_of_records_issues_nothing_over_http(campus: Campus) -> None:
    _, text = campus.site.keys.create("records", "should not help")
    answer = campus.client.get("/v1/issuers/records/batches", headers={"X-API-Key": text})
    assert answer.status_code == 404


def test_the_wrong_path_is_known_before_the_body_is_looked_at(campus: Campus) -> None:
    answer = campus.client.post(
        f"/v1/wallets/{FOREIGN_ID}/credentials", content=b"{" * 100_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401
