"""Claiming by the link in the mail about a credential: looking changes nothing, pressing the button does, once."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from api.wallets.access.values import Way
from api.wallets.gathering import gather
from ledger.delivering.claim_links import DAYS
from tests.mailbox import PATIENCE, Browser, Mailbox, a_learner, links_in, mails_to
from tests.office import JCS_ONLY, drafts
from tests.site import Campus, apart

EMAIL = "learner1@students.example"
OTHER = "learner2@students.example"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus whose learners have not claimed anything, with the mails about their credentials."""
    with apart(tmp_path_factory.mktemp("apart")) as campus:
        yield campus


def claim_links(campus: Campus, email: str) -> list[str]:
    box = Mailbox(campus, email)
    box.seen = set()
    deadline = time.monotonic() + PATIENCE
    while len(mails_to(campus, email)) < 2:
        assert time.monotonic() < deadline, "the letters did not come"
        time.sleep(0.02)
    return [link for mail in box.new() for link in links_in(mail)]


def test_from_the_mail_to_a_wallet_with_a_passkey_to_come(fresh: Campus) -> None:
    browser = Browser(fresh)
    first, second = claim_links(fresh, EMAIL)
    for _ in range(3):  # programs that scan mail
        looked = browser.client.get(first)
        assert looked.status_code == 200
        assert "set-cookie" not in looked.headers
        assert EMAIL not in looked.text
    assert fresh.site.wallets.with_address(EMAIL) is None

    confirmed = browser.use(first)
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/wallet")
    held = browser.client.get(f"{browser.path}/credentials").json()
    assert {one["credential_id"] for one in held} == {one.credential_id for one in fresh.credentials(EMAIL)}
    [address] = browser.ways()["addresses"]
    assert (address["email"], address["proven_at"] is not None) == (EMAIL, True)
    assert fresh.site.access.addresses(browser.wallet_id) == (EMAIL,)
    assert "2 new credentials" in browser.client.get("/wallet").text
    page = browser.client.get("/wallet/settings")
    assert "Add a passkey" in page.text
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)|<style|\son[a-z]+=|style=", page.text)

    again = Browser(fresh)
    assert again.use(second).status_code == 303
    assert again.wallet_id == browser.wallet_id


def test_a_link_works_once(fresh: Campus) -> None:
    [link, _] = claim_links(fresh, OTHER)
    assert Browser(fresh).use(link).status_code == 303
    late = Browser(fresh)
    assert late.client.get(link).status_code == 404
    assert late.use(link).status_code == 404
    assert late.client.get("/v1/session").status_code == 401


