"""Messages that people sign with their accounts (EIP-191, version 0x45, "personal_sign")."""

from __future__ import annotations

from ledger.chain.addresses import Address, keccak
from ledger.chain.sponsoring import signer_of

_PREFIX = b"\x19Ethereum Signed Message:\n"


def personal_digest(message: bytes) -> bytes:
    """The 32 bytes that an account signs for a message."""
    return keccak(_PREFIX + str(len(message)).encode() + message)


def signer_of_message(message: bytes, signature: bytes) -> Address | None:
    """The account whose key signed a message.

    None for anything but 65 bytes with a low s and a recovery id of 27 or 28: nobody can make a second signature out of
    one. Signatures that only a contract can judge (ERC-1271) are not taken.
    """
    return signer_of(personal_digest(message), signature)
