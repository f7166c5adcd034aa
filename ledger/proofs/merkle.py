"""The Merkle tree of RFC 9162, section 2.1, over SHA-256: hashing, building, proving, and computing a root from a path.

A leaf and an inner node are hashed under different prefixes, so neither passes for the other. A node without a
neighbour rises as it is and is never doubled, so two lists of entries never share a root. The length of a path and the
side of each sibling follow from `leaf_index` and `tree_size`: a proof has no say in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from ledger.errors import InvalidProof

HASH_SIZE = 32
MAX_STATUS_INDEX = 2**64 - 1

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"
_PAIR_SIZE = 2 * HASH_SIZE


def entry(digest: bytes, status_index: int) -> bytes:
    """The 40 bytes that a leaf stands for: the digest of the document, then its status index as 8 bytes big-endian."""
    if len(digest) != HASH_SIZE:
        raise ValueError(f"a digest has {HASH_SIZE} bytes, not {len(digest)}")
    if not 0 <= status_index <= MAX_STATUS_INDEX:
        raise ValueError("a status index is an unsigned 64-bit number")
    return digest + status_index.to_bytes(8, "big")


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return sha256(_LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(_NODE_PREFIX + left + right).digest()


def path_length(leaf_index: int, tree_size: int) -> int:
    """How many siblings the inclusion path of this leaf has.

    Raises InvalidProof `proof_index` unless 0 ≤ leaf_index < tree_size.
    """
    if not 0 <= leaf_index < tree_size:
        raise InvalidProof("proof_index", f"there is no leaf {leaf_index} in a tree of {tree_size}")
    # Below the fork from the last leaf, every level has a sibling; above it, only the levels where we stand right.
    fork = (leaf_index ^ (tree_size - 1)).bit_length()
    return fork + (leaf_index >> fork).bit_count()


def root_from_path(leaf_hash: bytes, leaf_index: int, tree_size: int, path: Sequence[bytes]) -> bytes:
    """The root of the tree of `tree_size` leaves in which `leaf_hash` has this index and inclusion path.

    It equals the root of the real tree if and only if the leaf is in it there. The tree size itself is not bound by the
    result (some sizes share a path): compare it with the size that was anchored beside the root.

    Raises InvalidProof `proof_index` (see `path_length`), `proof_length` if the path is longer or shorter than index
    and size demand, `proof_malformed` if a hash is not of 32 bytes. RFC 9162, section 2.1.3.2.
    """
    length = path_length(leaf_index, tree_size)
    if len(path) != length:
        raise InvalidProof("proof_length", f"the path has {len(path)} hashes where {length} are needed")
    if len(leaf_hash) != HASH_SIZE or any(len(sibling) != HASH_SIZE for sibling in path):
        raise InvalidProof("proof_malformed", f"a hash in the proof does not have {HASH_SIZE} bytes")
    siblings = iter(path)
    root, index, last = leaf_hash, leaf_index, tree_size - 1
    while last:
        if index & 1:
            root = node_hash(next(siblings), root)
        elif index < last:
            root = node_hash(root, next(siblings))
        index >>= 1
        last >>= 1
    return root


class MerkleTree:
    """A closed tree over leaf hashes, in the order given. Keeps 64 bytes a leaf and no object for any node.

    Raises ValueError for no leaves at all, and for a leaf hash that is not of 32 bytes.
    """

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        hashes = list(leaf_hashes)
        if not hashes:
            raise ValueError("a tree has at least one leaf")
        if set(map(len, hashes)) != {HASH_SIZE}:
            raise ValueError(f"every leaf hash has {HASH_SIZE} bytes")
        self.size = len(hashes)
        level = b"".join(hashes)
        self._levels = [level]
        while len(level) > HASH_SIZE:
            level = _parents(level)
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        return self._levels[-1]

    def inclusion_path(self, leaf_index: int) -> tuple[bytes, ...]:
        """The siblings of the leaf and of each of its ancestors, leaf upward. Raises IndexError for no such leaf."""
        if not 0 <= leaf_index < self.size:
            raise IndexError(f"there is no leaf {leaf_index} in a tree of {self.size}")
        siblings = []
        index = leaf_index
        for level in self._levels[:-1]:
            offset = (index ^ 1) * HASH_SIZE
            if offset < len(level):
                siblings.append(level[offset : offset + HASH_SIZE])
            index >>= 1
        return tuple(siblings)

    def inclusion_paths(self) -> Iterator[tuple[bytes, ...]]:
        """The paths of all leaves in order, faster than one by one: neighbours share all hashes but the first."""
        paths: Iterator[tuple[bytes, ...]] = iter([()])
        for level in reversed(self._levels[:-1]):
            paths = _descend(level, paths)
        return paths


def _parents(level: bytes) -> bytes:
    """The level above, flat. A last node without a neighbour rises unchanged."""
    pairs, single = divmod(len(level), _PAIR_SIZE)
    above = [
        sha256(_NODE_PREFIX + level[offset : offset + _PAIR_SIZE]).digest()
        for offset in range(0, pairs * _PAIR_SIZE, _PAIR_SIZE)
    ]
    if single:
        above.append(level[-HASH_SIZE:])
    return b"".join(above)


def _descend(level: bytes, paths: Iterator[tuple[bytes, ...]]) -> Iterator[tuple[bytes, ...]]:
    """The paths of this level's nodes, from the paths of the nodes one level up."""
    for offset, path in zip(range(0, len(level), _PAIR_SIZE), paths, strict=True):
        left = level[offset : offset + HASH_SIZE]
        right = level[offset + HASH_SIZE : offset + _PAIR_SIZE]
        if right:
            yield (right, *path)
            yield (left, *path)
        else:
            yield path
