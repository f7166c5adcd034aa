"""One run's world: a copy of the template with a chain of its own, and the nodes through which the program sees it."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.faulting.anvil import Anvil
from scripts.faulting.claims import Claims, as_bytes, change, connected, read_claims
from scripts.faulting.postgres import Postgres
from scripts.faulting.program import Ended, Program, Working
from scripts.faulting.proxy import FaultProxy
from scripts.faulting.site import Site
from scripts.faulting.stage import RowFailed, Skipped, Stage
from scripts.faulting.template import DRAFTED, ISSUER, SETTLED, Template, point_at, point_at_database, rows

_ISSUED = ("final",)


@dataclass
class Promises:
    """What the program has acknowledged to whoever asked: it must hold whatever happens after."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    revocations: set[str] = field(default_factory=set)
    batches: set[int] = field(default_factory=set)
    """Batches that were asked to be issued: at the end they are final."""


class World:
    """Everything that a row works with. It ends nothing but what it started."""

    def __init__(self, template: Template, stage: Stage, folder: Path, seed: int) -> None:
        self.template = template
        self.stage = stage
        self.folder = folder
        self.data = folder / "data"
        self.random = random.Random(f"{stage.name} {seed}")  # noqa: S311 - a run can be had again
        self.program = Program(self.data)
        self.chain = Anvil(folder, template.chain, stage.shape)
        self.proxies: list[FaultProxy] = []
        self._sites: list[Site] = []
        self._working: list[Working] = []
        self._chains: list[Anvil] = []
        self.promises = Promises()
        self.batch = self.random.choice(sorted(DRAFTED))
        self.database: Path | str = self.data / "ledger.db"
        self._server: Postgres | None = None
        self.resumed_in = 0.0
        """The longest time that a restart took to finish what was broken off, in seconds."""

    @property
    def proxy(self) -> FaultProxy:
        """The first node, or the only one: the one that transactions go to."""
        return self.proxies[0]

    @property
    def postgres(self) -> Postgres:
        """The database server of this run."""
        if self._server is None:
            raise Skipped("this row is about a database server")
        return self._server

    def open(self, seed: int) -> None:
        shutil.copytree(self.template.data, self.data)
        if self.template.cluster is not None:
            self._server = Postgres(self.folder).copy(self.template.cluster).start()
            self.database = self._server.url
            point_at_database(self.data, self._server.sqlalchemy_url)
        self.chain.start()
        for number in range(self.stage.nodes):
            self.proxies.append(FaultProxy(self.chain.url, seed + number).start())
        self.listen_to_proxies()
        for claim in self.claims().credentials.values():
            self.promises.bodies[claim.id] = claim.body or b""

    def close(self) -> None:
        self.end_processes()
        for proxy in self.proxies:
            proxy.stop()
        if self._server is not None:
            self._server.crash()
        for chain in (self.chain, *self._chains):
            chain.stop()

    def end_processes(self) -> None:
        """Ends every process of the program that this run started."""
        for site in self._sites:
            site.die()
        for working in self._working:
            working.die()

    def listen_to_proxies(self) -> None:
        """The program asks the fault proxies, as it does from the start."""
        point_at(self.data, [proxy.url for proxy in self.proxies])

    def site(self) -> Site:
        """A serving process, not started yet. It ends with this world at the latest."""
        site = Site(self.program, self.template.api_key)
        self._sites.append(site)
        return site

    def claims(self) -> Claims:
        return read_claims(self.database)

    def change_database(self, *statements: str) -> None:
        change(self.database, statements)

    # --- what a row asks of the program ---

    def issue(self, *, failpoint: str | None = None, seconds: float = 60.0) -> Ended:
        """`cairn issue` of this run's batch. From now on it must become final."""
        self.promises.batches.add(self.batch)
        return self.program.run("issue", str(self.batch), "--json", failpoint=failpoint, seconds=seconds)

    def accept_holds(self) -> None:
        """A person answers for what stops issuing, if anything does."""
        found = json.loads(self.program.run("reconcile", "--json").out)
        numbers = [word for hold in found["holds"] for word in ("--accept", str(hold["id"]))]
        if numbers:
            self.expect_plain(self.program.run("reconcile", *numbers, "--by", "the harness"))

    def begin_issuing(self) -> Working:
        """`cairn issue` of this run's batch, beside whatever the row does meanwhile."""
        self.promises.batches.add(self.batch)
        working = Working(self.program, "issue", str(self.batch), "--json")
        self._working.append(working)
        return working

    def verify(self, name: str, *options: str) -> Ended:
        """`cairn verify` of a credential of this ledger, through the nodes of its data folder."""
        file = self.folder / f"{name.rpartition(':')[2]}.json"
        file.write_bytes(self.document(name))
        return self.expect_plain(self.program.run("verify", str(file), "--json", *options))

    def document(self, name: str) -> bytes:
        from ledger.workspace import Workspace

        with Workspace.open(self.data) as workspace:
            return workspace.catalog.document(name)

    def import_learners(self, count: int, first: int, *, failpoint: str | None = None) -> Ended:
        """`cairn import` of new learners. What it acknowledges is a promise."""
        file = self.folder / f"learners-{first}.csv"
        file.write_text(rows(first, count), encoding="utf-8")
        ended = self.program.run("import", str(file), "--issuer", ISSUER, "--json", failpoint=failpoint)
        if ended.code == 0:
            self.promise_batch(int(ended.value["id"]))
        return ended

    def promise_batch(self, batch: int) -> None:
        """Notes the documents of a batch whose drafting was acknowledged."""
        for claim in self.claims().of_batch(batch):
            self.promises.bodies[claim.id] = claim.body or b""

    def revoke(self, *names: str, failpoint: str | None = None) -> Ended:
        """`cairn revoke`. Once it was acknowledged, it must be on chain or show as pending."""
        words = ("revoke", *names, "--reason", "assessment-invalid", "--json")
        ended = self.program.run(*words, failpoint=failpoint)
        if ended.code == 0:
            self.promises.revocations |= set(names)
        return ended

    def settled(self) -> list[str]:
        """The credentials of the batch that was final from the start."""
        return [claim.id for claim in self.claims().of_batch(SETTLED)]

    def state(self) -> str:
        """Where this run's batch stands, as the database says."""
        return self.claims().batches[self.batch].state

    def transaction(self) -> str | None:
        """The transaction that anchors this run's batch, as `cairn status` shows it."""
        shown = self.expect_done(self.program.run("status", "--json")).value["batches"]
        return next((one["tx"] for one in shown if one["id"] == self.batch), None)

    # --- what a row demands ---

    def expect(self, condition: object, otherwise: str) -> None:
        if not condition:
            raise RowFailed(otherwise)

    def until(self, condition: Callable[[], object], what: str, seconds: float = 180.0) -> None:
        """Waits until something comes true; the row fails if it does not."""
        deadline = time.monotonic() + seconds
        while not condition():
            self.expect(time.monotonic() < deadline, f"not after {seconds:.0f} s: {what}")
            time.sleep(0.05)

    def expect_killed(self, ended: Ended, point: str) -> None:
        self.expect(ended.was_killed, f"failpoint never reached: {point} ({ended})")

    def expect_done(self, ended: Ended) -> Ended:
        """The command succeeded, in the time that a restart may take to resume."""
        self.expect(ended.code == 0, f"after the fault {ended}")
        self.resumed_in = max(self.resumed_in, ended.seconds)
        return ended

    def expect_plain(self, ended: Ended) -> Ended:
        """Whatever came out, it was said in plain words."""
        self.expect(not ended.has_traceback, f"a traceback: {ended}")
        return ended

    def recover(self) -> None:
        """Starts the program again until what was asked for is done, as an operator would."""
        left = [batch for batch in sorted(self.promises.batches) if not self._is_finished(batch)]
        if left:
            self.expect_done(self.program.run("issue", *(str(left[0]),) if len(left) == 1 else (), "--json"))

    def _is_finished(self, batch: int) -> bool:
        claim = self.claims().batches.get(batch)
        return claim is not None and claim.state in _ISSUED and claim.is_finished

    # --- what a row measures ---

    def sent_by(self, role: str = "anchoring") -> int:
        """How many transactions of an operator of the issuer are in blocks."""
        return self.chain.node.nonce(self.operator(role))

    def operator(self, role: str = "anchoring") -> str:
        """The address of an operator of the issuer."""
        with connected(self.database) as run:
            (found,) = run(f"SELECT {role} FROM issuers WHERE slug = '{ISSUER}'")  # noqa: S608 - our own words
        return "0x" + as_bytes(found[0]).hex()

    def tell_truth(self) -> None:
        """Every node tells the truth from here on."""
        for proxy in self.proxies:
            proxy.disarm()

    def owns(self, chain: Anvil) -> None:
        """Another chain that ends with this world."""
        self._chains.append(chain)
