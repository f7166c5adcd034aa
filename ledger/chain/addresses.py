"""Names of things on a chain: addresses (EIP-55), registries (CAIP-10) and issuer ids."""

from __future__ import annotations

import re
from typing import NewType

from eth_hash.auto import keccak as _keccak

from ledger.errors import MalformedDocument

Address = NewType("Address", bytes)
"""20 bytes."""
IssuerId = NewType("IssuerId", bytes)
"""32 bytes: keccak256(abi.encode(creator, keccak256(did)))."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CAIP10 = re.compile(r"eip155:([1-9][0-9]{0,18}):(0x[0-9a-fA-F]{40})")


def keccak(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return bytes(_keccak(data))


def issuer_id(creator: Address, did: str) -> IssuerId:
    """The id under which the registry files an issuer: keccak256(abi.encode(creator, keccak256(did)))."""
    return IssuerId(keccak(bytes(12) + creator + keccak(did.encode())))


def checksum_address(address: Address) -> str:
    """The address with the mixed case of EIP-55."""
    plain = address.hex()
    digest = keccak(plain.encode()).hex()
    return "0x" + "".join(c.upper() if d >= "8" else c for c, d in zip(plain, digest, strict=False))


def parse_address(text: str) -> Address:
    """Reads an address in one case, or in mixed case with a right EIP-55 checksum.

    Raises `MalformedDocument` (`string_address`).
    """
    if not _ADDRESS.fullmatch(text):
        raise MalformedDocument("string_address", f"not an address of 20 bytes in hex: {text[:60]!r}")
    address = Address(bytes.fromhex(text[2:]))
    in_one_case = text[2:] in (text[2:].lower(), text[2:].upper())
    if not in_one_case and text != checksum_address(address):
        raise MalformedDocument("string_address", f"the checksum of the address {text} is wrong; was it mistyped?")
    return address


def caip10(chain_id: int, registry: Address) -> str:
    """The registry's name across chains, as in `eip155:1:0xab16…` (CAIP-10, with the checksum of EIP-55)."""
    return f"eip155:{chain_id}:{checksum_address(registry)}"


def parse_caip10(text: str) -> tuple[int, Address]:
    """The inverse of `caip10`. Raises `MalformedDocument` (`string_caip10`, `string_address`)."""
    match = _CAIP10.fullmatch(text)
    if match is None:
        raise MalformedDocument("string_caip10", f"not a registry like eip155:1:0x…: {text[:80]!r}")
    return int(match[1]), parse_address(match[2])
