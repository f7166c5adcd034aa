"""How fast the Merkle tree is with all its proofs, how small it stays, and how large an anchor proof is.

    python benchmarks/merkle.py

CPU time, the median of five runs (of three for the million). Leaf hashing is included; digests are made before.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
import tracemalloc
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ledger.proofs.anchor_proof import AnchorProof
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash

SIZES = (1_000, 100_000, 1_000_000)
PROOF_SIZES = (1, 80, 1_000, 10_000, 100_000, 1_000_000)
PEERS = {1_000: (1_525, 866), 10_000: (1_907, 1_134)}
METHOD = "did:web:cairn.example:issuers:usm#key-1"
CREATED = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


def digests(count: int) -> list[bytes]:
    return [sha256(number.to_bytes(8, "big")).digest() for number in range(count)]


def leaves(count: int) -> Iterator[bytes]:
    return (leaf_hash(entry(digest, number)) for number, digest in enumerate(digests(count)))


def seconds(count: int) -> tuple[float, float]:
    """CPU seconds to hash and build, and to make all paths."""
    made = digests(count)
    start = time.process_time()
    tree = MerkleTree([leaf_hash(entry(digest, number)) for number, digest in enumerate(made)])
    built = time.process_time()
    deque(tree.inclusion_paths(), maxlen=0)
    return built - start, time.process_time() - built


def bytes_a_leaf(count: int) -> float:
    """What the tree holds once it stands."""
    tracemalloc.start()
    tree = MerkleTree(leaves(count))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / tree.size


def proof_of(tree: MerkleTree, leaf_index: int) -> AnchorProof:
    issuer_id, registry = sha256(b"issuer").digest(), sha256(b"registry").digest()[:20]
    path = tree.inclusion_path(leaf_index)
    return AnchorProof(0x436169726E, registry, issuer_id, tree.size, leaf_index, 2**31 + leaf_index, path)


def main() -> None:
    print(f"Python {platform.python_version()}, cbor2 {version('cbor2')}, {platform.machine()}\n")
    print("| leaves | build, s | all paths, s | leaves a second | bytes held a leaf |\n|---|---|---|---|---|")
    for count in SIZES:
        runs = [seconds(count) for _ in range(5 if count < SIZES[-1] else 3)]
        build, paths = (statistics.median(run[part] for run in runs) for part in (0, 1))
        held = f"{bytes_a_leaf(count):.0f}"
        print(f"| {count:,} | {build:.4f} | {paths:.4f} | {count / (build + paths):,.0f} | {held} |")
    print("\n| batch | path | CBOR, B | JSON, B | of MerkleProof2019 | of OpenAttestation |\n|---|---|---|---|---|---|")
    for count in PROOF_SIZES:
        proof = proof_of(MerkleTree(leaves(count)), 0)
        size = len(json.dumps(proof.to_proof(CREATED, METHOD), separators=(",", ":")))
        peers = " | ".join(f"{size / peer:.2f}" for peer in PEERS[count]) if count in PEERS else "– | –"
        print(f"| {count:,} | {len(proof.path)} | {len(proof.encode())} | {size:,} | {peers} |")


if __name__ == "__main__":
    main()
