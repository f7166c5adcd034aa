"""How fast a record of 500 credentials from 40 issuers is made and verified: `python -m benchmarks.records`.

Forty recognised issuers give one learner 500 credentials, each signed under both suites and anchored in the issuer's
own batch. Then the record is assembled and signed, as a wallet has it made; laid out as an overview; and verified by a
verifier that asks a node over HTTP. Wall and CPU seconds of this process, best and median of five; calls of the
provider, and the time that passed in them, are counted apart.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from api.serving import collect_seldom
from api.settings import Settings
from api.site import Site
from benchmarks.campus import moment
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.rpc import Call, HttpTransport, Transport
from ledger.issuing.values import IssuerKind
from ledger.verifying.verifier import Verifier
from ledger.workspace import Workspace
from scripts.faulting.anvil import PROGRAM, Anvil, Shape
from tests.office import drafts, learner

CREDENTIALS, ISSUERS, ROUNDS = 500, 40, 5
EMAIL = learner(1).email


@dataclass
class Counting:
    """A transport that notes how often it was called, and for how long."""

    transport: Transport
    calls: int = 0
    seconds: float = 0.0
    names: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.transport.name

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        begun = time.perf_counter()
        try:
            return self.transport.request_batch(calls)
        finally:
            self.calls += 1
            self.seconds += time.perf_counter() - begun
            self.names += [method for method, _ in calls]


@contextmanager
def node() -> Iterator[str | None]:
    """A real node where the tools for contracts are installed, else the embedded chain."""
    if not PROGRAM.exists():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="cairn-benchmark-") as folder:
        anvil = Anvil(Path(folder), shape=Shape(seconds=0.1)).start()
        try:
            yield anvil.url
        finally:
            anvil.stop()


def fill(workspace: Workspace) -> None:
    """The issuers, the publisher, and what they issue."""
    workspace.accreditors.register("agency", name="Quality Agency", country="MY")
    for number in range(ISSUERS):
        slug = f"issuer-{number:02}"
        workspace.issuers.register(slug, name=f"University {number}", country="MY")
        workspace.accreditors.accredit("agency", slug)
        codes = range(number, CREDENTIALS, ISSUERS)
        rows = [
            replace(drafts(1, code=f"module-{code}")[0], awarded_on=date(2016, 1, 4) + timedelta(days=7 * code))
            for code in codes
        ]
        batch = workspace.imports.draft_batch(slug, rows, label="modules")
        workspace.pipeline.advance(batch.id)
        print(f"\rissuers: {number + 1} of {ISSUERS}", end="", file=sys.stderr, flush=True)
    workspace.issuers.register("records", name="Records", kind=IssuerKind.PUBLISHER)
    print(file=sys.stderr)


def timed(title: str, work: Callable[[], object]) -> None:
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    figures = (
        f"wall {min(walls):6.2f} s, median {statistics.median(walls):6.2f} s; CPU {statistics.median(cpus):6.2f} s"
    )
    print(f"{title:34}{figures}")


def main() -> None:
    print(moment())
    with node() as url, tempfile.TemporaryDirectory(prefix="cairn-benchmark-") as folder:
        nodes = () if url is None else (url,)
        with Workspace.init(Path(folder) / "data", rpc_urls=nodes, demo=True) as workspace:
            fill(workspace)
            measure(workspace, url or workspace.serve_chain() or "")


def measure(workspace: Workspace, url: str) -> None:
    site = Site(workspace, Settings(data=workspace.path), "http://127.0.0.1")
    collect_seldom()  # as the server does
    try:
        wallet, _ = site.wallets.create(EMAIL)
        mine = workspace.catalog.credentials(email=EMAIL, limit=1000)
        documents = list(workspace.catalog.documents([one.credential_id for one in mine]))
        arrivals = site.wallets.arrive_together(documents)
        site.wallets.keep(wallet, arrivals, "ledger")
        held = [one.id for one in site.wallets.credentials(wallet)]
        records: list[str] = []
        timed(f"a record of {len(held)}, assembled", lambda: records.append(made(site, wallet, held)))
        workspace.pipeline.advance(workspace.catalog.credential(records[-1]).batch_id)
        record = workspace.catalog.document(records[-1])
        print(f"{'':34}{len(record):,} bytes, {len({arrival.report.issuer.did for arrival in arrivals})} issuers")
        timed("its overview", lambda: site.overviews.of_wallet(wallet))
    finally:
        site.close()
    provider = Counting(HttpTransport(url))
    reader = RpcRegistryReader([provider], workspace.reader.registry, workspace.reader.chain_id)
    verifier = Verifier(workspace.policy(), {(reader.chain_id, reader.registry): reader})
    report = verifier.verify(record)
    assert report, report.message
    print(f"{'':34}{len(report.components)} valid; calls of the provider in the first: {provider.calls}")
    provider.calls, provider.seconds = 0, 0.0
    timed("verified", lambda: verifier.verify(record))
    each = f"{provider.calls / ROUNDS:g} calls of the provider, {provider.seconds / ROUNDS:.2f} s in them"
    print(f"{'':34}{each} ({', '.join(dict.fromkeys(provider.names))})")


def made(site: Site, wallet: str, held: Sequence[str]) -> str:
    """The record's id, from a wallet that holds everything; a selection, so that each time is a new one."""
    return site.records.make(wallet, held, name="Everything", selection=True).credential_id


if __name__ == "__main__":
    main()
