"""The embedded chain and kill -9: what was acknowledged is there, nothing is there by halves, and the chain goes on."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import fund
from ledger.chain.rpc import as_hex, members, quantity, request
from tests.chain.relentless_sender import NOBODY, send_for_ever

ROUNDS = 12
PATIENCE = 60

Start = Callable[[Path, str], tuple[BaseProcess, Connection]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts senders from a process that has loaded everything, so that each takes milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chain.relentless_sender"])
    started: list[BaseProcess] = []

    def start_one(folder: Path, moment: str) -> tuple[BaseProcess, Connection]:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=send_for_ever, args=(folder, moment, there), daemon=True)
        process.start()
        there.close()
        started.append(process)
        return process, here

    yield start_one
    for process in started:
        process.kill()
        process.join(PATIENCE)


def next_hash(heard: Connection) -> bytes:
    assert heard.poll(PATIENCE)
    return heard.recv_bytes()


@contextmanager
def reopened(folder: Path) -> Iterator[tuple[EmbeddedNode, int]]:
    """The chain after the kill, and how many blocks it has: one for each unit of money that was sent."""
    with EmbeddedNode.open(folder) as node:
        transport = node.transport()
        number = quantity(request(transport, "eth_blockNumber"))
        assert number == quantity(request(transport, "eth_getTransactionCount", as_hex(dev_account(9).address)))
        assert number == quantity(request(transport, "eth_getBalance", as_hex(NOBODY)))
        yield node, number


def test_whatever_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path, start: Start) -> None:
    chance = random.Random(20261122)  # noqa: S311 -- chooses moments, not keys
    acknowledged: set[bytes] = set()
    unheard = 0
    for _ in range(ROUNDS):
        process, heard = start(tmp_path, "any")
        acknowledged.update(next_hash(heard) for _ in range(chance.randrange(1, 6)))
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL
        with suppress(EOFError):
            while True:
                acknowledged.add(heard.recv_bytes())
        with reopened(tmp_path) as (node, number):
            for transaction_hash in acknowledged:
                receipt = members(request(node.transport(), "eth_getTransactionReceipt", as_hex(transaction_hash)))
                assert receipt["status"] == "0x1"
            # A block may be there that nobody heard of: its answer was on its way when the process died.
            assert 0 <= number - len(acknowledged) - unheard <= 1
            unheard = number - len(acknowledged)
            acknowledged.add(fund(node.transport(), NOBODY, 1).transaction_hash)


@pytest.mark.parametrize(("moment", "blocks"), [("before", 0), ("after", 1)])
def test_a_block_is_there_from_the_commit_on(tmp_path: Path, start: Start, moment: str, blocks: int) -> None:
    with reopened(tmp_path) as (_, number):
        assert number == 0
    process, heard = start(tmp_path, moment)
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(EOFError):
        heard.recv_bytes()
    with reopened(tmp_path) as (node, number):
        assert number == blocks
        fund(node.transport(), NOBODY, 1)
    with reopened(tmp_path) as (_, number):
        assert number == blocks + 1
