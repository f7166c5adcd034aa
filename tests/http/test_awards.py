"""Awards over HTTP: looked at first, drafted, from documents too, and approved or refused by the issuer alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from ledger.chain.registry import Reason
from ledger.durable.awarding import award_completed
from tests.office import JCS_ONLY, drafts, pathway_file, programme_file
from tests.site import MODULES, Campus, apart

PATH = "/v1/issuers/usm/awards"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A site of its own, whose seed has three learners who completed `design`; a second, harder pathway, which two of
    them completed; and a third that two others completed, `0011` and `0012`."""
    with apart(tmp_path_factory.mktemp("awards")) as campus:
        workspace = campus.workspace
        for code, award, components in (("more", "second", ["intro", "extra"]), ("most", "third", ["first", "last"])):
            own = [component for component in components if component not in MODULES]
            content = orjson.loads(programme_file(*own, award=award)) | {"code": code}
            workspace.programmes.add("usm", orjson.dumps(content))
            pathway = orjson.loads(pathway_file(*components, award=award)) | {"code": award}
            workspace.pathways.publish("usm", orjson.dumps(pathway))
        rows = [*drafts(2, code="extra"), *drafts(2, code="first", first=11), *drafts(2, code="last", first=11)]
        batch = workspace.imports.draft_batch("usm", rows, label="more")
        workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        yield campus


def post(campus: Campus, path: str, body: object, **headers: str) -> Any:
    return campus.client.post(PATH + path, json=body, headers=campus.key() | headers)


def document_of(campus: Campus, learner_id: str, achievement: str) -> dict[str, Any]:
    held = campus.workspace.catalog.credentials(issuer="usm", learner_id=learner_id)
    name = next(one.credential_id for one in held if one.achievement == achievement)
    found: dict[str, Any] = orjson.loads(campus.workspace.catalog.document(name))
    return found


def test_a_preview_says_who_would_be_awarded_and_what_others_lack(own: Campus) -> None:
    before = len(own.workspace.catalog.batches())
    seen = post(own, "/preview", {"pathway": "second"}).json()

    assert (seen["entitled"], seen["incomplete"], seen["awarded"]) == (2, 1, 0)
    last = seen["learners"][-1]
    assert (last["learner_id"], last["standing"], last["progress"]) == ("0003", "incomplete", 0.5)
    assert len(last["needs"]) == 1
    assert len(own.workspace.catalog.batches()) == before


def test_awards_are_drafted_once_for_a_request_and_then_for_nobody(own: Campus) -> None:
    body = {"pathway": "design", "learner_ids": ["0001"], "label": "Spring awards"}
    first, second = (post(own, "", body, **{"Idempotency-Key": "spring"}) for _ in range(2))
    third = post(own, "", body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["id"], first.json()["size"]) == (second.json()["id"], 1)
    assert (third.status_code, third.json()["code"]) == (409, "nobody_entitled")


def test_what_a_learner_hands_in_counts(own: Campus) -> None:
    theirs = {"learner_id": "0003", "other_emails": ["learner2@students.example"]}
    body = {"pathway": "second", "learner": {"learner_id": "0003"}, "documents": [document_of(own, "0002", "extra")]}

    looked = post(own, "/preview", body).json()["learners"][0]
    refused = post(own, "", body)
    drafted = post(own, "", body | {"learner": theirs})

    assert [one["code"] for one in looked["refused"]] == ["learner_mismatch"]
    assert (refused.status_code, refused.json()["code"]) == (409, "learner_mismatch")
    assert (drafted.status_code, drafted.json()["size"]) == (201, 1)
    own.client.delete(f"/v1/issuers/usm/batches/{drafted.json()['id']}", headers=own.key())


def test_a_forged_document_counts_for_nothing(own: Campus) -> None:
    document = document_of(own, "0003", "intro")
    document["credentialSubject"]["achievement"]["id"] += "-forged"
    body = {"pathway": "second", "learner": {"learner_id": "0003"}, "documents": [document]}

    refused = post(own, "", body)

    assert (refused.status_code, refused.json()["code"]) == (409, "component_invalid")


def test_a_queue_is_worked_off_by_the_issuer_alone(own: Campus) -> None:
    path = "/v1/issuers/usm/pathways/third/1/awarding"
    assert own.client.put(path, json={"mode": "queue"}, headers=own.key()).status_code == 200
    award_completed(own.workspace)
    queued = own.client.get(f"{PATH}/queue?state=proposed", headers=own.key()).json()
    assert [one["learner_id"] for one in queued] == ["0011", "0012"]
    first, second = (one["id"] for one in queued)

    foreign = own.client.post(f"/v1/issuers/um/awards/queue/{first}/approve", headers=own.key("um"))
    approved = post(own, f"/queue/{first}/approve", None)
    again = post(own, f"/queue/{first}/approve", None)
    refused = post(own, f"/queue/{second}/refuse", {"reason": "The fee is not paid."})
    own.settled()

    assert (foreign.status_code, foreign.json()["code"]) == (404, "candidate_unknown")
    assert (approved.status_code, approved.json()["approved"]) == (202, True)
    assert (again.status_code, again.json()["code"]) == (409, "candidate_decided")
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    assert own.workspace.catalog.batch(approved.json()["id"]).is_finished
    assert own.client.get(f"{PATH}/queue?state=proposed", headers=own.key()).json() == []

    fallen = queued[0]["components"][0]
    own.workspace.revocation.revoke([fallen], Reason.ASSESSMENT_INVALID)
    own.workspace.affected_awards.look()
    (finding,) = own.client.get(f"{PATH}/affected", headers=own.key()).json()
    assert (finding["component"], finding["what"], finding["learner_id"]) == (fallen, "revoked", "0011")
    assert own.client.get("/v1/issuers/um/awards/affected", headers=own.key("um")).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pathway": "design", "documents": [{}]},
        {"pathway": "design", "learner_ids": []},
        {"pathway": "design", "learner_ids": ["0001"], "learner": {"learner_id": "0001"}},
        {"pathway": "design", "learner": {"learner_id": "new", "name": "N", "email": "no address"}},
        {"pathway": "design", "awarded_on": "soon"},
        {"pathway": "design", "more": 1},
    ],
)
def test_what_is_asked_wrongly_is_refused(own: Campus, body: dict[str, object]) -> None:
    assert post(own, "/preview", body).status_code == 422
    assert post(own, "", body).status_code == 422
    assert post(own, "/preview", {"pathway": "nothing"}).status_code == 404
