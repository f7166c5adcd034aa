"""Presentations over HTTP: asked for, made by a wallet, checked once; and DIDs that learners show to be theirs."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.issuing.signer import Ed25519Signer
from ledger.proofs.presenting import Holder, holder_of_did_key, present
from tests.site import ORIGIN, Campus, Owner

EMPLOYER = "https://employer.example"


def ask(campus: Campus, audience: str = EMPLOYER, **wanted: object) -> dict[str, str]:
    answer = campus.client.post("/v1/presentation-requests", json={"audience": audience, **wanted})
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def own() -> Holder:
    """A learner with a new key of their own."""
    signer = Ed25519Signer.from_seed(secrets.token_bytes(32))
    return holder_of_did_key(did_key(signer.public_key), signer)


def answer_of(holder: Holder, challenge: str, audience: str = EMPLOYER, *documents: bytes) -> JsonObject:
    return present(
        documents,
        holder,
        challenge=challenge,
        audience=audience,
        created=datetime.now(UTC),
        lifetime=timedelta(minutes=5),
    )


def make(owner: Owner, asked: dict[str, str], **wanted: object) -> Any:
    body = {"challenge": asked["challenge"], "audience": asked["audience"], **wanted}
    return owner.campus.client.post(f"{owner.path}/presentations", json=body, headers=owner.headers)


def check(campus: Campus, presentation: bytes, **asked: str) -> dict[str, Any]:
    answer = campus.client.post(
        "/v1/verify", content=presentation, params=asked, headers={"Content-Type": "application/vp"}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def vc_api(campus: Campus, presentation: object, **options: object) -> Any:
    return campus.client.post(
        "/v1/presentations/verify", json={"verifiablePresentation": presentation, "options": options}
    )


def dids(owner: Owner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = owner.campus.client.get(f"{owner.path}/dids", headers=owner.headers).json()
    return found


def bind(owner: Owner, holder: Holder, **changes: str) -> Any:
    asked = owner.campus.client.post(f"{owner.path}/dids/challenges", headers=owner.headers).json() | changes
    presentation = answer_of(holder, asked["challenge"], asked["audience"])
    return owner.campus.client.post(f"{owner.path}/dids", json={"presentation": presentation}, headers=owner.headers)


# --- presenting ---


def test_a_record_is_presented_and_counts_once(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record, asked = owner.a_record(), ask(campus)
    answer = make(owner, asked, record_id=record["id"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vp"
    presentation = answer.content

    report = check(campus, presentation)
    assert (report["verdict"], report["kind"]) == ("valid", "presentation"), report["message"]
    assert report["holder"]["did"] == dids(owner)[0]["did"]
    assert report["holder"]["proven"]
    assert report["holder"]["audience"] == [EMPLOYER]
    assert report["credentials"][0]["checks"][10]["code"] == "holder_bound"

    again = check(campus, presentation)
    assert (again["verdict"], again["code"]) == ("invalid", "challenge_used")
    assert not again["holder"]["proven"]
    assert again["credentials"][0]["checks"][10]["code"] == "challenge_used"


def test_credentials_without_a_did_are_shown_by_somebody_but_not_as_theirs(campus: Campus) -> None:
    owner, asked = campus.a_full_wallet(), ask(campus)
    presentation = make(owner, asked, credential_ids=owner.held()).content
    report = check(campus, presentation, audience=EMPLOYER)
    assert (report["verdict"], report["code"]) == ("indeterminate", "holder_unbound")
    assert report["holder"]["proven"]
    assert len(report["credentials"]) == 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"audience": "https://other.example"}, "audience_mismatch"),
        ({"challenge": "cairn_challenge_" + "A" * 43}, "challenge_unknown"),
        ({"challenge": "mine"}, "challenge_mismatch"),
    ],
)
def test_what_was_not_asked_is_refused_and_uses_nothing_up(campus: Campus, params: dict[str, str], code: str) -> None:
    owner, asked = campus.a_full_wallet(), ask(campus)
    presentation = make(owner, asked, credential_ids=owner.held()[:1]).content
    report = check(campus, presentation, **params)
    assert (report["verdict"], report["code"]) == ("invalid", code)
    assert check(campus, presentation)["holder"]["proven"]


def test_an_answer_made_for_another_site_is_refused_here(campus: Campus) -> None:
    owner, asked = campus.a_full_wallet(), ask(campus)
    elsewhere = make(owner, asked | {"audience": "https://phisher.example"}, credential_ids=owner.held()[:1]).content
    assert check(campus, elsewhere)["code"] == "audience_mismatch"


def test_a_checker_may_bring_a_challenge_of_their_own(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    presentation = make(owner, {"challenge": "n-1", "audience": EMPLOYER}, credential_ids=owner.held()[:1]).content
    for params, code in (
        ({"challenge": "n-1", "audience": EMPLOYER}, "holder_unbound"),
        ({"challenge": "n-2", "audience": EMPLOYER}, "challenge_mismatch"),
        ({}, "challenge_not_asked"),
        ({"challenge": "n-1"}, "audience_not_asked"),
    ):
        assert check(campus, presentation, **params)["code"] == code


def test_a_challenge_ends(campus: Campus) -> None:
    service = campus.site.challenges
    asked = service.ask(EMPLOYER, minutes=5)
    service._clock = lambda: asked.expires_at
    try:
        report = vc_api(campus, answer_of(own(), asked.challenge)).json()
    finally:
        from api.clock import unix_now

        service._clock = unix_now
    assert [problem["title"] for problem in report["problemDetails"]] == ["challenge_expired"]


def test_the_vc_api_takes_presentations(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record, asked = owner.a_record(), ask(campus)
    presentation = orjson.loads(make(owner, asked, record_id=record["id"]).content)
    other = vc_api(campus, presentation, challenge=asked["challenge"], domain="https://x.example").json()
    assert (other["verified"], other["problemDetails"][0]["title"]) == (False, "audience_mismatch")
    good = vc_api(campus, presentation, challenge=asked["challenge"], domain=EMPLOYER).json()
    assert good["verified"], good["problemDetails"]
    assert good["problemDetails"] == []
    used = vc_api(campus, presentation, challenge=asked["challenge"], domain=EMPLOYER).json()
    assert used["problemDetails"][0]["title"] == "challenge_used"
    assert vc_api(campus, {"type": "VerifiableCredential"}).status_code == 422
    assert vc_api(campus, "x").status_code == 400
    assert vc_api(campus, presentation, challenge=5).status_code == 400


def test_a_wallet_presents_only_what_it_holds(campus: Campus) -> None:
    owner, other, asked = campus.a_full_wallet(), campus.a_full_wallet(), ask(campus)
    assert make(owner, asked, credential_ids=other.held()).status_code == 404
    assert make(owner, asked, record_id=other.a_record()["id"]).status_code == 404
    assert make(owner, asked, holder=own().did).status_code == 404
    assert make(owner, asked, credential_ids=[owner.held()[0]] * 2).status_code == 409


def test_a_presentation_can_be_imported_and_shown_on_the_page(campus: Campus) -> None:
    owner, taker, asked = campus.a_full_wallet(), campus.a_wallet(), ask(campus)
    presentation = make(owner, asked, credential_ids=owner.held()).content
    answer = taker.take_in(presentation)
    assert [entry["kept"] for entry in answer["imported"]] == ["added", "added"]  # type: ignore[attr-defined]
    page = campus.client.post("/check", files={"file": ("p.json", presentation, "application/json")})
    assert page.status_code == 200
    assert "theirs" in page.text


# --- DIDs ---


def test_a_wallet_has_a_did_and_its_key_can_be_taken_along(campus: Campus) -> None:
    owner = campus.a_wallet()
    (entry,) = dids(owner)
    assert (entry["in_use"], entry["own"]) == (True, False)
    path = f"{owner.path}/keys/export"
    jwk = campus.client.post(path, json={"format": "jwk"}, headers=owner.headers).json()
    assert (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519")
    import base64

    seed = base64.urlsafe_b64decode(jwk["d"] + "=")
    assert did_key(Ed25519Signer.from_seed(seed).public_key) == entry["did"]
    file = campus.client.post(path, json={"passphrase": "a long passphrase"}, headers=owner.headers)
    assert file.json()["version"] == 3
    assert jwk["d"].encode() not in file.content
    for wrong in ({}, {"format": "jwk", "passphrase": "a long passphrase"}, {"passphrase": "short"}):
        assert campus.client.post(path, json=wrong, headers=owner.headers).status_code == 422


def test_a_did_of_ones_own_is_shown_to_be_ones_own_and_then_in_use(campus: Campus) -> None:
    owner, holder = campus.a_full_wallet(), own()
    made = dids(owner)[0]["did"]
    answer = bind(owner, holder)
    assert answer.status_code == 200, answer.text
    assert [(entry["did"], entry["in_use"], entry["own"]) for entry in dids(owner)] == [
        (holder.did, True, True),
        (made, False, False),
    ]
    asked = ask(campus)
    refused = make(owner, asked, credential_ids=owner.held()[:1])
    assert (refused.status_code, refused.json()["code"]) == (409, "key_elsewhere")
    assert make(owner, asked, credential_ids=owner.held()[:1], holder=made).status_code == 200
    back = campus.client.put(f"{owner.path}/did", json={"did": made}, headers=owner.headers)
    assert back.json()[0]["did"] == made
    unknown = campus.client.put(f"{owner.path}/did", json={"did": own().did}, headers=owner.headers)
    assert unknown.status_code == 404


def test_a_did_that_was_not_shown_is_not_taken(campus: Campus) -> None:
    owner, other, holder = campus.a_wallet(), campus.a_wallet(), own()
    foreign = campus.client.post(f"{other.path}/dids/challenges", headers=other.headers).json()["challenge"]
    for changes, code in (
        ({"challenge": foreign}, "challenge_unknown"),
        ({"challenge": ask(campus, ORIGIN)["challenge"]}, "challenge_unknown"),
        ({"challenge": "x"}, "challenge_unknown"),
        ({"audience": EMPLOYER}, "audience_mismatch"),
    ):
        answer = bind(owner, holder, **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    web = Holder("did:web:learner.example", "did:web:learner.example#k", holder.signer)
    assert bind(owner, web).json()["code"] == "key_unknown"
    assert [entry["own"] for entry in dids(owner)] == [False]


def test_a_challenge_for_a_did_serves_once_and_for_nothing_else(campus: Campus) -> None:
    owner, holder = campus.a_wallet(), own()
    asked = campus.client.post(f"{owner.path}/dids/challenges", headers=owner.headers).json()
    body = {"presentation": answer_of(holder, asked["challenge"], asked["audience"])}
    assert vc_api(campus, body["presentation"]).json()["problemDetails"][0]["title"] == "challenge_unknown"
    first = campus.client.post(f"{owner.path}/dids", json=body, headers=owner.headers)
    second = campus.client.post(f"{owner.path}/dids", json=body, headers=owner.headers)
    assert (first.status_code, second.status_code) == (200, 422)
    assert second.json()["code"] == "challenge_used"
