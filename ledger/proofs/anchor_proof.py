"""The anchor proof, cryptosuite `cairn-anchor-2026`: where a document stands in the tree whose root a registry holds.

Its `proofValue` is multibase base64url of one deterministic CBOR array (RFC 8949, section 4.2.1):

    [1, chain id, registry (20 bytes), issuer id (32 bytes), tree size, leaf index, status index, path]

and for an award a ninth element, `[pathway, [[issuer id, tree size, leaf index, status index, path], …]]`: the evidence
with which a verifier can check the award's components when they are not shown. A path is one byte string of 32-byte
hashes. Nothing here is trusted: the chain and the registry must be in the verifier's policy, the root that
`root_for` gives must be anchored by this issuer with this tree size, and the components are bound by the digests that
the award's signed `relatedResource` names. Every value has one encoding only. See `docs/format.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import cbor2

from ledger.documents.codecs import decode_base64url, encode_base64url, format_timestamp, parse_timestamp
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.merkle import HASH_SIZE, MAX_STATUS_INDEX, entry, leaf_hash, path_length, root_from_path

CRYPTOSUITE = "cairn-anchor-2026"
MAX_TREE_SIZE = 2**32 - 1
MAX_CHAIN_ID = 2**64 - 1
MAX_PATH_LENGTH = 40
MAX_COMPONENTS = 64
MAX_PATHWAY_SIZE = 64 * 1024

_VERSION = 1
_MAX_ENCODED_SIZE = 192 * 1024
_MEMBERS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}


@dataclass(frozen=True)
class ComponentEvidence:
    """Where one component of an award is anchored, on the chain and registry of the award itself.

    Raises InvalidProof (`proof_malformed`, `proof_index`, `proof_length`, `limit_proof`) unless the fields agree.
    """

    issuer_id: bytes
    tree_size: int
    leaf_index: int
    status_index: int
    path: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _check_place(self)

    def root_for(self, digest: bytes) -> bytes:
        """The root that must be anchored by `issuer_id` if the component has this digest (32 bytes)."""
        return _root(self, digest)


@dataclass(frozen=True)
class AwardEvidence:
    """What an award rests on: the bytes of its pathway document (JCS) and each component, in the pathway's order."""

    pathway: bytes
    components: tuple[ComponentEvidence, ...]

    def __post_init__(self) -> None:
        if not self.pathway or not self.components:
            raise InvalidProof("proof_malformed", "the evidence of an award has a pathway and at least one component")
        if len(self.pathway) > MAX_PATHWAY_SIZE:
            raise InvalidProof("limit_proof", f"the pathway is larger than {MAX_PATHWAY_SIZE:,} bytes")
        if len(self.components) > MAX_COMPONENTS:
            raise InvalidProof("limit_proof", f"the award names more than {MAX_COMPONENTS} components")


@dataclass(frozen=True)
class AnchorProof:
    """Where one document is anchored.

    `chain_id` as in EIP-155, `registry` the 20 bytes of the contract's address, `issuer_id` its 32-byte key there.
    Raises InvalidProof (`proof_malformed`, `proof_index`, `proof_length`, `limit_proof`) unless the fields agree.
    """

    chain_id: int
    registry: bytes
    issuer_id: bytes
    tree_size: int
    leaf_index: int
    status_index: int
    path: tuple[bytes, ...]
    evidence: AwardEvidence | None = None

    def __post_init__(self) -> None:
        if not 0 < self.chain_id <= MAX_CHAIN_ID:
            raise InvalidProof("proof_malformed", "the chain id in the proof is not a positive 64-bit number")
        if len(self.registry) != 20 or not any(self.registry):
            raise InvalidProof("proof_malformed", "the registry in the proof is not an address")
        _check_place(self)

    def root_for(self, digest: bytes) -> bytes:
        """The root that must be anchored by `issuer_id` if the document has this digest (32 bytes)."""
        return _root(self, digest)

    def encode(self) -> bytes:
        """The CBOR bytes: the same value always gives the same bytes."""
        items: list[object] = [_VERSION, self.chain_id, self.registry, *_place_items(self)]
        if self.evidence:
            components = [_place_items(component) for component in self.evidence.components]
            items.append([self.evidence.pathway, components])
        return cbor2.dumps(items, canonical=True)

    def to_proof(self, created: datetime, verification_method: str) -> JsonObject:
        """The proof as it stands in a document. `verification_method` is a DID URL of the issuer."""
        return {
            "type": "DataIntegrityProof",
            "cryptosuite": CRYPTOSUITE,
            "created": format_timestamp(created),
            "verificationMethod": verification_method,
            "proofPurpose": "assertionMethod",
            "proofValue": "u" + encode_base64url(self.encode()),
        }


