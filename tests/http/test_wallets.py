"""Wallets: what a learner holds, claims, imports and puts together."""

from __future__ import annotations

import json
from collections.abc import Sequence

import orjson
import pytest

from ledger.documents.canonical import digest, digest_multibase
from ledger.documents.strict_json import parse
from ledger.issuing.values import StoredCredential
from tests.office import JCS_ONLY
from tests.site import Campus, Owner

JSON = {"Content-Type": "application/json"}
KINDS = {True: "application/dc+sd-jwt", False: "application/vc+jwt"}
"""What a token is sent as, by whether it has parts that can be kept back."""


def claims(campus: Campus, awarded: Sequence[StoredCredential]) -> dict[str, str]:
    """The tokens of new claims of the batch of these credentials, by address; whoever has claimed has none."""
    path = f"/v1/issuers/usm/batches/{awarded[0].batch_id}/claims"
    made = campus.client.post(path, json={"days": 30}, headers=campus.key())
    assert made.status_code == 201, made.text
    return {str(claim["email"]): str(claim["token"]) for claim in made.json()}


def claim(campus: Campus) -> tuple[str, tuple[StoredCredential, ...]]:
    """A new claim of a new learner: its token, and what it brings."""
    awarded = campus.awarded("intro", "needs")
    return claims(campus, awarded)[awarded[0].email], awarded


def take(owner: Owner, token: str) -> tuple[int, object]:
    response = owner.campus.client.post(f"{owner.path}/claims", json={"token": token}, headers=owner.headers)
    return response.status_code, response.json()


def test_a_new_wallet_is_empty_and_its_token_opens_it(campus: Campus) -> None:
    owner = campus.a_wallet()
    wallet = campus.client.get(owner.path, headers=owner.headers).json()
    assert (wallet["wallet_id"], wallet["credentials"], wallet["records"]) == (owner.wallet_id, 0, 0)


def test_an_imported_credential_is_checked_and_kept_byte_for_byte(campus: Campus) -> None:
    owner, document = campus.a_wallet(), campus.document()
    spaced = json.dumps(json.loads(document), indent=3).encode()
    answer = owner.take_in(spaced)
    held = answer["credential"]
    assert isinstance(held, dict)
    assert (answer["kept"], held["verdict"], held["issuer_name"]) == ("added", "valid", "Universiti Sains Malaysia")
    kept = campus.client.get(f"{owner.path}/credentials/{held['id']}", headers=owner.headers)
    assert kept.content == spaced
    assert kept.headers["content-type"] == "application/vc"


def test_importing_the_same_twice_keeps_one(campus: Campus) -> None:
    owner, document = campus.a_wallet(), campus.document()
    assert owner.take_in(document)["kept"] == "added"
    assert owner.take_in(document)["kept"] == "unchanged"
    assert len(owner.held()) == 1


def test_a_damaged_copy_never_takes_the_place_of_a_good_one(campus: Campus) -> None:
    owner, document = campus.a_wallet(), campus.document()
    owner.take_in(document)
    changed = parse(document) | {"name": "Master of Everything", "validFrom": "2030-01-01T00:00:00Z"}
    answer = owner.take_in(orjson.dumps(changed))
    assert answer["kept"] == "unchanged"
    [held] = owner.held()
    assert campus.client.get(f"{owner.path}/credentials/{held}", headers=owner.headers).content == document


def test_the_newer_of_two_copies_stays(campus: Campus) -> None:
    owner = campus.a_wallet()
    older = parse(campus.document()) | {"validFrom": "2020-01-01T00:00:00Z"}
    assert owner.take_in(orjson.dumps(older))["kept"] == "added"
    answer = owner.take_in(campus.document())
    held = answer["credential"]
    assert isinstance(held, dict)
    assert (answer["kept"], held["verdict"]) == ("replaced", "valid")
    assert len(owner.held()) == 1


def test_a_copy_that_says_less_never_takes_the_place_of_one_that_says_more(campus: Campus) -> None:
    credential = campus.credentials()[0]

    def issued(**form: str) -> bytes:
        where = f"/v1/issuers/usm/credentials/{credential.credential_id}"
        made = campus.client.get(where, params=form, headers=campus.key())
        assert made.status_code == 200, made.text
        return bytes(made.content)

    def sent(content: bytes) -> str:
        kind = {"Content-Type": "application/vc" if content[:1] == b"{" else KINDS[b"~" in content]}
        response = campus.client.post(f"{owner.path}/credentials", content=content, headers=owner.headers | kind)
        assert response.status_code == 200, response.text
        return str(response.json()["kept"])

    owner, whole = campus.a_wallet(), issued(form="sd-jwt")
    part = issued(form="sd-jwt", hide="results")
    assert [sent(part), sent(whole), sent(part), sent(campus.document())] == [
        "added",
        "replaced",
        "unchanged",
        "replaced",
    ]
    for fewer in (part, whole, issued(form="jwt")):
        assert sent(fewer) == "unchanged"
    [held] = owner.held()
    assert campus.client.get(f"{owner.path}/credentials/{held}", headers=owner.headers).content == campus.document()


