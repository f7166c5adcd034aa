"""PINs of share links: asked for, tried a few times, and lifted by their owner alone."""

from __future__ import annotations

import threading

import pytest

from api.problems import Refusal
from api.sharing import pins
from api.sharing.pins import COOKIE, WAITS
from tests.site import ORIGIN, Campus, Owner

PIN, WRONG = "295174", "295175"
HTML = {"Accept": "text/html"}


def a_locked_link(campus: Campus) -> tuple[Owner, str, str]:
    """An owner, the id of a link with a PIN, and its path."""
    owner = campus.a_full_wallet()
    link = owner.a_link(credential_ids=owner.held()[:1], pin=PIN)
    return owner, link["id"], link["url"].removeprefix(ORIGIN)


def give(campus: Campus, path: str, pin: str = PIN) -> int:
    return int(campus.client.get(f"{path}.json", headers={"X-Link-PIN": pin}).status_code)


@pytest.fixture
def clock(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The site's clock stands still; tests move it by the seconds in the first element."""
    ahead, now = [0], campus.site.links._clock()
    for service in (campus.site.links, campus.site.pins):
        monkeypatch.setattr(service, "_clock", lambda: now + ahead[0])
    return ahead


@pytest.fixture(autouse=True)
def no_cookies(campus: Campus) -> None:
    campus.client.cookies.clear()


def test_without_the_pin_no_form_shows_anything(campus: Campus) -> None:
    owner, link_id, path = a_locked_link(campus)
    page = campus.client.get(path, headers=HTML)
    assert page.status_code == 401
    assert "Needs Assessment" not in page.text
    assert '<form method="post"' in page.text
    assert "<script" not in page.text
    for form in (".json", "/document", "/qr.svg"):
        answer = campus.client.get(path + form)
        assert (answer.status_code, answer.json()["code"]) == (401, "pin_required")
    views = campus.client.get(f"{owner.path}/links/{link_id}/views", headers=owner.headers).json()
    assert views == []


def test_a_pin_with_letters_of_any_language_opens_by_header_and_by_form_however_it_is_typed(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = owner.a_path(credential_ids=owner.held()[:1], pin=" f\u00fcnf-sechs ")
    for typed in ("f\u00fcnf-sechs", "fu\u0308nf-sechs "):
        assert campus.client.get(f"{path}.json", headers={b"X-Link-PIN": typed.encode()}).status_code == 200
        assert campus.client.post(path, data={"pin": typed}, headers=HTML).status_code == 200
        campus.client.cookies.clear()
    assert campus.client.get(f"{path}.json", headers={b"X-Link-PIN": "f\u00fcnf".encode("latin-1")}).status_code == 401
    only_space = {"credential_ids": owner.held()[:1], "pin": " " * 9}
    assert campus.client.post(f"{owner.path}/links", json=only_space, headers=owner.headers).status_code == 422


def test_the_form_opens_the_page_with_a_cookie_for_this_link_alone(campus: Campus) -> None:
    owner, link_id, path = a_locked_link(campus)
    answer = campus.client.post(path, data={"pin": PIN, "purpose": "Hiring"}, headers=HTML)
    assert answer.status_code == 200
    assert "Needs Assessment" in answer.text
    cookie = answer.headers["set-cookie"]
    assert f"Path={path}" in cookie
    assert "HttpOnly" in cookie
    assert "Max-Age=900" in cookie
    assert "samesite=lax" in cookie.lower()
    assert campus.client.get(path, headers=HTML).status_code == 200
    assert campus.client.get(f"{path}/document").status_code == 200
    views = campus.client.get(f"{owner.path}/links/{link_id}/views", headers=owner.headers).json()
    assert [view["purpose"] for view in views] == [None, None, "Hiring"]


def test_a_cookie_opens_no_other_link_and_ends(campus: Campus, clock: list[int]) -> None:
    _, _, path = a_locked_link(campus)
    _, _, other = a_locked_link(campus)
    campus.client.post(path, data={"pin": PIN})
    value = campus.client.cookies.get(COOKIE)
    campus.client.cookies.clear()
    assert campus.client.get(other, headers={"Cookie": f"{COOKIE}={value}"}).status_code == 401
    assert campus.client.get(path, headers={"Cookie": f"{COOKIE}={value}"}).status_code == 200
    for forged in ("", ".", "9" * 12 + "." + "0" * 64, f"{int(value.split('.')[0]) + 60}.{value.split('.')[1]}"):
        assert campus.client.get(path, headers={"Cookie": f"{COOKIE}={forged}"}).status_code == 401
    clock[0] = 901
    assert campus.client.get(path, headers={"Cookie": f"{COOKIE}={value}"}).status_code == 401


def test_withdrawing_ends_a_cookie_at_once(campus: Campus) -> None:
    owner, link_id, path = a_locked_link(campus)
    assert campus.client.post(path, data={"pin": PIN}).status_code == 200
    campus.client.delete(f"{owner.path}/links/{link_id}", headers=owner.headers)
    for form in ("", ".json", "/document", "/qr.svg"):
        assert campus.client.get(path + form).status_code == 404
    assert campus.client.post(path, data={"pin": PIN}).status_code == 404


def test_wrong_pins_wait_longer_and_longer_and_then_lock_until_the_owner_lifts_it(
    campus: Campus, clock: list[int]
) -> None:
    owner, link_id, path = a_locked_link(campus)
    waited = []
    for wait in WAITS:
        assert give(campus, path, WRONG) == 401
        if wait:
            refused = campus.client.get(f"{path}.json", headers={"X-Link-PIN": PIN})
            assert (refused.status_code, refused.json()["code"]) == (429, "pin_wait")
            waited.append(int(refused.headers["retry-after"]))
        clock[0] += wait
    assert waited == [wait for wait in WAITS if wait]
    assert give(campus, path, WRONG) == 401
    for pin in (WRONG, PIN):
        locked = campus.client.get(f"{path}.json", headers={"X-Link-PIN": pin})
        assert (locked.status_code, locked.json()["code"]) == (403, "pin_locked")
    assert "only who made this link" in campus.client.post(path, data={"pin": PIN}, headers=HTML).text
    [seen] = campus.client.get(f"{owner.path}/links", headers=owner.headers).json()
    assert seen["locked_at"] is not None
    assert seen["wrong_pins"] == len(WAITS) + 1
    lifted = campus.client.post(f"{owner.path}/links/{link_id}/unlock", headers=owner.headers).json()
    assert (lifted["locked_at"], lifted["wrong_pins"]) == (None, 0)
    assert give(campus, path) == 200


def test_many_tries_at_once_are_no_more_tries(campus: Campus, clock: list[int]) -> None:
    _, _, path = a_locked_link(campus)
    token = path.rpartition("/")[2]
    link = campus.site.links.find(token)
    codes: list[int] = []

    def attempt() -> None:
        try:
            campus.site.pins.admit(link, WRONG, None)
        except Refusal as error:
            codes.append(error.status_code)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(401) == 3  # the third has to be waited for
    assert set(codes) <= {401, 429, 503}


def test_right_pins_between_wrong_ones_do_not_keep_the_lock_away(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "MAX_TRIES", 4)
    _, _, path = a_locked_link(campus)
    for _ in range(3):
        assert give(campus, path, WRONG) == 401
        assert give(campus, path) == 200
    assert give(campus, path, WRONG) == 401
    assert give(campus, path) == 403


def test_the_pin_is_stored_as_a_slow_salted_hash(campus: Campus) -> None:
    a_locked_link(campus)
    a_locked_link(campus)
    with campus.workspace.database.reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT pin_salt, pin_hash FROM share_links WHERE pin_hash IS NOT NULL"
        )
        hashes = [(bytes(salt), bytes(hashed)) for salt, hashed in rows]
    assert len({salt for salt, _ in hashes}) == len({hashed for _, hashed in hashes}) == len(hashes) >= 2
    assert all(len(salt) == 16 and len(hashed) == 32 for salt, hashed in hashes)


@pytest.mark.parametrize("pin", ["", "12345", "x" * 65, 123456])
def test_a_pin_that_is_too_short_or_none_is_refused(campus: Campus, pin: object) -> None:
    owner = campus.a_full_wallet()
    wanted = {"credential_ids": owner.held()[:1], "pin": pin}
    assert campus.client.post(f"{owner.path}/links", json=wanted, headers=owner.headers).status_code == 422


def test_a_link_without_a_pin_sets_no_cookie_and_a_form_of_another_kind_is_refused(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    path = owner.a_path(credential_ids=owner.held()[:1])
    answer = campus.client.post(path, data={"purpose": "Admission", "pin": "whatever"}, headers=HTML)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert campus.client.post(path, json={"pin": PIN}).status_code == 415
    assert campus.client.post(path, data={"purpose": "x" * 5000}).status_code == 413
