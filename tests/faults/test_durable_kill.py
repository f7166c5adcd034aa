"""kill -9 of the real commands, again and again: whoever comes next goes on with what was asked for, to one end.

Each process dies at a later point than the one before, so that what takes work up is killed at it too. What the engine
knows is lost on the way, and put back as it was long before: the ledger's own tables say what is left.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.chain.embedded import EmbeddedNode
from ledger.workspace import Workspace
from scripts.faulting.chain_facts import ChainFacts, read_facts
from scripts.faulting.claims import Claims, connected, read_claims
from scripts.faulting.node import Node
from scripts.faulting.program import FAILPOINT, Program, Working
from tests.office import drafts

ISSUING = (
    ("issue", "seal.signing"),
    ("work", "plan.stored"),
    ("issue", "send.sent"),
    ("work", "look.receipt"),
    ("issue", "attach.storing"),
)
SIZE = 3


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two drafted batches. Tests get a copy of it."""
    folder = tmp_path_factory.mktemp("killed") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        workspace.issuers.register("usm", name="Universiti Sains Malaysia", country="MY")
        for number in range(2):
            workspace.imports.draft_batch("usm", drafts(SIZE, first=10 * number + 1), label=f"batch {number}")
    return folder


@pytest.fixture
def program(prepared: Path, tmp_path: Path) -> Program:
    """The commands of a data folder of the test's own."""
    return Program(Path(shutil.copytree(prepared, tmp_path / "data")))


def claims(program: Program) -> Claims:
    return read_claims(program.data / "ledger.db")


def rows(program: Program, statement: str) -> list[tuple[object, ...]]:
    with connected(program.data / "ledger.db") as run:
        return [tuple(row) for row in run(statement)]


def facts(program: Program) -> ChainFacts:
    """What the chain's own events say, while no process holds it."""
    with Workspace.open(program.data) as workspace, EmbeddedNode.open(program.data / "chain") as node:
        registry = workspace.configuration.registry or b""
        return read_facts(Node(node.serve_loopback()), f"0x{registry.hex()}", "finalized")


def expect_killed(program: Program, point: str, *words: str) -> None:
    ended = program.run(*words, failpoint=point)
    assert ended.was_killed, f"{ended} and should have died at {point}"
    assert not ended.has_traceback


@contextmanager
def worker(program: Program) -> Iterator[Working]:
    working = Working(program, "work")
    try:
        yield working
    finally:
        working.die()


def wait_until(question: str, program: Program, seconds: float = 240.0) -> float:
    """Waits until a query finds something, and says how long that took."""
    begun = time.monotonic()
    while not rows(program, question):
        assert time.monotonic() - begun < seconds, f"nothing yet: {question}"
        time.sleep(0.05)
    return time.monotonic() - begun


def forget(program: Program) -> None:
    for file in program.data.glob("work.db*"):
        file.unlink()


def keep(program: Program, folder: Path) -> None:
    for file in program.data.glob("work.db*"):
        shutil.copy(file, folder)


def test_whoever_comes_next_issues_to_the_end(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {one.id: one.body for one in claims(program).of_batch(1)}
    signed: list[tuple[object, ...]] = []
    for command, point in ISSUING:
        expect_killed(program, point, command, *(["1"] if command == "issue" else []))
        if point == "seal.signing":
            keep(program, tmp_path)
        if point == "plan.stored":
            signed = rows(program, "SELECT hash, nonce FROM transactions WHERE purpose LIKE 'anchor:%'")

    forget(program)
    for file in tmp_path.glob("work.db*"):  # the engine as it was before anything was signed
        shutil.copy(file, program.data)
    with worker(program):
        seconds = wait_until("SELECT 1 FROM work_orders WHERE subject = 1 AND done_at IS NOT NULL", program)
    with capsys.disabled():
        sys.stdout.write(f"[final {seconds:.1f} s after the restart] ")

    batch, found = claims(program).batches[1], facts(program)
    assert found.anchors == {(batch.issuer, batch.root): 1}
    assert {one.id: one.body for one in claims(program).of_batch(1)} == before
    assert signed == rows(program, "SELECT hash, nonce FROM transactions WHERE purpose LIKE 'anchor:%'")
    assert rows(program, "SELECT count(*) FROM anchor_proofs WHERE batch = 1") == [(SIZE,)]
    assert rows(program, "SELECT count(*) FROM events WHERE kind = 'batch.final'") == [(1,)]


def test_what_was_asked_to_be_revoked_is_revoked_once(program: Program) -> None:
    assert program.run("issue", "1").code == 0
    revoked, *others = claims(program).of_batch(1)
    words = ("revoke", revoked.id, "--reason", "issued-in-error")
    expect_killed(program, "status.stored", *words)
    assert rows(program, "SELECT count(*) FROM status_calls") == [(1,)]
    expect_killed(program, "send.sent", *words)

    forget(program)
    with worker(program) as working:
        wait_until("SELECT 1 FROM status_calls WHERE state = 'final'", program)
        # Beside a worker no command works itself, and no other may begin.
        refused = program.run("work")
        assert (refused.code, refused.out) == (1, "")
        assert refused.err == f"cairn: another process works for {program.data} already; end it first\n"
        handed = program.run("issue", "2", "--json")
        assert handed.code == 0, handed
        assert not working.is_over

    assert facts(program).revoked == {(revoked.issuer, revoked.status_index)}
    assert rows(program, "SELECT count(*) FROM status_calls") == [(1,)]
    assert {one.status for one in claims(program).of_batch(1) if one in others} == {"active"}
    assert claims(program).batches[2].is_finished


def test_a_command_whose_worker_dies_goes_on_itself(program: Program, tmp_path: Path) -> None:
    log = tmp_path / "work.log"
    dying = program.start("work", environment={FAILPOINT: "send.sent"}, log=log)
    deadline = time.monotonic() + 240
    while "Cairn works" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)

    done = program.run("issue", "2", "--json")

    assert dying.wait(240) < 0
    assert (done.code, done.has_traceback) == (0, False), done
    assert list(facts(program).anchors.values()) == [1]
