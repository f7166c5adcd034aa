"""Deploying as an administrator does, on an anvil whose finality lags: what is shown, sent, checked and recorded."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account

from ledger.chain.accounts import KeystoreAccount
from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.deployment import DEPLOYER, SALT, deploy, registry_address, registry_code_hash
from ledger.chain.registry import SignedTransaction
from ledger.chain.rpc import HttpTransport, RpcError, as_hex, quantity, request
from ledger.chain.transactions import Payload, quote, receipt_of, send, send_and_wait, sign
from ledger.errors import RegistryError, RegistryUnreachable
from ledger.keystore import KeyKind, write_secret
from scripts import deployment_search, deployment_session, deployment_watch
from scripts.build_artifacts import ARTIFACT, ROOT
from scripts.deployment_record import DeploymentFiles
from tests.chain.conftest import SEPOLIA
from tests.chain.nodes import Bent, says

pytestmark = pytest.mark.node

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


@pytest.fixture
def desk(public_node: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("CAIRN_PASSPHRASE_FILE", raising=False)
    with HttpTransport(public_node) as transport:
        yield Desk(public_node, tmp_path, capfd, transport)


def gas_in(text: str) -> int:
    found = re.search(r"^gas +([\d,]+) estimated", text, re.MULTILINE)
    assert found
    return int(found[1].replace(",", ""))


# --- the whole way --------------------------------------------------------------------------------------------------


def test_a_dry_run_sends_nothing_needs_no_passphrase_and_estimates_well(desk: Desk) -> None:
    desk.passphrase.unlink()
    before = desk.head()
    ran = desk.run("--dry-run", f"--keystore={desk.keystore}")
    assert (ran.code, ran.err) == (0, "")
    for shown in ("Sepolia", "is there", "not deployed", as_hex(registry_code_hash()), PAYER, "10000 ETH: enough"):
        assert shown in ran.out
    assert (desk.head(), desk.sent(), desk.records.exists()) == (before, 0, False)

    desk.passphrase.write_text(PASSPHRASE)
    desk.passphrase.chmod(0o600)
    assert desk.run("--yes", *desk.key).code == 0
    used = json.loads(desk.record.read_text())["gasUsed"]
    assert abs(gas_in(ran.out) - used) <= used / 10


def test_a_dry_run_needs_no_key_at_all(desk: Desk) -> None:
    ran = desk.run("--dry-run")
    assert ran.code == 0
    assert gas_in(ran.out) > 1_000_000
    assert "account" not in ran.out


def test_it_waits_until_the_block_is_final_and_records_what_the_chain_holds(desk: Desk) -> None:
    ran = desk.run("--yes", *desk.key)
    assert ran.code == 0
    record = json.loads(desk.record.read_text())
    receipt: Any = request(desk.transport, "eth_getTransactionReceipt", record["transactionHash"])
    block: Any = request(desk.transport, "eth_getBlockByHash", receipt["blockHash"], False)
    final: Any = request(desk.transport, "eth_getBlockByNumber", "finalized", False)
    committed = json.loads(ARTIFACT.read_text())

    assert quantity(final["number"]) >= record["blockNumber"]
    assert "the newest final block is" in ran.err
    assert record["address"] == checksum_address(registry_address())
    assert (record["chainId"], record["network"], record["sender"]) == (SEPOLIA, "Sepolia", PAYER)
    assert (record["deployer"], record["salt"]) == (checksum_address(DEPLOYER), as_hex(SALT))
    assert (hex(record["blockNumber"]), record["blockHash"]) == (block["number"], block["hash"])
    assert record["blockTime"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(quantity(block["timestamp"])))
    assert record["codeHash"] == committed["deployedCodeHash"]
    assert [record[name] for name in ("sourceSha256", "solc", "settings")] == [
        committed[name] for name in ("sourceSha256", "solc", "settings")
    ]
    assert record["gasUsed"] == quantity(receipt["gasUsed"])
    assert int(record["costWei"]) == quantity(receipt["gasUsed"]) * quantity(receipt["effectiveGasPrice"])
    assert request(desk.transport, "eth_getCode", record["address"], "finalized") == as_hex(
        artifact().deployed_bytecode
    )
    assert list(desk.records.iterdir()) == [desk.record]


@pytest.mark.parametrize("finality", ["safe", "3"])
def test_finality_is_what_it_is_told(desk: Desk, finality: str) -> None:
    assert desk.run("--yes", *desk.key, f"--finality={finality}").code == 0
    mined = json.loads(desk.record.read_text())["blockNumber"]
    assert desk.head() == mined + {"safe": 2, "3": 3}[finality]


def test_the_record_can_be_made_again_from_the_chain_alone(desk: Desk) -> None:
    desk.run("--yes", *desk.key)
    first = desk.record.read_bytes()
    assert desk.run().code == 0
    assert desk.record.read_bytes() == first
    desk.record.unlink()
    ran = desk.run()
    assert ran.code == 0
    assert ": deployed" in ran.out
    assert desk.record.read_bytes() == first
    assert desk.sent() == 1


def test_it_asks_first_and_takes_no_for_an_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    ran = desk.run(*desk.key)
    assert (ran.code, ran.line, desk.sent()) == (1, "deploy: nothing was sent", 0)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert desk.run(*desk.key).code == 0


def test_the_passphrase_is_asked_for_or_named_by_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: "wrong")
    assert "does not open" in desk.run("--yes", f"--keystore={desk.keystore}").line
    monkeypatch.setattr("getpass.getpass", lambda _: PASSPHRASE)
    assert "TOO LITTLE" not in desk.run("--yes", f"--keystore={desk.keystore}").out
    assert desk.record.exists()
    desk.record.unlink()
    monkeypatch.setenv("CAIRN_PASSPHRASE_FILE", str(desk.passphrase))
    assert desk.run("--yes", f"--keystore={desk.keystore}").code == 0


@pytest.mark.parametrize("kind", ["ours", "without an address", "pbkdf2"])
def test_key_files_of_every_kind_are_opened(desk: Desk, kind: str) -> None:
    document = Account.encrypt(SECRET, PASSPHRASE, kdf="pbkdf2" if kind == "pbkdf2" else "scrypt", iterations=4096)
    if kind == "without an address":
        del document["address"]
    desk.keystore.unlink()
    if kind == "ours":
        write_secret(desk.keystore, SECRET, PASSPHRASE, kind=KeyKind.SECP256K1)
    else:
        desk.keystore.write_text(json.dumps(document))
        desk.keystore.chmod(0o600)
    assert PAYER in desk.run("--dry-run", *desk.key).out
    assert desk.run("--yes", *desk.key).code == 0


# --- what is refused ------------------------------------------------------------------------------------------------


def refused(desk: Desk, *more: str, code: int, says: str) -> None:
    """A refusal is one line with its exit code, and leaves nothing behind, on the chain or on the disk."""
    before = desk.head()
    ran = desk.run(*more)
    assert ran.code == code
    assert says in ran.line
    assert (desk.head(), desk.sent()) == (before, 0)
    assert not desk.record.exists()
    assert not desk.pending.exists()


def test_other_code_at_the_address_is_refused(desk: Desk) -> None:
    desk.set_code(registry_address(), "0x60006000fd")
    for more in (["--dry-run"], ["--yes", *desk.key]):
        refused(desk, *more, code=2, says="other code than this registry's")


def test_a_chain_without_the_deployer_is_told_what_to_do(desk: Desk) -> None:
    desk.set_code(DEPLOYER, "0x")
    for more in (["--dry-run"], ["--yes", *desk.key]):
        refused(desk, *more, code=2, says="docs/operations.md says how to put it there")


def test_a_wrong_passphrase_is_refused(desk: Desk) -> None:
    desk.passphrase.write_text("incorrect horse\n")
    refused(desk, "--yes", *desk.key, code=2, says="the passphrase does not open")


def test_another_chain_than_the_one_that_is_meant_is_refused(desk: Desk) -> None:
    for more in (["--dry-run"], ["--yes", *desk.key]):
        refused(desk, *more, "--chain-id=1", code=2, says=f"serves chain {SEPOLIA}, not chain 1")


def test_an_account_without_money_is_told_how_much_is_missing(desk: Desk) -> None:
    request(desk.transport, "anvil_setBalance", PAYER, hex(10**15))
    for more in (["--dry-run", *desk.key], ["--yes", *desk.key]):
        refused(desk, *more, code=2, says="holds 0.001 ETH, and must hold 0.0")


@pytest.mark.parametrize("more", [["--dry-run"], ["--yes"]])
def test_a_dead_node_is_not_found_out(desk: Desk, more: list[str]) -> None:
    ran = desk.run(*more, *desk.key, "--rpc=http://127.0.0.1:9/secret-key")
    assert (ran.code, "127.0.0.1:9 cannot be reached" in ran.line) == (3, True)
    assert "secret-key" not in ran.err
    assert not desk.pending.exists()


def test_a_key_of_a_demonstration_pays_for_nothing_on_a_public_chain(desk: Desk) -> None:
    desk.keystore.unlink()
    write_secret(desk.keystore, SECRET, PASSPHRASE, kind=KeyKind.SECP256K1, demo=True)
    refused(desk, "--yes", *desk.key, code=2, says="for demonstrations")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--yes"], "--keystore names the file"),
        (["--yes", "--keystore=nothing.json"], "there is no key at nothing.json"),
        (["--dry-run", "--keystore=nothing.json"], "there is no key at nothing.json"),
        (["--finality=latest"], "'latest' is none of finalized, safe"),
        (["--finality=0"], "'0' is none of finalized, safe"),
        (["--chain-id=-1"], "is not a positive number"),
        (["--rpc=localhost:8545"], "starts with http:// or https://"),
        (["--passphrase=x"], "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_told_in_one_line(desk: Desk, more: list[str], says: str) -> None:
    refused(desk, *more, code=2, says=says)


def test_nobody_is_asked_where_nobody_can_answer(desk: Desk) -> None:
    refused(desk, *desk.key, code=2, says="use --yes or --dry-run")
    refused(desk, "--yes", f"--keystore={desk.keystore}", code=2, says="use --passphrase-file")


def test_a_key_file_that_others_may_read_is_refused(desk: Desk) -> None:
    desk.keystore.chmod(0o644)
    for more in (["--dry-run"], ["--yes", *desk.key]):
        refused(desk, *more, f"--keystore={desk.keystore}", code=2, says="chmod 600")


def test_two_do_not_deploy_at_once(desk: Desk) -> None:
    with DeploymentFiles(desk.records, SEPOLIA).held():
        refused(desk, "--yes", *desk.key, code=1, says="another deployment is running")


def test_a_record_that_says_otherwise_is_left_alone(desk: Desk) -> None:
    desk.run("--yes", *desk.key)
    record = json.loads(desk.record.read_text())
    desk.record.write_text(json.dumps(record | {"blockHash": "0x" + "11" * 32, "sourceSha256": "of other comments"}))
    ran = desk.run()
    assert (ran.code, "says otherwise than the chain (blockHash)" in ran.line) == (1, True)
    desk.record.write_text(json.dumps(record | {"sourceSha256": "of other comments"}))
    assert desk.run().code == 0
    desk.record.write_text("{")
    assert desk.run().code == 1


# --- stopped on the way ---------------------------------------------------------------------------------------------


def kill_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, done: bool) -> None:
    """Ends the process before or after what this function does."""
    original = getattr(module, name)

    def killed(*arguments: Any, **named: Any) -> None:
        if done:
            original(*arguments, **named)
        raise Killed

    monkeypatch.setattr(module, name, killed)


@pytest.mark.parametrize(
    ("module", "name", "done", "kept"),
    [
        (DeploymentFiles, "write_pending", False, False),
        (DeploymentFiles, "write_pending", True, True),
        (deployment_watch, "send", False, True),
        (deployment_watch, "send", True, True),
        (deployment_watch.DeploymentWatch, "read", False, True),
        (DeploymentFiles, "write_record", False, True),
        (DeploymentFiles, "forget_pending", False, True),
        (DeploymentFiles, "write_record", True, False),
    ],
)
def test_killed_anywhere_it_goes_on_with_the_one_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, done: bool, kept: bool
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, module, name, done=done)
        with pytest.raises(Killed):
            desk.run("--yes", *desk.key)
    assert desk.pending.exists() is kept
    # What was signed needs no key any more.
    assert desk.run(*([] if kept else ["--yes", *desk.key])).code == 0
    assert desk.sent() == 1
    assert list(desk.records.iterdir()) == [desk.record]


def test_killed_for_real_while_it_waits_it_goes_on(desk: Desk) -> None:
    command = [sys.executable, "-m", "scripts.deployment_session", *desk.options, "--yes", *desk.key]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "the newest final block is" in line:
                break
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    kept = json.loads(desk.pending.read_text())
    assert SECRET.hex() not in desk.pending.read_text()
    assert desk.pending.stat().st_mode & 0o777 == 0o600
    assert desk.run().code == 0
    assert (desk.sent(), desk.pending.exists()) == (1, False)
    assert json.loads(desk.record.read_text())["sender"] == kept["sender"]


def test_a_dry_run_tells_of_a_transaction_that_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, deployment_watch, "send", done=False)
        with pytest.raises(Killed):
            desk.run("--yes", *desk.key)
    assert "was signed before" in desk.run("--dry-run").out
    desk.run()
    assert "the registry is there already" in desk.run("--dry-run").out


def test_a_damaged_note_of_a_transaction_is_told(desk: Desk) -> None:
    desk.records.mkdir()
    desk.pending.write_text("{}")
    ran = desk.run("--yes", *desk.key)
    assert (ran.code, desk.sent()) == (2, 0)
    assert "is damaged: see whether the transaction in it was mined" in ran.line


def test_a_node_that_falls_silent_while_it_waits_is_borne(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False, False, True, True, True, True, True])

    def now_and_then(*arguments: Any) -> Any:
        if not next(answers):
            raise RegistryUnreachable("the node is down")
        return receipt_of(*arguments)

    monkeypatch.setattr(deployment_watch, "receipt_of", now_and_then)
    ran = desk.run("--yes", *desk.key)
    assert ran.code == 0
    assert ran.err.count("the node is down; asking again") == 1


def test_it_does_not_wait_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(deployment_watch, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    desk.pause = lambda _: None
    ran = desk.run("--yes", *desk.key, "--patience=5")
    assert ran.code == 3
    assert "it is not final after 5 minutes (in block" in ran.line
    assert "run the same command again to go on" in ran.line
    monkeypatch.undo()
    desk.mine(4)
    assert desk.run().code == 0


# --- others on the chain --------------------------------------------------------------------------------------------


def another(index: int = 3) -> KeystoreAccount:
    """Another account with money on the public anvil."""
    Account.enable_unaudited_hdwallet_features()
    words = " ".join(["test"] * 11 + ["junk"])
    return KeystoreAccount(Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{index}"), test_chains_only=False)


def test_what_somebody_else_deployed_is_recorded_as_theirs(desk: Desk) -> None:
    desk.mine(3)
    deploy(desk.transport, another(), chain_id=SEPOLIA)
    desk.mine(5)
    ran = desk.run()
    assert ran.code == 0
    assert json.loads(desk.record.read_text())["sender"] == checksum_address(another().address)
    assert desk.sent() == 0


def test_if_somebody_is_faster_theirs_is_recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(transport: HttpTransport, transaction: SignedTransaction) -> None:
        deploy(transport, another(), chain_id=SEPOLIA)
        send(transport, transaction)

    monkeypatch.setattr(deployment_watch, "send", overtaken)
    ran = desk.run("--yes", *desk.key)
    assert ran.code == 0
    assert desk.sent() == 1  # ours was mined, and failed
    assert json.loads(desk.record.read_text())["sender"] == checksum_address(another().address)
    assert not desk.pending.exists()


def test_a_transaction_whose_nonce_was_taken_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, deployment_watch, "send", done=False)
        with pytest.raises(Killed):
            desk.run("--yes", *desk.key)
    payer = KeystoreAccount(Account.from_key(SECRET), test_chains_only=False)
    paid = quote(desk.transport, SEPOLIA, Payload(another().address, value=1), payer.address)
    send_and_wait(desk.transport, sign(paid, payer), 30)
    ran = desk.run()
    assert "took the nonce" in ran.line
    assert not desk.pending.exists()
    assert desk.run("--yes", *desk.key).code == 0


def test_a_deployment_that_failed_is_told_and_can_be_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        # Enough to be taken, too little to leave the code there.
        patch.setattr("ledger.chain.transactions._GAS_MARGIN", 0.9)
        ran = desk.run("--yes", *desk.key)
    assert ran.code == 1
    assert "the deployment failed in block" in ran.line
    assert not desk.pending.exists()
    assert desk.run("--yes", *desk.key).code == 0


def test_a_block_that_the_chain_undoes_is_waited_for_again(desk: Desk) -> None:
    undone = False

    def pause(_: float) -> None:
        nonlocal undone
        if not undone and desk.sent() == 1 and desk.head() > 0:
            undone = True
            request(desk.transport, "anvil_rollback", 1)
        desk.mine(1)

    desk.mine(2)
    desk.pause = pause
    ran = desk.run("--yes", *desk.key)
    assert (ran.code, undone, desk.sent()) == (0, True, 1)
    record = json.loads(desk.record.read_text())
    block: Any = request(desk.transport, "eth_getBlockByNumber", hex(record["blockNumber"]), False)
    assert record["blockHash"] == block["hash"]


def test_a_node_that_forgets_cannot_say_who_deployed(desk: Desk) -> None:
    deploy(desk.transport, another(), chain_id=SEPOLIA)
    forgetful = Bent(desk.transport, changes={"eth_getCode": says(RpcError(-32000, "missing trie node"))})
    with pytest.raises(RegistryUnreachable, match="archive node"):
        deployment_search.find_transaction(forgetful)


def test_a_registry_that_a_contract_had_made_has_no_transaction(desk: Desk) -> None:
    desk.mine(2)
    desk.set_code(registry_address(), as_hex(artifact().deployed_bytecode))
    desk.mine(2)
    with pytest.raises(RegistryError) as caught:
        deployment_search.find_transaction(desk.transport)
    assert caught.value.code == "transaction_unknown"
