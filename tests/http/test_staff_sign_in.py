"""People who work for institutions sign in: by a link, by a passkey; sessions that end; the same page whoever asks."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from api.site import Site
from api.staff.sessions import HOUR, IDLE_SECONDS, LONGEST_SECONDS
from api.staff.values import InstitutionKind, Role
from tests.authenticator import Authenticator
from tests.mailbox import Mailbox, mails_to
from tests.site import ORIGIN, Campus

OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
THEIRS = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example", "Accept": "text/html"}


def a_browser(campus: Campus) -> TestClient:
    return TestClient(campus.app, base_url=ORIGIN, follow_redirects=False, headers=OURS)


def a_link(campus: Campus, email: str, slug: str = "usm") -> str:
    """The path of a link for somebody who works there."""
    campus.staff_token(slug, email=email)
    person = campus.site.staff.people.find(email)
    assert person is not None
    return f"/staff/enter/{campus.site.staff.links.make(person.id).text}"


def is_in(browser: TestClient) -> bool:
    return bool(browser.get("/staff/account").status_code == 200)


def test_whoever_asks_for_a_link_sees_the_same_and_only_members_are_written_to(campus: Campus) -> None:
    campus.staff_token("usm", email="known@usm.example")
    box = Mailbox(campus, "known@usm.example")
    pages: dict[int, set[str]] = {}
    for email in ("known@usm.example", "stranger@usm.example"):
        answer = a_browser(campus).post("/staff/sign-in/link", data={"email": email})
        pages[answer.status_code] = pages.get(answer.status_code, set()) | {answer.text}
    assert {status: len(texts) for status, texts in pages.items()} == {202: 1}
    [link] = re.findall(rf"{re.escape(ORIGIN)}(/staff/enter/\S+)", box.next().get_content())
    browser = a_browser(campus)
    shown = browser.get(link)
    assert (shown.status_code, is_in(browser)) == (200, False)
    assert browser.post(link).headers["location"] == "/staff"
    assert is_in(browser)
    assert browser.post(link).status_code == 404
    assert mails_to(campus, "stranger@usm.example") == []


def test_what_is_no_address_comes_back_filled_in(campus: Campus) -> None:
    answer = a_browser(campus).post("/staff/sign-in/link", data={"email": "nobody@"})
    assert (answer.status_code, 'value="nobody@"' in answer.text, 'aria-invalid="true"' in answer.text) == (
        422,
        True,
        True,
    )


def test_a_learners_link_and_session_open_nothing_here_nor_the_other_way_round(campus: Campus) -> None:
    link = a_link(campus, "both@usm.example")
    assert a_browser(campus).get(link.replace("/staff", "")).status_code == 404
    browser = a_browser(campus)
    browser.post(link)
    assert browser.get("/v1/session").status_code == 401
    token = browser.cookies["cairn-staff"]
    learner = a_browser(campus)
    learner.cookies.set("cairn", token, domain="127.0.0.1")
    assert (is_in(learner), learner.get("/v1/session").status_code) == (False, 401)


@pytest.mark.parametrize(("wait", "is_over"), [(IDLE_SECONDS - 1, False), (IDLE_SECONDS, True)])
def test_a_session_ends_when_it_is_not_used(
    campus: Campus, monkeypatch: pytest.MonkeyPatch, wait: int, is_over: bool
) -> None:
    sessions = campus.site.staff.sessions
    now = sessions._clock()
    monkeypatch.setattr(sessions, "_clock", lambda: now)
    browser = campus.staff("usm")
    monkeypatch.setattr(sessions, "_clock", lambda: now + wait)
    assert is_in(browser) is not is_over


def test_a_session_ends_however_much_it_is_used(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, sessions = campus.staff("usm"), campus.site.staff.sessions
    now = sessions._clock()
    for later in range(HOUR, LONGEST_SECONDS, HOUR):
        monkeypatch.setattr(sessions, "_clock", lambda later=later: now + later)
        assert is_in(browser)
    monkeypatch.setattr(sessions, "_clock", lambda: now + LONGEST_SECONDS)
    assert not is_in(browser)


def test_signing_out_here_there_and_everywhere(campus: Campus) -> None:
    one, two, three = (campus.staff("um", email="leaving@um.example") for _ in range(3))
    there = re.search(r'name="where" value="([0-9a-f]{32})"', one.get("/staff/account").text)
    assert there is not None
    assert one.post("/staff/sign-out", data={"where": there.group(1)}).headers["location"] == "/staff/account"
    assert [is_in(one), is_in(two), is_in(three)].count(False) == 1
    assert one.post("/staff/sign-out", data={"where": "everywhere"}).headers["location"] == "/staff/sign-in"
    assert not any(is_in(browser) for browser in (one, two, three))


def test_nothing_that_comes_from_another_site_is_done(campus: Campus) -> None:
    browser = campus.staff("usm")
    for path in (
        "/staff/sign-out",
        "/staff/sign-in/link",
        "/staff/issuers/usm/people",
        a_link(campus, "x@usm.example"),
    ):
        assert browser.post(path, data={"where": "everywhere"}, headers=THEIRS).status_code == 401
    assert is_in(browser)


def test_the_cookie_is_kept_from_scripts_and_other_sites(campus: Campus) -> None:
    answer = a_browser(campus).post(a_link(campus, "cookie@usm.example"))
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("cairn-staff=cairn_staff_session_")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_secrets_stand_in_the_database_as_hashes_only(campus: Campus) -> None:
    link = a_link(campus, "hashed@usm.example")
    browser = a_browser(campus)
    browser.post(link)
    stored = b"".join(path.read_bytes() for path in campus.workspace.path.glob("ledger.db*"))
    assert link.rsplit("/", 1)[1].encode() not in stored
    assert browser.cookies["cairn-staff"].encode() not in stored


def test_a_passkey_is_added_signs_in_and_is_removed(campus: Campus) -> None:
    browser, authenticator = campus.staff("usm", email="key@usm.example"), Authenticator(ORIGIN)
    passkey, credential = authenticator.create(browser.post("/staff/account/passkeys/options").json())
    assert browser.post("/staff/account/passkeys", json={"credential": credential}).status_code == 204

    other = a_browser(campus)
    answer = authenticator.get(passkey, other.post("/staff/sign-in/passkey/options").json())
    assert other.post("/staff/sign-in/passkey", json={"credential": answer}).status_code == 204
    assert "by passkey" in other.get("/staff/account").text
    assert other.post("/staff/sign-in/passkey", json={"credential": answer}).status_code == 401

    [kept] = campus.site.staff.passkeys.all(campus.site.staff.people.find("key@usm.example").id)  # type: ignore[union-attr]
    assert other.post("/staff/account/passkeys/remove", data={"id": kept.id}).status_code == 303
    again = authenticator.get(passkey, other.post("/staff/sign-in/passkey/options").json())
    assert a_browser(campus).post("/staff/sign-in/passkey", json={"credential": again}).status_code == 401


def test_a_passkey_of_a_wallet_signs_no_member_in_nor_one_made_for_somebody_else(campus: Campus) -> None:
    one, other = campus.staff("usm", email="key-one@usm.example"), campus.staff("usm", email="key-two@usm.example")
    _, credential = Authenticator(ORIGIN).create(one.post("/staff/account/passkeys/options").json())
    assert other.post("/staff/account/passkeys", json={"credential": credential}).status_code == 401
    authenticator = Authenticator(ORIGIN)
    passkey, credential = authenticator.create(one.post("/staff/account/passkeys/options").json())
    assert one.post("/staff/account/passkeys", json={"credential": credential}).status_code == 204
    options = one.post("/staff/sign-in/passkey/options").json()
    crossed = one.post("/v1/sign-in/passkey", json={"credential": authenticator.get(passkey, options)})
    assert crossed.status_code == 401


def test_one_person_may_work_for_several_institutions(campus: Campus) -> None:
    for slug in ("usm", "mqa"):
        browser = campus.staff(slug, Role.APPROVES, email="several@example.com")
    shown = browser.get("/staff")
    assert shown.status_code == 200
    assert "/staff/issuers/usm" in shown.text
    assert "/staff/accreditors/mqa" in shown.text
    person = campus.site.staff.people.find("several@example.com")
    assert person is not None
    log = campus.site.staff.audit.entries(InstitutionKind.ACCREDITOR, "mqa")
    assert any(entry.subject == person.id for entry in log)


def test_links_to_one_person_are_few(campus: Campus) -> None:
    site: Site = campus.site
    campus.staff_token("usm", email="flooded@usm.example")
    made = [site.staff.links.for_letter("flooded@usm.example") for _ in range(8)]
    assert [one is not None for one in made] == [True] * 5 + [False] * 3
    assert site.staff.links.for_letter("nobody@usm.example") is None
