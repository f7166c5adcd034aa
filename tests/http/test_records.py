"""Records over HTTP: whose they are, what may stand in them, how they are anchored; and what they add up to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.documents.did import did_key
from ledger.documents.strict_json import parse
from ledger.proofs.jose import sign_jwt
from tests.builders import a_credential, a_signer
from tests.site import ORIGIN, Campus, Owner

JSON = {"Content-Type": "application/json"}


def asked(owner: Owner, method: str, path: str, **arguments: Any) -> Any:
    return owner.campus.client.request(method, f"{owner.path}{path}", headers=owner.headers, **arguments)


def a_token(number: int = 7, **changes: Any) -> bytes:
    signer = a_signer(7)
    did = did_key(signer.public_key)
    document = {name: member for name, member in a_credential(number).items() if name != "credentialStatus"}
    return sign_jwt(document | {"issuer": did} | changes, signer, f"{did}#{did.removeprefix('did:key:')}").encode()


def somebody_elses(campus: Campus, position: int) -> bytes:
    """A credential that names a holder who is not the wallet's."""
    document: Any = parse(campus.document(position))
    document["credentialSubject"]["id"] = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    return orjson.dumps(document)


def marks(owner: Owner) -> dict[str, str]:
    return {one["id"]: one["whose"] for one in asked(owner, "GET", "/credentials").json()}


