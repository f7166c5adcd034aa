"""Sealing, pure: canonical documents in, signatures, root and anchor proofs out. Nothing here stores or sends.

A batch shares what its documents have in common: the proof options and their hash, and the digest that is both what
`eddsa-jcs-2022` signs and what the tree holds. `data_integrity.sign` makes the same proofs for one document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from ledger.chain.registry import Address, IssuerId
from ledger.documents.canonical import canonicalize
from ledger.documents.codecs import encode_base58, format_timestamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.anchor_proof import AnchorProof, AwardEvidence
from ledger.proofs.data_integrity import CRYPTOSUITES, EDDSA_JCS, EDDSA_RDFC, Signer
from ledger.proofs.known_shapes import canonicalize_known, canonicalize_own
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash

DEFAULT_SUITES = (EDDSA_RDFC, EDDSA_JCS)
"""The one that other wallets and verifiers check, then the one that covers every byte."""
_CONTEXT = b'{"@context":['


@dataclass(frozen=True)
class Seal:
    """What all signatures of a batch say alike. `created` is when the batch was sealed (Unix seconds)."""

    suites: tuple[str, ...]
    verification_method: str
    created: int

    def __post_init__(self) -> None:
        if not self.suites or any(suite not in CRYPTOSUITES for suite in self.suites):
            raise ValueError(f"unknown cryptosuite among {self.suites}")

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.created, UTC)


class BatchSigner:
    """Signs the documents of one batch with one key. Threads may share it."""

    def __init__(self, seal: Seal, signer: Signer) -> None:
        self._seal = seal
        self._signer = signer
        self._shared: dict[tuple[str, bytes], tuple[bytes, bytes]] = {}

    def sign(self, body: bytes) -> bytes:
        """The proofs of a canonical document, in the order of the seal's suites: a JSON array.

        A record that holds what only a full JSON-LD processor can read is signed by `eddsa-jcs-2022` alone: what its
        learner brought along must not hold up those who share its batch.
        """
        proofs = [self._proof(suite, body) for suite in self._seal.suites]
        return b"[" + b",".join(proof for proof in proofs if proof is not None) + b"]"

    def _proof(self, suite: str, body: bytes) -> bytes | None:
        # The canonical form begins with the contexts, because "@" sorts before every letter. Documents of one kind
        # share them, and with them all of the proof but the signature.
        head = body[: body.find(b"]") + 1] if body.startswith(_CONTEXT) else body
        shared = self._shared.get((suite, head))
        if shared is None:
            context = orjson.loads(body if head is body else head + b"}")["@context"]
            shared = self._shared[suite, head] = self._options(suite, context)
        options_hash, beginning = shared
        written = body if suite == EDDSA_JCS else self._written(body)
        if written is None:
            return None
        signature = self._signer.sign(options_hash + hashlib.sha256(written).digest())
        return beginning + encode_base58(signature).encode() + b'"}'

    def _written(self, body: bytes) -> bytes | None:
        """The N-Quads of a document; None for a record whose shape is not one that Cairn knows."""
        document = orjson.loads(body)
        if "ClrCredential" in document["type"] and EDDSA_JCS in self._seal.suites:
            return canonicalize_known(document)
        return canonicalize_own(document)

    def _options(self, suite: str, context: JsonValue) -> tuple[bytes, bytes]:
        """The hash of the proof options for documents with this context, and the proof's JSON up to the signature."""
        options: JsonObject = {
            "type": "DataIntegrityProof",
            "cryptosuite": suite,
            "created": format_timestamp(self._seal.moment),
            "verificationMethod": self._seal.verification_method,
            "proofPurpose": "assertionMethod",
        }
        configuration: JsonObject = {**options, "@context": context}
        if suite == EDDSA_JCS:
            options, written = configuration, canonicalize(configuration)
        else:
            written = canonicalize_own(configuration)
        return hashlib.sha256(written).digest(), orjson.dumps(options)[:-1] + b',"proofValue":"z'


def build_tree(leaves: Iterable[tuple[bytes, int]]) -> MerkleTree:
    """The tree over (digest, status index), in leaf order."""
    return MerkleTree(leaf_hash(entry(digest, status_index)) for digest, status_index in leaves)


def configuration_hash(
    seal: Seal, *, chain_id: int, registry: Address, issuer_id: IssuerId, size: int, signatures: bytes
) -> bytes:
    """SHA-256 of all that a sealed batch depends on. `signatures` is the hash of all its proofs, in leaf order.

    It is kept with the batch and computed again before the transaction is signed: a batch that was sealed for another
    chain, or whose signatures changed on the disk, is never anchored.
    """
    depends_on: JsonObject = {
        "suites": list(seal.suites),
        "verificationMethod": seal.verification_method,
        "created": seal.created,
        "chainId": str(chain_id),
        "registry": registry.hex(),
        "issuerId": issuer_id.hex(),
        "size": size,
        "signatures": signatures.hex(),
    }
    return hashlib.sha256(canonicalize(depends_on)).digest()


def anchor_proofs(
    tree: MerkleTree,
    status_indexes: Iterable[int],
    *,
    chain_id: int,
    registry: Address,
    issuer_id: IssuerId,
    anchored_at: int,
    verification_method: str,
    evidence: Mapping[int, AwardEvidence],
) -> Iterator[bytes]:
    """The anchor proof of each leaf as JSON. `evidence` is by leaf index; `anchored_at` the time of the block."""
    created = datetime.fromtimestamp(anchored_at, UTC)
    for leaf_index, (status_index, path) in enumerate(zip(status_indexes, tree.inclusion_paths(), strict=True)):
        proof = AnchorProof(
            chain_id=chain_id,
            registry=registry,
            issuer_id=issuer_id,
            tree_size=tree.size,
            leaf_index=leaf_index,
            status_index=status_index,
            path=path,
            evidence=evidence.get(leaf_index),
        )
        yield orjson.dumps(proof.to_proof(created, verification_method))
