"""Acts that an operator signs and somebody else submits and pays for: what is signed (EIP-712), and by whom it was.

The typed data are coded by hand, as the calls in `abi.py` are; `SponsoredActs.sol` computes the same digest. How a
signed act is written down stands in `act_document.py`.
"""

from __future__ import annotations

from ledger.chain.abi import function_of, payload_hash
from ledger.chain.addresses import keccak
from ledger.chain.artifact import artifact
from ledger.chain.registry import Account, Address, Authorization, SponsorableCall, SponsoredCall
from ledger.chain.words import address, bytes32, uint

_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_ACT_TYPE = keccak(
    b"SponsoredAct(bytes32 issuerId,address operator,bytes4 action,bytes32 payloadHash,uint256 nonce,uint64 deadline)"
)
_NAME = keccak(b"Cairn Credential Registry")
_VERSION = keccak(b"1")
_MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of the order of secp256k1: of two signatures that differ by their sign, the contract takes one (EIP-2)."""
_SIGNATURE_BYTES = 65


def act_digest(
    call: SponsorableCall, *, operator: Address, nonce: int, deadline: int, chain_id: int, registry: Address
) -> bytes:
    """The 32 bytes that an operator signs. Raises `ValueError` for a value out of its range."""
    domain = keccak(_DOMAIN_TYPE + _NAME + _VERSION + uint(chain_id) + address(registry))
    act = keccak(
        _ACT_TYPE
        + bytes32(call.issuer_id)
        + address(operator)
        + artifact().selectors[function_of(call)]
        + bytes(28)
        + payload_hash(call)
        + uint(nonce)
        + uint(deadline, 64)
    )
    return keccak(b"\x19\x01" + domain + act)


def sign_act(
    call: SponsorableCall, account: Account, *, chain_id: int, registry: Address, nonce: int, deadline: int
) -> SponsoredCall:
    """The act in the name of this account, good once, on this registry, until the deadline (Unix seconds)."""
    operator = account.address
    digest = act_digest(call, operator=operator, nonce=nonce, deadline=deadline, chain_id=chain_id, registry=registry)
    return SponsoredCall(call, Authorization(operator, nonce, deadline, account.sign_act(chain_id, digest)))


def digest_of(act: SponsoredCall, *, chain_id: int, registry: Address) -> bytes:
    """What was signed, if it was signed for this registry."""
    given = act.authorization
    return act_digest(
        act.call,
        operator=given.operator,
        nonce=given.nonce,
        deadline=given.deadline,
        chain_id=chain_id,
        registry=registry,
    )


def signer_of(digest: bytes, signature: bytes) -> Address | None:
    """The account whose key made the signature; None for what the contract takes for no key's signature either.

    An operator that is a contract gives signatures that only its own code can judge (ERC-1271).
    """
    from coincurve import PublicKey

    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > _MAX_S:
        return None
    try:
        recoverable = signature[:64] + bytes([signature[64] - 27])
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError:
        return None
    return Address(keccak(key.format(compressed=False)[1:])[12:])
