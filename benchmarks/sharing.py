"""How fast a share page of 30 credentials is, at 100 requests a second: `python -m benchmarks.sharing [--seconds N]`.

A learner's record of 30 credentials of three issuers, signed under both suites and anchored on the embedded chain, is
shared by ten links and served by `cairn serve` in a process of its own, on the loopback of the same machine. Requests
start on a timetable whatever the answers do (open loop), and their time counts from the moment that they were due. One
round asks for pages, one for JSON, and one for pages while a credential of the record is revoked by another process: it
says how long after that command ended the first page said so. Every answer is one that this moment's check would give;
every receipt is stored before its answer goes out.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from api.settings import Settings
from api.sharing.values import Choice
from api.site import Site
from benchmarks.campus import moment
from ledger.issuing.values import IssuerKind
from ledger.workspace import Workspace
from tests.office import drafts, learner

CREDENTIALS, ISSUERS, LINKS = 30, 3, 10
RATE, SECONDS, WARM_UP = 100, 20, 3
CONNECTIONS = 40
SERVE = (sys.executable, "-m", "api.commands")


@dataclass(frozen=True)
class Answer:
    """One request: when it was due and answered, in seconds of one clock, its status, and whether it said revoked."""

    due: float
    done: float
    status: int
    says_revoked: bool

    @property
    def milliseconds(self) -> float:
        return (self.done - self.due) * 1000


@dataclass(frozen=True)
class Ledger:
    """A data folder, the paths of the share links of one record, and a credential in it."""

    data: Path
    paths: tuple[str, ...]
    credential_id: str
    document_bytes: int


def seed(data: Path) -> Ledger:
    """Issues the credentials, gathers them into a record, and shares that by several links."""
    with Workspace.init(data, demo=True) as workspace:
        workspace.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
        credentials = []
        for number in range(ISSUERS):
            slug = f"u{number}"
            workspace.issuers.register(slug, name=f"University {number}", country="MY")
            workspace.accreditors.accredit("mqa", slug)
            rows = [
                replace(row, row=2 + at)
                for at in range(CREDENTIALS // ISSUERS)
                for row in drafts(1, code=f"module-{at}")
            ]
            batch = workspace.imports.draft_batch(slug, rows, label="Spring")
            batch = workspace.pipeline.advance(batch.id)
            credentials += [one.credential_id for one in workspace.catalog.credentials(batch=batch.id)]
        workspace.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)
        site = Site(workspace, Settings(), "http://127.0.0.1")
        try:
            wallet, _ = site.wallets.create(learner(1).email)
            arrivals = site.wallets.arrive_together(list(workspace.catalog.documents(credentials)))
            site.wallets.keep(wallet, arrivals, "ledger")
            held = [one.id for one in site.wallets.credentials(wallet)]
            made = site.records.make(wallet, held, name="Record")
            workspace.pipeline.advance(workspace.catalog.credential(made.credential_id).batch_id)
            until = int(time.time()) + 86_400
            choice = Choice(record_id=made.id)
            tokens = [site.links.create(wallet, choice, label="Shared", expires_at=until)[1] for _ in range(LINKS)]
            size = len(site.records.document(wallet, made.id))
        finally:
            site.close()
        ahead = workspace.reader.final_block().time - time.time()
    # Each block of the embedded chain is a second later than the one before, so that so many at once bear times of the
    # future; and as each of them passes, every verdict that rests on it is made anew.
    time.sleep(min(max(0.0, ahead + 1), 120))
    return Ledger(data, tuple(f"/s/{token}" for token in tokens), credentials[0], size)


@contextmanager
def served(ledger: Ledger) -> Iterator[tuple[int, int]]:
    """`cairn serve` over the folder. Gives its port and its process id."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    log = ledger.data.parent / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*SERVE, "serve", "--data", str(ledger.data), "--port", str(port)], stdout=output, stderr=output
        )
        try:
            deadline = time.monotonic() + 60
            while b"Cairn serves" not in log.read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(log.read_text())
                time.sleep(0.1)
            yield port, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, accept: str) -> tuple[int, bytes]:
    """One request on a connection that stays open: the status and the body."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return int(head.split(b" ", 2)[1]), await reader.readexactly(int(length.partition(b":")[2]))


async def load(port: int, paths: Sequence[str], accept: str, seconds: float) -> list[Answer]:
    """As many requests as are due in that time, each on a connection that is free; late ones count from when due."""
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port, limit=8 * 1024 * 1024))
    clock, begun = time.perf_counter, time.perf_counter()
    answers: list[Answer] = []

    async def one(due: float, path: str) -> None:
        connection = await free.get()
        status, body = await ask(*connection, path, accept)
        free.put_nowait(connection)
        answers.append(Answer(due, clock(), status, b"has revoked" in body))

    tasks = []
    for number, path in zip(range(int(seconds * RATE)), itertools.cycle(paths), strict=False):
        due = begun + number / RATE
        await asyncio.sleep(max(0.0, due - clock()))
        tasks.append(asyncio.create_task(one(due, path)))
    await asyncio.wait_for(asyncio.gather(*tasks), 120)
    while not free.empty():
        free.get_nowait()[1].close()
    return answers


async def revoke(data: Path, credential_id: str, after: float) -> float:
    """Revokes by the command, in a process of its own. Gives the time at which the command said that it was done."""
    await asyncio.sleep(after)
    words = ("revoke", credential_id, "--reason", "issued-in-error", "--data", str(data))
    process = await asyncio.create_subprocess_exec(*SERVE, *words, stdout=-3, stderr=asyncio.subprocess.PIPE)
    _, trouble = await process.communicate()
    if process.returncode:
        raise SystemExit(trouble.decode())
    return time.perf_counter()


def processor_seconds(process: int) -> float:
    """What a process has used of the processors so far, its ended children not counted (proc(5), stat)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(name: str, answers: Sequence[Answer], used: float) -> str:
    """A round in one line. `used` is what the server used of the processors for it, in seconds."""
    times = sorted(answer.milliseconds for answer in answers)
    marks = {"p50": statistics.median(times), "p99": times[int(len(times) * 0.99) - 1], "worst": times[-1]}
    bad = sum(answer.status != 200 for answer in answers)
    shown = "  ".join(f"{mark} {value:7.1f} ms" for mark, value in marks.items())
    each = 1000 * used / len(answers)
    return f"{name:<26}{len(answers):6} answers  {shown}  not 200: {bad}  processor {each:5.1f} ms each"


