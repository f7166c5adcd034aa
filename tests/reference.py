"""The Merkle tree of RFC 9162, written straight from its section 2.1: recursive, slow, easy to compare with the text.

Tests hold the fast tree in `ledger.proofs.merkle` against it. It shares no code with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def tree_hash(entries: Sequence[bytes]) -> bytes:
    """MTH(D_n) of section 2.1.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = _split(len(entries))
    return hashlib.sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def inclusion_path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D_n) of section 2.1.3.1."""
    if len(entries) == 1:
        return []
    k = _split(len(entries))
    if m < k:
        return [*inclusion_path(m, entries[:k]), tree_hash(entries[k:])]
    return [*inclusion_path(m - k, entries[k:]), tree_hash(entries[:k])]


def root_of(leaf_hash: bytes, m: int, n: int, path: Sequence[bytes]) -> bytes:
    """The root that a path leads to: PATH's recursion run backwards."""
    if n == 1:
        if path:
            raise ValueError("the path is too long")
        return leaf_hash
    if not path:
        raise ValueError("the path is too short")
    k = _split(n)
    if m < k:
        return hashlib.sha256(b"\x01" + root_of(leaf_hash, m, k, path[:-1]) + path[-1]).digest()
    return hashlib.sha256(b"\x01" + path[-1] + root_of(leaf_hash, m - k, n - k, path[:-1])).digest()


def inner_nodes(entries: Sequence[bytes]) -> list[bytes]:
    """The hash of every node above the leaves."""
    if len(entries) < 2:
        return []
    k = _split(len(entries))
    return [tree_hash(entries), *inner_nodes(entries[:k]), *inner_nodes(entries[k:])]


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
