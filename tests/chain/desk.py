"""An administrator who deploys: a node, a key file, a folder for records, and a hand on the blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from ledger.chain.accounts import KeystoreAccount
from ledger.chain.rpc import HttpTransport, as_hex, quantity, request
from scripts.deployment import session as deployment_session

SEPOLIA = 11155111
PASSPHRASE = "correct horse"
SECRET = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The key of anvil's first account, which everybody has."""
PAYER = Account.from_key(SECRET).address


class Killed(BaseException):
    """The process ends here: nothing may catch it and go on."""


@dataclass(frozen=True)
class Ran:
    """How the script ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The complaint, which is one line."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("deploy: ")]
        return line


@dataclass
class Desk:
    """An administrator at work: a node, a key file with its passphrase, and a folder for records."""

    url: str
    folder: Path
    capfd: pytest.CaptureFixture[str]
    transport: HttpTransport
    pause: Callable[[float], None] = field(init=False)

    def __post_init__(self) -> None:
        self.pause = lambda _: self.mine(1)
        self.keystore.write_text(json.dumps(Account.encrypt(SECRET, PASSPHRASE, kdf="scrypt", iterations=4096)))
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.keystore.chmod(0o600)
        self.passphrase.chmod(0o600)

    @property
    def keystore(self) -> Path:
        return self.folder / "payer.json"

    @property
    def passphrase(self) -> Path:
        return self.folder / "payer.pass"

    @property
    def records(self) -> Path:
        return self.folder / "records"

    @property
    def record(self) -> Path:
        return self.records / f"{SEPOLIA}.json"

    @property
    def pending(self) -> Path:
        return self.records / f"{SEPOLIA}.pending.json"

    @property
    def options(self) -> list[str]:
        return [f"--rpc={self.url}", f"--chain-id={SEPOLIA}", f"--records={self.records}"]

    @property
    def key(self) -> list[str]:
        return [f"--keystore={self.keystore}", f"--passphrase-file={self.passphrase}"]

    def run(self, *more: str) -> Ran:
        """Runs the script. While it waits, a block comes with each look."""
        self.capfd.readouterr()
        try:
            code = deployment_session.main([*self.options, *more], self.pause)
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self.capfd.readouterr()
        for secret in (PASSPHRASE, SECRET.hex()):
            assert secret not in said.out + said.err
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    def mine(self, blocks: int) -> None:
        request(self.transport, "anvil_mine", hex(blocks))

    def head(self) -> int:
        return quantity(request(self.transport, "eth_blockNumber"))

    def sent(self) -> int:
        """How many transactions the payer has sent, those in no block yet among them."""
        return quantity(request(self.transport, "eth_getTransactionCount", PAYER, "pending"))

    def set_code(self, address: bytes, code: str) -> None:
        request(self.transport, "anvil_setCode", as_hex(address), code)


def kill_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, done: bool) -> None:
    """Ends the process before or after what this function does."""
    original = getattr(module, name)

    def killed(*arguments: Any, **named: Any) -> None:
        if done:
            original(*arguments, **named)
        raise Killed

    monkeypatch.setattr(module, name, killed)


def another(index: int = 3) -> KeystoreAccount:
    """Another account with money on the public anvil."""
    Account.enable_unaudited_hdwallet_features()
    words = " ".join(["test"] * 11 + ["junk"])
    return KeystoreAccount(Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{index}"), test_chains_only=False)
