"""Sponsorship at the command line: who signs, who carries, who pays, and what everyone is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from ledger.chain.addresses import caip10
from ledger.chain.rpc import as_hex
from ledger.cli import working
from ledger.workspace import Workspace
from tests.cli.conftest import Cairn
from tests.cli.test_issuing_commands import stored

ANVILS_SEVENTH = "test test test test test test test test test test test junk"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture
def drafted(cairn: Cairn, folder: Path, rows: Path) -> Path:
    """A data folder with a drafted batch and a funded account that can pay."""
    assert cairn("import", rows, "--issuer", "um", "--data", folder).code == 0
    assert cairn("relay", "open", "--data", folder).code == 0
    return folder


def only_file(stick: Path) -> Path:
    (file,) = stick.iterdir()
    return file


def test_a_file_that_is_carried_and_submitted_anchors_the_batch(cairn: Cairn, drafted: Path, stick: Path) -> None:
    signed = cairn("issue", "--sponsor", stick, "--data", drafted)
    file = only_file(stick)
    assert signed.code == 0
    assert signed.out.startswith(f"batch 1: 3 credentials signed; act 1 lies in {file}, to be submitted by 20")
    again = cairn("issue", "--sponsor", stick, "--data", drafted, "--json").json()["batches"][0]
    assert (again["state"], again["tx"], again["act"]["id"]) == ("sent", None, 1)

    looked = cairn("submit", file, "--dry-run", "--data", drafted, "--json").json()
    sent = cairn("submit", file, "--account", "relay", "--data", drafted, "--json").json()
    finished = cairn("issue", "--data", drafted, "--json").json()["batches"][0]

    assert looked["tx"] is None
    assert looked["act"].endswith("with 3 documents")
    assert int(looked["cost"]) > 0
    assert sent["block"] == finished["block"]
    assert sent["gas_used"] <= looked["gas"]
    assert (finished["state"], finished["finished"], finished["tx"]) == ("final", True, None)
    assert cairn("acts", "--data", drafted, "--json").json()["acts"][0]["state"] == "final"
    settled = cairn("submit", file, "--account", "relay", "--data", drafted)
    assert (settled.code, settled.err) == (1, "cairn: this act was submitted or cancelled already; nothing was sent\n")


def test_what_it_is_and_costs_is_said_to_people_before_it_is_sent(cairn: Cairn, drafted: Path, stick: Path) -> None:
    cairn("issue", "--sponsor", stick, "--data", drafted)
    told = cairn("submit", only_file(stick), "--account", "relay", "--data", drafted)
    assert told.out.startswith("submitted in block ")
    assert "anchor batch 0x" in told.err
    assert " gas: 0." in told.err


def test_status_changes_and_withdrawals_can_be_sponsored(cairn: Cairn, drafted: Path, stick: Path) -> None:
    cairn("issue", "--data", drafted)
    (first, _), (second, _), _ = stored(drafted)

    def submit() -> Any:
        file = only_file(stick)
        sent = cairn("submit", file, "--account", "relay", "--data", drafted, "--json").json()
        file.unlink()
        return sent

    asked = cairn("revoke", first, second, "--reason", "4", "--sponsor", stick, "--data", drafted)
    assert asked.out.count(" is to be revoked; act 1 lies in ") == 2
    assert submit()["act"] == "revoke 2 credentials"
    done = cairn("revoke", first, "--reason", "4", "--data", drafted, "--json").json()["changes"][0]
    assert (done["final"], done["tx"], done["act"]["state"]) == (True, None, "final")

    asked = cairn("withdraw", 1, "--reason", "issued-in-error", "--sponsor", stick, "--data", drafted)
    assert asked.out.startswith("batch 1 is to be withdrawn; act 2 lies in ")
    assert submit()["act"].endswith("(issued in error)")
    done = cairn("withdraw", 1, "--reason", "issued-in-error", "--data", drafted)
    assert done.out.startswith("batch 1 was withdrawn at 20")


def test_a_batch_is_withdrawn_from_ones_own_account(cairn: Cairn, folder: Path, rows: Path, tmp_path: Path) -> None:
    cairn("import", rows, "--issuer", "um", "--data", folder)
    assert cairn("withdraw", 1, "--reason", "5", "--data", folder).code == 1
    cairn("issue", "--data", folder)
    document = tmp_path / "one.json"
    document.write_bytes(stored(folder)[0][1])

    withdrawn = cairn("withdraw", 1, "--reason", "5", "--data", folder, "--json").json()

    assert withdrawn["withdrawn_at"].startswith("20")
    assert cairn("verify", document, "--data", folder, "--json").json()["code"] == "batch_withdrawn"


def test_a_cancelled_act_is_worthless_and_its_batch_goes_on(cairn: Cairn, drafted: Path, stick: Path) -> None:
    cairn("issue", "--sponsor", stick, "--data", drafted)
    cancelled = cairn("cancel", 1, "--data", drafted)
    assert (cancelled.code, cancelled.out) == (0, "act 1 can never count any more; what it was for can be done anew\n")
    assert cairn("cancel", 1, "--data", drafted).code == 1
    assert cairn("submit", only_file(stick), "--account", "relay", "--data", drafted).code == 1

    got = cairn("issue", "--data", drafted, "--json")
    assert got.code == 0, got
    finished = got.json()["batches"][0]

    assert finished["finished"]
    assert finished["tx"] is not None


def test_an_act_is_not_cancelled_by_whoever_replaced_its_operator(cairn: Cairn, drafted: Path, stick: Path) -> None:
    cairn("issue", "--sponsor", stick, "--data", drafted)
    keys = drafted / "keys"
    replaced = (keys / "issuers" / "um" / "anchoring.json").rename(stick.parent / "replaced.json")
    (keys / "relay.json").rename(keys / "issuers" / "um" / "anchoring.json")
    signer = json.loads(only_file(stick).read_bytes())["operator"]

    refused = cairn("cancel", 1, "--data", drafted)

    assert refused.code == 2
    assert refused.err.startswith(f"cairn: only {signer}, which signed it, can cancel it; its key is not here")
    assert cairn("acts", "--data", drafted, "--json").json()["acts"][0]["state"] == "sent"
    with_passphrase = ("--passphrase-file", keys / "passphrase", "--data", drafted)
    other = cairn("cancel", 1, "--key", keys / "issuers" / "um" / "anchoring.json", *with_passphrase)
    assert (other.code, "signed by another account" in other.err) == (1, True)
    assert cairn("cancel", 1, "--key", replaced, *with_passphrase).code == 0
    assert cairn("acts", "--data", drafted, "--json").json()["acts"][0]["state"] == "final"


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, Path]:
    """A keystore file of another tool, with an account that every development chain funds, and its passphrase."""
    Account.enable_unaudited_hdwallet_features()
    secret = Account.from_mnemonic(ANVILS_SEVENTH, account_path="m/44'/60'/0'/0/6").key
    keystore, passphrase = tmp_path / "sponsor.json", tmp_path / "passphrase"
    keystore.write_text(json.dumps(Account.encrypt(secret, "a secret", kdf="scrypt", iterations=2**12)))
    passphrase.write_text("a secret\n")
    keystore.chmod(0o600)
    passphrase.chmod(0o600)
    return keystore, passphrase


@pytest.fixture
def node(drafted: Path, stick: Path, cairn: Cairn) -> Iterator[tuple[str, str]]:
    """The chain of the folder as others see it: a node's address and the registry's name. One act is signed."""
    cairn("issue", "--sponsor", stick, "--data", drafted)
    with Workspace.open(drafted) as workspace:
        url = workspace.serve_chain()
        assert url is not None
        yield url, caip10(workspace.reader.chain_id, workspace.reader.registry)


def test_a_sponsor_needs_a_file_a_key_and_a_node_alone(
    cairn: Cairn, node: tuple[str, str], key: tuple[Path, Path], stick: Path, drafted: Path
) -> None:
    url, registry = node
    words = ("submit", only_file(stick), "--rpc", url, "--registry", registry)
    looked = cairn(*words, "--dry-run")
    assert looked.code == 0
    assert looked.out.startswith("anchor batch 0x")

    sent = cairn(*words, "--key", key[0], "--passphrase-file", key[1], "--json").json()

    assert sent["tx"].startswith("0x")
    assert cairn("issue", "--data", drafted, "--json").json()["batches"][0]["finished"]


def test_who_pays_must_be_said_and_must_fit(
    cairn: Cairn, node: tuple[str, str], key: tuple[Path, Path], stick: Path, tmp_path: Path
) -> None:
    url, registry = node
    file = only_file(stick)
    by_node = ("submit", file, "--rpc", url, "--registry", registry)
    wrong = tmp_path / "wrong"
    wrong.write_text("another secret\n")
    wrong.chmod(0o600)
    for words, code in (
        (by_node, 2),
        ((*by_node, "--account", "relay"), 2),
        ((*by_node, "--key", key[0], "--account", "relay"), 2),
        ((*by_node, "--key", key[0]), 2),  # nobody to ask for the passphrase
        ((*by_node, "--key", key[0], "--passphrase-file", wrong), 2),
        ((*by_node, "--key", tmp_path / "none", "--passphrase-file", key[1]), 2),
        (("submit", file, "--rpc", url, "--dry-run"), 2),
        (("submit", tmp_path / "none.json", "--rpc", url, "--registry", registry, "--dry-run"), 2),
        (("submit", key[0], "--rpc", url, "--registry", registry, "--dry-run"), 2),
        (("submit", file, "--rpc", "http://127.0.0.1:9", "--registry", registry, "--dry-run"), 3),
        (("submit", file, "--rpc", url, "--registry", registry[:-1] + "x", "--dry-run"), 2),
    ):
        ran = cairn(*words)
        assert (ran.code, ran.out) == (code, ""), words
        assert ran.err.startswith("cairn: "), words


def test_an_act_for_another_registry_or_one_that_would_fail_is_not_sent(
    cairn: Cairn, node: tuple[str, str], stick: Path, drafted: Path, tmp_path: Path
) -> None:
    document = json.loads(only_file(stick).read_text())
    other, forged = tmp_path / "other.json", tmp_path / "forged.json"
    other.write_text(json.dumps(document | {"registry": document["registry"].replace(":289397109358:", ":1:")}))
    forged.write_text(json.dumps(document | {"nonce": as_hex(bytes(32))}))
    for file, words in ((other, "for another registry"), (forged, "SignatureInvalid")):
        ran = cairn("submit", file, "--account", "relay", "--data", drafted)
        assert ran.code == 1
        assert words in ran.err or "sign" in ran.err


def test_a_relay_is_opened_given_budgets_and_looked_at(cairn: Cairn, folder: Path) -> None:
    assert cairn("relay", "status", "--data", folder).code == 2
    assert cairn("relay", "run", "--data", folder).code == 2
    opened = cairn("relay", "open", "--data", folder, "--json").json()
    assert cairn("relay", "open", "--data", folder, "--json").json() == opened
    assert int(opened["balance"]) > 0

    by_name = cairn("relay", "budget", "um", "--gas", 1_000_000, "--days", 7, "--data", folder, "--json").json()
    by_id = cairn("relay", "budget", by_name["issuer"], "--gas", 2_000_000, "--data", folder, "--json").json()
    shown = cairn("relay", "status", "--data", folder, "--json").json()

    assert by_name["left"] == 1_000_000
    assert shown["budgets"] == [by_id]
    assert (by_id["gas"], by_id["days"], shown["acts"]) == (2_000_000, 30, [])
    assert cairn("relay", "budget", "um", "--gas", 0, "--data", folder).out == "the budget is closed\n"
    assert "holds 1 ether" in cairn("relay", "status", "--data", folder).out


def test_what_was_accepted_is_submitted_by_a_command(cairn: Cairn, drafted: Path, stick: Path) -> None:
    cairn("relay", "budget", "um", "--gas", 1_000_000, "--data", drafted)
    cairn("issue", "--sponsor", stick, "--data", drafted)
    with Workspace.open(drafted) as workspace:
        workspace.relay.accept(only_file(stick).read_bytes())

    assert cairn("relay", "run", "--data", drafted, "--json").json() == {"waiting": 0}
    (entry,) = cairn("relay", "status", "--data", drafted, "--json").json()["acts"]

    assert (entry["state"], entry["problem"]) == ("final", None)
    assert cairn("issue", "--data", drafted, "--json").json()["batches"][0]["finished"]
    assert cairn("relay", "run", "--once", "--data", drafted).out == "0 accepted acts have not come to an end\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("issue", "--sponsor", "http://relay.example"), 2),
        (("issue", "--sponsor", "ftp://relay.example"), 2),
        (("issue", "--sponsor", "https://relay.example", "--sponsor-days", "0"), 2),
        (("issue", "--sponsor", "http://127.0.0.1:9"), 3),
        (("issue", "--sponsor", "/dev/null/x"), 1),
        (("cancel", "7"), 2),
        (("withdraw", "7", "--reason", "1"), 2),
        (("withdraw", "1", "--reason", "none"), 2),
        (("relay", "budget", "nobody", "--gas", "1"), 2),
        (("relay", "budget", "0x12", "--gas", "1"), 2),
        (("relay", "budget", "um", "--gas", "-1"), 2),
        (("relay", "budget", "um", "--gas", "9" * 30), 2),
        (("relay", "budget", "um"), 2),
    ],
)
def test_wrong_use_gives_one_plain_line(
    words: tuple[str, ...], code: int, cairn: Cairn, drafted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "PATIENCE", 1.0)  # for a relay that is not there
    ran = cairn(*words, "--data", drafted)
    assert ran.code == code
    assert ran.err.startswith("cairn: ")
    assert ran.out == ""
