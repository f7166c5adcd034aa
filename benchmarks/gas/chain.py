"""One anvil for a whole run, whose blocks have the same numbers and times in each run, so that figures repeat."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from eth_abi.abi import decode, encode
from eth_abi.grammar import TupleType, parse

from benchmarks.gas.packages import BenchmarkFailed
from ledger.chain.addresses import keccak
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.registry import Address
from ledger.chain.rpc import HttpTransport, as_hex, data, members, quantity, request

_Item = TypeVar("_Item")
_ANVIL = Path(__file__).resolve().parents[2] / "contracts" / "node_modules" / ".bin" / "anvil"
START = 1_800_000_000
_SECONDS_A_BLOCK = 12
MOST_GAS = 2**24
"""What one transaction may use at most on Ethereum (EIP-7825)."""


@dataclass(frozen=True)
class Mined:
    """A transaction in its block. `logs` are pairs of topics and data."""

    hash: bytes
    gas: int
    block: int
    created: Address | None
    logs: tuple[tuple[tuple[bytes, ...], bytes], ...]


class Chain:
    """Sends in the name of any account, at no price."""

    def __init__(self, transport: HttpTransport) -> None:
        self.transport = transport

    def describe(self) -> tuple[str, str]:
        """The node's version, without the commit it was built from, and its hard fork."""
        version = str(request(self.transport, "web3_clientVersion"))
        return version.replace("/v", " ").split("-")[0], str(
            members(request(self.transport, "anvil_nodeInfo"))["hardFork"]
        )

    def send(self, sender: Address, to: Address | None, payload: bytes) -> Mined:
        """Sends and waits for the block. Raises `BenchmarkFailed` if it reverts."""
        transaction = {"from": as_hex(sender), "data": as_hex(payload), "gas": hex(MOST_GAS), "gasPrice": "0x0"}
        if to is not None:
            transaction["to"] = as_hex(to)
        digest = data(request(self.transport, "eth_sendTransaction", transaction), length=32)
        deadline = time.monotonic() + 60
        while (receipt := request(self.transport, "eth_getTransactionReceipt", as_hex(digest))) is None:
            if time.monotonic() > deadline:
                raise BenchmarkFailed("anvil did not mine a transaction")
            time.sleep(0.005)
        return _mined(receipt, digest)

    def deploy(self, sender: Address, code: bytes, arguments: bytes = b"") -> tuple[Address, Mined]:
        mined = self.send(sender, None, code + arguments)
        assert mined.created is not None
        return mined.created, mined

    def ask(self, to: Address, signature: str, *values: object, answer: str, sender: Address | None = None) -> object:
        """The one value that a view answers, of the type `answer`."""
        call = {"to": as_hex(to), "data": as_hex(calldata(signature, *values))}
        if sender is not None:
            call["from"] = as_hex(sender)
        return decode([answer], data(request(self.transport, "eth_call", call, "latest")))[0]

    def transaction(self, digest: bytes) -> tuple[Address, bytes]:
        """Sender and data of a transaction that was mined."""
        found = members(request(self.transport, "eth_getTransactionByHash", as_hex(digest)))
        return Address(data(found["from"], length=20)), data(found["input"])

    def time_of(self, block: int) -> int:
        return quantity(members(request(self.transport, "eth_getBlockByNumber", hex(block), False))["timestamp"])


def calldata(signature: str, *values: object) -> bytes:
    """A call, from the function's signature as the ABI writes it."""
    selector = keccak(signature.encode())[:4]
    if not values:
        return selector
    kinds = parse(signature[signature.index("(") :])
    assert isinstance(kinds, TupleType)
    return selector + encode([kind.to_type_str() for kind in kinds.components], values)


def account(number: int) -> Address:
    """An account of the benchmark's own, whose address has as few zero bytes as any real one."""
    return Address(keccak(b"benchmark account %d" % number)[12:])


def chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


@contextmanager
def running_chain() -> Iterator[Chain]:
    """A fresh anvil on a port of its own. Raises `BenchmarkFailed` if it is not installed or does not start."""
    if not _ANVIL.exists():
        raise BenchmarkFailed("anvil is not installed: npm ci --ignore-scripts --prefix contracts")
    command = [str(_ANVIL), "--port", "0", "--chain-id", str(ANVIL_CHAIN_ID), "--timestamp", str(START)]
    free = ["--hardfork", "osaka", "--auto-impersonate", "--base-fee", "0", "--gas-price", "0", "--enable-tx-gas-limit"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as output, subprocess.Popen([*command, *free], stdout=output, stderr=output) as process:
            try:
                with HttpTransport(_url_in(log), timeout=60) as transport:
                    request(transport, "anvil_setBlockTimestampInterval", _SECONDS_A_BLOCK)
                    yield Chain(transport)
            finally:
                process.kill()


def _url_in(log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := re.search(r"Listening on (127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8")):
            return f"http://{found[1]}"
        time.sleep(0.05)
    raise BenchmarkFailed("anvil did not start")


def _mined(receipt: object, digest: bytes) -> Mined:
    found = members(receipt)
    if quantity(found["status"]) != 1:
        raise BenchmarkFailed(f"a transaction reverted, with {quantity(found['gasUsed']):,} gas used")
    created = found.get("contractAddress")
    logs = found["logs"]
    assert isinstance(logs, list)
    return Mined(
        digest,
        quantity(found["gasUsed"]),
        quantity(found["blockNumber"]),
        Address(data(created, length=20)) if created else None,
        tuple((tuple(data(topic, length=32) for topic in log["topics"]), data(log["data"])) for log in logs),
    )
