"""An office over a registry in memory, with a post office and a clock that only the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.delivering.delivery import Delivery
from ledger.delivering.post_office import PostOffice
from ledger.delivering.values import DeliveryState, Webhook
from ledger.issuing.announcing import Event, batch_final
from ledger.issuing.values import Batch
from tests.fakes import MemoryRegistry
from tests.office import Office
from tests.sinks import MailSink, WebSink, mail_sink, web_sink

START = 1_900_000_000
SENDER = "Cairn <no-reply@cairn.example>"


@dataclass
class Clock:
    now: float = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Post:
    """A post office, and what tests do with it again and again."""

    office: Office
    environment: Mapping[str, str]
    clock: Clock = field(default_factory=Clock)
    mail_folder: Path | None = None

    def __post_init__(self) -> None:
        self.parts = PostOffice(
            self.office.database,
            self.office.keys,
            "https://cairn.example",
            mail_folder=self.mail_folder,
            environment=self.environment,
            clock=self.clock,
        )
        self.worker: Delivery = self.parts.delivery(budget=600)  # a round ends when all is done, on a busy machine too

    def note(self, *events: Event) -> list[str]:
        with self.office.database.writing() as session:
            return [self.parts.outbox.note(session, event) for event in events]

    def announce(self, batch: Batch) -> str:
        return self.note(batch_final(batch, self.office.catalog.issuer(batch.issuer)))[0]

    def add(self, sink: WebSink, issuer: str = "usm") -> Webhook:
        return self.parts.webhooks.add(issuer, sink.url)[0]

    def later(self, seconds: float) -> float | None:
        self.clock.now += seconds
        return self.worker.work()

    def run_out(self, *, days: float = 4) -> None:
        """Works whenever something is due, until nothing is or so many days are over."""
        end = self.clock.now + days * 86_400
        wait = self.worker.work()
        while wait is not None and self.clock.now + wait < end:
            wait = self.later(wait + 1)

    def states(self) -> dict[str, DeliveryState]:
        return {entry.id: entry.state for entry in self.parts.notifications.all(*DeliveryState, limit=100_000)}

    def problems(self) -> set[str | None]:
        return {entry.problem for entry in self.parts.notifications.all(*DeliveryState)}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry())
    office.an_issuer()
    office.an_issuer("um")
    office.database.close()
    return office


@pytest.fixture
def office(prepared: Office, tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "office"
    shutil.copytree(prepared.folder, folder)
    office = Office(folder, deepcopy(prepared.registry))
    yield office
    office.database.close()


@pytest.fixture
def web() -> Iterator[WebSink]:
    with web_sink() as sink:
        yield sink


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def post(office: Office) -> Post:
    """Webhooks only: no mail server is named."""
    return Post(office, {})


@pytest.fixture
def mailing_post(office: Office, mail: MailSink) -> Post:
    return Post(office, {"CAIRN_SMTP_URL": mail.url, "CAIRN_MAIL_FROM": SENDER})


def an_event(number: int = 1, *, issuer: str = "usm", kind: str = "credential.revoked") -> Event:
    return Event(kind, issuer, f"subject {number}", {"credentials": [f"urn:uuid:{number}"]})
