"""`MerkleProof2019`, the proof of Blockcerts 3: a document's place in a hash tree whose root a public chain holds.

Section numbers are those of the W3C CCG report "Merkle Proof 2019 Signature Suite". A proof has the type
`MerkleProof2019` (Blockcerts 3.0 and 3.1), or is a `DataIntegrityProof` of the cryptosuite `merkle-proof-2019` (3.2).
Its value is base58btc over CBOR (section 4): pairs of a number and a value for merkleRoot (0), targetHash (1),
anchors (2) and path (3). Two encoders are in use. Inside each byte string stands CBOR again: in those of the newer one
the 32 bytes of a hash, in those of the older one its hexadecimal digits as text.

The leaf is the SHA-256 of the canonical N-Quads of the document, with the proofs that stand before this one in its
array. An inner node is SHA-256(left ‖ right). Nothing in the proof itself is covered by it: neither `created` nor
`verificationMethod` says anything until the chain does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import TypeAlias

from ledger.documents.codecs import decode_base58_within
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument

CRYPTOSUITE = "merkle-proof-2019"
TYPE = "MerkleProof2019"

MAX_PATH = 40
MAX_ANCHORS = 4
_MAX_BYTES = 4096
_MAX_DEPTH = 6
"""The root's pairs, a pair, the anchors, an anchor's pairs, a pair: five containers inside each other."""

_REQUIRED = frozenset({"type", "created", "proofPurpose", "proofValue", "verificationMethod"})
_OPTIONAL = frozenset({"id", "cryptosuite", "@context"})
_CREATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")

_ROOT, _TARGET, _ANCHORS, _PATH = range(4)
_CHAIN, _NETWORK, _TRANSACTION = range(3)
_MOCK = -1
_CHAINS = {
    (0, 1): "bip122:000000000019d6689c085ae165831e93",
    (0, 3): "bip122:000000000933ea01ad0ee984209779ba",
    (1, 1): "eip155:1",
    (1, 3): "eip155:3",
    (1, 4): "eip155:4",
    (1, 5): "eip155:5",
    (1, 11155111): "eip155:11155111",
    (2, 137): "eip155:137",
    (2, 80001): "eip155:80001",
}
"""The proof's numbers of chain and network (Bitcoin, Ethereum, Polygon) and the name of the chain (CAIP-2)."""

CanonicalizeRdf: TypeAlias = "Callable[[Mapping[str, JsonValue]], bytes]"


class Side(IntEnum):
    """Where the sibling stands."""

    LEFT = 0
    RIGHT = 1


@dataclass(frozen=True)
class Place:
    """A transaction that is said to hold the root: 32 bytes, on a chain by its CAIP-2 name."""

    chain: str
    transaction: bytes


@dataclass(frozen=True)
class MerkleProof:
    """A well-formed proof. `places` is empty for one that was made for trials, on no chain. Hashes have 32 bytes."""

    root: bytes
    target: bytes
    path: tuple[tuple[Side, bytes], ...]
    places: tuple[Place, ...]
    verification_method: str


def is_merkle_proof(proof: Mapping[str, JsonValue]) -> bool:
    """Whether this is a proof of the kind, well-formed or not."""
    return proof.get("type") == TYPE or (
        proof.get("type") == "DataIntegrityProof" and proof.get("cryptosuite") == CRYPTOSUITE
    )


def parse_proof(proof: Mapping[str, JsonValue]) -> MerkleProof:
    """Reads one proof strictly. Raises InvalidProof `proof_malformed`, `chain_unknown`."""
    if not is_merkle_proof(proof) or (proof["type"] == TYPE and "cryptosuite" in proof):
        raise _malformed("it is not of this type")
    if not proof.keys() >= _REQUIRED or not proof.keys() <= _REQUIRED | _OPTIONAL:
        raise _malformed("it lacks a member or has one that does not belong there")
    method, value, created = proof["verificationMethod"], proof["proofValue"], proof["created"]
    if proof["proofPurpose"] != "assertionMethod":
        raise _malformed("its purpose is not assertionMethod")
    if not isinstance(method, str) or not isinstance(value, str) or not isinstance(proof.get("id", ""), str):
        raise _malformed("a member is not a string")
    if not isinstance(created, str) or not _CREATED.fullmatch(created):
        raise _malformed("its time is not a date and time")
    return decode(value, method)


def decode(value: str, verification_method: str) -> MerkleProof:
    """Reads a `proofValue`. Raises as `parse_proof`."""
    pairs = _pairs(_from_cbor(_from_multibase(value), _MAX_DEPTH), range(4))
    path = pairs[_PATH]
    anchors = pairs[_ANCHORS]
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise _malformed(f"its path is no list of at most {MAX_PATH} hashes")
    if not isinstance(anchors, list) or not 1 <= len(anchors) <= MAX_ANCHORS:
        raise _malformed(f"it does not name between one and {MAX_ANCHORS} transactions")
    places = [_place(anchor) for anchor in anchors]
    if None in places and len(places) > 1:
        raise _malformed("it names a trial chain beside others")
    return MerkleProof(
        root=_hash(pairs[_ROOT]),
        target=_hash(pairs[_TARGET]),
        path=tuple(_step(step) for step in path),
        places=tuple(place for place in places if place is not None),
        verification_method=verification_method,
    )


