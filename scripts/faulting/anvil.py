"""A real node for one run: anvil, begun from a saved state, and everything that can be done to its chain."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.bootstrap import ROOT
from scripts.faulting.node import Node

PROGRAM = ROOT / "contracts" / "node_modules" / ".bin" / "anvil"
CHAIN_ID = 31337
_START_SECONDS = 120.0


@dataclass(frozen=True)
class Shape:
    """How a chain makes blocks. One is final two epochs later; `seconds` 0 means that only `mine` makes them."""

    seconds: float = 0.2
    slots: int = 1
    options: tuple[str, ...] = ()


class Anvil:
    """One anvil on loopback. It begins with `start`, ends with `stop`, and keeps its port when it begins again."""

    def __init__(self, folder: Path, state: Path | None = None, shape: Shape | None = None, port: int = 0) -> None:
        self._log = folder / f"anvil-{time.monotonic_ns()}.log"
        self._state = state
        self._shape = shape or Shape()
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self.node = Node("http://127.0.0.1:0")

    @property
    def url(self) -> str:
        return self.node.url

    def start(self) -> Anvil:
        """Begins the node and waits until it listens. Raises OSError if it does not."""
        making = ["--no-mining"] if self._shape.seconds == 0 else ["--block-time", str(self._shape.seconds)]
        loading = ["--load-state", str(self._state)] if self._state else []
        command = [str(PROGRAM), "--port", str(self._port), "--chain-id", str(CHAIN_ID)]
        command += ["--slots-in-an-epoch", str(self._shape.slots), *making, *loading, *self._shape.options]
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if found := re.search(rb"Listening on 127\.0\.0\.1:(\d+)", self._log.read_bytes()):
                self._port = int(found[1])
                self.node = Node(f"http://127.0.0.1:{self._port}")
                return self
            time.sleep(0.02)
        self.stop()
        raise OSError(f"anvil did not start: {self._log.read_text(errors='replace')[-300:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def begin_again(self, state: Path | None) -> None:
        """Another chain at the same address: the state that is named, or nothing at all."""
        self.stop()
        self._state = state
        self.start()

    def save(self, path: Path) -> None:
        """Writes the chain as it is now to a file that another anvil can begin from."""
        self.stop_mining()
        saved = bytes.fromhex(self.node.call("anvil_dumpState")[2:])
        # The call gives it compressed; `--load-state` reads it plain.
        import gzip

        path.write_bytes(gzip.decompress(saved) if saved[:2] == b"\x1f\x8b" else saved)

    # --- blocks ---

    def mine(self, blocks: int = 1) -> None:
        self.node.call("anvil_mine", hex(blocks))

    def stop_mining(self) -> None:
        """No block comes by itself any more."""
        self.node.call("evm_setIntervalMining", 0)
        self.node.call("evm_setAutomine", False)

    def go_on_mining(self) -> None:
        """Blocks come by themselves again, one a second at the slowest: anvil takes whole seconds here."""
        self.node.call("evm_setIntervalMining", max(1, round(self._shape.seconds)))

    def finalize(self) -> None:
        """Enough blocks that whatever is in one now is final."""
        self.mine(2 * self._shape.slots + 1)

    def reorganize(self, depth: int, again: list[tuple[str, int]] | None = None) -> None:
        """Replaces the last blocks. `again` puts signed transactions into the new block with that offset."""
        self.node.call("anvil_reorg", depth, [[raw, offset] for raw, offset in again or []])

    # --- money, code, fees ---

    def drop(self, transaction: str) -> None:
        """Takes a transaction out of the pool."""
        self.node.call("anvil_dropTransaction", transaction)

    def set_balance(self, address: str, wei: int) -> None:
        self.node.call("anvil_setBalance", address, hex(wei))

    def balance(self, address: str) -> int:
        return int(self.node.call("eth_getBalance", address, "latest"), 16)

    def set_code(self, address: str, code: str) -> None:
        self.node.call("anvil_setCode", address, code)

    def set_base_fee(self, wei: int) -> None:
        """The base fee of the next block."""
        self.node.call("anvil_setNextBlockBaseFeePerGas", hex(wei))

    def set_time(self, seconds: int) -> None:
        """The time of the next block."""
        self.node.call("evm_setNextBlockTimestamp", hex(seconds))

    def time(self) -> int:
        return int(self.node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def send_as(self, address: str, to: str, data: str = "0x", value: int = 0) -> str:
        """A transaction of an account whose key nobody has to know. Gives its hash."""
        self.node.call("anvil_impersonateAccount", address)
        sent: str = self.node.call(
            "eth_sendTransaction", {"from": address, "to": to, "data": data, "value": hex(value), "gas": hex(500_000)}
        )
        self.node.call("anvil_stopImpersonatingAccount", address)
        return sent
