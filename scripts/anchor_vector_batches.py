"""The fixed documents and batches that the test vectors of the anchor proof are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.chain.addresses import checksum_address, issuer_id
from ledger.chain.registry import Address
from ledger.documents.canonical import digest
from ledger.documents.strict_json import JsonObject
from ledger.proofs.anchor_proof import AnchorProof, ComponentEvidence
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash

CHAIN_ID = 31337
REGISTRY = Address(bytes.fromhex("5fbdb2315678afecb367f032d93f642f64180aa3"))
CREATOR = Address(bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"))
DID = "did:web:cairn.example:issuers:usm"
BASE = "https://cairn.example/issuers/usm"
METHOD = f"{DID}#key-1"
CREATED = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ISSUER_ID = issuer_id(CREATOR, DID)
FIRST_STATUS_INDEX = 131_070  # so that a batch spans two status lists and two words of the registry

NAMES = ("Nurul Aisyah binti Abdullah", "陳美玲", "Søren", "ஆறுமுகம்", "مريم", "Ngọc Ánh", "O’Brien, Seán",
         "José Álvarez", "Мария", "김민준", "Te Ariki", "Zoë 🦜", "Li Na")  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Documents in the order of their leaves, and their tree."""

    documents: tuple[JsonObject, ...]
    first_status_index: int
    tree: MerkleTree

    def proof(self, leaf: int) -> AnchorProof:
        path = self.tree.inclusion_path(leaf)
        size, status_index = self.tree.size, self.first_status_index + leaf
        return AnchorProof(CHAIN_ID, REGISTRY, ISSUER_ID, size, leaf, status_index, path)

    def evidence(self, leaf: int) -> ComponentEvidence:
        proof = self.proof(leaf)
        return ComponentEvidence(proof.issuer_id, proof.tree_size, leaf, proof.status_index, proof.path)

    def anchor(self) -> JsonObject:
        return anchor(ISSUER_ID, self.tree.root, self.tree.size)


def anchor(issuer: bytes, root: bytes, tree_size: int) -> JsonObject:
    place: JsonObject = {"chainId": CHAIN_ID, "registry": checksum_address(REGISTRY), "issuerId": "0x" + issuer.hex()}
    return {**place, "root": "0x" + root.hex(), "treeSize": tree_size}


def credential(leaf: int, status_index: int, title: str = "Needs Assessment") -> JsonObject:
    code = title.lower().replace(" ", "-")
    number, index = divmod(status_index, 131_072)
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"urn:uuid:00000000-0000-4000-8000-{status_index:012x}",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": title,
        "issuer": {"id": DID, "type": ["Profile"], "name": "Universiti Sains Malaysia"},
        "validFrom": "2026-09-01T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "identityType": "name", "hashed": False, "identityHash": NAMES[leaf]}
            ],
            "achievement": {
                "id": f"{BASE}/achievements/{code}",
                "type": ["Achievement"],
                "name": title,
                "description": "Finds the gap between what is and what should be.",
                "criteria": {"narrative": "Pass the task of the module."},
            },
            "creditsEarned": 2.5,
            "result": [{"type": ["Result"], "value": "87.5"}],
        },
        "credentialStatus": {
            "id": f"{BASE}/status/{number}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": f"{BASE}/status/{number}",
        },
    }


def batch_of(documents: Sequence[JsonObject], first_status_index: int) -> Batch:
    entries = [entry(digest(document), first_status_index + leaf) for leaf, document in enumerate(documents)]
    return Batch(tuple(documents), first_status_index, MerkleTree(map(leaf_hash, entries)))


def batch(size: int) -> Batch:
    documents = [credential(leaf, FIRST_STATUS_INDEX + leaf) for leaf in range(size)]
    return batch_of(documents, FIRST_STATUS_INDEX)
