"""Our own vectors: the ledger, and a verifier written apart from it, find in each file what it says."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.addresses import parse_address
from ledger.documents.canonical import digest, parse_digest_multibase
from ledger.documents.codecs import encode_base64url
from ledger.errors import InvalidProof
from ledger.proofs.anchor_proof import AnchorProof, ComponentEvidence, from_proof
from ledger.verifying.anchoring import status_index_of
from scripts.build_anchor_vectors import vectors
from tests import reference_anchor

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "cairn-anchor-2026"
FILES = sorted(FOLDER.rglob("*.json"))


def name_of(file: Path) -> str:
    return str(file.relative_to(FOLDER))


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_ledger_finds_what_the_vector_says(file: Path) -> None:
    vector = json.loads(file.read_bytes())
    assert found_by_the_ledger(vector) == vector["want"]


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_a_verifier_written_apart_agrees(file: Path) -> None:
    vector = json.loads(file.read_bytes())
    try:
        anchored = reference_anchor.is_anchored(vector["document"], vector["proof"], vector["anchors"])
        found = "anchored" if anchored else "not_anchored"
    except reference_anchor.Malformed:
        found = "malformed"
    assert found == (vector["want"] if vector["want"] in {"anchored", "not_anchored"} else "malformed")


@pytest.mark.parametrize("file", [file for file in FILES if "root" in json.loads(file.read_bytes())], ids=name_of)
def test_the_roots_are_those_of_the_vector(file: Path) -> None:
    vector = json.loads(file.read_bytes())
    digest_of_document = digest(vector["document"])
    assert digest_of_document == reference_anchor.digest_of(vector["document"])
    proof, read_apart = from_proof(vector["proof"]), reference_anchor.read_proof(vector["proof"])
    root = bytes.fromhex(vector["root"][2:])
    assert proof.root_for(digest_of_document) == read_apart.place.root(digest_of_document) == root
    for wanted, piece, named in zip(
        vector.get("componentRoots", []), components(proof), named_components(vector["document"]), strict=False
    ):
        assert piece.root_for(named).hex() == wanted[2:]


@pytest.mark.parametrize("name", ["included/leaf-0-of-1", "included/leaf-7-of-13", "award/components-anchored"])
def test_both_verifiers_refuse_the_same_damage(name: str) -> None:
    vector = json.loads((FOLDER / f"{name}.json").read_bytes())
    data = from_proof(vector["proof"]).encode()
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        proof = {**vector["proof"], "proofValue": "u" + encode_base64url(bytes(damaged))}
        try:
            read = reference_anchor.read_proof(proof)
        except reference_anchor.Malformed:
            with pytest.raises(InvalidProof):
                from_proof(proof)
        else:
            assert from_proof(proof).root_for(bytes(32)) == read.place.root(bytes(32))


def test_writing_the_vectors_again_changes_nothing() -> None:
    assert {name_of(file): file.read_text(encoding="utf-8") for file in FILES} == vectors()


def test_the_vectors_cover_every_outcome() -> None:
    wants = [json.loads(file.read_bytes())["want"] for file in FILES]
    assert {"anchored", "not_anchored", "proof_malformed", "proof_version", "proof_index", "proof_length"} < set(wants)
    assert "limit_proof" in wants
    assert len(wants) == len(vectors())


def found_by_the_ledger(vector: dict[str, Any]) -> str:
    try:
        proof = from_proof(vector["proof"])
    except InvalidProof as error:
        return error.code
    document, held = vector["document"], dict[tuple[int, bytes, bytes, bytes], int]()
    for one in vector["anchors"]:
        place = (one["chainId"], parse_address(one["registry"]), bytes.fromhex(one["issuerId"][2:]))
        held[*place, bytes.fromhex(one["root"][2:])] = one["treeSize"]

    def holds(place: AnchorProof | ComponentEvidence, digest: bytes) -> bool:
        key = (proof.chain_id, proof.registry, place.issuer_id, place.root_for(digest))
        return held.get(key) == place.tree_size

    named = named_components(document)
    pathway = sha256(proof.evidence.pathway).digest() if proof.evidence else None
    anchored = (
        status_index_of(document) == proof.status_index
        and holds(proof, digest(document))
        and pathway == named_pathway(document)
        and len(named) == len(components(proof))
        and all(map(holds, components(proof), named))
    )
    return "anchored" if anchored else "not_anchored"


def components(proof: AnchorProof) -> tuple[ComponentEvidence, ...]:
    return proof.evidence.components if proof.evidence else ()


def named_components(document: dict[str, Any]) -> list[bytes]:
    return [
        parse_digest_multibase(one["digestMultibase"])
        for one in document.get("relatedResource", [])
        if one["mediaType"] == "application/vc"
    ]


def named_pathway(document: dict[str, Any]) -> bytes | None:
    for one in document.get("relatedResource", []):
        if one["mediaType"] == "application/json":
            return parse_digest_multibase(one["digestMultibase"])
    return None
