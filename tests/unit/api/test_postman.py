"""Letters on their way: to whoever has a wallet or was awarded something, through a mail server that may be away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import func, select

from api.clock import DAY
from api.wallets.access.letters import LetterKind, queue
from api.wallets.access.postman import WAITS, Postman
from api.wallets.access.tables import LetterRow, LinkRow
from api.wallets.access.values import What
from api.wallets.service import new_wallet
from api.wallets.tables import WalletAddressRow
from ledger.delivering.mail_settings import mail_settings
from ledger.storage import Database
from tests.sinks import MailSink, free_port, mail_sink

BASE = "https://cairn.example"
KNOWN, AWARDED, STRANGER = "known@a.example", "awarded@a.example", "stranger@a.example"


@dataclass
class Desk:
    """A database with one wallet, and the time."""

    database: Database
    now: int = 1_900_000_000
    wallet: str = field(init=False)

    def __post_init__(self) -> None:
        with self.database.writing() as session:
            self.wallet = new_wallet(session, now=self.now)
            session.add(WalletAddressRow(wallet=self.wallet, email=KNOWN, added_at=1, proven_at=1))

    def postman(self, url: str | None) -> Postman:
        environment = {"CAIRN_SMTP_URL": url, "CAIRN_MAIL_FROM": "no-reply@cairn.example"} if url else {}
        settings = mail_settings(None, environment)
        return Postman(
            self.database,
            settings,
            BASE,
            is_learner=lambda email: email == AWARDED,
            staff_link=lambda _: None,
            clock=lambda: self.now,
        )

    def ask(self, kind: LetterKind, email: str, **more: str) -> None:
        with self.database.writing() as session:
            queue(session, kind, email, now=self.now, **more)

    def waiting(self) -> int:
        with self.database.reading() as session:
            return session.exec(select(func.count()).select_from(LetterRow)).one()

    def links(self) -> int:
        with self.database.reading() as session:
            return session.exec(select(func.count()).select_from(LinkRow)).one()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    yield Desk(database)
    database.close()


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


def test_only_learners_are_written_to(desk: Desk, mail: MailSink) -> None:
    for email in (KNOWN, STRANGER, AWARDED):
        desk.ask("enter", email)
    postman = desk.postman(mail.url)
    assert postman.work()
    assert not postman.work()
    assert mail.recipients == [[KNOWN], [AWARDED]]
    assert (desk.waiting(), desk.links()) == (0, 2)
    links = [re.search(rf"{BASE}/enter/cairn_link_\S{{43}}\r?\n", one.get_content()) for one in mail.messages]
    assert all(links)
    assert links[0] != links[1]


def test_a_notice_says_what_happened_and_holds_no_key(desk: Desk, mail: MailSink) -> None:
    desk.ask("notice", KNOWN, wallet_id=desk.wallet, said=What.PASSKEY_ADDED)
    desk.postman(mail.url).work()
    [message] = mail.messages
    assert "a passkey was added" in message.get_content()
    assert f"{BASE}/sign-in" in message.get_content()
    assert desk.links() == 0


def test_a_server_that_is_away_is_waited_for(desk: Desk) -> None:
    port = free_port()
    desk.ask("enter", KNOWN)
    postman = desk.postman(f"smtp://127.0.0.1:{port}")
    postman.work()
    assert desk.waiting() == 1
    assert not postman.work()  # not due yet
    with mail_sink(port) as mail:
        desk.now += WAITS[0]
        postman.work()
    assert mail.recipients == [[KNOWN]]
    assert desk.waiting() == 0


@pytest.mark.parametrize(("answer", "left"), [("550 unknown", 0), ("450 greylisted", 1)])
def test_an_address_that_is_refused_for_good_is_given_up(desk: Desk, mail: MailSink, answer: str, left: int) -> None:
    mail.refuses[KNOWN] = answer
    desk.ask("enter", KNOWN)
    desk.postman(mail.url).work()
    assert desk.waiting() == left


def test_what_nobody_can_send_is_forgotten_after_a_day(desk: Desk) -> None:
    desk.ask("enter", KNOWN)
    postman = desk.postman(None)
    postman.work()
    assert desk.waiting() == 1
    desk.now += DAY + 1
    postman.work()
    assert desk.waiting() == 0


def test_two_who_send_never_send_one_letter_twice(desk: Desk, mail: MailSink) -> None:
    for _ in range(3):
        desk.ask("enter", KNOWN)
    first, second = desk.postman(mail.url), desk.postman(mail.url)
    claimed = first._claim()
    assert not second.work()
    for one in claimed:
        first._send(one)
    assert len(mail.messages) == 3