async def rounds(ledger: Ledger, port: int, process: int, seconds: float) -> None:
    for name, accept in (("page", "text/html"), ("JSON", "application/json")):
        await load(port, ledger.paths, accept, WARM_UP)
        before = processor_seconds(process)
        answers = await load(port, ledger.paths, accept, seconds)
        print(told(name, answers, processor_seconds(process) - before), flush=True)
    before = processor_seconds(process)
    loading = asyncio.create_task(load(port, ledger.paths, "text/html", seconds))
    ended = await revoke(ledger.data, ledger.credential_id, seconds / 4)
    answers = await loading
    print(told("page, revoked under way", answers, processor_seconds(process) - before))
    late = [answer for answer in answers if answer.due > ended and not answer.says_revoked]
    shown = max((answer.done for answer in late), default=ended) - ended
    print(f"asked after the revocation was final and not told of it: {len(late)}, the last {shown:.2f} s after")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=SECONDS, help="length of each round")
    seconds = min(options.parse_args().seconds, 120.0)
    print(f"{moment()}; {CREDENTIALS} credentials in a record, {RATE} requests a second for {seconds:.0f} s")
    with tempfile.TemporaryDirectory(prefix="cairn-benchmark-") as name:
        ledger = seed(Path(name) / "data")
        print(f"the record has {ledger.document_bytes:,} bytes; {LINKS} links to it")
        with served(ledger) as (port, process):
            asyncio.run(rounds(ledger, port, process, seconds))


if __name__ == "__main__":
    main()
