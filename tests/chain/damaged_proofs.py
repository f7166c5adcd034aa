"""Inclusion proofs as the contract is asked about them: good ones, and each damaged in some part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from typing import Any

from ledger.chain.artifact import artifact
from ledger.chain.registry import IssuerId
from ledger.chain.words import WORD, bytes32, uint
from ledger.proofs.merkle import path_length
from tests import reference


@dataclass(frozen=True)
class Proof:
    """All that `check` is asked."""

    issuer_id: IssuerId
    root: bytes
    digest: bytes
    status_index: int
    leaf_index: int
    tree_size: int
    path: tuple[bytes, ...]

    @property
    def calldata(self) -> bytes:
        head = bytes32(self.issuer_id) + bytes32(self.root) + bytes32(self.digest) + uint(self.status_index, 64)
        return with_path("check", head + uint(self.leaf_index, 32) + uint(self.tree_size, 32), self.path)


@dataclass(frozen=True)
class Inclusion:
    """All that `isIncluded` is asked."""

    root: bytes
    leaf: bytes
    leaf_index: int
    tree_size: int
    path: tuple[bytes, ...]

    @property
    def calldata(self) -> bytes:
        head = bytes32(self.root) + bytes32(self.leaf) + uint(self.leaf_index, 64) + uint(self.tree_size, 64)
        return with_path("isIncluded", head, self.path)


def with_path(function: str, head: bytes, path: Sequence[bytes]) -> bytes:
    """A call whose last argument is a list of hashes. Raises `ValueError` for a hash that has not 32 bytes."""
    listed = uint(len(path)) + b"".join(map(bytes32, path))
    return artifact().selectors[function] + head + uint(len(head) + WORD) + listed


# --- damage ---------------------------------------------------------------------------------------------------------


def damaged(random: Random, proof: Proof, others: Sequence[Proof]) -> Proof:
    """The proof with one thing changed, or two, or none."""
    for _ in range(random.choice([0, 0, 1, 1, 1, 2])):
        part = random.choice([one.name for one in fields(Proof)])
        changed: dict[str, Any] = {part: _another(random, proof, part, random.choice(others))}
        proof = replace(proof, **changed)
    return proof


def _another(random: Random, proof: Proof, part: str, other: Proof) -> object:
    """Another value for one part of a proof: of another proof, a little off, or anything."""
    value, stranger = getattr(proof, part), getattr(other, part)
    if part == "issuer_id":
        return random.choice([stranger, stranger, random.randbytes(32)])
    if part in ("root", "digest"):
        return random.choice([stranger, flipped(random, value), bytes(32)])
    if part == "path":
        return _bent(random, value, stranger)
    bits = 64 if part == "status_index" else 32
    return random.choice([stranger, value + 1, value - 1, value ^ 1 << random.randrange(bits), 0]) % 2**bits


def _bent(random: Random, path: tuple[bytes, ...], stranger: tuple[bytes, ...]) -> tuple[bytes, ...]:
    at = random.randrange(len(path) + 1)
    hashes = [random.randbytes(32), bytes(32), *path]
    bends = [stranger, path[::-1], path[:at], path[at:], (*path[:at], random.choice(hashes), *path[at:]), path * 3]
    if path:
        at = random.randrange(len(path))
        bends += [(*path[:at], flipped(random, path[at]), *path[at + 1 :])] * 3
        bends += [(*path[:at], *path[at + 1 :])]
    return random.choice(bends)


def flipped(random: Random, value: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(value, (1 << random.randrange(256)).to_bytes(32, "big"), strict=True))


# --- trees of any size ----------------------------------------------------------------------------------------------


def inclusions(random: Random, count: int) -> Iterator[Inclusion]:
    """Leaves of trees of any size below 2^64, with a right path or a wrong one."""
    for _ in range(count):
        power = 2 ** random.randrange(65)
        size = random.choice([power, power - 1, power + 1, random.getrandbits(64), random.randrange(9)]) % 2**64
        number = random.choice([0, size - 1, random.randrange(max(size, 1)), size, random.getrandbits(64)]) % 2**64
        length = path_length(number, size) if number < size else random.randrange(70)
        length = random.choice([length, length, length, length + 1, max(length - 1, 0), 0, 64, 65])
        path = tuple(random.randbytes(32) for _ in range(length))
        leaf = random.randbytes(32)
        try:
            root = reference.root_of(leaf, number, size, path) if number < size else random.randbytes(32)
        except ValueError:
            root = random.choice([leaf, random.randbytes(32)])
        yield Inclusion(random.choice([root, root, flipped(random, root)]), leaf, number, size, path)
