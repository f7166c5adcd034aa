"""Evidence for awards: where each component is anchored, read from the component's own anchor proof.

It is taken from documents and never from rows, so that a component that another institution issued counts like one of
our own. It is kept from the day of drafting until the award is final and its anchor proof carries it.
"""

from __future__ import annotations

from collections.abc import Mapping

import cbor2

from ledger.documents.strict_json import JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.anchor_proof import CRYPTOSUITE, AnchorProof, AwardEvidence, ComponentEvidence, from_proof
from ledger.proofs.merkle import HASH_SIZE


def anchor_proof_of(document: Mapping[str, JsonValue]) -> AnchorProof:
    """The anchor proof of a document. Raises InvalidProof `proof_missing` if there is not exactly one."""
    proofs = document.get("proof")
    listed = proofs if isinstance(proofs, list) else [proofs]
    anchors = [proof for proof in listed if isinstance(proof, dict) and proof.get("cryptosuite") == CRYPTOSUITE]
    if len(anchors) != 1:
        raise InvalidProof("proof_missing", "the document does not carry one anchor proof")
    return from_proof(anchors[0])


def component_evidence(document: Mapping[str, JsonValue]) -> ComponentEvidence:
    """What an award says about this component, which must be anchored."""
    proof = anchor_proof_of(document)
    return ComponentEvidence(proof.issuer_id, proof.tree_size, proof.leaf_index, proof.status_index, proof.path)


def encode_evidence(evidence: AwardEvidence) -> bytes:
    """As it is kept in the database."""
    components = [
        [place.issuer_id, place.tree_size, place.leaf_index, place.status_index, b"".join(place.path)]
        for place in evidence.components
    ]
    return cbor2.dumps([evidence.pathway, components])


def decode_evidence(data: bytes) -> AwardEvidence:
    """The inverse of `encode_evidence`."""
    pathway, components = cbor2.loads(data)
    return AwardEvidence(pathway, tuple(_place(*component) for component in components))


def _place(issuer_id: bytes, tree_size: int, leaf_index: int, status_index: int, path: bytes) -> ComponentEvidence:
    siblings = tuple(path[start : start + HASH_SIZE] for start in range(0, len(path), HASH_SIZE))
    return ComponentEvidence(issuer_id, tree_size, leaf_index, status_index, siblings)