def decode(data: bytes) -> AnchorProof:
    """Reads CBOR bytes, and only those that `encode` writes.

    Raises InvalidProof: `proof_version` for a version that is not 1, `limit_proof` for what is too long or too much,
    `proof_index` and `proof_length` for positions and paths that contradict each other, else `proof_malformed`.
    """
    if len(data) > _MAX_ENCODED_SIZE:
        raise InvalidProof("limit_proof", f"the anchor proof is larger than {_MAX_ENCODED_SIZE:,} bytes")
    try:
        items = cbor2.loads(data, max_depth=4, allow_indefinite=False, semantic_decoders=_NO_TAGS)
    except (cbor2.CBORError, ValueError) as error:
        raise InvalidProof("proof_malformed", "the anchor proof is not the CBOR that it should be") from error
    if type(items) is not list or not items:
        _refuse_shape()
    if type(items[0]) is not int or items[0] != _VERSION:
        raise InvalidProof("proof_version", "the anchor proof is of a version that Cairn does not know")
    if len(items) not in (8, 9):
        _refuse_shape()
    proof = AnchorProof(
        _integer(items[1]),
        _bytes(items[2]),
        *_place(items[3:8]),
        evidence=_evidence(items[8]) if len(items) == 9 else None,
    )
    if proof.encode() != data:
        raise InvalidProof("proof_malformed", "the anchor proof is not in deterministic CBOR")
    return proof


def from_proof(proof: JsonObject) -> AnchorProof:
    """Reads one element of a document's `proof`. Raises InvalidProof: `proof_malformed` for a member too many, too few
    or of another value than `to_proof` writes, else as `decode`."""
    if set(proof) != _MEMBERS:
        raise InvalidProof("proof_malformed", "the anchor proof has members that it should not have, or lacks some")
    fixed = (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
    if fixed != ("DataIntegrityProof", CRYPTOSUITE, "assertionMethod"):
        raise InvalidProof("proof_malformed", "the anchor proof is not a DataIntegrityProof for assertion")
    created, method, value = proof["created"], proof["verificationMethod"], proof["proofValue"]
    if not isinstance(created, str) or not isinstance(method, str) or not isinstance(value, str) or value[:1] != "u":
        raise InvalidProof("proof_malformed", "a member of the anchor proof is not of the right kind")
    try:
        parse_timestamp(created)
        data = decode_base64url(value[1:])
    except MalformedDocument as error:
        raise InvalidProof("proof_malformed", f"a member of the anchor proof is badly written: {error}") from error
    return decode(data)


def _check_place(place: ComponentEvidence | AnchorProof) -> None:
    if len(place.issuer_id) != HASH_SIZE or not any(place.issuer_id):
        raise InvalidProof("proof_malformed", "the issuer id in the proof is not a hash of 32 bytes")
    if not 0 <= place.status_index <= MAX_STATUS_INDEX or place.tree_size > MAX_TREE_SIZE:
        raise InvalidProof("proof_malformed", "a number in the proof is out of its range")
    if len(place.path) > MAX_PATH_LENGTH:
        raise InvalidProof("limit_proof", f"the path is longer than {MAX_PATH_LENGTH} hashes")
    length = path_length(place.leaf_index, place.tree_size)
    if len(place.path) != length:
        raise InvalidProof("proof_length", f"the path has {len(place.path)} hashes where {length} are needed")
    if any(len(sibling) != HASH_SIZE for sibling in place.path):
        raise InvalidProof("proof_malformed", f"a hash in the proof does not have {HASH_SIZE} bytes")


def _root(place: ComponentEvidence | AnchorProof, digest: bytes) -> bytes:
    leaf = leaf_hash(entry(digest, place.status_index))
    return root_from_path(leaf, place.leaf_index, place.tree_size, place.path)


def _place_items(place: ComponentEvidence | AnchorProof) -> list[object]:
    return [place.issuer_id, place.tree_size, place.leaf_index, place.status_index, b"".join(place.path)]


def _place(items: object) -> tuple[bytes, int, int, int, tuple[bytes, ...]]:
    if not isinstance(items, list) or len(items) != 5:
        _refuse_shape()
    path = _bytes(items[4])
    if len(path) > MAX_PATH_LENGTH * HASH_SIZE:
        raise InvalidProof("limit_proof", f"the path is longer than {MAX_PATH_LENGTH} hashes")
    siblings = tuple(path[offset : offset + HASH_SIZE] for offset in range(0, len(path), HASH_SIZE))
    return _bytes(items[0]), _integer(items[1]), _integer(items[2]), _integer(items[3]), siblings


def _evidence(value: object) -> AwardEvidence:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], list):
        _refuse_shape()
    if len(value[1]) > MAX_COMPONENTS:
        raise InvalidProof("limit_proof", f"the award names more than {MAX_COMPONENTS} components")
    return AwardEvidence(_bytes(value[0]), tuple(ComponentEvidence(*_place(items)) for items in value[1]))


def _integer(value: object) -> int:
    if type(value) is not int:
        _refuse_shape()
    return value


def _bytes(value: object) -> bytes:
    if type(value) is not bytes:
        _refuse_shape()
    return value


def _refuse_shape() -> NoReturn:
    raise InvalidProof("proof_malformed", "the anchor proof does not have the shape that it should have")


class _NoTags(Mapping[int, Callable[[object, bool], object]]):
    """Stands for every CBOR tag and refuses it, so that no date, regular expression or big number is ever built."""

    def __getitem__(self, tag: int) -> NoReturn:
        raise ValueError("a tag has no place in an anchor proof")

    def __iter__(self) -> Iterator[int]:
        yield from ()

    def __len__(self) -> int:
        return 0


_NO_TAGS = _NoTags()
