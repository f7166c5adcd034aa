"""Signatures of operators over acts that others submit: good ones, and each way in which one may not count."""

from __future__ import annotations

from dataclasses import replace

from ledger.chain.accounts import dev_account, dev_addresses
from ledger.chain.registry import Address, AnchorBatch, Reason, SponsoredCall, WithdrawBatch
from tests.chain.arenas import WALLET, Arena
from tests.reference_sponsoring import digest_of

ORDER_OF_THE_CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FORGERIES = (
    *("signer", "chain", "registry", "payload", "function", "nonce", "deadline"),
    *("high s", "v", "short", "long", "empty"),
)
"""What is wrong with a signature: who signed it, what was signed, or its form."""


def signed(arena: Arena, call: SponsoredCall, forgery: str) -> bytes:
    """What the operator of an act signs, or something near it."""
    act, given = call.call, call.authorization
    if forgery == "payload":
        act = AnchorBatch(act.issuer_id, b"\x77" * 32, 3)
    if forgery == "function":
        act = WithdrawBatch(act.issuer_id, getattr(act, "root", b"\x77" * 32), Reason.ISSUED_IN_ERROR)
    if forgery in ("nonce", "deadline"):
        given = replace(given, **{forgery: getattr(given, forgery) ^ 1})
    digest = digest_of(
        arena.chain_id + (forgery == "chain"),
        Address(bytes(20)) if forgery == "registry" else arena.registry,
        act,
        given.operator,
        given.nonce,
        given.deadline,
    )
    if given.operator == WALLET:
        return {"signer": b"", "short": digest[:31], "long": digest * 4}.get(forgery, digest)
    signer = 5 if forgery == "signer" else dev_addresses().index(given.operator)
    return _bent(dev_account(signer).sign_act(arena.chain_id, digest), forgery)


def _bent(signature: bytes, forgery: str) -> bytes:
    """A signature in a form that does not count: its twin, EIP-2098, another length."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    match forgery:
        case "high s":
            return r + (ORDER_OF_THE_CURVE - s).to_bytes(32, "big") + bytes([55 - v])
        case "v":
            return signature[:64] + bytes([v - 27])
        case "short":
            return r + (s | (v - 27) << 255).to_bytes(32, "big")
        case "long":
            return signature + b"\0"
        case "empty":
            return b""
    return signature
