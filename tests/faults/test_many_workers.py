"""Several workers on one PostgreSQL database: what a dead or paused one held goes on elsewhere, and nothing is doubled.

The chain is this process's own, so that it outlives every worker.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import func, select

from ledger.durable.routine import AWARD_SECONDS
from ledger.durable.running import waiting
from ledger.durable.workers import Workers
from ledger.issuing.tables import BatchRow
from ledger.issuing.values import Awarding, CredentialKind, StoredCredential
from ledger.workspace import Workspace
from scripts.faulting.chain_facts import ChainFacts, read_facts
from scripts.faulting.claims import connected
from scripts.faulting.node import Node
from scripts.faulting.program import FAILPOINT, Program, kill
from tests.office import drafts, pathway_file, programme_file
from tests.postgres import postgres_server


@dataclass
class Campus:
    """A data folder whose ledger is on a server, and the workers that were started for it."""

    workspace: Workspace
    node_url: str
    folder: Path
    started: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    @property
    def program(self) -> Program:
        return Program(self.workspace.path)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def start(self, name: str, **environment: str) -> None:
        """Starts a worker, and waits until it works."""
        log = self.folder / f"{name}.log"
        words = ("work", "--name", name)
        self.started[name] = self.program.start(*words, environment=environment, log=log)
        wait_until(lambda: "Cairn works" in self.log(name), lambda: self.log(name))

    def only(self, *names: str) -> None:
        """Has the workers of these names at work and nobody else: other tests may have left some, or ended them."""
        running = {name for name, process in self.started.items() if process.poll() is None}
        for name in running.difference(names):
            kill(self.started[name])
            self.started[name].wait()
        for name in set(names) - running:
            self.start(name)
        alive = Workers(self.workspace.database).alive
        wait_until(lambda: alive() == set(names), lambda: f"{alive()} are at work")

    def issue(self, count: int) -> list[int]:
        """Drafts batches and asks for them, without telling anybody."""
        first = 1 + sum(batch.size for batch in self.workspace.catalog.batches())
        made = [
            self.workspace.imports.draft_batch("usm", drafts(2, first=first + 2 * number), label=f"from {first}").id
            for number in range(count)
        ]
        for batch in made:
            waiting(self.workspace).issue(batch)
        return made

    def wait_final(self, batches: list[int]) -> float:
        """Waits until they are final and proved, and says how long that took."""
        begun = time.monotonic()
        catalog = self.workspace.catalog
        wait_until(lambda: all(catalog.batch(batch).is_finished for batch in batches), lambda: str(batches))
        return time.monotonic() - begun

    def holder(self) -> str | None:
        """The worker that has a job, by the engine's own book."""
        url = self.workspace.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with connected(url) as run:
            found = run("SELECT executor_id FROM dbos.workflow_status WHERE status = 'PENDING'")
        return found[0][0] if found else None

    def facts(self) -> ChainFacts:
        registry = self.workspace.configuration.registry or b""
        return read_facts(Node(self.node_url), f"0x{registry.hex()}", "finalized")


def wait_until(question: Callable[[], bool], said: Callable[[], str], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, said()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    folder = tmp_path_factory.mktemp("workers")
    with (
        postgres_server() as url,
        Workspace.init(folder / "data", database_url=url, demo=True) as workspace,
    ):
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        campus = Campus(workspace, workspace.serve_chain() or "", folder)
        yield campus
        for process in campus.started.values():
            if process.poll() is None:
                kill(process)
                process.wait()


def test_another_worker_goes_on_where_one_died(campus: Campus, capsys: pytest.CaptureFixture[str]) -> None:
    campus.only()
    before = campus.facts().anchors
    campus.start("one", **{FAILPOINT: "send.sent"})
    batches = campus.issue(3)
    assert campus.started["one"].wait(240) == -signal.SIGKILL
    died = time.monotonic()
    campus.start("two")
    campus.wait_final(batches)
    with capsys.disabled():
        sys.stdout.write(f"[all final {time.monotonic() - died:.1f} s after the other died] ")

    assert "worker one is gone" in campus.log("two")
    assert [count for anchor, count in campus.facts().anchors.items() if anchor not in before] == [1, 1, 1]


def test_two_workers_do_nothing_twice_and_a_name_works_once(campus: Campus) -> None:
    campus.only("one", "two")
    before = len(campus.facts().anchors)
    batches = campus.issue(6)

    refused = campus.program.run("work", "--name", "two")

    assert (refused.code, refused.err.count("\n"), refused.has_traceback) == (1, 1, False)
    assert "a worker named two is at work already" in refused.err
    campus.wait_final(batches)
    anchors = campus.facts().anchors
    assert len(anchors) == before + 6
    assert set(anchors.values()) == {1}
    assert Workers(campus.workspace.database).alive() == {"one", "two"}


def test_a_paused_worker_is_replaced_and_stops_when_it_wakes_up(campus: Campus) -> None:
    campus.only("one", "two")
    batch = campus.workspace.imports.draft_batch("usm", drafts(1, first=500), label="act").id
    # An act that nobody submits: its job lasts.
    waiting(campus.workspace).issue(batch, sponsor=str(campus.folder / "acts"), days=7)
    wait_until(lambda: campus.workspace.catalog.batch(batch).act is not None, lambda: campus.log("two"))
    wait_until(lambda: campus.holder() is not None, lambda: campus.log("two"))
    paused = campus.holder()
    assert paused in {"one", "two"}
    other = ({"one", "two"} - {paused}).pop()

    campus.started[paused].send_signal(signal.SIGSTOP)
    wait_until(lambda: campus.holder() == other, lambda: campus.log(other))
    campus.started[paused].send_signal(signal.SIGCONT)

    assert campus.started[paused].wait(240) == 1
    said = "cairn: another process has taken this worker's name and its work\n"
    assert campus.log(paused).endswith(said)
    assert Workers(campus.workspace.database).alive() == {other}
    assert campus.started[other].poll() is None


def test_who_completes_a_pathway_is_awarded_once_whoever_works(campus: Campus) -> None:
    workspace, modules, learners = campus.workspace, ("needs", "models"), 4
    workspace.programmes.add("usm", programme_file(*modules, award="design"))
    pathway, _ = workspace.pathways.publish("usm", pathway_file(*modules, award="design"))
    workspace.pathways.set_awarding(pathway.pathway_id, Awarding.AUTO)
    campus.start("three")
    if len(Workers(workspace.database).alive()) < 2:  # no test before this one left a worker
        campus.start("four")
    batches = [
        workspace.imports.draft_batch("usm", drafts(learners, code=code, first=2000), label=code).id for code in modules
    ]
    for batch in batches:
        waiting(workspace).issue(batch)

    def awards() -> list[StoredCredential]:
        return list(workspace.catalog.credentials(issuer="usm", kind=CredentialKind.AWARD))

    wait_until(lambda: len(awards()) == learners, lambda: campus.log("three"))
    campus.wait_final(sorted({award.batch_id for award in awards()}))
    time.sleep(2 * AWARD_SECONDS)  # each worker has looked once more

    assert len({award.learner_id for award in awards()}) == len(awards()) == learners
    assert set(campus.facts().anchors.values()) == {1}


def test_a_reading_session_is_one_snapshot(campus: Campus) -> None:
    workspace, counts = campus.workspace, select(func.count()).select_from(BatchRow)
    with workspace.database.reading() as session:
        before = session.exec(counts).one()
        workspace.imports.draft_batch("usm", drafts(1, first=900), label="meanwhile")
        assert session.exec(counts).one() == before
    assert len(workspace.catalog.batches()) == before + 1
