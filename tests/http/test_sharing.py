"""Share links: what the learner chose, to those who have the link, until it is withdrawn."""

from __future__ import annotations

import re

import orjson
import pytest

from api.sharing.schemas import MAX_DAYS
from ledger.chain.registry import Reason
from ledger.proofs.anchor_proof import CRYPTOSUITE
from tests.site import ORIGIN, Campus

DAY = 24 * 3600


def test_a_link_shows_the_record_as_page_and_as_json_from_one_address(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    page = campus.client.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Learner 1" in page.text
    answers = [
        campus.client.get(path, headers={"Accept": "application/json"}),
        campus.client.get(f"{path}.json"),
        campus.client.get(path, params={"format": "json"}),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["verdict"] == "valid"
        assert answer.json()["report"]["components"][0]["verdict"] == "valid"


def test_the_document_comes_out_byte_for_byte(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record = owner.a_record()
    path = owner.a_path(record_id=record["id"])
    own = campus.client.get(f"{owner.path}/records/{record['id']}/document", headers=owner.headers).content
    download = campus.client.get(f"{path}/document")
    assert download.content == own
    assert download.headers["content-disposition"] == 'attachment; filename="credentials.json"'
    assert campus.client.get(path, headers={"Accept": "application/vc"}).content == own
    assert orjson.dumps(campus.client.get(f"{path}.json").json()["document"]) == own


def test_one_credential_can_be_shared_alone(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    [one, _] = owner.held()
    path = owner.a_path(credential_ids=[one])
    shared = campus.client.get(f"{path}/document").content
    assert shared == campus.client.get(f"{owner.path}/credentials/{one}", headers=owner.headers).content
    assert campus.client.get(f"{path}.json").json()["verdict"] == "valid"


def test_chosen_credentials_become_a_record_of_their_own_that_is_no_version(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    owner.a_record()
    path = owner.a_path(credential_ids=owner.held(), label="For one employer")
    document = campus.client.get(f"{path}/document").json()
    assert document["type"] == ["VerifiableCredential", "ClrCredential"]
    assert "relatedResource" not in document
    versions = campus.client.get(f"{owner.path}/records", headers=owner.headers).json()
    assert sorted(str(record["version"]) for record in versions) == ["1", "None"]


def test_a_record_on_its_way_to_the_registry_is_said_to_be_that_and_no_stranger_s(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = campus.a_full_wallet()
    record = owner.a_record()
    path = owner.a_path(record_id=record["id"])
    whole = orjson.loads(campus.site.records.document(owner.wallet_id, str(record["id"])))
    signed = whole | {"proof": [proof for proof in whole["proof"] if proof["cryptosuite"] != CRYPTOSUITE]}
    with monkeypatch.context() as patched:  # as it was before its batch was final
        patched.setattr(campus.site.records, "document", lambda *_: orjson.dumps(signed))
        report = campus.client.get(f"{path}.json").json()["report"]
        assert (report["verdict"], report["code"]) == ("indeterminate", "not_final")
        assert "on its way to the registry" in report["message"]
        assert [part["verdict"] for part in report["components"]] == ["valid", "valid"]
        page = campus.client.get(path, headers={"Accept": "text/html"}).text
        assert "on its way to the registry" in page
        assert "Ask the institution" not in page
    assert campus.client.get(f"{path}.json").json()["verdict"] == "valid"


def test_verification_happens_when_the_link_is_opened(campus: Campus) -> None:
    workspace, [credential] = campus.workspace, campus.awarded("intro")
    owner = campus.a_wallet()
    owner.take_in(workspace.catalog.document(credential.credential_id))
    path = owner.a_path()
    assert campus.client.get(f"{path}.json").json()["verdict"] == "valid"
    workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    report = campus.client.get(f"{path}.json").json()["report"]
    assert report["verdict"] == "invalid"
    assert report["components"][0]["code"] == "revoked"
    assert "issued in error" in campus.client.get(path).text


def test_a_withdrawn_link_is_dead_at_once_in_every_form(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    link = owner.a_link()
    path = link["url"].removeprefix(ORIGIN)
    assert campus.client.get(path).status_code == 200
    for _ in range(2):
        assert campus.client.delete(f"{owner.path}/links/{link['id']}", headers=owner.headers).status_code == 204
    for form in ("", ".json", "/document", "/qr.svg"):
        assert campus.client.get(path + form).status_code == 404


def test_unknown_expired_withdrawn_and_emptied_links_answer_alike(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = campus.a_full_wallet()
    [one, _] = owner.held()
    withdrawn, emptied, expired = owner.a_link(), owner.a_link(credential_ids=[one]), owner.a_link(days=1)
    campus.client.delete(f"{owner.path}/links/{withdrawn['id']}", headers=owner.headers)
    campus.client.delete(f"{owner.path}/credentials/{one}", headers=owner.headers)
    now = campus.site.links._clock()
    monkeypatch.setattr(campus.site.links, "_clock", lambda: now + DAY)
    unknown = "/s/" + "A" * 43
    pages, problems = set(), set()
    for path in (unknown, *(link["url"].removeprefix(ORIGIN) for link in (withdrawn, emptied, expired))):
        page = campus.client.get(path, headers={"Accept": "text/html"})
        problem = campus.client.get(path, headers={"Accept": "application/json"})
        assert page.status_code == problem.status_code == 404
        assert page.headers["cache-control"] == problem.headers["cache-control"] == "no-store, private"
        pages.add(re.sub("<code>[0-9a-f]{16}</code>", "", page.text))  # the number of the request
        problems.add(orjson.dumps({**problem.json(), "request_id": ""}))
    assert len(pages) == len(problems) == 1


@pytest.mark.parametrize(
    "token",
    ["A" * 42, "A" * 44, "A" * 20_000, "%00", "é" * 43, "..%2f..%2fetc", "A" * 43 + "%0A", "-" * 43, "{token}", "."],
)
def test_what_is_no_token_is_not_found(campus: Campus, token: str) -> None:
    for form in ("", ".json", "/document"):
        assert campus.client.get(f"/s/{token}{form}").status_code == 404


def test_a_token_with_one_bit_changed_opens_nothing(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    for place in (4, 20, 45):
        letter = "A" if path[place] != "A" else "B"
        assert campus.client.get(path[:place] + letter + path[place + 1 :]).status_code == 404
    assert campus.client.get(path.upper()).status_code == 404


def test_the_owner_sees_when_a_link_was_opened_and_how_but_not_by_whom(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    link = owner.a_link(label="Application")
    path = link["url"].removeprefix(ORIGIN)
    campus.client.get(path, headers={"Accept": "text/html"})
    campus.client.get(f"{path}.json")
    campus.client.get(f"{path}/document")
    campus.client.head(path)
    campus.client.head(f"{path}/document")
    campus.client.get(f"{path}/qr.svg")
    views = campus.client.get(f"{owner.path}/links/{link['id']}/views", headers=owner.headers).json()
    assert [view["kind"] for view in views] == ["document", "json", "page"]
    assert all(set(view) == {"viewed_at", "kind", "purpose"} for view in views)
    [listed] = campus.client.get(f"{owner.path}/links", headers=owner.headers).json()
    assert (listed["label"], listed["state"], listed["views"]) == ("Application", "live", 3)


def test_a_head_request_tells_the_same_as_a_get_without_a_body(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    head, get = campus.client.head(path), campus.client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"record_id": "0" * 32, "credential_ids": ["0" * 32]},
        {"credential_ids": []},
        {"record_id": "0" * 32, "days": 0},
        {"record_id": "0" * 32, "days": MAX_DAYS + 1},
        {"record_id": "0" * 32, "days": "30"},
        {"record_id": "0" * 32, "days": None},
        {"record_id": "0" * 32, "label": "x" * 201},
        {"record_id": "0" * 31},
        {"record_id": "0" * 32, "forever": True},
    ],
)
def test_a_link_without_one_clear_subject_and_an_expiry_is_refused(campus: Campus, wanted: dict[str, object]) -> None:
    owner = campus.a_wallet()
    response = campus.client.post(f"{owner.path}/links", json=wanted, headers=owner.headers)
    assert response.status_code == 422
    assert campus.client.get(f"{owner.path}/links", headers=owner.headers).json() == []


def test_a_link_expires_by_itself_after_thirty_days_unless_told_otherwise(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    owner.a_link()
    [link] = campus.site.links.links(owner.wallet_id)
    assert link.expires_at - link.created_at == 30 * DAY


def test_the_qr_code_is_a_picture_that_asks_for_nothing_else(campus: Campus) -> None:
    answer = campus.client.get(f"{campus.a_full_wallet().a_path()}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert not re.search(r"<script|<style|\sstyle=|href|url\(", answer.text)
