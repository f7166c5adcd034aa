"""Batches on the pages of registrars: the second person, the cost, the states, letters, and who sees what."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.registrar.approvals import ApprovalState
from api.staff.values import InstitutionKind, Role, the_operator
from ledger.delivering.values import DeliveryState, Notification
from ledger.errors import RegistryUnreachable
from ledger.issuing.values import Batch
from tests.site import Campus

HTML = {"Accept": "text/html"}
PATH = "/staff/issuers/usm"
_PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module", autouse=True)
def two_persons(campus: Campus) -> Iterator[None]:
    """Two persons are needed while these tests run, as wherever two may approve."""
    people, operator = campus.site.staff.people, the_operator(InstitutionKind.ISSUER, "usm")
    people.choose_two_persons(operator, True)
    yield
    people.choose_two_persons(operator, False)


def browser(campus: Campus, role: Role, name: str) -> TestClient:
    client = campus.staff("usm", role, email=f"batch-{name}@usm.example")
    client.headers.update(HTML)
    return client


@pytest.fixture
def preparer(campus: Campus) -> TestClient:
    return browser(campus, Role.PREPARES, "one")


@pytest.fixture
def approver(campus: Campus) -> TestClient:
    return browser(campus, Role.APPROVES, "two")


def a_draft(campus: Campus, *, by: str | None = "one") -> tuple[Batch, str]:
    """A draft of one new learner, prepared by a person or by nobody that is known, and its path."""
    [draft] = campus.new_drafts("intro")
    batch = campus.workspace.imports.draft_batch("usm", [draft], label=f"Test <b> {draft.learner.learner_id}")
    if by is not None:
        people = campus.site.staff.people
        person = people.find(f"batch-{by}@usm.example")
        assert person is not None
        member = people.member(person.id, InstitutionKind.ISSUER, "usm")
        assert member is not None
        with campus.workspace.database.writing() as session:
            campus.site.registrar.approvals.note_prepared(session, batch.id, member)
    return batch, f"{PATH}/batches/{batch.id}"


def state(campus: Campus, batch: Batch) -> ApprovalState:
    return campus.site.registrar.approvals.of(campus.workspace.catalog.batch(batch.id)).state


def test_one_prepares_and_another_approves(campus: Campus, preparer: TestClient, approver: TestClient) -> None:
    batch, path = a_draft(campus)
    assert "Send for approval" in preparer.get(path).text
    assert approver.post(f"{path}/approve").status_code == 409  # nobody sent it yet
    assert preparer.post(f"{path}/send").status_code == 303
    assert preparer.post(f"{path}/send").status_code == 303  # pressed twice
    assert state(campus, batch) is ApprovalState.WAITING
    assert preparer.post(f"{path}/approve").status_code == 403
    assert campus.site.issuing.batch("usm", batch.id).root is None

    seen = approver.get(path).text
    assert "Cairn&#39;s embedded chain" in seen
    assert re.search(r"about [0-9.]+ ETH, however many credentials", seen)
    assert "enough for about" in seen
    assert batch.label.replace("<b>", "&lt;b&gt;") in seen
    assert f"{batch.label}” waits for your approval" in approver.get(PATH).text.replace("&lt;b&gt;", "<b>")
    assert approver.post(f"{path}/approve").status_code == 303
    assert approver.post(f"{path}/approve").status_code == 303  # pressed twice
    campus.settled()

    seen = approver.get(path).text
    assert seen.count('class="done"') == 8
    noted = [entry.what for entry in campus.site.staff.audit.entries(InstitutionKind.ISSUER, "usm", limit=200)]
    for what in ("batch_drafted", "batch_sent_for_approval", "batch_approved"):
        assert what in noted
    assert approver.get(f"{path}/state").status_code == 286  # htmx asks no more


def test_who_prepared_it_never_approves_it_where_two_are_needed(campus: Campus, approver: TestClient) -> None:
    batch, path = a_draft(campus, by="two")
    approver.post(f"{path}/send")
    refused = approver.post(f"{path}/approve")

    assert refused.status_code == 409
    assert "You prepared this batch: somebody else has to approve it." in refused.text
    assert state(campus, batch) is ApprovalState.WAITING

    operator = the_operator(InstitutionKind.ISSUER, "usm")
    campus.site.staff.people.choose_two_persons(operator, False)
    try:
        assert approver.post(f"{path}/approve").status_code == 303
    finally:
        campus.site.staff.people.choose_two_persons(operator, True)
    campus.settled()


def test_it_goes_back_with_a_reason_and_comes_again(campus: Campus, preparer: TestClient, approver: TestClient) -> None:
    batch, path = a_draft(campus)
    preparer.post(f"{path}/send")
    empty = approver.post(f"{path}/refuse", data={"reason": "  "})
    assert empty.status_code == 422
    assert "Say in a sentence or two what has to be changed." in empty.text
    assert approver.post(f"{path}/refuse", data={"reason": "The day is wrong.\r\nSee row 2."}).status_code == 303
    assert state(campus, batch) is ApprovalState.REFUSED
    assert "The day is wrong." in preparer.get(path).text
    assert "was sent back to you" in preparer.get(PATH).text
    assert approver.post(f"{path}/approve").status_code == 409

    preparer.post(f"{path}/send")
    assert preparer.post(f"{path}/take-back").status_code == 303
    assert state(campus, batch) is ApprovalState.DRAFTED
    assert approver.post(f"{path}/refuse", data={"reason": "Too late."}).status_code == 409
    assert preparer.post(f"{path}/discard").status_code == 303
    assert preparer.get(path).status_code == 404


def test_a_machine_prepares_and_a_person_approves(campus: Campus, approver: TestClient) -> None:
    number = next(campus.numbers)
    row = {
        "achievement": "intro",
        "learner_id": f"M{number}",
        "name": "Machine Made",
        "email": f"m{number}@students.example",
        "result": "75",
        "awarded_on": "2026-03-01",
    }
    made = campus.client.post(
        "/v1/issuers/usm/batches", params={"programme": "design"}, json={"rows": [row]}, headers=campus.key()
    ).json()
    refused = campus.client.post(f"/v1/issuers/usm/batches/{made['id']}/approve", headers=campus.key())
    assert (refused.status_code, refused.json()["code"]) == (409, "second_person")
    document = {"type": ["VerifiableCredential"]}
    alone = campus.client.post("/v1/issuers/usm/credentials/issue", json={"credential": document}, headers=campus.key())
    assert (alone.status_code, alone.json()["code"]) == (409, "second_person")

    page = approver.get(f"{PATH}/batches/{made['id']}").text
    assert "API key" in page
    assert approver.post(f"{PATH}/batches/{made['id']}/approve").status_code == 303
    campus.settled()


def test_a_batch_of_the_command_waits_from_the_beginning(campus: Campus, approver: TestClient) -> None:
    batch, path = a_draft(campus, by=None)

    assert state(campus, batch) is ApprovalState.WAITING
    assert approver.post(f"{path}/approve").status_code == 303
    campus.settled()


def test_the_page_says_so_where_the_chain_does_not_answer(
    campus: Campus, approver: TestClient, preparer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = a_draft(campus)
    preparer.post(f"{path}/send")

    def away(*_arguments: object) -> None:
        raise RegistryUnreachable("no node answers")

    monkeypatch.setattr("api.registrar.costs.forecast", away)
    assert "The blockchain does not answer now, so the cost is not known." in approver.get(path).text
    preparer.post(f"{path}/take-back")
    preparer.post(f"{path}/discard")


def test_a_draft_is_looked_at_before_it_is_sent(campus: Campus, preparer: TestClient) -> None:
    batch, path = a_draft(campus)
    page = preparer.get(f"{path}/preview?row=1").text
    assert "Not signed and not issued yet." in page
    (credential,) = campus.workspace.catalog.credentials(batch=batch.id)
    assert credential.name in page
    assert credential.learner_name in page
    for picture in ("certificate", "badge"):
        given = preparer.get(f"{path}/preview/0/{picture}.png")
        assert given.content.startswith(_PNG)
        assert len(given.content) < 75_000
    assert preparer.get(f"{path}/preview/1/badge.png").status_code == 404
    assert preparer.get(f"{path}/preview?row=0").status_code == 422
    preparer.post(f"{path}/discard")


def test_others_see_nothing_of_it(campus: Campus) -> None:
    name = campus.credentials()[0].credential_id
    paths = [
        f"{PATH}/batches/{campus.batch.id}",
        f"{PATH}/batches/{campus.batch.id}/preview",
        f"{PATH}/batches/{campus.batch.id}/deliveries",
        f"{PATH}/batches/{campus.batch.id}/credentials.zip",
        f"{PATH}/credentials/{name}",
        f"{PATH}/credentials/{name}/file?form=json",
        f"{PATH}/credentials",
    ]
    other = campus.staff("um", Role.ADMIN)
    for path in paths:
        assert campus.client.get(path, headers=HTML, follow_redirects=False).status_code == 303
        assert other.get(path, headers=HTML).status_code == 404
        if path != f"{PATH}/credentials":
            assert other.get(path.replace("/usm/", "/um/"), headers=HTML).status_code == 404


def test_credentials_are_found_by_what_people_know(campus: Campus, preparer: TestClient) -> None:
    def found(**asked: str) -> str:
        return str(preparer.get(f"{PATH}/credentials", params=asked).text)

    wanted, other = campus.awarded("intro", "needs")
    for text in (wanted.learner_name.upper(), wanted.email, wanted.credential_id, wanted.credential_id[9:]):
        assert wanted.credential_id in found(q=text), text
    assert "Nothing was found" in found(q=f"{wanted.learner_id[:-1]}%")
    assert "Nothing was found" in found(q=wanted.learner_id, state="revoked")
    narrowed = found(q=wanted.learner_id, achievement="needs")
    assert (wanted.credential_id in narrowed, other.credential_id in narrowed) == (False, True)
    assert preparer.get(f"{PATH}/credentials", params={"state": "nonsense"}).status_code == 422


def test_everything_of_a_finished_batch_is_had_in_one_file(campus: Campus, preparer: TestClient) -> None:
    given = preparer.get(f"{PATH}/batches/{campus.batch.id}/credentials.zip")

    with zipfile.ZipFile(io.BytesIO(given.content)) as packed:
        assert sorted(packed.read(name) for name in packed.namelist()) == sorted(
            campus.workspace.catalog.document(one.credential_id) for one in campus.credentials()
        )


def a_letter(campus: Campus, credential_id: str) -> Notification | None:
    return campus.site.registrar.letters.letters_for([credential_id]).get(credential_id)


def sent(campus: Campus, credential_id: str) -> None:
    """Waits until the letter about a credential is sent."""
    deadline = time.monotonic() + 60
    while (letter := a_letter(campus, credential_id)) is None or letter.state is not DeliveryState.DELIVERED:
        assert time.monotonic() < deadline, "no letter was sent"
        campus.workspace.post_office.delivery().work()
        time.sleep(0.02)


def test_an_address_is_corrected_and_the_letter_goes_again(
    campus: Campus, preparer: TestClient, approver: TestClient
) -> None:
    batch, path = a_draft(campus)
    preparer.post(f"{path}/send")
    approver.post(f"{path}/approve")
    campus.settled()
    [credential] = campus.workspace.catalog.credentials(batch=batch.id)
    name = credential.credential_id
    sent(campus, name)
    place = f"{PATH}/credentials/{name}"

    wrong = preparer.post(f"{place}/address", data={"email": "not an address"})
    assert wrong.status_code == 422
    assert 'value="not an address"' in wrong.text
    assert preparer.post(f"{place}/address", data={"email": "Right@students.example"}).status_code == 303
    assert campus.workspace.catalog.credential(name).email == "right@students.example"
    letter = a_letter(campus, name)
    assert letter is not None
    assert (letter.state, letter.tries) in {(DeliveryState.WAITING, 0), (DeliveryState.DELIVERED, 1)}

    link = preparer.post(f"{place}/claim-link").text
    token = re.search(r"/claim/(cairn_mail_[A-Za-z0-9_-]+)", link)
    assert token is not None
    assert campus.client.get(f"/claim/{token[1]}", headers=HTML).status_code == 200
    noted = [entry.what for entry in campus.site.staff.audit.entries(InstitutionKind.ISSUER, "usm", limit=200)]
    assert {"address_corrected", "claim_link_made"} <= set(noted)
