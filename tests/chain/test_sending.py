"""Sending: an answer may be lost, a node may lie, and there is still one transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain.accounts import KeystoreAccount, dev_account
from ledger.chain.addresses import issuer_id, keccak
from ledger.chain.ethereum import EthereumRegistry, fund
from ledger.chain.fees import FeePolicy
from ledger.chain.quotes import Terms
from ledger.chain.registry import RegisterIssuer, SignedTransaction, perform
from ledger.chain.rpc import RpcError, as_hex, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted, WrongChain
from ledger.keystore import KeyKind, write_secret
from tests.chain.conftest import Embedded
from tests.chain.nodes import Bent, Faulty, says

ACCOUNT = dev_account(1)
DID = "did:web:cairn.example"


def signed(registry: EthereumRegistry, did: str = DID) -> SignedTransaction:
    return registry.sign(RegisterIssuer(did), ACCOUNT)


def blocks(embedded: Embedded) -> int:
    return quantity(request(embedded.transport, "eth_blockNumber"))


def test_the_hash_is_known_before_sending(embedded: Embedded) -> None:
    transaction = signed(embedded.registry)
    assert transaction.hash == keccak(transaction.raw)
    embedded.registry.send(transaction)
    assert request(embedded.transport, "eth_getTransactionByHash", as_hex(transaction.hash)) is not None


@pytest.mark.parametrize(("fails", "mined"), [("before", False), ("after", True)])
def test_a_lost_answer_says_nothing_and_sending_again_heals(embedded: Embedded, fails: str, mined: bool) -> None:
    faulty = Faulty(embedded.transport, fails)
    registry = EthereumRegistry(embedded.reader(), faulty)
    transaction = signed(registry)
    before = blocks(embedded)
    with pytest.raises(RegistryUnreachable):
        registry.send(transaction)
    assert (registry.receipt(transaction.hash) is not None) is mined
    faulty.fails = "never"
    registry.send(transaction)
    registry.send(transaction)
    receipt = registry.receipt(transaction.hash)
    assert receipt is not None
    assert receipt.succeeded
    assert blocks(embedded) == before + 1


@pytest.mark.parametrize("message", ["already known", "Nonce too low", "ALREADYKNOWN", "known transaction: 0x12"])
def test_old_news_is_believed_only_if_the_chain_knows_the_hash(embedded: Embedded, message: str) -> None:
    transaction = signed(embedded.registry)
    bent = Bent(embedded.transport, changes={"eth_sendRawTransaction": says(RpcError(-32000, message))})
    unused = {"eth_getTransactionByHash": says(None), "eth_getTransactionCount": says(as_hex(transaction.nonce))}
    with pytest.raises(RegistryUnreachable) as caught:
        EthereumRegistry(embedded.reader(), Bent(bent, changes=unused)).send(transaction)
    assert caught.value.code == "rpc_malformed"
    EthereumRegistry(embedded.reader(), bent).send(transaction)


def test_a_nonce_is_gone_only_if_a_block_used_it(embedded: Embedded) -> None:
    first, second = signed(embedded.registry), signed(embedded.registry, "did:web:other.example")
    embedded.registry.send(first)
    with pytest.raises(RegistryError) as caught:
        embedded.registry.send(second)
    assert caught.value.code == "nonce_taken"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("transaction underpriced", "underpriced"),
        ("replacement transaction underpriced", "underpriced"),
        ("max fee per gas less than block base fee: address 0x12", "underpriced"),
        ("insufficient funds for gas * price + value: balance 0", "funds_low"),
        ("nonce too high", "nonce_gap"),
        ("exceeds block gas limit", "gas_refused"),
        ("intrinsic gas too low", "gas_refused"),
        ("txpool is full", "transaction_rejected"),
    ],
)
def test_a_refused_transaction_is_told_with_the_nodes_words(embedded: Embedded, message: str, code: str) -> None:
    bent = Bent(embedded.transport, changes={"eth_sendRawTransaction": says(RpcError(-32000, message))})
    with pytest.raises(RegistryError) as caught:
        EthereumRegistry(embedded.reader(), bent).send(signed(embedded.registry))
    assert caught.value.code == code
    assert message in str(caught.value)


def test_a_node_that_answers_with_another_hash_is_not_believed(embedded: Embedded) -> None:
    for lie in ("0x" + "77" * 32, "0x12", None):
        bent = Bent(embedded.transport, changes={"eth_sendRawTransaction": says(lie)})
        with pytest.raises(RegistryUnreachable):
            EthereumRegistry(embedded.reader(), bent).send(signed(embedded.registry, f"did:web:{lie}.example"))


@pytest.mark.parametrize("field", ["transactionHash", "blockHash"])
def test_another_receipt_than_the_one_asked_for_is_not_believed(embedded: Embedded, field: str) -> None:
    transaction = signed(embedded.registry)
    embedded.registry.send(transaction)

    def lie(_: object, receipt: object) -> object:
        assert isinstance(receipt, dict)
        return receipt | {field: "0x" + "77" * 32}

    registry = EthereumRegistry(embedded.reader(), Bent(embedded.transport, changes={"eth_getTransactionReceipt": lie}))
    if field == "blockHash":
        # The node does not know the block: as after a reorganisation, the transaction waits.
        assert registry.receipt(transaction.hash) is None
        return
    with pytest.raises(RegistryUnreachable):
        registry.receipt(transaction.hash)


def test_what_the_node_knows_of_an_accounts_transactions_takes_one_round_trip(embedded: Embedded) -> None:
    bent = Bent(embedded.transport)
    registry = EthereumRegistry(embedded.reader(), bent)
    mined, never = signed(registry), signed(registry, "did:web:never.example")
    registry.send(mined)
    bent.batches.clear()

    standing = registry.standing(ACCOUNT.address, [mined.hash, never.hash])

    assert (standing.next_nonce, set(standing.known)) == (mined.nonce + 1, {mined.hash})
    assert standing.head == registry.final_block()
    assert len(bent.batches) == 1
    receipts = registry.receipts([never.hash, mined.hash])
    assert [receipt and receipt.block for receipt in receipts] == [None, standing.head]
    assert len(bent.batches) == 3


def test_another_transaction_than_the_one_asked_for_is_not_believed(embedded: Embedded) -> None:
    lie = {"eth_getTransactionByHash": says({"hash": "0x" + "77" * 32})}
    registry = EthereumRegistry(embedded.reader(), Bent(embedded.transport, changes=lie))
    with pytest.raises(RegistryUnreachable):
        registry.standing(ACCOUNT.address, [signed(embedded.registry).hash])


def test_another_bid_for_a_nonce_differs_in_its_terms_alone(embedded: Embedded) -> None:
    registry = embedded.registry
    quoted = registry.quote(RegisterIssuer(DID), ACCOUNT.address)
    terms = Terms(quoted.mined_nonce, quoted.gas_limit, quoted.fees)
    raised = FeePolicy().raised(quoted.fees, quoted.market)
    assert raised is not None
    bids = [registry.bid(quoted.payload, ACCOUNT, each) for each in (terms, replace(terms, fees=raised))]
    assert bids[0].nonce == bids[1].nonce
    assert bids[0].hash != bids[1].hash
    registry.send(bids[1])
    with pytest.raises(RegistryError) as caught:
        registry.send(bids[0])
    assert caught.value.code == "nonce_taken"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_estimateGas", "lots"),
        ("eth_estimateGas", RpcError(-32000, "out of gas")),
        ("eth_getTransactionCount", None),
        ("eth_feeHistory", {}),
        ("eth_feeHistory", {"baseFeePerGas": []}),
        ("eth_maxPriorityFeePerGas", RpcError(-32601, "no such method")),
    ],
)
def test_nothing_is_signed_on_nonsense(embedded: Embedded, method: str, answer: object) -> None:
    bent = Bent(embedded.transport, changes={method: says(answer)})
    with pytest.raises(RegistryUnreachable):
        signed(EthereumRegistry(embedded.reader(), bent))


def test_signing_takes_one_round_trip(embedded: Embedded) -> None:
    bent = Bent(embedded.transport)
    signed(EthereumRegistry(embedded.reader(), bent))
    assert len(bent.batches) == 1


def test_an_account_without_money_is_told_so(embedded: Embedded) -> None:
    bent = Bent(embedded.transport, changes={"eth_getBalance": says("0x1")})
    with pytest.raises(RegistryError) as caught:
        signed(EthereumRegistry(embedded.reader(), bent))
    assert caught.value.code == "funds_low"
    assert "holds 0.000000000000000001 ETH, and must hold 0.00" in str(caught.value)


def test_a_refusal_without_a_reason_is_unknown(embedded: Embedded) -> None:
    for error in (RpcError(3, "execution reverted"), RpcError(3, "execution reverted", "0x12345678")):
        bent = Bent(embedded.transport, changes={"eth_estimateGas": says(error)})
        with pytest.raises(TransactionReverted) as caught:
            signed(EthereumRegistry(embedded.reader(), bent))
        assert (caught.value.error, caught.value.arguments) == ("unknown", ())


def test_a_keystore_account_is_funded_and_acts(embedded: Embedded) -> None:
    path = embedded.folder / "key.json"
    write_secret(path, bytes(range(1, 33)), "open", kind=KeyKind.SECP256K1, demo=True)
    account = KeystoreAccount.open(path, "open")
    with pytest.raises(RegistryError):
        embedded.registry.sign(RegisterIssuer(DID), account)
    fund(embedded.transport, account.address, 10**18)
    perform(embedded.registry, RegisterIssuer(DID), account)
    identifier = issuer_id(account.address, DID)
    assert embedded.registry.read([identifier], [], []).issuers[identifier] is not None


def test_money_is_given_away_on_development_chains_only(embedded: Embedded) -> None:
    bent = Bent(embedded.transport, changes={"eth_chainId": says("0x1")})
    with pytest.raises(WrongChain):
        fund(bent, ACCOUNT.address, 1)