def test_a_false_credential_is_kept_with_its_verdict(campus: Campus) -> None:
    changed = parse(campus.document()) | {"name": "Master of Everything"}
    answer = campus.a_wallet().take_in(orjson.dumps(changed))
    held = answer["credential"]
    assert isinstance(held, dict)
    assert held["verdict"] == "invalid"


@pytest.mark.parametrize("content", [b"{}", b'{"type":["VerifiableCredential"]}', b'{"a":1}'])
def test_what_is_no_credential_is_not_taken_in(campus: Campus, content: bytes) -> None:
    owner = campus.a_wallet()
    response = campus.client.post(f"{owner.path}/credentials", content=content, headers=owner.headers | JSON)
    assert response.status_code == 422
    assert response.json()["code"].startswith("schema_")
    assert owner.held() == []


def test_a_record_is_not_taken_in_as_a_credential(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record = campus.client.get(f"{owner.path}/records/{owner.a_record()['id']}/document", headers=owner.headers)
    response = campus.client.post(f"{owner.path}/credentials", content=record.content, headers=owner.headers | JSON)
    assert (response.status_code, response.json()["code"]) == (422, "schema_kind")


def test_a_claim_brings_exactly_that_learners_credentials(campus: Campus) -> None:
    owner, (token, awarded) = campus.a_wallet(), claim(campus)
    status, held = take(owner, token)
    assert status == 200
    assert isinstance(held, list)
    assert {one["credential_id"] for one in held} == {credential.credential_id for credential in awarded}
    assert campus.client.get(owner.path, headers=owner.headers).json()["addresses"] == [awarded[0].email]


def test_a_claim_works_once_and_again_only_for_the_same_wallet(campus: Campus) -> None:
    first, second = campus.a_wallet(), campus.a_wallet()
    token, _ = claim(campus)
    assert take(first, token)[0] == 200
    assert take(first, token)[0] == 200
    assert len(first.held()) == 2
    used = take(second, token)
    unknown = take(second, "cairn_claim_" + "A" * 43)
    assert used[0] == unknown[0] == 404
    assert without_id(used[1]) == without_id(unknown[1])
    assert second.held() == []


def test_an_expired_claim_looks_like_none(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = claim(campus)
    now = campus.site.claims._clock()
    monkeypatch.setattr(campus.site.claims, "_clock", lambda: now + 31 * 24 * 3600)
    status, body = take(campus.a_wallet(), token)
    assert status == 404
    assert isinstance(body, dict)
    assert body["code"] == "claim_unknown"


def test_making_claims_again_ends_unused_ones_and_leaves_out_who_has_claimed(campus: Campus) -> None:
    rows = [*campus.new_drafts("intro"), *campus.new_drafts("intro")]
    batch = campus.workspace.imports.draft_batch("usm", rows, label="Claimed twice")
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    awarded = campus.workspace.catalog.credentials(batch=batch.id)
    email, other = (credential.email for credential in awarded)
    old, new = (claims(campus, awarded)[email] for _ in range(2))
    owner = campus.a_wallet()
    assert take(owner, old)[0] == 404
    assert take(owner, new)[0] == 200
    assert set(claims(campus, awarded)) == {other}


def test_a_record_holds_the_chosen_credentials_and_is_final(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record = owner.a_record()
    assert (record["version"], record["previous"], record["state"], record["credentials"]) == (1, None, "final", 2)
    document = campus.client.get(f"{owner.path}/records/{record['id']}/document", headers=owner.headers).json()
    assert document["type"] == ["VerifiableCredential", "ClrCredential"]
    assert len(document["credentialSubject"]["verifiableCredential"]) == 2


def test_each_version_commits_to_the_one_before(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    first = owner.a_record()
    before = campus.client.get(f"{owner.path}/records/{first['id']}/document", headers=owner.headers).content
    second = campus.client.post(
        f"{owner.path}/records", json={"credential_ids": owner.held()[:1]}, headers=owner.headers
    ).json()
    assert (second["version"], second["previous"]) == (2, first["id"])
    document = campus.client.get(f"{owner.path}/records/{second['id']}/document", headers=owner.headers).json()
    assert document["relatedResource"] == [
        {
            "id": first["credential_id"],
            "mediaType": "application/vc",
            "digestMultibase": digest_multibase(digest(parse(before))),
        }
    ]


def test_making_the_same_record_again_makes_none(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    assert owner.a_record() == owner.a_record()
    assert len(campus.client.get(f"{owner.path}/records", headers=owner.headers).json()) == 1


def test_a_record_of_nothing_or_of_one_credential_twice_is_refused(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    [one, *_] = owner.held()
    for ids, status in (([], 422), ([one, one], 409), (["0" * 32], 404)):
        response = campus.client.post(f"{owner.path}/records", json={"credential_ids": ids}, headers=owner.headers)
        assert response.status_code == status, response.text


def test_a_removed_credential_is_gone(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    [one, other] = owner.held()
    assert campus.client.delete(f"{owner.path}/credentials/{one}", headers=owner.headers).status_code == 204
    assert owner.held() == [other]
    assert campus.client.get(f"{owner.path}/credentials/{one}", headers=owner.headers).status_code == 404


def without_id(problem: object) -> dict[str, object]:
    assert isinstance(problem, dict)
    return {name: value for name, value in problem.items() if name != "request_id"}
