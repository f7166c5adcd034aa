"""The tree against the RFC's own recursion, against published vectors, and against every kind of damage."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidProof
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash, node_hash, path_length, root_from_path
from tests import reference

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "rfc9162-merkle" / "inclusion"
SIZES = range(1, 34)


def entries_of(size: int, salt: bytes = b"") -> list[bytes]:
    return [entry(sha256(salt + bytes([i])).digest(), i) for i in range(size)]


def tree_of(entries: list[bytes]) -> MerkleTree:
    return MerkleTree(map(leaf_hash, entries))


def accepts(root: bytes, leaf: bytes, leaf_index: int, tree_size: int, path: tuple[bytes, ...]) -> bool:
    try:
        return root_from_path(leaf, leaf_index, tree_size, path) == root
    except InvalidProof:
        return False


def positions(size: int) -> Iterator[tuple[MerkleTree, list[bytes], int]]:
    entries = entries_of(size)
    tree = tree_of(entries)
    for index in range(size):
        yield tree, entries, index


# --- published vectors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(VECTORS.rglob("*.json")), ids=lambda file: str(file.relative_to(VECTORS)))
def test_published_vector(file: Path) -> None:
    vector: dict[str, Any] = json.loads(file.read_bytes())
    path = tuple(base64.b64decode(node) for node in vector["proof"] or ())
    root, leaf = base64.b64decode(vector["root"]), base64.b64decode(vector["leafHash"])
    assert accepts(root, leaf, vector["leafIdx"], vector["treeSize"], path) is not vector["wantErr"]


def test_all_published_vectors_are_here() -> None:
    assert len(list(VECTORS.rglob("*.json"))) == 98


def test_hash_of_the_empty_leaf_is_the_one_every_log_publishes() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


# --- against the recursion of the RFC --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, 64, 100, 255, 256, 257])
def test_root_and_paths_equal_those_of_the_recursion(size: int) -> None:
    entries = [entry(sha256(i.to_bytes(2, "big")).digest(), i) for i in range(size)]
    tree = tree_of(entries)
    assert tree.root == reference.tree_hash(entries)
    assert tree.size == size
    all_paths = list(tree.inclusion_paths())
    assert len(all_paths) == size
    for index, path in enumerate(all_paths):
        assert path == tree.inclusion_path(index) == tuple(reference.inclusion_path(index, entries))
        assert len(path) == path_length(index, size)
        assert root_from_path(leaf_hash(entries[index]), index, size, path) == tree.root


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(max_size=50), min_size=1, max_size=150), st.data())
def test_any_list_of_entries_gives_the_tree_of_the_recursion(entries: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    tree = tree_of(entries)
    path = tree.inclusion_path(index)
    assert tree.root == reference.tree_hash(entries)
    assert list(path) == reference.inclusion_path(index, entries)
    assert root_from_path(leaf_hash(entries[index]), index, len(entries), path) == tree.root


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 2**32 - 1), st.data())
def test_any_path_leads_to_the_root_of_the_recursion(tree_size: int, data: st.DataObject) -> None:
    leaf_index = data.draw(st.integers(0, tree_size - 1))
    length = path_length(leaf_index, tree_size)
    path = data.draw(st.lists(st.binary(min_size=32, max_size=32), min_size=length, max_size=length))
    leaf = data.draw(st.binary(min_size=32, max_size=32))
    assert root_from_path(leaf, leaf_index, tree_size, path) == reference.root_of(leaf, leaf_index, tree_size, path)


# --- every kind of damage, all positions of all sizes from 1 to 33 ---------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_only_the_right_index_is_accepted(size: int) -> None:
    for tree, entries, index in positions(size):
        path, leaf = tree.inclusion_path(index), leaf_hash(entries[index])
        accepted = [i for i in range(-3, size + 70) if accepts(tree.root, leaf, i, size, path)]
        assert accepted == [index]


@pytest.mark.parametrize("size", SIZES)
def test_another_size_is_accepted_only_where_it_demands_the_same_hashing(size: int) -> None:
    # Such sizes exist, which is why the size is anchored beside the root and compared.
    for tree, entries, index in positions(size):
        path, leaf = tree.inclusion_path(index), leaf_hash(entries[index])
        for other in range(index + 1, 70):
            same_hashing = path_length(index, other) == len(path) and (
                reference.root_of(leaf, index, other, path) == tree.root
            )
            assert accepts(tree.root, leaf, index, other, path) is same_hashing
        assert not any(accepts(tree.root, leaf, index, other, path) for other in range(index + 1))


@pytest.mark.parametrize("size", SIZES)
def test_a_changed_bit_in_any_sibling_or_in_the_leaf_is_seen(size: int) -> None:
    for tree, entries, index in positions(size):
        path, leaf = tree.inclusion_path(index), leaf_hash(entries[index])
        for bit in range(256):
            flip = (1 << bit).to_bytes(32, "big")
            assert not accepts(tree.root, _xor(leaf, flip), index, size, path)
            if index in {0, size // 2, size - 1}:
                for level, sibling in enumerate(path):
                    damaged = (*path[:level], _xor(sibling, flip), *path[level + 1 :])
                    assert not accepts(tree.root, leaf, index, size, damaged)


@pytest.mark.parametrize("size", SIZES)
def test_a_path_with_hashes_added_removed_or_swapped_is_refused(size: int) -> None:
    for tree, entries, index in positions(size):
        path, leaf = tree.inclusion_path(index), leaf_hash(entries[index])
        extras = [bytes(32), b"", tree.root, leaf, *path[:1]]
        damaged = [(*path[:at], extra, *path[at:]) for at in range(len(path) + 1) for extra in extras]
        damaged += [(*path[:at], *path[at + 1 :]) for at in range(len(path))]
        damaged += [(*path[:at], path[at + 1], path[at], *path[at + 2 :]) for at in range(len(path) - 1)]
        damaged += [
            (*path[:at], extra, *path[at + 1 :]) for at in range(len(path)) for extra in extras if extra != path[at]
        ]
        damaged += [path * 41] if path else [(tree.root,) * 41]
        assert not any(accepts(tree.root, leaf, index, size, one) for one in damaged)


@pytest.mark.parametrize("size", SIZES)
def test_a_path_is_good_for_its_own_leaf_only(size: int) -> None:
    for tree, entries, index in positions(size):
        path = tree.inclusion_path(index)
        accepted = [i for i in range(size) if accepts(tree.root, leaf_hash(entries[i]), index, size, path)]
        assert accepted == [index]


@pytest.mark.parametrize("size", range(2, 34))
def test_an_inner_node_never_passes_for_a_leaf(size: int) -> None:
    entries = entries_of(size)
    tree = tree_of(entries)
    nodes = reference.inner_nodes(entries)
    assert tree.root in nodes
    for index in range(size):
        path = tree.inclusion_path(index)
        for node in nodes:
            assert not accepts(tree.root, node, index, size, path)
            assert not accepts(tree.root, leaf_hash(node), index, size, path)
            # The path of an inner node is the tail of its leaves' paths: it fits no leaf of the anchored size.
            assert not any(accepts(tree.root, node, index, size, path[cut:]) for cut in range(1, len(path) + 1))


def test_the_preimage_of_an_inner_node_is_no_entry() -> None:
    left, right = (leaf_hash(one) for one in entries_of(2))
    assert leaf_hash(left + right) != node_hash(left, right)
    with pytest.raises(ValueError, match="32 bytes"):
        entry(left + right, 0)


@pytest.mark.parametrize("size", SIZES)
def test_copies_of_the_last_leaves_change_the_root(size: int) -> None:
    entries = entries_of(size)
    roots = {tree_of(entries + entries[-copied:]).root for copied in range(1, size + 1)}
    roots |= {tree_of(entries + entries[-1:] * times).root for times in range(2, size + 1)}
    assert tree_of(entries).root not in roots


def test_a_proof_of_another_batch_is_refused() -> None:
    for size in SIZES:
        tree, other = tree_of(entries_of(size)), tree_of(entries_of(size, b"other"))
        for index, leaf in enumerate(map(leaf_hash, entries_of(size))):
            assert not accepts(tree.root, leaf, index, size, other.inclusion_path(index)) or size == 1
            assert not accepts(other.root, leaf, index, size, tree.inclusion_path(index))


# --- codes and preconditions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("leaf_index", "tree_size"), [(0, 0), (-1, 5), (5, 5), (6, 5), (2**64 - 1, 5), (0, -1)])
def test_a_position_outside_the_tree_is_named(leaf_index: int, tree_size: int) -> None:
    with pytest.raises(InvalidProof) as caught:
        root_from_path(bytes(32), leaf_index, tree_size, ())
    assert caught.value.code == "proof_index"


@pytest.mark.parametrize("count", [0, 1, 3, 41, 100_000])
def test_a_wrong_length_is_named(count: int) -> None:
    with pytest.raises(InvalidProof) as caught:
        root_from_path(bytes(32), 0, 4, [bytes(32)] * count)
    assert caught.value.code == "proof_length"


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_hash_of_another_size_is_named(size: int) -> None:
    for leaf, path in ((bytes(size), [bytes(32)]), (bytes(32), [bytes(size)])):
        with pytest.raises(InvalidProof) as caught:
            root_from_path(leaf, 0, 2, path)
        assert caught.value.code == "proof_malformed"


def test_a_tree_has_leaves_and_they_are_hashes() -> None:
    with pytest.raises(ValueError, match="at least one"):
        MerkleTree([])
    for hashes in ([bytes(31)], [bytes(31), bytes(33)]):
        with pytest.raises(ValueError, match="32 bytes"):
            MerkleTree(hashes)
    with pytest.raises(IndexError):
        MerkleTree([bytes(32)]).inclusion_path(1)
    with pytest.raises(IndexError):
        MerkleTree([bytes(32)]).inclusion_path(-1)


def test_an_entry_is_digest_then_index_big_endian() -> None:
    assert entry(b"\xaa" * 32, 0x0102) == b"\xaa" * 32 + bytes.fromhex("0000000000000102")
    assert len(entry(bytes(32), 2**64 - 1)) == 40
    for digest, status_index in ((bytes(31), 0), (bytes(33), 0), (bytes(32), -1), (bytes(32), 2**64)):
        with pytest.raises(ValueError, match=r"32 bytes|64-bit"):
            entry(digest, status_index)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
