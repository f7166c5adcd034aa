"""Sessions: a cookie that only this site reads, that ends, and that no other site can use; tokens beside it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from api.settings import Settings
from api.tokens import SESSION, new_token
from api.wallets.access.sessions import IDLE_SECONDS, LONGEST_SECONDS
from api.wallets.access.values import Way
from tests.mailbox import Browser, Mailbox, a_learner
from tests.site import ORIGIN, Campus

FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
)
OUR_OWN: tuple[dict[str, str], ...] = (
    {},
    {"Origin": ORIGIN},
    {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
)


def test_the_cookie_is_for_this_site_alone(campus: Campus) -> None:
    a_learner(campus, "cookie@a.example")
    browser, box = Browser(campus), Mailbox(campus, "cookie@a.example")
    browser.ask("cookie@a.example")
    [cookie] = browser.use(box.next_link()).headers.get_list("set-cookie")
    assert cookie.startswith(f"cairn={SESSION}")
    words = {word.strip().lower() for word in cookie.split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax", f"max-age={LONGEST_SECONDS}"} <= words


def test_over_https_the_cookie_is_bound_to_the_host(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_PUBLIC_BASE", "https://cairn.example")
    browser = TestClient(create_app(campus.workspace, Settings(misses_per_minute=0)), base_url="https://cairn.example")
    a_learner(campus, "https@a.example")
    wallet = campus.site.wallets.with_address("https@a.example")
    assert wallet is not None
    [code, *_] = campus.site.access.recovery.make(wallet, Way.TOKEN)
    [cookie] = browser.post("/v1/sign-in/recovery", json={"code": code}).headers.get_list("set-cookie")
    assert cookie.startswith(f"__Host-cairn={SESSION}")
    words = {word.strip().lower() for word in cookie.split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax", "secure"} <= words
    assert not any(word.startswith("domain") for word in words)
    assert browser.get("/v1/session").status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_writes_nothing_with_the_cookie(campus: Campus, headers: dict[str, str]) -> None:
    browser = a_learner(campus, f"csrf{FOREIGN.index(headers)}@a.example")
    path = browser.path
    for method, where in (("POST", "/token"), ("DELETE", "/sessions"), ("POST", "/recovery-codes")):
        assert browser.client.request(method, path + where, headers=headers).status_code == 401
    for where in ("/wallet/sign-out", "/wallet/recovery-codes"):
        assert browser.client.post(where, headers=headers).status_code == 401
    assert browser.client.delete("/v1/session", headers=headers).status_code == 401
    assert browser.client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_signs_nobody_in(campus: Campus, headers: dict[str, str]) -> None:
    browser = Browser(campus)
    for path in ("/v1/sign-in/recovery", "/v1/sign-in/link", "/sign-in/recovery", "/claim/x", "/enter/x"):
        answer = browser.client.post(path, json={"code": "x", "token": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "cross_site"), path


@pytest.mark.parametrize("headers", OUR_OWN)
def test_our_own_pages_and_programs_write(campus: Campus, headers: dict[str, str]) -> None:
    browser = a_learner(campus, f"own{OUR_OWN.index(headers)}@a.example")
    assert browser.client.post(f"{browser.path}/recovery-codes", headers=headers).status_code == 201


def test_a_session_opens_its_own_wallet_and_no_other(campus: Campus) -> None:
    mine, theirs = a_learner(campus, "mine@a.example"), campus.a_full_wallet()
    assert mine.client.get(mine.path).status_code == 200
    assert mine.client.get(theirs.path).status_code == 404
    assert mine.client.get(theirs.path, headers=theirs.headers).status_code == 200
    assert mine.client.get(mine.path, headers=theirs.headers).status_code == 404  # a token that is shown speaks alone


def test_a_session_that_nobody_began_is_none(campus: Campus) -> None:
    browser = Browser(campus)
    for value in (new_token(SESSION).text, "x", "", campus.a_wallet().token):
        browser.client.cookies.set("cairn", value, domain="127.0.0.1")
        assert browser.client.get("/v1/session").status_code == 401
        assert browser.client.get("/wallet").headers["location"] == "/sign-in"


@pytest.mark.parametrize("later", [IDLE_SECONDS, LONGEST_SECONDS, -IDLE_SECONDS - 60])
def test_a_session_ends_by_itself(campus: Campus, monkeypatch: pytest.MonkeyPatch, later: int) -> None:
    browser = a_learner(campus, f"idle{later}@a.example")
    now = campus.site.access.sessions._clock()
    monkeypatch.setattr(campus.site.access.sessions, "_clock", lambda: now + later)
    assert browser.client.get("/v1/session").status_code == 401


def test_use_keeps_a_session_alive_but_not_for_ever(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = a_learner(campus, "busy@a.example")
    now = campus.site.access.sessions._clock()
    steps = range(0, LONGEST_SECONDS, IDLE_SECONDS // 2)
    for step in steps:
        monkeypatch.setattr(campus.site.access.sessions, "_clock", lambda step=step: now + step)
        assert browser.client.get("/v1/session").status_code == 200, step
    monkeypatch.setattr(campus.site.access.sessions, "_clock", lambda: now + LONGEST_SECONDS + 5)
    assert browser.client.get("/v1/session").status_code == 401


def test_signing_out_ends_this_session_and_everywhere_all(campus: Campus) -> None:
    here = a_learner(campus, "out@a.example")
    wallet = here.wallet_id
    there = [Browser(campus).sign_in("out@a.example") for _ in range(2)]
    assert len(here.client.get(f"{here.path}/sessions").json()) == 3
    token = here.client.cookies["cairn"]
    assert here.client.delete("/v1/session").status_code == 204
    here.client.cookies.set("cairn", token, domain="127.0.0.1")
    assert here.client.get("/v1/session").status_code == 401
    assert there[0].client.delete(f"/v1/wallets/{wallet}/sessions").status_code == 204
    assert all(one.client.get("/v1/session").status_code == 401 for one in there)


def test_signing_in_again_takes_the_place_of_the_session_before(campus: Campus) -> None:
    browser = a_learner(campus, "fixed@a.example")
    before = browser.client.cookies["cairn"]
    browser.sign_in("fixed@a.example")
    assert browser.client.cookies["cairn"] != before
    assert campus.site.access.sessions.find(before) is None


# --- the token for programs -----------------------------------------------------------------------------------------


def test_a_token_can_be_renewed_and_ended(campus: Campus) -> None:
    owner = campus.a_wallet()
    new = campus.client.post(f"{owner.path}/token", headers=owner.headers).json()["token"]
    assert campus.client.get(owner.path, headers=owner.headers).status_code == 401
    headers = {"Authorization": f"Bearer {new}"}
    assert campus.client.get(owner.path, headers=headers).status_code == 200
    last = campus.client.delete(f"{owner.path}/token", headers=headers)
    assert (last.status_code, last.json()["code"]) == (409, "last_way_in")
    assert campus.client.get(owner.path, headers=headers).status_code == 200


def test_a_token_ends_where_there_is_another_way_in(campus: Campus) -> None:
    browser = a_learner(campus, "tokenless@a.example")
    assert browser.ways()["token"]
    assert browser.client.delete(f"{browser.path}/token").status_code == 204
    assert not browser.ways()["token"]
    [address] = browser.ways()["addresses"]
    gone = browser.client.delete(f"{browser.path}/addresses/{address['id']}")
    assert (gone.status_code, gone.json()["code"]) == (409, "last_way_in")
    assert len(browser.ways()["addresses"]) == 1
