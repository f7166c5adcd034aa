"""What several nodes say, merged: a single liar raises no number, hides no receipt, and makes none up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.merging import MERGES, UNSETTLED, check_form, merge_call
from ledger.chain.rpc import RpcError, quantity
from ledger.errors import RegistryUnreachable

HASH = "0x" + "ab" * 32
OTHER = "0x" + "cd" * 32
NUMBERS = st.integers(0, 2**64 - 1)


def receipt(block: str = HASH, status: str = "0x1") -> dict[str, Any]:
    return {"transactionHash": HASH, "blockHash": block, "status": status, "gasUsed": "0x5208"}


def merged(method: str, *results: object, quorum: int = 2, about: object = HASH) -> object:
    return merge_call(method, [about], results, quorum)


@given(honest=st.tuples(NUMBERS, NUMBERS), lie=NUMBERS, place=st.integers(0, 2))
def test_one_liar_moves_no_number_beyond_what_the_honest_say(honest: tuple[int, int], lie: int, place: int) -> None:
    said = [hex(number) for number in honest]
    said.insert(place, hex(lie))
    for method in ("eth_getTransactionCount", "eth_getBalance", "eth_estimateGas", "eth_maxPriorityFeePerGas"):
        assert min(honest) <= quantity(merged(method, *said)) <= max(honest)


def test_a_receipt_counts_once_a_quorum_has_it_in_the_same_block() -> None:
    method = "eth_getTransactionReceipt"
    assert merged(method, receipt(), None, receipt()) == receipt()
    assert merged(method, receipt(), None, None) is None
    assert merged(method, receipt(), None) is UNSETTLED
    assert merged(method, receipt(), receipt(OTHER), None) is UNSETTLED
    assert merged(method, receipt(status="0x0"), receipt(), receipt()) == receipt()
    assert merged(method, receipt(), quorum=1) == receipt()


def test_a_transaction_is_known_if_any_node_shows_that_very_one() -> None:
    method = "eth_getTransactionByHash"
    assert merged(method, None, {"hash": HASH.upper().replace("X", "x")}, None) is not None
    assert merged(method, None, {"hash": OTHER}, None) is None


def test_the_code_is_what_a_quorum_has() -> None:
    assert merged("eth_getCode", "0x12", "0x", "0x12") == "0x12"
    assert merged("eth_getCode", "0x12", "0x") is UNSETTLED


def test_a_named_block_goes_by_its_number_and_a_numbered_one_by_what_it_is() -> None:
    def block(number: int, block_hash: str = HASH) -> dict[str, str]:
        return {"number": hex(number), "hash": block_hash, "timestamp": "0x1"}

    method = "eth_getBlockByNumber"
    assert merged(method, block(7), block(9_999, OTHER), block(8), about="latest") == block(8)
    assert merged(method, None, block(7), block(8), about="safe") == block(7)
    assert merged(method, None, None, about="safe") is None
    assert merged(method, block(7), block(7, OTHER), block(7), about="0x7") == block(7)
    assert merged(method, block(7), block(7, OTHER), about="0x7") is UNSETTLED


def test_a_refusal_stands_if_a_quorum_refuses_or_nobody_does_better() -> None:
    no = RpcError(3, "execution reverted")
    assert merged("eth_estimateGas", no, "0x5208", "0x5300") == "0x5208"
    assert merged("eth_estimateGas", no, "0x5208", no) == no
    assert merged("eth_maxPriorityFeePerGas", no) == no


@pytest.mark.parametrize("method", sorted(MERGES))
@pytest.mark.parametrize("nonsense", ["", "0xzz", [], {}, 7, {"hash": "0x12"}, {"baseFeePerGas": []}])
def test_nonsense_is_found_before_anything_is_merged(method: str, nonsense: object) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        check_form(method, [HASH], nonsense)
    assert caught.value.code == "rpc_malformed"
