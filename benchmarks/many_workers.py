"""Eight workers and two hundred small batches: `python -m benchmarks.many_workers [--workers 8] [--batches 200]`.

PostgreSQL, `cairn work --name wN`, anvil with a block a second, four issuers; without faults, and with a node that
breaks one answer in twenty. At the end every batch is final with its proofs, and has one `Anchored` event.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.campus import Campus, campus, moment
from ledger.chain.events import Anchored
from ledger.chain.history import read_events
from ledger.chain.rpc import HttpTransport
from ledger.durable.running import waiting
from ledger.durable.workers import Workers
from ledger.workspace import Workspace
from scripts.faulting.faults import Fault, Mode
from scripts.faulting.postgres import Postgres
from scripts.faulting.program import kill
from scripts.faulting.proxy import FaultProxy
from scripts.faulting.template import PROGRAMME, point_at

ISSUERS = ("um", "usm", "ukm", "upm")
SIZE = 5
FAULTS = (
    Fault(Mode.DROP, done=False, times=None),
    Fault(Mode.DROP, done=True, times=None),
    Fault(Mode.STATUS, done=True, times=None, status=502),
    Fault(Mode.TRUNCATE, done=True, times=None),
)
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Run:
    """How one run went. `seconds` is from the moment the orders were placed, with every worker at work already."""

    seconds: float
    batches: int
    events: Counter[bytes]
    requests: int
    faults: int
    memory: float

    @property
    def is_exact(self) -> bool:
        """Whether every batch has one event, and there is no other."""
        return len(self.events) == self.batches and set(self.events.values()) == {1}


def run(chosen: argparse.Namespace, *, faulty: bool) -> Run:
    with tempfile.TemporaryDirectory(prefix="cairn-postgres-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder)).make().start()
        stack.callback(server.stop)
        made = stack.enter_context(campus(seconds=1, issuers=ISSUERS, database_url=server.sqlalchemy_url))
        proxy = FaultProxy(made.anvil.url, seed=1).start()
        stack.callback(proxy.stop)
        point_at(made.data, [proxy.url])
        with Workspace.open(made.data) as workspace:
            batches = drafted(made, workspace, chosen.batches)
            working = [stack.enter_context(worker(made, f"w{number + 1}")) for number in range(chosen.workers)]
            until(lambda: len(Workers(workspace.database).alive()) == chosen.workers, 180.0, "workers")
            armed = [proxy.arm(replace(fault, chance=chosen.faults / len(FAULTS))) for fault in FAULTS if faulty]
            asked = sum(proxy.seen.values())
            began = time.monotonic()
            dispatcher = waiting(workspace)
            for batch in batches:
                dispatcher.issue(batch)
            until(lambda: are_final(workspace), chosen.patience, "batches")
            seconds = time.monotonic() - began
            memory = sum(resident(one) for one in working)
            proxy.disarm()
            events = Counter(event.root for event in anchored(made, workspace))
        return Run(
            seconds, len(batches), events, sum(proxy.seen.values()) - asked, sum(one.struck for one in armed), memory
        )


def drafted(made: Campus, workspace: Workspace, count: int) -> list[int]:
    """Drafts small batches of every issuer in turn, and gives their ids. Drafting is not what is measured."""
    files = [made.write_rows(1000 + number * SIZE, SIZE) for number in range(count)]
    return [
        workspace.imports.import_rows(
            ISSUERS[number % len(ISSUERS)], PROGRAMME, file.read_bytes(), label=f"batch {number}"
        ).id
        for number, file in enumerate(files)
    ]


@contextmanager
def worker(made: Campus, name: str) -> Iterator[subprocess.Popen[str]]:
    process = made.program.start("work", "--name", name, log=made.data.parent / f"{name}.log")
    try:
        yield process
    finally:
        kill(process)
        process.wait()


def until(is_so: Callable[[], bool], patience: float, what: str) -> None:
    """Raises SystemExit if it takes longer than `patience` seconds."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} were not ready within {patience:,.0f} seconds")
        time.sleep(LOOK_SECONDS)


def are_final(workspace: Workspace) -> bool:
    return not workspace.catalog.unfinished_batches()


def anchored(made: Campus, workspace: Workspace) -> list[Anchored]:
    """Every `Anchored` event of the chain, by its own logs."""
    with HttpTransport(made.anvil.url) as transport:
        last = int(made.anvil.node.call("eth_blockNumber"), 16)
        parts = read_events(transport, workspace.reader.registry, first=0, last=last)
        return [event for _, events in parts for event in events if isinstance(event, Anchored)]


def resident(process: subprocess.Popen[str]) -> float:
    """MiB that a process holds in memory now."""
    told = Path(f"/proc/{process.pid}/status").read_text()
    return int(told.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--faults", type=float, default=0.05, help="the part of the node's answers that are broken")
    parser.add_argument("--patience", type=float, default=600.0)
    chosen = parser.parse_args()
    print(f"{chosen.workers} workers, {chosen.batches} batches of {SIZE}, {moment()}")
    runs = {faulty: run(chosen, faulty=faulty) for faulty in (False, True)}
    for faulty, one in runs.items():
        told = f"{one.faults:,} of {one.requests:,} requests broken" if faulty else f"{one.requests:,} requests"
        print(f"{one.seconds:7.1f} s, {told}, {one.memory / chosen.workers:.0f} MiB a worker")
        if not one.is_exact:
            raise SystemExit(f"{len(one.events)} roots for {one.batches} batches: {one.events.most_common(3)}")
    print(f"every batch final, one event each; {runs[True].seconds / runs[False].seconds:.2f} × the time with faults")


if __name__ == "__main__":
    main()
