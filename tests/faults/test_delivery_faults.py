"""kill -9 while webhooks and mails go out: everybody hears of everything, and one id never names two messages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.delivering.delivery import HANDS
from ledger.delivering.post_office import PostOffice
from ledger.delivering.values import DeliveryState
from ledger.issuing.announcing import Event, batch_final
from ledger.storage import Database
from tests.fakes import MemoryRegistry
from tests.office import Office, drafts
from tests.postgres import postgres_server
from tests.sinks import MailSink, WebSink, mail_sink, web_sink

PATIENCE = 240.0
"""Seconds until a worker has to have ended, on a machine with much other work."""
ROOT = Path(__file__).resolve().parents[2]
LEARNERS, EVENTS = 12, 12


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry())
    office.an_issuer()
    return office


@pytest.fixture
def web() -> Iterator[WebSink]:
    with web_sink() as sink:
        yield sink


@pytest.fixture
def mail() -> Iterator[MailSink]:
    with mail_sink() as sink:
        yield sink


class Scene:
    """An office that owes a webhook and some learners word, and the processes that see to it."""

    def __init__(self, office: Office, web: WebSink, mail: MailSink, *, url: str | None = None) -> None:
        self.web, self.mail = web, mail
        self.places = [str(office.folder), *([url] if url else [])]
        self.environment = {"CAIRN_SMTP_URL": mail.url, "CAIRN_MAIL_FROM": "no-reply@cairn.example"}
        self.parts = PostOffice(office.database, office.keys, "https://cairn.example", environment=self.environment)
        for old in self.parts.webhooks.all():
            self.parts.webhooks.close(old.id, "an earlier test")
        self.parts.webhooks.add("usm", web.url)
        first = 1 + 100 * len(office.catalog.batches())
        batch = office.imports.draft_batch("usm", drafts(LEARNERS, first=first), label="Spring")
        with office.database.writing() as session:
            self.parts.outbox.note(session, batch_final(batch, office.catalog.issuer("usm")))
            for number in range(EVENTS - 1):
                self.parts.outbox.note(session, Event("batch.held", "usm", f"{first} {number}", {"number": number}))

    def start(self, worker: str, failpoint: str | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.environment, **({"CAIRN_FAILPOINT": failpoint} if failpoint else {})}
        folder, *url = self.places
        command = [sys.executable, "-m", "tests.faults.dying_deliverer", folder, worker, *url]
        return subprocess.Popen(command, cwd=ROOT, env=environment)

    def bodies(self) -> dict[str, list[bytes]]:
        """Everything that came, by its id."""
        found: dict[str, list[bytes]] = {}
        for post in self.web.posts:
            found.setdefault(post.id, []).append(post.body)
        for content, message in zip(self.mail.raw, self.mail.messages, strict=True):
            found.setdefault(str(message["Message-ID"]), []).append(content)
        return found

    def check(self, *, most_twice: int) -> None:
        bodies = self.bodies()
        assert len(bodies) == EVENTS + LEARNERS
        assert [name for name, copies in bodies.items() if len(set(copies)) > 1] == []
        assert sum(Counter(map(len, bodies.values())).elements()) - len(bodies) <= most_twice
        states = {entry.state for entry in self.parts.notifications.all(*DeliveryState, limit=1000)}
        assert states <= {DeliveryState.DELIVERED, DeliveryState.DROPPED}


@pytest.mark.parametrize("moment", [1, 7])
def test_what_a_killed_worker_left_is_handed_over_by_the_next(
    prepared: Office, web: WebSink, mail: MailSink, moment: int
) -> None:
    scene = Scene(prepared, web, mail)
    assert scene.start("site", f"deliver.sent:{moment}").wait(PATIENCE) == -signal.SIGKILL
    assert scene.start("site").wait(PATIENCE) == 0
    # What was in the hands of the killed one went out again, under the same id.
    scene.check(most_twice=HANDS)


def test_a_worker_that_is_killed_again_and_again_comes_to_an_end(
    prepared: Office, web: WebSink, mail: MailSink
) -> None:
    scene = Scene(prepared, web, mail)
    killed = 0
    while (code := scene.start("site", "deliver.sent:9").wait(PATIENCE)) != 0:
        assert code == -signal.SIGKILL
        killed += 1
    assert 1 <= killed <= EVENTS + LEARNERS
    scene.check(most_twice=HANDS * killed)


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    with postgres_server() as url:
        office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry())
        office.database = Database(url)
        office.database.migrate()
        office.an_issuer()
        yield office, url
        office.database.close()


def test_on_postgresql_two_processes_send_nothing_twice_and_a_dead_one_is_followed(
    on_postgres: tuple[Office, str], web: WebSink, mail: MailSink
) -> None:
    office, url = on_postgres
    scene = Scene(office, web, mail, url=url)
    workers = [scene.start("one"), scene.start("two")]
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    scene.check(most_twice=0)

    web.posts.clear()
    mail.raw.clear()
    again = Scene(office, web, mail, url=url)
    workers = [again.start("one", "deliver.sent:3"), again.start("two")]
    assert workers[0].wait(PATIENCE) == -signal.SIGKILL
    assert again.start("one").wait(PATIENCE) == 0
    assert workers[1].wait(PATIENCE) == 0
    again.check(most_twice=HANDS)


def test_two_processes_at_once_send_nothing_twice(prepared: Office, web: WebSink, mail: MailSink) -> None:
    scene = Scene(prepared, web, mail)
    workers = [scene.start("one"), scene.start("two")]
    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
    scene.check(most_twice=0)
