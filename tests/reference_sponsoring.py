"""What an operator signs so that others may pay, as eth-account makes it of the typed data that the contract documents.

Tests hold `SponsoredActs.sol` and the ledger's own encoding against it. It shares no code with either.
"""

from __future__ import annotations

import functools

from eth_abi.abi import encode as abi_encode
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import Signature
from eth_utils.crypto import keccak

from ledger.chain.registry import Address, AnchorBatch, SetStatus, SponsorableCall, WithdrawBatch

HALF_OF_THE_CURVE = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def payload_of(act: SponsorableCall) -> tuple[str, bytes]:
    """The signature of the operator's own function, and the ABI encoding of its arguments after the issuer id."""
    match act:
        case AnchorBatch(_, root, tree_size):
            return "anchor(bytes32,bytes32,uint32)", abi_encode(["bytes32", "uint32"], [root, tree_size])
        case WithdrawBatch(_, root, reason):
            return "withdraw(bytes32,bytes32,uint8)", abi_encode(["bytes32", "uint8"], [root, reason])
        case SetStatus(_, action, reason, words):
            kinds = ["uint8", "uint8", "(uint64,uint256)[]"]
            return "setStatus(bytes32,uint8,uint8,(uint64,uint256)[])", abi_encode(kinds, [action, reason, words])


@functools.lru_cache(maxsize=256)
def digest_of(
    chain_id: int, registry: Address, act: SponsorableCall, operator: Address, nonce: int, deadline: int
) -> bytes:
    """What an operator signs, as eth-account makes it of the typed data that the documentation names."""
    function, payload = payload_of(act)
    message = encode_typed_data(
        {
            "name": "Cairn Credential Registry",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": "0x" + registry.hex(),
        },
        {
            "SponsoredAct": [
                {"name": "issuerId", "type": "bytes32"},
                {"name": "operator", "type": "address"},
                {"name": "action", "type": "bytes4"},
                {"name": "payloadHash", "type": "bytes32"},
                {"name": "nonce", "type": "uint256"},
                {"name": "deadline", "type": "uint64"},
            ]
        },
        {
            "issuerId": act.issuer_id,
            "operator": "0x" + operator.hex(),
            "action": keccak(text=function)[:4],
            "payloadHash": keccak(payload),
            "nonce": nonce,
            "deadline": deadline,
        },
    )
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


def signer_of(digest: bytes, signature: bytes) -> Address | None:
    """Whose key made a signature of 65 bytes with a low s and v 27 or 28."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:64]))
    if s > HALF_OF_THE_CURVE:
        return None
    try:
        made = Signature(vrs=(signature[64] - 27, r, s))
        key = made.recover_public_key_from_msg_hash(digest)
    except Exception:  # noqa: BLE001 - eth-keys raises what its backend raises for a point that is none
        return None
    return Address(key.to_canonical_address())