def test_a_record_is_about_the_wallets_did(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record = owner.a_record()
    document = asked(owner, "GET", f"/records/{record['id']}/document").json()
    subject = document["credentialSubject"]
    assert subject["id"].startswith("did:key:z6Mk")
    assert [entry["identityHash"] for entry in subject["identifier"]] == ["Learner 1"]
    verdict = campus.client.post("/v1/verify", json=document).json()
    assert (verdict["verdict"], verdict["digest"]) == ("valid", record["digest"])


def test_what_names_somebody_else_is_kept_and_counts_for_nothing(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    taken: Any = owner.take_in(somebody_elses(campus, 1))
    assert taken["credential"]["whose"] == "other"
    assert sorted(marks(owner).values()) == ["not_shown", "not_shown", "other"]
    refused = asked(owner, "POST", "/records", json={"credential_ids": owner.held()})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_yours")
    overview = asked(owner, "GET", "/overview").json()
    assert (overview["credentials"], overview["counted"]) == (3, 2)
    assert [one["whose"] for one in overview["not_counted"]] == ["other"]


def test_a_claim_shows_whose_it_is(campus: Campus) -> None:
    [credential] = campus.awarded("intro")
    path = f"/v1/issuers/usm/batches/{credential.batch_id}/claims"
    made = campus.client.post(path, json={"days": 1}, headers=campus.key()).json()
    owner = campus.a_wallet()
    claimed = asked(owner, "POST", "/claims", json={"token": made[0]["token"]}).json()
    assert {one["whose"] for one in claimed} == {"shown"}


BLOCKCERT = Path(__file__).parents[1] / "vectors" / "blockcerts" / "sepolia-3.0.json"


def test_a_blockcert_is_kept_and_shown_as_what_could_not_be_checked(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    taken: Any = owner.take_in(BLOCKCERT.read_bytes())
    assert taken["credential"]["verdict"] == "indeterminate"
    overview = asked(owner, "GET", "/overview").json()
    assert (overview["credentials"], overview["counted"], len(overview["timeline"])) == (3, 2, 3)
    shown = campus.client.get(f"{owner.a_path(credential_ids=[taken['credential']['id']])}.json").json()
    assert (shown["verdict"], shown["document"]) == ("indeterminate", orjson.loads(BLOCKCERT.read_bytes()))


@pytest.mark.parametrize("name", ["trial-3.1-two-proofs.json", "sepolia-3.0.json"])
def test_what_the_schema_of_records_has_no_place_for_is_named(campus: Campus, name: str) -> None:
    document: Any = orjson.loads(BLOCKCERT.with_name(name).read_bytes())
    del document["credentialSubject"]["id"]
    owner = campus.a_full_wallet()
    owner.take_in(orjson.dumps(document))
    refused = asked(owner, "POST", "/records", json={"credential_ids": owner.held()})
    assert (refused.status_code, refused.json()["code"]) == (409, "form_in_record")


def test_a_link_to_a_record_with_a_token_in_it_can_be_narrowed_to_the_token(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    sent = campus.client.post(
        f"{owner.path}/credentials", content=a_token(), headers=owner.headers | {"Content-Type": "application/vc+jwt"}
    )
    token = sent.json()["credential"]["id"]
    link = owner.a_link()
    narrowed = asked(owner, "POST", f"/links/{link['id']}/narrowing", json={"credential_ids": [token]})
    assert (narrowed.status_code, narrowed.json()["credential_id"]) == (200, token)
    shown = campus.client.get(f"{link['url'].removeprefix(ORIGIN)}.json").json()
    assert shown["document"] == a_token().decode()


def test_a_token_stands_in_a_record(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    sent = campus.client.post(
        f"{owner.path}/credentials", content=a_token(), headers=owner.headers | {"Content-Type": "application/vc+jwt"}
    )
    assert sent.status_code == 200, sent.text
    record = owner.a_record()
    assert record["credentials"] == 3
    document = asked(owner, "GET", f"/records/{record['id']}/document").json()
    held = document["credentialSubject"]["verifiableCredential"]
    assert sum("EnvelopedVerifiableCredential" in one["type"] for one in held) == 1
    verdict = campus.client.post("/v1/verify", json=document).json()
    assert (verdict["verdict"], verdict["code"]) == ("indeterminate", "component_indeterminate")
    overview = asked(owner, "GET", "/overview").json()
    assert [(one["verdict"], one["code"]) for one in overview["not_counted"]] == [("indeterminate", "no_anchor_proof")]


def test_a_record_may_be_signed_by_its_learner_alone(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    made = asked(owner, "POST", "/records/own", json={"credential_ids": owner.held()})
    assert made.headers["content-type"] == "application/vc"
    verdict = campus.client.post("/v1/verify", content=made.content, headers=JSON).json()
    assert verdict["verdict"] == "valid"
    assert "signed it alone" in verdict["message"]
    assert verdict["issuer"]["accredited_name"] is None
    assert asked(owner, "GET", "/records").json() == []


def test_the_overview_counts_and_says_what_leads_where(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    overview = asked(owner, "GET", "/overview", params={"unit": "NZQCF"}).json()
    assert (overview["counted"], overview["not_counted"]) == (2, [])
    assert overview["totals"]["by_framework"] == {"ECTS": 2.0}
    assert overview["totals"]["unit"] == "NZQCF"
    assert overview["issuers"][0]["name"] == "Universiti Sains Malaysia"
    assert len(overview["timeline"]) == 2
    [pathway] = overview["pathways"]
    assert (pathway["title"], pathway["state"], pathway["progress"]) == ("Design", "complete", 1.0)
    found = asked(owner, "GET", f"/credentials/{owner.held()[0]}/stacks-into").json()
    assert (found["counts"], [one["standing"] for one in found["pathways"]]) == (True, ["counts"])
    assert asked(owner, "GET", f"/credentials/{'0' * 32}/stacks-into").status_code == 404


def test_what_is_not_valid_stacks_into_nothing(campus: Campus) -> None:
    owner = campus.a_wallet()
    owner.take_in(orjson.dumps(parse(campus.document()) | {"name": "Everything"}))
    found = asked(owner, "GET", f"/credentials/{owner.held()[0]}/stacks-into").json()
    assert (found["counts"], found["verdict"], found["pathways"]) == (False, "invalid", [])


def test_a_learner_brings_a_pathway_along(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    stored = campus.workspace.pathways.find("design/1", "usm")
    other = parse(stored.content) | {"id": "https://elsewhere.example/pathways/1", "title": "Elsewhere"}
    added = asked(owner, "POST", "/pathways", json=other)
    assert (added.status_code, added.json()["title"]) == (201, "Elsewhere")
    assert asked(owner, "POST", "/pathways", json=other).json() == added.json()
    titles = {one["title"] for one in asked(owner, "GET", "/overview").json()["pathways"]}
    assert titles == {"Design", "Elsewhere"}
    assert asked(owner, "DELETE", f"/pathways/{added.json()['id']}").status_code == 204
    assert asked(owner, "GET", "/pathways").json() == []


@pytest.mark.parametrize("body", [{}, {"id": "x"}, []])
def test_what_is_no_pathway_is_refused(campus: Campus, body: object) -> None:
    owner = campus.a_wallet()
    assert asked(owner, "POST", "/pathways", json=body).status_code in (400, 422)
    assert asked(owner, "GET", "/pathways").json() == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"id": "https://elsewhere.example/pathways/1", "issuer": "nonsense"}, 422, "pathway_invalid"),
        ({"id": "https://elsewhere.example/pathways/1", "recognisedBy": ["nobody"]}, 422, "pathway_invalid"),
        ({"title": "Something easier"}, 409, "pathway_differs"),
        ({}, 201, None),
    ],
)
def test_a_pathway_that_names_nobody_or_changes_what_is_published_is_refused(
    campus: Campus, changes: dict[str, object], status: int, code: str | None
) -> None:
    owner = campus.a_wallet()
    published = parse(campus.workspace.pathways.find("design/1", "usm").content)
    answer = asked(owner, "POST", "/pathways", json={**published, **changes})
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert len(asked(owner, "GET", "/pathways").json()) == (1 if status == 201 else 0)


def test_a_share_link_adds_up_what_it_shows_and_nothing_else(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    [one, _] = owner.held()
    path = owner.a_path(credential_ids=[one])
    overview = campus.client.get(f"{path}/overview").json()
    assert (overview["credentials"], overview["counted"]) == (1, 1)
    assert overview["totals"]["by_framework"] == {"ECTS": 1.0}
    assert [pathway["state"] for pathway in overview["pathways"]] == ["in_progress"]
    assert campus.client.get(f"{path[:-1]}x/overview").status_code == 404
    assert ORIGIN not in path
