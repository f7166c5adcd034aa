"""Deploying, stopped on the way or overtaken by others: one transaction, one record, and a plain word for the rest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account

from ledger.chain.accounts import KeystoreAccount
from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.deployment import deploy, registry_address
from ledger.chain.following import receipt_of
from ledger.chain.quotes import Payload
from ledger.chain.registry import SignedTransaction
from ledger.chain.rpc import HttpTransport, RpcError, as_hex, request
from ledger.chain.transactions import quote, send, send_and_wait, sign
from ledger.errors import RegistryError, RegistryUnreachable
from scripts.build_artifacts import ROOT
from scripts.deployment import search, watch
from scripts.deployment.record import DeploymentFiles
from tests.chain.desk import SECRET, SEPOLIA, Desk, Killed, another, kill_at
from tests.chain.nodes import Bent, says

pytestmark = pytest.mark.node


# --- stopped on the way ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "done", "kept"),
    [
        (DeploymentFiles, "write_pending", False, False),
        (DeploymentFiles, "write_pending", True, True),
        (watch, "send", False, True),
        (watch, "send", True, True),
        (watch.DeploymentWatch, "read", False, True),
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
    command = [sys.executable, "-m", "scripts.deployment.session", *desk.options, "--yes", *desk.key]
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
        kill_at(patch, watch, "send", done=False)
        with pytest.raises(Killed):
            desk.run("--yes", *desk.key)
    assert "was signed before" in desk.run("--dry-run").out
    ran = desk.run("--dry-run", "--rpc=http://127.0.0.1:9")
    assert (ran.code, "to go on" in ran.line) == (3, False)
    assert f"nothing was sent, and the transaction that was signed before is still in {desk.pending}" in ran.line
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

    monkeypatch.setattr(watch, "receipt_of", now_and_then)
    ran = desk.run("--yes", *desk.key)
    assert ran.code == 0
    assert ran.err.count("the node is down; asking again") == 1


def test_it_does_not_wait_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 100))
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    desk.pause = lambda _: None
    ran = desk.run("--yes", *desk.key, "--patience=5")
    assert ran.code == 3
    assert "it is not final after 5 minutes (in block" in ran.line
    assert "run the same command again to go on" in ran.line
    monkeypatch.undo()
    desk.mine(4)
    assert desk.run().code == 0


# --- others on the chain --------------------------------------------------------------------------------------------


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

    monkeypatch.setattr(watch, "send", overtaken)
    ran = desk.run("--yes", *desk.key)
    assert ran.code == 0
    assert desk.sent() == 1  # ours was mined, and failed
    assert json.loads(desk.record.read_text())["sender"] == checksum_address(another().address)
    assert not desk.pending.exists()


def test_a_transaction_whose_nonce_was_taken_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, watch, "send", done=False)
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
        patch.setattr("ledger.chain.quotes.GAS_MARGIN", 0.9)
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
        search.find_transaction(forgetful)


def test_a_registry_that_a_contract_had_made_has_no_transaction(desk: Desk) -> None:
    desk.mine(2)
    desk.set_code(registry_address(), as_hex(artifact().deployed_bytecode))
    desk.mine(2)
    with pytest.raises(RegistryError) as caught:
        search.find_transaction(desk.transport)
    assert caught.value.code == "transaction_unknown"


def test_the_code_is_looked_at_again_when_it_is_final(desk: Desk) -> None:
    def pause(_: float) -> None:
        desk.set_code(registry_address(), "0x60006000fd")
        desk.mine(1)

    desk.pause = pause
    ran = desk.run("--yes", *desk.key)
    assert (ran.code, desk.record.exists()) == (2, False)
    assert "other code than this registry's" in ran.line
