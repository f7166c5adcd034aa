"""Every refusal of the registry is read with its values by name and said in a sentence; nothing else passes for one."""

from __future__ import annotations

import json
import string
import time
from typing import Any, cast

import pytest
from eth_abi.abi import encode as abi_encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.refusals import SENTENCES, read_refusal, refusal
from ledger.chain.registry import (
    FOREVER,
    AnchorBatch,
    RegisterIssuer,
    Registry,
    Role,
    SetOperator,
    SignedTransaction,
    perform,
)
from ledger.chain.rpc import RpcError, quantity
from ledger.errors import TransactionReverted
from scripts.build_artifacts import ARTIFACT
from tests.chain.conftest import Bench, Embedded
from tests.chain.nodes import Bent, Change, says

ERRORS = {
    entry["name"]: [(part["name"], part["type"]) for part in entry["inputs"]]
    for entry in json.loads(ARTIFACT.read_text(encoding="utf-8"))["abi"]
    if entry["type"] == "error"
}
DID = "did:web:cairn.example"
ROOT = bytes([1]) * 32


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind == "bytes32":
        return st.binary(min_size=32, max_size=32)
    if kind == "address":
        return st.binary(min_size=20, max_size=20)
    bits = int(kind.removeprefix("uint"))
    return st.integers(0, 2**bits - 1) | st.sampled_from([0, 1, 1_795_305_600, 2**bits - 1]).map(lambda n: n % 2**bits)


def encoded(name: str, values: list[Any]) -> bytes:
    kinds = [kind for _, kind in ERRORS[name]]
    return bytes(keccak(text=f"{name}({','.join(kinds)})")[:4] + abi_encode(kinds, values))


