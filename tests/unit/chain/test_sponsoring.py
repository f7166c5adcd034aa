"""What an operator signs is what EIP-712 says, judged by eth-account; and whose signature it is."""

from __future__ import annotations

from typing import Any

import pytest
from coincurve import PrivateKey
from eth_abi.abi import encode as abi_encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import (
    Address,
    AnchorBatch,
    IssuerId,
    Reason,
    SetStatus,
    SponsorableCall,
    StatusAction,
    WithdrawBatch,
)
from ledger.chain.sponsoring import act_digest, digest_of, sign_act, signer_of
from ledger.errors import WrongChain
from tests.fakes import fake_account

ISSUER = IssuerId(bytes([1]) * 32)
ROOT = bytes([3]) * 32
REGISTRY = Address(bytes([0xCA]) * 20)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

roots = st.binary(min_size=32, max_size=32)
words = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**256 - 1)), max_size=4).map(tuple)
calls = st.one_of(
    st.builds(AnchorBatch, st.just(ISSUER), roots, st.integers(0, 2**32 - 1)),
    st.builds(WithdrawBatch, st.just(ISSUER), roots, st.sampled_from(Reason)),
    st.builds(SetStatus, st.just(ISSUER), st.sampled_from(StatusAction), st.integers(0, 5), words),
)


def arguments(call: SponsorableCall) -> tuple[str, list[str], list[object]]:
    """The function of an act and its arguments after the issuer id, as the ABI has them."""
    if isinstance(call, AnchorBatch):
        return "anchor", ["bytes32", "uint32"], [call.root, call.tree_size]
    if isinstance(call, WithdrawBatch):
        return "withdraw", ["bytes32", "uint8"], [call.root, int(call.reason)]
    return "setStatus", ["uint8", "uint8", "(uint64,uint256)[]"], [int(call.action), call.reason, list(call.words)]


def judged(call: SponsorableCall, operator: Address, nonce: int, deadline: int, chain_id: int) -> bytes:
    """The digest as eth-account computes it from typed data."""
    function, types, values = arguments(call)
    typed: dict[str, Any] = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "SponsoredAct": [
                {"name": "issuerId", "type": "bytes32"},
                {"name": "operator", "type": "address"},
                {"name": "action", "type": "bytes4"},
                {"name": "payloadHash", "type": "bytes32"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint64"},
            ],
        },
        "primaryType": "SponsoredAct",
        "domain": {
            "name": "Cairn Credential Registry",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": checksum_address(REGISTRY),
        },
        "message": {
            "issuerId": call.issuer_id,
            "operator": checksum_address(operator),
            "action": keccak(text=f"{function}(bytes32,{','.join(types)})")[:4],
            "payloadHash": keccak(abi_encode(types, values)),
            "nonce": nonce,
            "deadline": deadline,
        },
    }
    message = encode_typed_data(full_message=typed)
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


@given(call=calls, nonce=st.integers(0, 2**256 - 1), deadline=st.integers(0, 2**64 - 1), chain_id=st.integers(1, 2**64))
@settings(deadline=None, max_examples=50)
def test_the_digest_is_that_of_the_typed_data(call: SponsorableCall, nonce: int, deadline: int, chain_id: int) -> None:
    operator = fake_account("operator").address
    ours = act_digest(call, operator=operator, nonce=nonce, deadline=deadline, chain_id=chain_id, registry=REGISTRY)
    assert ours == judged(call, operator, nonce, deadline, chain_id)


def test_a_signed_act_names_its_operator_and_is_signed_by_it() -> None:
    call = AnchorBatch(ISSUER, ROOT, 7)
    for account in (dev_account(3), fake_account("operator")):
        act = sign_act(call, account, chain_id=EMBEDDED_CHAIN_ID, registry=REGISTRY, nonce=2**255 + 1, deadline=99)
        digest = digest_of(act, chain_id=EMBEDDED_CHAIN_ID, registry=REGISTRY)
        assert (act.call, act.authorization.nonce, act.authorization.deadline) == (call, 2**255 + 1, 99)
        assert act.authorization.operator == account.address == signer_of(digest, act.authorization.signature)


def test_nothing_but_what_was_signed_has_its_digest() -> None:
    facts: dict[str, Any] = {"operator": REGISTRY, "nonce": 1, "deadline": 2, "chain_id": 3, "registry": REGISTRY}
    call = WithdrawBatch(ISSUER, ROOT, Reason.SUPERSEDED)
    others: list[bytes] = [
        act_digest(WithdrawBatch(IssuerId(ROOT), ROOT, Reason.SUPERSEDED), **facts),
        act_digest(WithdrawBatch(ISSUER, ISSUER, Reason.SUPERSEDED), **facts),
        act_digest(WithdrawBatch(ISSUER, ROOT, Reason.COMPROMISED), **facts),
        act_digest(AnchorBatch(ISSUER, ROOT, 5), **facts),
        *(act_digest(call, **(facts | {name: value})) for name, value in [("nonce", 2), ("deadline", 3)]),
        *(act_digest(call, **(facts | {name: Address(ROOT[:20])})) for name in ("operator", "registry")),
        act_digest(call, **(facts | {"chain_id": 4})),
    ]
    assert len({act_digest(call, **facts), *others}) == len(others) + 1


def test_a_signature_that_the_contract_takes_for_none_has_no_signer() -> None:
    key, digest = PrivateKey(bytes([7]) * 32), bytes([9]) * 32
    raw = key.sign_recoverable(digest, hasher=None)
    good = raw[:64] + bytes([27 + raw[64]])
    mirrored = raw[:32] + (ORDER - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big") + bytes([28 - raw[64]])
    assert signer_of(digest, good) is not None
    for signature in (mirrored, raw, good[:64], good + b"\0", b"", bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1c"):
        assert signer_of(digest, signature) is None
    assert signer_of(bytes(32), good) != signer_of(digest, good)


def test_a_demonstrations_key_signs_no_act_for_another_chain() -> None:
    with pytest.raises(WrongChain):
        sign_act(AnchorBatch(ISSUER, ROOT, 1), dev_account(0), chain_id=1, registry=REGISTRY, nonce=0, deadline=1)


@pytest.mark.parametrize("changed", [{"nonce": 2**256}, {"nonce": -1}, {"deadline": 2**64}, {"operator": b"short"}])
def test_what_does_not_fit_is_not_signed(changed: dict[str, Any]) -> None:
    facts: dict[str, Any] = {"operator": REGISTRY, "nonce": 1, "deadline": 2, "chain_id": 3, "registry": REGISTRY}
    with pytest.raises(ValueError, match=r"fit|expected"):
        act_digest(AnchorBatch(ISSUER, ROOT, 1), **(facts | changed))
