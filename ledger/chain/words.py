"""Values as 32-byte words of Solidity's contract ABI: written within their ranges, read strictly.

A value has one encoding. A word out of its range, an offset that points elsewhere, padding that is not zero, or a word
too many is a node that does not tell the truth. Specification: Solidity's contract ABI.
"""

from __future__ import annotations

from ledger.chain.registry import Address
from ledger.errors import RegistryUnreachable

WORD = 32

# --- writing --------------------------------------------------------------------------------------------------------


def uint(value: int, bits: int = 256) -> bytes:
    """A number in one word. Raises `ValueError` if it does not fit."""
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{value} does not fit {bits} bits")
    return int(value).to_bytes(WORD, "big")


def bytes32(value: bytes) -> bytes:
    """32 bytes as they are. Raises `ValueError` for any other length: nothing is cut or filled up."""
    if len(value) != WORD:
        raise ValueError(f"expected 32 bytes, not {len(value)}")
    return value


def address(value: Address) -> bytes:
    """An address in one word. Raises `ValueError` unless it has 20 bytes."""
    if len(value) != 20:
        raise ValueError(f"expected 20 bytes, not {len(value)}")
    return bytes(12) + value


def tail(value: bytes) -> bytes:
    """Bytes of any number: their length, and they themselves, filled up with zeros."""
    return uint(len(value)) + value + bytes(-len(value) % WORD)


# --- reading --------------------------------------------------------------------------------------------------------


class Words:
    """The words of an answer or a log, read with their ranges. Raises `RegistryUnreachable` (`rpc_malformed`)."""

    def __init__(self, data: bytes, count: int | None = None) -> None:
        """`count` is the number of words, where it is known."""
        if len(data) % WORD or count not in (None, len(data) // WORD):
            raise wrong()
        self._data = data

    def __len__(self) -> int:
        return len(self._data) // WORD

    def bytes32(self, at: int) -> bytes:
        word = self._data[at * WORD : (at + 1) * WORD]
        if len(word) != WORD:
            raise wrong()
        return word

    def uint(self, at: int, bits: int = 64) -> int:
        value = int.from_bytes(self.bytes32(at), "big")
        if value >> bits:
            raise wrong()
        return value

    def boolean(self, at: int) -> bool:
        return bool(self.uint(at, 1))

    def address(self, at: int) -> Address:
        return Address(self.uint(at, 160).to_bytes(20, "big"))

    def value(self, at: int, kind: str) -> bytes | int:
        """A value of one word, by the name of its Solidity type: `bytes32`, `address` or `uint…`."""
        if kind == "bytes32":
            return self.bytes32(at)
        if kind == "address":
            return self.address(at)
        return self.uint(at, int(kind.removeprefix("uint")))

    def tail(self, at: int) -> bytes:
        """Bytes of any number that end the answer; their length stands at `at`."""
        length = self.uint(at, 32)
        start = (at + 1) * WORD
        padding = bytes(-length % WORD)
        if len(self._data) != start + length + len(padding) or self._data[start + length :] != padding:
            raise wrong()
        return self._data[start : start + length]

    def expect(self, at: int, value: int) -> None:
        """For offsets and lengths, which have one right value: an answer has one encoding."""
        if self.uint(at, 256) != value:
            raise wrong()


def wrong() -> RegistryUnreachable:
    return RegistryUnreachable("a node's answer is not what the registry would say", "rpc_malformed")
