"""Remembered verdicts: only for as long as a fresh check could come to no other."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.remembering import TOKEN_SECONDS, Remembered, State, Together
from ledger.chain.registry import Address, BlockRef
from ledger.errors import RegistryUnreachable
from ledger.verifying.report import ChainFacts, Check, IssuerFacts, Outcome, VerificationReport

TOKEN = b"aa.bb.cc"
NOW = 1_772_500_000.0


@dataclass
class Scene:
    """A chain, a clock and a verifier that counts. `makes` says what it finds."""

    block: bytes = b"\x01" * 32
    doubts: frozenset[bytes] = frozenset()
    now: float = NOW
    checks: int = 0
    unreachable: bool = False
    makes: dict[str, Any] = field(default_factory=dict)

    def state(self) -> State:
        if self.unreachable:
            raise RegistryUnreachable("no node answers")
        return self.block, self.doubts

    def verify(self, _: bytes) -> VerificationReport:
        self.checks += 1
        check = Check("status", self.makes.get("outcome", Outcome.VALID), self.makes.get("code", "ok"), "Said.")
        inclusion = Check("inclusion", self.makes.get("inclusion", Outcome.VALID), "ok", "Said.")
        chain = ChainFacts(1, Address(bytes(20)), "embedded", "Chain", BlockRef(1, self.block, 1))
        return VerificationReport(
            Outcome.VALID, "valid", "Said.", (inclusion, check), b"", IssuerFacts(None, None),
            None if self.makes.get("off_ledger") else chain, document=self.makes.get("document", {}),
        )  # fmt: skip

    def remembered(self) -> Remembered:
        return Remembered(self.state, lambda: self.now)


def ask(scene: Scene, memory: Remembered, document: bytes = b"{}", policy: str = "policy") -> VerificationReport:
    return memory.report(document, policy, scene.verify)


def test_one_check_is_enough_until_block_doubts_policy_or_document_change() -> None:
    scene = Scene()
    memory = scene.remembered()
    assert ask(scene, memory) is ask(scene, memory)
    assert scene.checks == 1
    scene.block = b"\x02" * 32
    ask(scene, memory)
    assert scene.checks == 2
    scene.doubts = frozenset({b"root"})
    ask(scene, memory)
    ask(scene, memory, policy="another")
    ask(scene, memory, document=b"[]")
    assert scene.checks == 5


@pytest.mark.parametrize(
    "makes",
    [
        {"outcome": Outcome.INDETERMINATE, "code": "registry_unreachable"},
        {"inclusion": Outcome.INVALID},
        {"off_ledger": True},
    ],
)
def test_what_is_open_or_not_on_a_final_block_is_checked_each_time(makes: dict[str, Any]) -> None:
    scene = Scene(makes=makes)
    memory = scene.remembered()
    for times in (1, 2):
        ask(scene, memory)
        assert scene.checks == times


def test_what_nobody_can_ever_find_out_is_remembered() -> None:
    scene = Scene(makes={"outcome": Outcome.INDETERMINATE, "code": "no_anchor_proof"})
    memory = scene.remembered()
    ask(scene, memory)
    ask(scene, memory)
    assert scene.checks == 1


def test_a_verdict_goes_with_the_next_date_that_the_document_names() -> None:
    until = {"validFrom": "2020-01-01T00:00:00Z", "credentialSubject": [{"validUntil": "2026-03-03T01:06:50Z"}]}
    scene = Scene(makes={"document": until})  # ten seconds from now
    memory = scene.remembered()
    ask(scene, memory)
    scene.now = NOW + 9
    ask(scene, memory)
    assert scene.checks == 1
    scene.now = NOW + 10
    ask(scene, memory)
    assert scene.checks == 2


def test_the_verdict_on_a_token_is_kept_for_seconds_only() -> None:
    scene = Scene()
    memory = scene.remembered()
    ask(scene, memory, TOKEN)
    scene.now += TOKEN_SECONDS
    ask(scene, memory, TOKEN)
    assert scene.checks == 2


def test_while_no_node_answers_nothing_remembered_is_given() -> None:
    scene = Scene()
    memory = scene.remembered()
    ask(scene, memory)
    scene.unreachable = True
    ask(scene, memory)
    assert scene.checks == 2


def test_those_who_wait_together_share_a_question_that_was_put_after_they_came() -> None:
    begun: list[int] = []
    first, go = threading.Event(), threading.Event()

    def question() -> int:
        begun.append(len(begun))
        first.set()
        go.wait(60)
        return begun[-1]

    together = Together(question)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(together.answer())) for _ in range(8)]
    threads[0].start()
    assert first.wait(60)
    for thread in threads[1:]:
        thread.start()
    while together._next is None:
        time.sleep(0.001)
    go.set()
    for thread in threads:
        thread.join(60)
    assert answers[0] == 0
    assert min(answers[1:]) >= 1  # nobody got the answer to a question from before
    assert len(begun) <= len(threads)
