"""Pathways over HTTP: published once, read by anyone, and set to award by their issuer alone."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson
import pytest

from ledger.documents.canonical import digest_multibase
from tests.office import pathway_file
from tests.site import AWARD, MODULES, Campus, apart

PATH = "/v1/issuers/usm/pathways"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A site of its own: what is published stays."""
    with apart(tmp_path_factory.mktemp("pathways")) as campus:
        yield campus


def definition(**changes: object) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(pathway_file(*MODULES, award=AWARD))
    return content | changes


def publish(campus: Campus, body: object, key: str = "usm") -> Any:
    return campus.client.post(PATH, json=body, headers=campus.key(key))


def test_a_version_is_published_once_and_anyone_can_read_it(own: Campus) -> None:
    first, second = (publish(own, definition(version=2, title="Design anew")) for _ in range(2))
    address = first.json()["id"].removeprefix(own.workspace.configuration.origin)
    read = own.client.get(address)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert digest_multibase(sha256(read.content).digest()) == first.json()["digest"]
    assert read.json()["title"] == "Design anew"
    for path in ("/pathways", "/issuers/usm/pathways"):
        listed = own.client.get(path)
        assert [(p["code"], p["version"]) for p in listed.json()] == [("design", 1), ("design", 2)], path
        assert "awarding" not in listed.json()[0]
        assert listed.headers["access-control-allow-origin"] == "*"
    assert own.client.get("/issuers/um/pathways").json() == []
    assert own.client.get("/issuers/nobody/pathways").status_code == 404


def test_other_content_under_a_published_version_is_refused(own: Campus) -> None:
    refused = publish(own, definition(title="Something else"))

    assert (refused.status_code, refused.json()["code"]) == (409, "pathway_exists")


@pytest.mark.parametrize(
    "body",
    [
        {},
        definition(components=["intro", "nowhere"]),
        definition(version=0),
        definition(more=1),
        definition(award="no"),
    ],
)
def test_what_is_no_pathway_is_refused_with_every_problem(own: Campus, body: object) -> None:
    refused = publish(own, body)

    assert (refused.status_code, refused.json()["code"]) == (422, "draft_invalid")
    assert refused.json()["problems"]


def test_the_issuer_alone_says_what_completing_it_brings(own: Campus) -> None:
    path = f"{PATH}/design/1/awarding"
    for mode, stored in (("queue", "queue"), ("on", "auto"), ("off", "off")):
        answer = own.client.put(path, json={"mode": mode}, headers=own.key())
        assert (answer.status_code, answer.json()["awarding"]) == (200, stored)
    assert own.client.get(PATH, headers=own.key()).json()[0]["awarding"] == "off"
    assert own.client.put(path, json={"mode": "always"}, headers=own.key()).status_code == 422
    assert own.client.put(f"{PATH}/design/9/awarding", json={"mode": "on"}, headers=own.key()).status_code == 404
    assert own.client.put(path, json={"mode": "on"}, headers=own.key("um")).status_code == 404