def test_a_link_ends(fresh: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    [*_, link] = claim_links(fresh, fresh.awarded("intro", "needs")[0].email)
    now = fresh.site.access.entering._clock()
    monkeypatch.setattr(fresh.site.access.entering, "_clock", lambda: now + DAYS * 86_400 + 60)
    assert Browser(fresh).use(link).status_code == 404


def test_whoever_is_signed_in_may_take_credentials_into_that_wallet(fresh: Campus) -> None:
    email = "learner3@students.example"
    browser = a_learner(fresh, "someone@home.example")
    [link, _] = claim_links(fresh, email)
    assert "Put it into this cairn" in browser.client.get(link).text
    browser.client.post(link, data={"into": "current"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert set(fresh.site.access.addresses(browser.wallet_id)) == {"someone@home.example", email}
    assert len(browser.client.get(f"{browser.path}/credentials").json()) == 2


def test_a_program_takes_the_link_for_its_wallet(fresh: Campus) -> None:
    [draft] = drafts(1, code="needs", first=43)
    batch = fresh.workspace.imports.draft_batch("usm", [draft], label="Program")
    fresh.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    owner, [credential] = fresh.a_wallet(), fresh.workspace.catalog.credentials(batch=batch.id)
    links = fresh.site.access.entering._links
    token = links.token(credential.credential_id, credential.email, since=int(time.time()))
    path = f"{owner.path}/addresses/confirm"
    for _ in range(2):
        answer = fresh.client.post(path, json={"token": token}, headers=owner.headers)
        if answer.status_code == 404:
            break
        assert answer.json() == {"wallet_id": owner.wallet_id, "email": credential.email, "signed_in": False}
    assert answer.status_code == 404
    assert len(owner.held()) == 1
    assert fresh.site.access.addresses(owner.wallet_id) == (credential.email,)


# --- claims that an issuer hands over -------------------------------------------------------------------------------


def handed_over(campus: Campus, number: int) -> tuple[str, str]:
    """The address of a learner to whom the issuer awards something more, and the claim that it has made for it."""
    [draft] = drafts(1, code="needs", first=number)
    batch = campus.workspace.imports.draft_batch("usm", [draft], label="More")
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    path = f"/v1/issuers/usm/batches/{batch.id}/claims"
    [made] = campus.client.post(path, json={}, headers=campus.key()).json()
    return draft.learner.email, f"/claim/{made['token']}"


def test_a_claim_of_an_issuer_opens_a_new_wallet_and_proves_no_address(fresh: Campus) -> None:
    email, link = handed_over(fresh, 41)
    browser = Browser(fresh)
    assert browser.client.get(link).status_code == 200
    assert browser.use(link).status_code == 303
    assert len(browser.client.get(f"{browser.path}/credentials").json()) == 1
    assert fresh.site.access.addresses(browser.wallet_id) == ()
    [listed] = browser.ways()["addresses"]
    assert (listed["email"], listed["proven_at"]) == (email, None)
    assert Browser(fresh).use(link).status_code == 404


def test_no_issuer_opens_the_wallet_of_a_learner(fresh: Campus) -> None:
    """Whoever issues to an address has the token of its claim: that must not be the key to what others issued."""
    email, link = handed_over(fresh, 42)
    owner = a_learner(fresh, email)
    box, thief = Mailbox(fresh, email), Browser(fresh)
    answer = thief.use(link)
    assert answer.status_code == 409
    assert thief.client.get("/v1/session").status_code == 401
    assert thief.use(box.next_link("/enter/")).status_code == 303  # only for whoever reads the mail
    assert thief.wallet_id == owner.wallet_id
    owner.client.post(link, data={"into": "current"})
    assert len(owner.client.get(f"{owner.path}/credentials").json()) == 1


# --- wallets that the operator made ---------------------------------------------------------------------------------


def awarded(campus: Campus, number: int) -> tuple[str, str]:
    """The address of a learner to whom something was awarded, and the link in the mail about it."""
    [draft] = drafts(1, code="needs", first=number)
    batch = campus.workspace.imports.draft_batch("usm", [draft], label="Operator's")
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    [credential] = campus.workspace.catalog.credentials(batch=batch.id)
    links = campus.site.access.entering._links
    token = links.token(credential.credential_id, credential.email, since=int(time.time()))
    return draft.learner.email, f"/claim/{token}"


def test_the_first_claim_takes_over_what_the_operator_made_and_ends_its_token(fresh: Campus) -> None:
    email, link = awarded(fresh, 51)
    made = gather(fresh.site, email)
    assert made.token is not None
    key = {"Authorization": f"Bearer {made.token.text}"}
    wanted = {"credential_ids": [held.id for held in made.held], "name": "By the operator"}
    record = fresh.client.post(f"/v1/wallets/{made.wallet_id}/records", json=wanted, headers=key).json()["id"]
    browser = Browser(fresh)
    assert browser.use(link).status_code == 303
    assert browser.wallet_id == made.wallet_id
    assert [one["id"] for one in browser.client.get(f"{browser.path}/records").json()] == [record]
    assert fresh.client.get(browser.path, headers=key).status_code == 401
    assert not browser.ways()["token"]
    assert gather(fresh.site, email).wallet_id == made.wallet_id


def test_a_wallet_of_the_operators_that_somebody_uses_already_is_not_taken_over(fresh: Campus) -> None:
    email, link = awarded(fresh, 52)
    made = gather(fresh.site, email)
    fresh.site.access.recovery.make(made.wallet_id, Way.TOKEN)
    browser = Browser(fresh)
    assert browser.use(link).status_code == 303
    assert browser.wallet_id != made.wallet_id
    assert gather(fresh.site, email).wallet_id == browser.wallet_id


def test_the_operator_gathers_nothing_into_a_wallet_that_an_issuers_claim_alone_names(fresh: Campus) -> None:
    email, link = handed_over(fresh, 53)
    thief = Browser(fresh)
    assert thief.use(link).status_code == 303
    assert gather(fresh.site, email).wallet_id != thief.wallet_id
    assert len(thief.client.get(f"{thief.path}/credentials").json()) == 1
    mine = Browser(fresh).sign_in(email)
    assert mine.wallet_id == gather(fresh.site, email).wallet_id != thief.wallet_id
