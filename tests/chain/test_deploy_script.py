"""Deploying as an administrator does, on an anvil whose finality lags: what is shown, sent, refused and recorded."""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any

import pytest
from eth_account import Account

from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.deployment import DEPLOYER, SALT, registry_address, registry_code_hash
from ledger.chain.rpc import as_hex, quantity, request
from ledger.keystore import KeyKind, write_secret
from scripts.build_artifacts import ARTIFACT
from scripts.deployment.record import DeploymentFiles
from tests.chain.desk import PASSPHRASE, PAYER, SECRET, SEPOLIA, Desk

pytestmark = pytest.mark.node


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
def test_a_dead_node_is_told_by_its_host_alone(desk: Desk, more: list[str]) -> None:
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
        (["--passphrase=hunter2"], "there is no option --passphrase (--help"),
        (["--passphrase", "hunter2"], "there is no option --passphrase (--help"),
        (["--passphrase", "--hunter2"], "there is no option --passphrase (--help"),
        (["hunter2"], "there are words too many"),
        (["--yes=hunter2"], "--yes: it takes no value"),
    ],
)
def test_wrong_usage_is_told_in_one_line(desk: Desk, more: list[str], says: str) -> None:
    refused(desk, *more, code=2, says=says)
    assert "hunter2" not in desk.run(*more).err


def test_a_folder_that_cannot_hold_records_is_named(desk: Desk) -> None:
    desk.records.write_text("a file")
    ran = desk.run("--yes", *desk.key, f"--records={desk.records / 'of-mine'}")
    assert (ran.code, desk.sent()) == (2, 0)
    assert str(desk.records / "of-mine") in ran.line


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