def python_name(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def test_every_error_of_the_contract_has_a_sentence_that_shows_every_value() -> None:
    assert SENTENCES.keys() == ERRORS.keys()
    for name, parameters in ERRORS.items():
        shown = {field for _, field, _, _ in string.Formatter().parse(SENTENCES[name]) if field}
        assert shown == {python_name(parameter) for parameter, _ in parameters}, name
        assert len({python_name(parameter) for parameter, _ in parameters}) == len(parameters)


@pytest.mark.parametrize("name", sorted(ERRORS))
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_an_error_is_read_as_the_abi_says(name: str, data: st.DataObject) -> None:
    values = [data.draw(values_of(kind)) for _, kind in ERRORS[name]]
    found = read_refusal(encoded(name, values))
    assert (found.error, found.arguments) == (name, tuple(values))
    assert found.values == {
        python_name(parameter): value for (parameter, _), value in zip(ERRORS[name], values, strict=True)
    }
    assert str(found) == str(refusal(name, tuple(values)))
    for (_, kind), value in zip(ERRORS[name], values, strict=True):
        if isinstance(value, bytes):
            assert (to_checksum_address(value) if kind == "address" else value.hex()) in str(found)
    assert "{" not in str(found)
    assert len(str(found).splitlines()) == 1


@pytest.mark.parametrize("name", sorted(ERRORS))
@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_other_values_make_another_sentence(name: str, data: st.DataObject) -> None:
    first, second = ([data.draw(values_of(kind)) for _, kind in ERRORS[name]] for _ in range(2))
    same = read_refusal(encoded(name, first)), read_refusal(encoded(name, second))
    assert (str(same[0]) == str(same[1])) == (first == second)


def test_times_and_roles_are_said_in_words() -> None:
    until = read_refusal(encoded("DeadlinePassed", [1_795_305_600]))
    assert str(until) == "the signed act could be submitted until 2026-11-22 00:00:00 UTC, and that time is over"
    period = read_refusal(encoded("PeriodInvalid", [2**63, FOREVER]))
    assert "from second 9223372036854775808 after 1970 to the end of time" in str(period)
    for role, word in ((1, "anchor"), (2, "revoke"), (7, "7")):
        assert f"may not {word} for issuer" in str(read_refusal(encoded("NotOperator", [ROOT, bytes(20), role])))


# --- what is no error of the registry -------------------------------------------------------------------------------


def test_what_solidity_says_is_told_too() -> None:
    panic = read_refusal(bytes.fromhex("4e487b71") + (0x32).to_bytes(32, "big"))
    assert (panic.error, panic.arguments, panic.values) == ("Panic", (0x32,), {"code": 0x32})
    assert "0x32" in str(panic)
    words = read_refusal(bytes.fromhex("08c379a0") + abi_encode(["string"], ["Ownable: not the owner"]))
    assert (words.error, words.values) == ("Error", {"reason": "Ownable: not the owner"})
    assert "Ownable: not the owner" in str(words)


def test_a_contract_cannot_write_to_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\n\u202e" + "x" * 5_000
    found = read_refusal(bytes.fromhex("08c379a0") + abi_encode(["string"], [hostile]))
    assert str(found).isprintable()
    assert len(str(found)) < 300


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_that_is_cut_or_has_more_is_unknown(name: str) -> None:
    whole = encoded(name, [bytes(32) if kind == "bytes32" else bytes(20) if kind == "address" else 1
                           for _, kind in ERRORS[name]])  # fmt: skip
    for wrong in (whole[:-1], whole[:-32], whole + bytes(1), whole + bytes(32), whole[:4]):
        found = read_refusal(wrong)
        assert (found.error, found.arguments, found.values) == ("unknown", (), {})
        assert whole[:4].hex() in str(found)


def test_a_value_out_of_its_range_is_unknown() -> None:
    dirty = encoded("NotAdmin", [ROOT, bytes(20)])
    assert read_refusal(dirty[:36] + b"\1" + dirty[37:]).error == "unknown"


@given(st.binary(max_size=200) | st.sampled_from(sorted(SENTENCES)).map(lambda name: keccak(text=name)[:4]))
@settings(deadline=None, max_examples=500)
def test_reading_never_raises(data: bytes) -> None:
    for selector in (b"", bytes.fromhex("4e487b71"), bytes.fromhex("08c379a0"), encoded("DeadlinePassed", [1])[:4]):
        found = read_refusal(selector + data)
        assert found.code == "transaction_reverted"
        assert str(found)


def test_no_reason_at_all_is_said_so() -> None:
    assert str(read_refusal(b"")) == "the registry refused the call without a reason"
    assert "0x12345678" in str(read_refusal(bytes.fromhex("12345678")))


def test_a_refusal_that_the_contract_lacks_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no error"):
        refusal("NotOwner")
    with pytest.raises(ValueError, match="zip"):
        refusal("NotAdmin", (ROOT,))


# --- on a chain -----------------------------------------------------------------------------------------------------


def test_a_call_that_would_fail_is_refused_with_its_values(embedded: Embedded) -> None:
    account = dev_account(1)
    issuer = issuer_id(account.address, DID)
    with pytest.raises(TransactionReverted) as caught:
        embedded.registry.sign(AnchorBatch(issuer, ROOT, 1), account)
    assert caught.value.values == {"issuer_id": issuer, "caller": account.address, "role": 1}
    assert str(caught.value).startswith(f"account {to_checksum_address(account.address)} may not anchor for issuer 0x")


def raced(registry: EthereumRegistry, *accounts: int) -> bytes:
    """Two transactions that both would succeed, of which the second fails: its hash."""
    issuer = issuer_id(dev_account(accounts[0]).address, DID)
    perform(registry, RegisterIssuer(DID), dev_account(accounts[0]))
    for account in accounts:
        perform(registry, SetOperator(issuer, dev_account(account).address, Role.ANCHOR, 0), dev_account(accounts[0]))
    signed = [registry.sign(AnchorBatch(issuer, ROOT, 1), dev_account(account)) for account in accounts]
    for transaction in signed:
        registry.send(transaction)
    return signed[-1].hash


def test_a_transaction_that_failed_in_its_block_tells_why(embedded: Embedded) -> None:
    receipt = embedded.registry.receipt(raced(embedded.registry, 1, 2))
    assert receipt is not None
    assert not receipt.succeeded
    assert receipt.refusal is not None
    assert (receipt.refusal.error, receipt.refusal.values["root"]) == ("AlreadyAnchored", ROOT)


@pytest.mark.node
@pytest.mark.parametrize("bench", ["anvil"], indirect=True)
def test_a_node_tells_why_a_transaction_failed_in_its_block(bench: Bench) -> None:
    assert isinstance(bench.registry, EthereumRegistry)
    failed, deadline = raced(bench.registry, 1, 2), time.monotonic() + 120
    while (receipt := bench.registry.receipt(failed)) is None:
        assert time.monotonic() < deadline, "the node mined nothing"
        time.sleep(0.05)
    assert receipt.refusal is not None
    assert receipt.refusal.error == "AlreadyAnchored"


@pytest.mark.parametrize(
    "changes",
    [
        {"eth_call": says(RpcError(-32000, "missing trie node"))},
        {"eth_call": says(RpcError(-32000, "out of gas"))},
        {"eth_call": says("0x")},
        {"eth_getTransactionByHash": says(None)},
        {"eth_getTransactionByHash": says(RpcError(-32601, "no such method"))},
    ],
)
def test_a_failure_is_certain_where_its_reason_is_not(embedded: Embedded, changes: dict[str, Change]) -> None:
    failed = raced(embedded.registry, 1, 2)
    receipt = EthereumRegistry(embedded.reader(), Bent(embedded.transport, changes=changes)).receipt(failed)
    assert receipt is not None
    assert not receipt.succeeded
    assert receipt.refusal is not None
    assert receipt.refusal.error == "unknown"


class Presigned:
    """A registry on which signing was done long ago."""

    def __init__(self, registry: EthereumRegistry, transaction: SignedTransaction) -> None:
        self._registry = registry
        self._transaction = transaction

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def sign(self, *_: object) -> SignedTransaction:
        return self._transaction


def test_performing_raises_the_reason(embedded: Embedded) -> None:
    call = RegisterIssuer(DID)
    late = embedded.registry.sign(call, dev_account(1))
    following = Bent(embedded.transport, changes={"eth_getTransactionCount": lambda _, count: hex(quantity(count) + 1)})
    second = EthereumRegistry(embedded.reader(), following).sign(call, dev_account(1))
    embedded.registry.send(late)
    with pytest.raises(TransactionReverted) as caught:
        perform(cast("Registry", Presigned(embedded.registry, second)), call, dev_account(1))
    assert caught.value.error == "IssuerAlreadyRegistered"
