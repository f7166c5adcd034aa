"""The documents that credentials name by address."""

from __future__ import annotations

import hashlib

import orjson
import pytest

from ledger.documents.did import parse_did_document
from ledger.documents.strict_json import parse
from ledger.issuing.values import IssuerKind
from ledger.proofs.status_list import read_status
from tests.site import Campus


def test_a_did_document_names_the_issuers_keys_and_its_place_in_the_registry(campus: Campus) -> None:
    answer = campus.client.get("/issuers/usm/did.json")
    document = parse_did_document(parse(answer.content))
    issuer = campus.workspace.catalog.issuer("usm")
    assert document.id == issuer.did
    assert list(document.keys.values()) == [key.public_key for key in issuer.keys]
    assert document.registry is not None
    assert document.registry[1] == issuer.issuer_id


def test_everything_that_a_credential_names_is_published_where_it_says(campus: Campus) -> None:
    document = parse(campus.document())
    subject, status = document["credentialSubject"], document["credentialStatus"]
    assert isinstance(subject, dict)
    assert isinstance(status, dict)
    achievement = subject["achievement"]
    assert isinstance(achievement, dict)
    origin = campus.workspace.configuration.origin
    published = campus.client.get(str(achievement["id"]).removeprefix(origin))
    assert published.json()["id"] == achievement["id"]
    listed = campus.client.get(str(status["statusListCredential"]).removeprefix(origin))
    assert listed.headers["content-type"] == "application/vc"
    assert read_status(parse(listed.content), int(str(status["statusListIndex"]))) is False


def test_a_status_list_names_its_block_and_is_sent_again_only_when_it_has_changed(campus: Campus) -> None:
    campus.settled()  # nothing changes the list now
    first = campus.client.get("/issuers/usm/status/0")
    block = int(first.headers["cairn-block"])
    signed_at = int(first.json()["description"].removeprefix("As of block ").partition(" ")[0])
    assert 0 < signed_at <= block <= campus.workspace.registry.final_block().number
    assert first.headers["cache-control"].startswith("public")
    assert "Cairn-Block" in first.headers["access-control-expose-headers"]
    again = campus.client.get("/issuers/usm/status/0", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = campus.client.get("/issuers/usm/status/0", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_a_pathway_is_published_byte_for_byte(campus: Campus) -> None:
    pathway = campus.workspace.pathways.find("design/1", "usm")
    answer = campus.client.get(pathway.pathway_id.removeprefix(campus.workspace.configuration.origin))
    assert answer.content == pathway.content


def test_a_statement_has_the_hash_under_which_it_is_published(campus: Campus) -> None:
    [usm] = [issuer for issuer in campus.client.get("/v1/register").json() if issuer["slug"] == "usm"]
    [recognition] = usm["recognitions"]
    assert recognition["recognised_name"] == "Universiti Sains Malaysia"
    statement = campus.client.get(recognition["statement"])
    assert "0x" + hashlib.sha256(statement.content).hexdigest() == recognition["scope"]
    assert orjson.loads(statement.content)["issuer"]["id"] == usm["did"]


def test_the_register_lists_issuers_and_not_the_publisher(campus: Campus) -> None:
    issuers = [one.slug for one in campus.workspace.catalog.issuers() if one.kind is IssuerKind.ISSUER]
    assert {"usm", "um"} <= set(issuers)
    assert [issuer["slug"] for issuer in campus.client.get("/v1/register").json()] == issuers


@pytest.mark.parametrize(
    "path",
    [
        "/issuers/none/did.json",
        "/issuers/usm/status/7",
        "/issuers/none/status/0",
        "/issuers/usm/achievements/none",
        "/issuers/usm/pathways/design/99",
        "/issuers/usm/pathways/none/1",
        "/accreditations/0x" + "00" * 32,
    ],
)
def test_what_is_not_published_is_not_found(campus: Campus, path: str) -> None:
    answer = campus.client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/issuers/USM/did.json", "/issuers/usm/status/-1", "/issuers/usm/status/1e3", "/accreditations/none"],
)
def test_what_cannot_be_a_name_is_refused(campus: Campus, path: str) -> None:
    assert campus.client.get(path).status_code == 422


def test_published_documents_can_be_read_by_other_sites(campus: Campus) -> None:
    headers = campus.client.get("/issuers/usm/did.json").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "public, max-age=60"