def check_inclusion(
    document: JsonObject, proof: JsonObject, before: Sequence[JsonObject], canonicalize_rdf: CanonicalizeRdf
) -> MerkleProof:
    """Checks that a proof leads from the document to the root. `before` are the proofs that stand before this one.

    Raises InvalidProof: as `parse_proof`; `root_mismatch` if the path does not lead to the root, `digest_mismatch` if
    the document is another than the one that was proved; and the codes of `canonicalize_rdf`.
    """
    parsed = parse_proof(proof)
    if _fold(parsed) != parsed.root:
        raise InvalidProof("root_mismatch", "the path of the proof does not lead to its root")
    proved = {name: value for name, value in document.items() if name != "proof"}
    if before:
        proved["proof"] = [*before]
    if sha256(canonicalize_rdf(proved)).digest() != parsed.target:
        raise InvalidProof("digest_mismatch", "the document is not the one that the proof was made for")
    return parsed


def _fold(proof: MerkleProof) -> bytes:
    node = proof.target
    for side, sibling in proof.path:
        node = sha256(sibling + node if side is Side.LEFT else node + sibling).digest()
    return node


# --- the value's encoding --------------------------------------------------------------------------------------------


def _from_multibase(value: str) -> bytes:
    try:
        if value.startswith("z"):
            return decode_base58_within(value[1:], limit=_MAX_BYTES)
    except MalformedDocument as error:
        raise _malformed(str(error)) from None
    raise _malformed("its value is not in base58btc")


def _from_cbor(data: bytes, depth: int) -> object:
    """What `data` holds, in the one encoding that it has."""
    import cbor2

    try:
        value = cbor2.loads(data, max_depth=depth, allow_indefinite=False)
        is_plain = cbor2.dumps(value) == data
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
        raise _malformed("its value is not CBOR") from None
    if not is_plain:
        raise _malformed("its value is not CBOR in its shortest form")
    return value


def _pairs(value: object, keys: range) -> dict[int, object]:
    """Pairs of a key and a value with each of `keys` once, in any order."""
    if not isinstance(value, list):
        raise _malformed("a list of pairs is missing")
    pairs: dict[int, object] = {}
    for pair in value:
        if not isinstance(pair, list) or len(pair) != 2 or type(pair[0]) is not int or pair[0] in pairs:
            raise _malformed("a pair is badly built, or there twice")
        pairs[pair[0]] = pair[1]
    if pairs.keys() != set(keys):
        raise _malformed("a part is missing, or does not belong there")
    return pairs


def _step(step: object) -> tuple[Side, bytes]:
    if not isinstance(step, list) or len(step) != 2 or type(step[0]) is not int or step[0] not in (0, 1):
        raise _malformed("a step of its path is badly built")
    return Side(step[0]), _hash(step[1])


def _hash(value: object) -> bytes:
    """32 bytes, encoded once more as bytes, or as hexadecimal text."""
    inner = _from_cbor(value, 1) if isinstance(value, bytes) else None
    if isinstance(inner, bytes) and len(inner) == 32:
        return inner
    if isinstance(inner, str) and (digits := _HEX.fullmatch(inner)):
        return bytes.fromhex(digits[1])
    raise _malformed("a hash has not 32 bytes")


def _place(anchor: object) -> Place | None:
    """Where an anchor puts the root; None for a chain that exists in trials only."""
    if isinstance(anchor, list) and anchor and anchor[0] == [_CHAIN, _MOCK]:
        _check_trial(anchor)
        return None
    pairs = _pairs(anchor, range(3))
    chain, network = pairs[_CHAIN], pairs[_NETWORK]
    if type(chain) is not int or type(network) is not int:
        raise _malformed("an anchor names its chain badly")
    name = _CHAINS.get((chain, network))
    if name is None:
        raise InvalidProof("chain_unknown", "the proof names a chain that Cairn does not know")
    return Place(name, _hash(pairs[_TRANSACTION]))


def _check_trial(anchor: list[object]) -> None:
    """Encoders put what they like behind the trial chain: it is read for its form only."""
    if len(anchor) > 3:
        raise _malformed("an anchor has more parts than there are")
    for part in anchor[1:]:
        if not isinstance(part, list) or len(part) != 2 or not isinstance(part[1], bytes | int):
            raise _malformed("a part of an anchor is badly built")
        if isinstance(part[1], bytes) and not isinstance(_from_cbor(part[1], 1), bytes | str):
            raise _malformed("a part of an anchor is badly built")


def _malformed(reason: str) -> InvalidProof:
    return InvalidProof("proof_malformed", f"the Merkle proof is badly formed: {reason}")
