"""A second verifier of anchor proofs, written from `docs/format.md` alone.

It shares no code with `ledger`: its own CBOR, its own base64url, the recursive tree of `tests.reference`, and the
reference implementation of RFC 8785. Two programs written apart must agree on every vector.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, NamedTuple

import rfc8785

from tests import reference

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
MEMBERS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"}


class Malformed(Exception):
    """The proof can't be read."""


class Place(NamedTuple):
    issuer_id: bytes
    tree_size: int
    leaf_index: int
    status_index: int
    path: list[bytes]

    def root(self, digest: bytes) -> bytes:
        leaf = hashlib.sha256(b"\x00" + digest + self.status_index.to_bytes(8, "big")).digest()
        return reference.root_of(leaf, self.leaf_index, self.tree_size, self.path)


class Proof(NamedTuple):
    chain_id: int
    registry: bytes
    place: Place
    pathway: bytes | None
    components: list[Place]


def digest_of(document: dict[str, Any]) -> bytes:
    bare = {name: value for name, value in document.items() if name != "proof"}
    return hashlib.sha256(rfc8785.dumps(bare)).digest()


def is_anchored(document: dict[str, Any], proof: dict[str, Any], anchors: list[dict[str, Any]]) -> bool:
    """Whether the registries hold the document and all that it rests on. Raises Malformed."""
    read = read_proof(proof)
    held = {}
    for one in anchors:
        registry, issuer_id = (bytes.fromhex(one[name][2:]) for name in ("registry", "issuerId"))
        held[one["chainId"], registry, issuer_id, one["root"]] = one["treeSize"]

    def holds(place: Place, digest: bytes) -> bool:
        root = "0x" + place.root(digest).hex()
        return held.get((read.chain_id, read.registry, place.issuer_id, root)) == place.tree_size

    status = document.get("credentialStatus", {})
    number = status.get("statusListCredential", "").rpartition("/status/")[2]
    if (number, status.get("statusListIndex")) != tuple(map(str, divmod(read.place.status_index, 131_072))):
        return False
    related = document.get("relatedResource", [])
    pathways = [multihash(one) for one in related if one["mediaType"] == "application/json"]
    named = [multihash(one) for one in related if one["mediaType"] == "application/vc"]
    evidence = [] if read.pathway is None else [hashlib.sha256(read.pathway).digest()]
    return (
        holds(read.place, digest_of(document))
        and evidence == pathways
        and len(named) == len(read.components)
        and all(map(holds, read.components, named))
    )


def multihash(resource: dict[str, Any]) -> bytes:
    data = unbase64url(resource["digestMultibase"])
    if data[:2] != b"\x12\x20" or len(data) != 34:
        raise Malformed
    return data[2:]


def read_proof(proof: dict[str, Any]) -> Proof:
    if set(proof) != MEMBERS or not all(isinstance(value, str) for value in proof.values()):
        raise Malformed
    fixed = (proof["type"], proof["cryptosuite"], proof["proofPurpose"])
    if fixed != ("DataIntegrityProof", "cairn-anchor-2026", "assertionMethod") or not TIME.fullmatch(proof["created"]):
        raise Malformed
    data = unbase64url(proof["proofValue"])
    items, end = read_item(data, 0)
    if end != len(data) or not isinstance(items, list) or len(items) not in (8, 9) or items[0] != 1:
        raise Malformed
    chain_id, registry = items[1:3]
    if not isinstance(chain_id, int) or chain_id == 0 or not is_id(registry, 20):
        raise Malformed
    if len(items) == 8:
        return Proof(chain_id, registry, place(items[3:]), None, [])
    match items[8]:
        case [bytes(pathway), list(parts)] if 0 < len(pathway) <= 65_536 and 0 < len(parts) <= 64:
            return Proof(chain_id, registry, place(items[3:8]), pathway, [place(part) for part in parts])
    raise Malformed


def place(items: Any) -> Place:
    match items:
        case [bytes(issuer_id), int(size), int(index), int(status_index), bytes(path)]:
            hashes = [path[at : at + 32] for at in range(0, len(path), 32)]
            sound = is_id(issuer_id, 32) and 0 < size < 2**32 and index < size and len(path) % 32 == 0
            if sound and len(hashes) == depth(index, size):
                return Place(issuer_id, size, index, status_index, hashes)
    raise Malformed


def depth(index: int, size: int) -> int:
    """How many times the recursion of RFC 9162 splits a tree before it reaches a leaf."""
    if size == 1:
        return 0
    k = 1 << (size - 1).bit_length() - 1
    return 1 + (depth(index, k) if index < k else depth(index - k, size - k))


def is_id(value: Any, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size and any(value)


def unbase64url(text: str) -> bytes:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if text[:1] != "u" or any(character not in alphabet for character in text[1:]):
        raise Malformed
    try:
        data = base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))
    except ValueError:
        raise Malformed from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text[1:]:
        raise Malformed
    return data


def read_item(data: bytes, at: int, depth: int = 0) -> tuple[Any, int]:
    """One data item of CBOR and where it ends: unsigned integers, byte strings and arrays in their shortest form."""
    if at >= len(data) or depth > 4:
        raise Malformed
    kind, argument = data[at] >> 5, data[at] & 31
    at += 1
    if argument >= 24:
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(argument)
        if width is None or at + width > len(data):
            raise Malformed
        argument = int.from_bytes(data[at : at + width], "big")
        at += width
        if argument < {1: 24, 2: 2**8, 4: 2**16, 8: 2**32}[width]:
            raise Malformed
    if kind == 0:
        return argument, at
    if kind == 2 and at + argument <= len(data):
        return data[at : at + argument], at + argument
    if kind == 4 and argument <= len(data):
        items = []
        for _ in range(argument):
            item, at = read_item(data, at, depth + 1)
            items.append(item)
        return items, at
    raise Malformed
