"""What registrars end for good: a batch as a whole, and a key that somebody else may have had."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.staff.values import Role
from ledger.issuing.values import StoredCredential
from ledger.verifying.report import Outcome
from tests.office import JCS_ONLY, drafts
from tests.site import Campus, apart

BASE = "/staff/issuers/usm"
ENDED = "Not valid: key closed"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus in which nobody else issues: a key ends there."""
    with apart(tmp_path_factory.mktemp("endings")) as campus:
        yield campus


@pytest.fixture
def admin(own: Campus) -> TestClient:
    return own.staff("usm")


def issued(campus: Campus, number: int) -> StoredCredential:
    """A credential in a batch of its own, with the key that signs now."""
    if not any(key.closed_at is None for key in campus.workspace.catalog.issuer("usm").keys):
        campus.workspace.issuers.add_key("usm")
    batch = campus.workspace.imports.draft_batch("usm", drafts(1, first=number), label=f"Batch of {number}")
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    (credential,) = campus.workspace.catalog.credentials(batch=batch.id)
    return credential


def until(client: TestClient, path: str, word: str) -> str:
    deadline = time.monotonic() + 60
    text: str = client.get(path).text
    while word not in text:
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
        text = client.get(path).text
    return text


def chip(text: str, credential: StoredCredential) -> str:
    """What a list of credentials says of the state of one."""
    row = text[text.index(f"/credentials/{credential.credential_id}") :]
    found: list[str] = re.findall(r'<td data-label="State"><span class="chip [a-z]*">([^<]*)', row)
    return found[0]


def verdict(campus: Campus, credential: StoredCredential) -> tuple[Outcome, str]:
    report = campus.site.verify(campus.workspace.catalog.document(credential.credential_id))
    return report.verdict, report.code


def test_a_whole_batch_is_withdrawn_by_two_persons(own: Campus, admin: TestClient) -> None:
    first, other = issued(own, 3001), issued(own, 3002)
    approver = own.staff("usm", Role.APPROVES)
    second = own.staff("usm", Role.APPROVES, email="second@usm.example")
    assert verdict(own, first) == (Outcome.VALID, "valid")

    asked = {"action": "withdraw", "batch": str(first.batch_id), "reason": "1"}
    path = approver.post(f"{BASE}/status", data=asked).headers["location"]
    page = approver.get(path).text
    assert "Withdraw a whole batch: what will happen" in page
    assert "Batch of 3001" in page
    assert "One transaction" in page
    assert approver.post(path, data={"do": "propose"}).status_code == 303
    assert second.post(path, data={"do": "decide"}).status_code == 422
    assert verdict(own, first) == (Outcome.VALID, "valid")
    assert second.post(path, data={"do": "decide", "sure": "yes"}).status_code == 303
    until(second, path, "The registry holds it for good")

    assert verdict(own, first) == (Outcome.INVALID, "batch_withdrawn")
    assert verdict(own, other) == (Outcome.VALID, "valid")
    listed = approver.get(f"{BASE}/credentials", params={"state": "withdrawn", "q": "3001"}).text
    assert chip(listed, first) == "Withdrawn"
    assert "Withdrawn" in approver.get(f"{BASE}/batches/{first.batch_id}/state").text
    log = admin.get(f"{BASE}/audit.json").json()
    assert {"withdraw_proposed", "withdraw_approved"} <= {line["what"] for line in log}
    again = approver.post(f"{BASE}/status", data=asked)
    assert again.status_code == 422
    assert "withdrawn already" in again.text


def test_what_a_closed_key_signed_is_not_called_issued(own: Campus, admin: TestClient) -> None:
    early = issued(own, 3011)
    own.workspace.issuers.close_key("usm", own.workspace.catalog.issuer("usm").current_key.number)
    late = issued(own, 3012)
    batch = own.workspace.catalog.batch(late.batch_id)
    key = own.workspace.catalog.issuer("usm").current_key.number
    assert chip(admin.get(f"{BASE}/credentials", params={"q": "3012"}).text, late) == "Issued"
    assert ENDED not in admin.get(f"{BASE}/batches").text

    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(batch.anchored_at))
    act = admin.post(
        f"{BASE}/keys",
        data={"act": "close_key", "number": str(key), "how": "compromised", "since": since, "sure": "yes"},
    )
    until(admin, act.headers["location"], "Final")
    assert verdict(own, late) == (Outcome.INVALID, "key_not_valid_at_anchor")

    for state in ("", "key_ended"):
        assert chip(admin.get(f"{BASE}/credentials", params={"q": "3012", "state": state}).text, late) == ENDED
    assert "Nothing was found" in admin.get(f"{BASE}/credentials", params={"q": "3012", "state": "final"}).text
    for path in (f"{BASE}/batches", f"{BASE}/batches/{batch.id}", BASE):
        assert ENDED in admin.get(path).text
    page = admin.get(f"{BASE}/credentials/{late.credential_id}").text
    assert ENDED in page
    assert "Revoke it, and issue it again with a new key." in page

    assert verdict(own, early) == (Outcome.VALID, "valid")  # its key was retired later
    assert chip(admin.get(f"{BASE}/credentials", params={"q": "3011", "state": "final"}).text, early) == "Issued"
