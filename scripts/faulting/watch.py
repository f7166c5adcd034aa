"""Looks over the program's shoulder while a fault goes on: is anything called final that no final block holds yet?"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from scripts.faulting.chain_facts import read_facts
from scripts.faulting.claims import Claims
from scripts.faulting.truths import FINAL, REVOKED, Findings, check_claims

if TYPE_CHECKING:
    from scripts.faulting.world import World

_SECONDS = 0.2


class Watch:
    """From `start` to `stop` it holds each new claim against the chain: first the claim is read, then the chain."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: set[object] = set()
        self._findings = Findings()
        self._missed = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Watch:
        self._known = finals(self._world.claims())
        self._thread.start()
        return self

    def stop(self) -> Findings:
        """What was claimed and was not true when it was claimed."""
        self._stopping.set()
        self._thread.join(timeout=10)
        return self._findings

    def _run(self) -> None:
        while not self._stopping.wait(_SECONDS):
            try:
                self.look()
            except Exception:  # noqa: BLE001 - the row may have taken the node or the database away for a moment
                self._missed += 1

    def look(self) -> None:
        claims = self._world.claims()
        new = finals(claims) - self._known
        if new:
            found = check_claims(claims, read_facts(self._world.chain.node, self._world.template.registry, "finalized"))
            self._findings.false_final += [f"meanwhile {sentence}" for sentence in found.false_final]
            self._known |= new


def finals(claims: Claims) -> set[object]:
    """Everything that is called final or revoked."""
    batches = {batch.id for batch in claims.batches.values() if batch.state == FINAL}
    return batches | {one.id for one in claims.credentials.values() if one.status == REVOKED}
