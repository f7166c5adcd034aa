"""Whoever reads the mail that a ledger leaves in its folder, and browses its site: a learner in tests."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlmodel import select

from api.wallets.access.tables import LetterRow
from api.wallets.access.values import Way
from tests.site import ORIGIN, Campus

PATIENCE = 60.0


def mails_to(campus: Campus, email: str) -> list[tuple[Path, EmailMessage]]:
    """The mails to an address, the oldest first."""
    found = []
    for path in sorted(campus.workspace.mail_folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
        message = message_from_bytes(path.read_bytes(), policy=default)
        if str(message["To"]) == email:
            found.append((path, message))
    return found


def letters_sent(campus: Campus) -> None:
    """Waits until no letter of the site's own is left to be sent, by whoever took it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        campus.site.access.postman.work()
        with campus.workspace.database.reading() as session:
            if session.exec(select(LetterRow.id).limit(1)).first() is None:
                return
        assert time.monotonic() < deadline, "a letter was not sent"
        time.sleep(0.02)


def links_in(message: EmailMessage) -> list[str]:
    """The paths on this site that a mail names."""
    return re.findall(rf"{re.escape(ORIGIN)}(/(?:claim|enter|staff/enter)/\S+)", message.get_content())


@dataclass
class Mailbox:
    """The mail of one address that came since it was opened."""

    campus: Campus
    email: str
    seen: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen = {path for path, _ in mails_to(self.campus, self.email)}

    def new(self) -> list[EmailMessage]:
        """What came since the last look."""
        fresh = [(path, mail) for path, mail in mails_to(self.campus, self.email) if path not in self.seen]
        self.seen |= {path for path, _ in fresh}
        return [mail for _, mail in fresh]

    def next(self) -> EmailMessage:
        """The next mail to come."""
        deadline = time.monotonic() + PATIENCE
        while not (mails := self.new()):
            assert time.monotonic() < deadline, f"no mail came to {self.email}"
            time.sleep(0.02)
        assert len(mails) == 1, [str(mail["Subject"]) for mail in mails]
        return mails[0]

    def next_link(self, beginning: str = "/") -> str:
        """The path that the link of the next mail with one so beginning leads to; what else comes is passed over."""
        deadline = time.monotonic() + PATIENCE
        while not (links := [link for mail in self.new() for link in links_in(mail) if link.startswith(beginning)]):
            assert time.monotonic() < deadline, f"no link came to {self.email}"
            time.sleep(0.02)
        [link] = links
        return link


@dataclass
class Browser:
    """A browser with cookies of its own."""

    campus: Campus
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = TestClient(self.campus.app, base_url=ORIGIN, follow_redirects=False)

    @property
    def wallet_id(self) -> str:
        """The wallet that it is signed in to."""
        answer = self.client.get("/v1/session")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["wallet_id"])

    @property
    def path(self) -> str:
        return f"/v1/wallets/{self.wallet_id}"

    def use(self, link: str) -> Response:
        """Presses the button on the page of a link."""
        headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        answer: Response = self.client.post(link, headers=headers)
        return answer

    def ask(self, email: str) -> None:
        """Asks for a link to sign in."""
        answer = self.client.post("/v1/sign-in/links", json={"email": email})
        assert (answer.status_code, answer.json()) == (202, {"sent": "if_known"})

    def ways(self) -> dict[str, Any]:
        ways: dict[str, Any] = self.client.get(f"{self.path}/ways-in").json()
        return ways

    def sign_in(self, email: str) -> Browser:
        """Signs in by a link to an address that has a wallet."""
        box = Mailbox(self.campus, email)
        self.ask(email)
        assert self.use(box.next_link("/enter/")).status_code == 303
        return self

    def add_address(self, email: str) -> Response:
        """Adds an address to the wallet, whose mail this browser's user reads."""
        box = Mailbox(self.campus, email)
        assert self.client.post(f"{self.path}/addresses", json={"email": email}).status_code == 202
        return self.use(box.next_link("/enter/"))


def a_learner(campus: Campus, email: str) -> Browser:
    """Somebody with a wallet of their own, opened by this address: made without mail, to be quick."""
    browser, access = Browser(campus), campus.site.access
    wallet, _ = campus.site.wallets.create()
    with campus.workspace.database.writing() as session:
        access.mail_addresses.prove(session, wallet, email, Way.LINK)
        entered = access.sessions.begin(session, wallet, Way.LINK)
    browser.client.cookies.set("cairn", entered.token.text, domain="127.0.0.1")
    return browser
