"""The registry's one address: the same on each chain, used once, and never mistaken for other code there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import caip10, checksum_address, keccak
from ledger.chain.artifact import artifact
from ledger.chain.deployment import DEPLOYER, DEPLOYER_CODE, Standing, deploy, look, registry_address
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.rpc import HttpTransport, RpcError, Transport, as_hex, quantity, request
from ledger.cli.main import run
from ledger.configuration import FILE, read_configuration
from ledger.errors import CairnError, RegistryError, RegistryUnreachable, TransactionReverted, WrongChain
from ledger.workspace import Workspace
from tests.chain.conftest import Embedded, another_salt
from tests.chain.desk import SEPOLIA, Killed, another
from tests.chain.nodes import Bent, Faulty, says

ACCOUNT = dev_account(1)
OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
FOREIGN = "0x60006000fd"


def blocks(transport: Transport) -> int:
    return quantity(request(transport, "eth_blockNumber"))


def refusal(action: object) -> str:
    with pytest.raises(CairnError) as caught:
        action()  # type: ignore[operator]
    assert "\n" not in str(caught.value)
    return caught.value.code


# --- the address ----------------------------------------------------------------------------------------------------


def test_the_embedded_chain_has_the_registry_at_its_address(embedded: Embedded) -> None:
    assert embedded.address == registry_address()
    assert look(embedded.transport, EMBEDDED_CHAIN_ID, block="finalized").code == artifact().deployed_bytecode


@pytest.mark.node
def test_nodes_of_other_chains_have_it_at_the_same_address(anvil: str, public_node: str) -> None:
    for url, chain_id, account in ((anvil, ANVIL_CHAIN_ID, ACCOUNT), (public_node, SEPOLIA, another())):
        with HttpTransport(url) as transport:
            assert request(transport, "eth_getCode", as_hex(DEPLOYER), "latest") == as_hex(DEPLOYER_CODE)
            assert deploy(transport, account, chain_id=chain_id) == registry_address()
            assert look(transport, chain_id).code == artifact().deployed_bytecode


def test_another_salt_gives_another_registry(embedded: Embedded) -> None:
    salt = another_salt()
    assert look(embedded.transport, EMBEDDED_CHAIN_ID, salt=salt).standing is Standing.NOT_DEPLOYED
    address = deploy(embedded.transport, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID, salt=salt)
    assert address == registry_address(salt) != registry_address()
    assert look(embedded.transport, EMBEDDED_CHAIN_ID, salt=salt).standing is Standing.DEPLOYED


# --- deploying ------------------------------------------------------------------------------------------------------


def test_what_is_there_is_not_deployed_again(embedded: Embedded) -> None:
    before = blocks(embedded.transport)
    assert deploy(embedded.transport, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID) == embedded.address
    assert blocks(embedded.transport) == before


def test_a_lost_answer_is_no_failure_where_the_registry_stands(embedded: Embedded) -> None:
    salt = another_salt()
    with pytest.raises(RegistryUnreachable):
        deploy(Faulty(embedded.transport, "before"), ACCOUNT, chain_id=EMBEDDED_CHAIN_ID, salt=salt)
    assert look(embedded.transport, EMBEDDED_CHAIN_ID, salt=salt).standing is Standing.NOT_DEPLOYED
    lost = Faulty(embedded.transport, "after")
    assert deploy(lost, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID, salt=salt) == registry_address(salt)


def test_whoever_comes_second_finds_what_the_first_made(embedded: Embedded) -> None:
    looks = 0

    def late(_: object, code: object) -> object:
        nonlocal looks
        looks += 1
        return code if looks in (1, 3, 4) else "0x"  # the first look shows the deployer and no registry yet

    before = blocks(embedded.transport)
    second = Bent(embedded.transport, changes={"eth_getCode": late})
    assert deploy(second, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID) == embedded.address
    assert blocks(embedded.transport) == before
    assert looks == 4


def test_a_refusal_where_nothing_stands_is_told(embedded: Embedded) -> None:
    bent = Bent(embedded.transport, changes={"eth_estimateGas": says(RpcError(3, "execution reverted", "0x"))})
    with pytest.raises(TransactionReverted):
        deploy(bent, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID, salt=another_salt())


def test_other_code_at_the_address_is_refused_with_its_hash(embedded: Embedded) -> None:
    bent = Bent(embedded.transport, changes={"eth_getCode": says(FOREIGN)})
    assert look(bent, EMBEDDED_CHAIN_ID).standing is Standing.OTHER_CODE
    with pytest.raises(WrongChain, match=keccak(bytes.fromhex(FOREIGN[2:])).hex()):
        deploy(bent, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID)
    one_byte_less = as_hex(artifact().deployed_bytecode[:-1])
    assert look(Bent(bent, changes={"eth_getCode": says(one_byte_less)}), EMBEDDED_CHAIN_ID).standing is (
        Standing.OTHER_CODE
    )


@pytest.mark.parametrize("code", ["0x", FOREIGN])
def test_a_chain_without_the_deployer_is_told_what_to_do(embedded: Embedded, code: str) -> None:
    def hide(parameters: Any, found: object) -> object:
        return code if parameters[0] == as_hex(DEPLOYER) else found

    bent = Bent(embedded.transport, changes={"eth_getCode": hide})
    with pytest.raises(RegistryError, match=r"docs/operations\.md") as caught:
        deploy(bent, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID, salt=another_salt())
    assert caught.value.code == "deployer_missing"
    # Where the registry stands already, nobody needs the deployer any more.
    assert deploy(bent, ACCOUNT, chain_id=EMBEDDED_CHAIN_ID) == embedded.address


def test_nothing_is_deployed_on_another_chain_than_the_one_that_is_meant(embedded: Embedded) -> None:
    with pytest.raises(WrongChain):
        deploy(embedded.transport, ACCOUNT, chain_id=1, salt=another_salt())


# --- the deployer ---------------------------------------------------------------------------------------------------


def published_transaction() -> bytes:
    """The transaction in docs/operations.md that makes the deployer on a chain that lacks it."""
    found = re.search(r"0x(f8a5[0-9a-f]+)", OPERATIONS.read_text(encoding="utf-8"))
    assert found
    return bytes.fromhex(found[1])


def test_the_published_transaction_makes_the_deployer_where_we_expect_it() -> None:
    raw = published_transaction()
    sender = Account.recover_transaction(raw)
    nonce, price, gas, to, value, init_code, *_ = rlp.decode(raw)
    assert (nonce, to, value) == (b"", b"", b"")
    assert keccak(rlp.encode([bytes.fromhex(sender[2:]), 0]))[12:] == DEPLOYER
    assert init_code.endswith(DEPLOYER_CODE)
    text = OPERATIONS.read_text(encoding="utf-8")
    assert sender in text
    assert int.from_bytes(price, "big") * int.from_bytes(gas, "big") == 10**16
    assert "0.01" in text


@pytest.mark.node
def test_the_published_transaction_works_on_a_chain_that_lacks_the_deployer(public_node: str) -> None:
    with HttpTransport(public_node) as transport:
        request(transport, "anvil_setCode", as_hex(DEPLOYER), "0x")
        request(transport, "anvil_setNonce", as_hex(DEPLOYER), "0x0")
        assert refusal(lambda: deploy(transport, another(), chain_id=SEPOLIA)) == "deployer_missing"
        raw = published_transaction()
        request(transport, "anvil_setBalance", Account.recover_transaction(raw), hex(10**16))
        request(transport, "eth_sendRawTransaction", as_hex(raw))
        assert deploy(transport, another(), chain_id=SEPOLIA) == registry_address()


# --- the data folder ------------------------------------------------------------------------------------------------


def test_a_crash_between_deployment_and_configuration_is_healed_by_init(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "_configure", killed)
        with pytest.raises(Killed):
            Workspace.init(data, demo=True)
    assert read_configuration(data).registry is None
    with EmbeddedNode.open(data / "chain", create=False) as node:
        assert blocks(node.transport()) == 1

    with Workspace.init(data, demo=True) as workspace:
        assert workspace.reader.registry == registry_address()
        assert workspace.reader.final_block().number == 1


@pytest.mark.node
def test_folders_on_one_development_node_share_the_registry(anvil: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with Workspace.init(tmp_path / name, rpc_urls=[anvil], finality="latest", demo=True) as workspace:
            assert workspace.reader.registry == registry_address()


@pytest.mark.node
def test_init_on_a_public_chain_says_how_to_deploy(
    public_node: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["init", "--rpc", public_node, "--finality", "latest", "--data", str(tmp_path / "data")]
    with pytest.raises(SystemExit) as ended:
        run(words)
    said = capfd.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert "scripts/deploy.py" in said
    assert checksum_address(registry_address()) in said
    assert not (tmp_path / "data").exists()
    with HttpTransport(public_node) as transport:
        deploy(transport, another(), chain_id=SEPOLIA)
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 0
    assert caip10(SEPOLIA, registry_address()) in capfd.readouterr().out


@pytest.mark.node
def test_a_folder_on_a_public_chain_uses_the_registry_that_stands_there(public_node: str, tmp_path: Path) -> None:
    data = tmp_path / "data"

    def init() -> Workspace:
        return Workspace.init(data, rpc_urls=[public_node], finality="latest")

    with HttpTransport(public_node) as transport:
        assert refusal(init) == "registry_missing"
        request(transport, "anvil_setCode", as_hex(registry_address()), FOREIGN)
        assert refusal(init) == "wrong_chain"
        assert not data.exists()
        request(transport, "anvil_setCode", as_hex(registry_address()), "0x")
        deploy(transport, another(), chain_id=SEPOLIA)
        before = blocks(transport)
        with init() as workspace:
            assert workspace.reader.registry == registry_address()
        with init() as workspace:
            assert workspace.configuration.registry == registry_address()
        assert (data / FILE).exists()
        assert blocks(transport) == before
