"""Coming in by a link that somebody asks for: the same answer for everybody, and a mail for whoever has a wallet."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import current_thread

import pytest
from sqlalchemy import event

from api.wallets.access.postman import LINK_SECONDS, MOST_LINKS
from api.wallets.access.values import Way
from tests.mailbox import Browser, Mailbox, a_learner, letters_sent, mails_to
from tests.site import Campus, limited

EMAIL = "learner1@students.example"
OTHER = "learner2@students.example"


def test_a_link_signs_in_again_and_the_other_addresses_hear_of_it(campus: Campus) -> None:
    first = a_learner(campus, "two@a.example")
    box = Mailbox(campus, "two@a.example")
    with campus.workspace.database.writing() as session:
        campus.site.access.mail_addresses.prove(session, first.wallet_id, "two@b.example", Way.LINK)
    campus.site.writing.nudge()
    assert "an e-mail address was added" in box.next().get_content()

    again = Browser(campus).sign_in("two@b.example")
    assert again.wallet_id == first.wallet_id
    assert "signed in by a link" in box.next().get_content().replace("\n", " ")


def test_nobody_learns_who_has_a_wallet(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    known = "known@a.example"
    a_learner(campus, known)
    browser, sent = Browser(campus), []
    for email in (known, "unknown@a.example", EMAIL):
        answer = browser.client.post("/v1/sign-in/links", json={"email": email})
        page = browser.client.post("/sign-in/link", data={"email": email}, headers={"Accept": "text/html"})
        sent.append((answer.status_code, answer.text, page.status_code, page.text))
    assert sent[0] == sent[1] == sent[2]
    letters_sent(campus)
    assert len(mails_to(campus, known)) == 2
    assert mails_to(campus, "unknown@a.example") == []


def test_asking_does_the_same_work_for_every_address(campus: Campus) -> None:
    """The answer is given before anybody looks whether there is a wallet: both ask the database for the same."""
    a_learner(campus, "timed@a.example")
    engine = campus.workspace.database._engine
    asked: list[list[str]] = []
    campus.site.writing.stop()
    try:
        for email in ("timed@a.example", "nobody@a.example"):
            statements: list[str] = []

            def note(*arguments: object, into: list[str] = statements) -> None:
                is_asked = current_thread().name.startswith(("AnyIO", "asyncio"))  # and not the site's own work
                if is_asked and not (statement := str(arguments[2])).startswith("BEGIN"):
                    into.append(statement)

            event.listen(engine, "before_cursor_execute", note)
            Browser(campus).ask(email)
            event.remove(engine, "before_cursor_execute", note)
            asked.append(statements)
    finally:
        campus.site.writing.start()
    assert asked[0] == asked[1]
    assert any("access_letters" in statement for statement in asked[0])


def test_a_mailbox_is_not_flooded(campus: Campus) -> None:
    email = "flooded@a.example"
    a_learner(campus, email)
    for _ in range(MOST_LINKS + 3):
        Browser(campus).ask(email)
    letters_sent(campus)
    assert len(mails_to(campus, email)) == MOST_LINKS


def test_letters_are_limited_for_one_caller(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(campus.site.letters, monkeypatch, 3)
    tries = [
        Browser(campus).client.post("/v1/sign-in/links", json={"email": f"{n}@a.example"}).status_code for n in range(4)
    ]
    assert tries == [202] * 3 + [429]


def test_guessing_links_is_stopped(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(campus.site.misses, monkeypatch, 5)
    browser = Browser(campus)
    tries = [browser.client.get("/enter/cairn_link_" + "A" * 43).status_code for _ in range(6)]
    assert tries == [404] * 5 + [429]
    assert browser.client.post("/v1/sign-in/recovery", json={"code": "AAAAA"}).status_code == 429


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "a b@c.example", "a@b.example\r\nBcc: x@y.example", "é" * 300])
def test_what_is_no_address_is_refused(campus: Campus, email: str) -> None:
    answer = Browser(campus).client.post("/v1/sign-in/links", json={"email": email})
    assert answer.status_code == 422
    assert email not in answer.text or not email


def test_an_asked_for_link_ends_within_an_hour(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    a_learner(campus, "late@a.example")
    browser, box = Browser(campus), Mailbox(campus, "late@a.example")
    browser.ask("late@a.example")
    link = box.next_link()
    now = campus.site.access.entering._clock()
    monkeypatch.setattr(campus.site.access.entering, "_clock", lambda: now + LINK_SECONDS + 1)
    assert browser.use(link).status_code == 404


# --- what is left of it ---------------------------------------------------------------------------------------------


def test_no_token_or_address_gets_into_a_log_or_stays_in_the_database(
    campus: Campus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    email = "canary@a.example"
    a_learner(campus, email)
    browser, box = Browser(campus), Mailbox(campus, email)
    browser.ask(email)
    link = box.next_link()
    browser.client.get(link)
    browser.use(link)
    cookie = browser.client.cookies["cairn"]
    wallet = browser.wallet_id
    own = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("/enter/{token}" in line for line in own)
    assert any(line.startswith("signed_in by link in wallet ") for line in own)
    token = link.rpartition("/")[2]
    for secret in (email, token, cookie, wallet):
        assert not any(secret in line for line in own), secret
    stored = b"".join(file.read_bytes() for file in Path(campus.workspace.path).glob("ledger.db*"))
    for secret in (token, cookie):
        assert secret.encode() not in stored
        assert secret[-40:].encode() not in stored  # what is random of it, which may hold a "_"
