"""Registries to test against: in memory, on the embedded chain, and on anvil where it is installed."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import keccak
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import Account, Address, Receipt, Registry, RegistryCall, SignedTransaction, perform
from ledger.chain.rpc import HttpTransport, Transport, request
from tests.chain.desk import SEPOLIA, Desk
from tests.fakes import START, MemoryRegistry, fake_account

_ANVIL = Path(__file__).parents[2] / "contracts" / "node_modules" / ".bin" / "anvil"


_salts = count()


def another_salt() -> bytes:
    """For a registry of one's own on a chain that tests share."""
    return keccak(f"test {next(_salts)}".encode())


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    now: int = START

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """A fresh registry, accounts that can pay, and a hand on the clock."""

    name: str
    registry: Registry
    account: Callable[[int], Account]
    advance: Callable[[int], None]

    def do(self, call: RegistryCall, account: int = 0) -> Receipt:
        return perform(self.registry, call, self.account(account), timeout=120)

    def send(self, transaction: SignedTransaction) -> Receipt:
        """Sends and waits for the block: a node may take a moment to make it."""
        self.registry.send(transaction)
        deadline = time.monotonic() + 120
        while (receipt := self.registry.receipt(transaction.hash)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return receipt


@dataclass
class Embedded:
    """An open embedded node with a registry on it."""

    folder: Path
    node: EmbeddedNode
    address: Address
    clock: Clock = field(default_factory=Clock)

    @property
    def transport(self) -> Transport:
        return self.node.transport()

    def reader(self, *transports: Transport) -> RpcRegistryReader:
        return RpcRegistryReader(transports or [self.transport], self.address, EMBEDDED_CHAIN_ID)

    @property
    def registry(self) -> EthereumRegistry:
        return EthereumRegistry(self.reader(), self.transport)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    clock = Clock()
    with EmbeddedNode.open(tmp_path / "chain", clock=clock) as node:
        address = deploy(node.transport(), dev_account(0), chain_id=EMBEDDED_CHAIN_ID)
        yield Embedded(tmp_path / "chain", node, address, clock)


def _missing(what: str) -> None:
    reason = f"{what} is not installed (npm ci in contracts/)"
    if os.environ.get("CAIRN_FULL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an anvil whose blocks become safe two blocks later and final four blocks later."""
    with running_anvil(tmp_path_factory.mktemp("anvil"), ANVIL_CHAIN_ID) as url:
        yield url


@pytest.fixture(scope="session")
def public_anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As `anvil`, under the id of Sepolia: a chain on which nobody gives money away. Use it through `public_node`."""
    with running_anvil(tmp_path_factory.mktemp("public"), SEPOLIA) as url:
        yield url


@pytest.fixture
def public_node(public_anvil: str) -> Iterator[str]:
    """A public chain as it was when it began: whatever a test does there is undone."""
    with HttpTransport(public_anvil) as transport:
        begun = request(transport, "evm_snapshot")
        yield public_anvil
        request(transport, "evm_revert", begun)


@pytest.fixture
def desk(
    public_node: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.delenv("CAIRN_PASSPHRASE_FILE", raising=False)
    with HttpTransport(public_node) as transport:
        yield Desk(public_node, tmp_path, capfd, transport)


@contextmanager
def running_anvil(folder: Path, chain_id: int, *, port: str = "0") -> Iterator[str]:
    """Runs an anvil, on a free port if none is given, and gives its URL.

    Skips where it is not installed; with CAIRN_FULL=1 that is a failure.
    """
    if not _ANVIL.exists():
        _missing("anvil")
    command = [str(_ANVIL), "--port", port, "--slots-in-an-epoch", "2", "--chain-id", str(chain_id)]
    log = folder / "log"
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            yield _url_in(log)
        finally:
            process.kill()


def _url_in(log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if found := re.search(r"Listening on (127\.0\.0\.1:\d+)", log.read_text()):
            return f"http://{found[1]}"
        time.sleep(0.05)
    pytest.fail(f"anvil did not start: {log.read_text()[-500:]}")


@pytest.fixture(params=["memory", "embedded", pytest.param("anvil", marks=pytest.mark.node)])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "memory":
        return _in_memory()
    if request.param == "embedded":
        return _on_embedded(request.getfixturevalue("embedded"))
    return _on_anvil(request.getfixturevalue("anvil"))


def _in_memory() -> Bench:
    registry = MemoryRegistry()

    def advance(seconds: int) -> None:
        registry.time = max(registry.time, registry.head.time) + seconds

    return Bench("memory", registry, lambda index: fake_account(str(index)), advance)


def _on_embedded(embedded: Embedded) -> Bench:
    def advance(seconds: int) -> None:
        embedded.clock.now = max(embedded.clock.now, embedded.registry.final_block().time) + seconds

    return Bench("embedded", embedded.registry, dev_account, advance)


def _on_anvil(url: str) -> Bench:
    transport = HttpTransport(url)
    address = deploy(transport, dev_account(0), chain_id=ANVIL_CHAIN_ID, salt=another_salt())
    reader = RpcRegistryReader([transport], address, ANVIL_CHAIN_ID, "latest")

    def advance(seconds: int) -> None:
        request(transport, "evm_increaseTime", seconds)

    return Bench("anvil", EthereumRegistry(reader, transport), dev_account, advance)
