"""Writes our own test vectors for the anchor proof: `tests/vectors/cairn-anchor-2026/`, one fault a file.

    python -m scripts.build_anchor_vectors

Each file holds a document without proofs, an anchor proof, what the registries hold (`anchors`), and what a verifier
must find (`want`): `anchored`; or `not_anchored`, if the proof can be read but no registry holds the root that follows
with that issuer and tree size, the document names another status index, or the pathway or a component is not what an
award names; or else the code of the error. `root` and `componentRoots` are what follows from document and proof.
Writing them again changes nothing: the documents are fixed, and so is every byte of a proof.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import cbor2

from ledger.documents.canonical import canonicalize, digest, digest_multibase
from ledger.documents.codecs import encode_base64url
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.proofs.anchor_proof import AnchorProof, AwardEvidence
from scripts.anchor_vector_batches import (
    BASE,
    CREATED,
    DID,
    ISSUER_ID,
    METHOD,
    NAMES,
    REGISTRY,
    anchor,
    batch,
    batch_of,
    credential,
)

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "vectors" / "cairn-anchor-2026"

# --- one file --------------------------------------------------------------------------------------------------------

Vector = tuple[str, JsonObject]


def vector(
    name: str,
    document: JsonObject,
    proof: JsonObject | AnchorProof,
    anchors: Sequence[JsonObject],
    want: str = "not_anchored",
    **computed: JsonValue,
) -> Vector:
    if isinstance(proof, AnchorProof):
        computed = {"root": "0x" + proof.root_for(digest(document)).hex(), **computed}
        proof = proof.to_proof(CREATED, METHOD)
    body: JsonObject = {"document": document, "proof": proof, "anchors": list(anchors)}
    return name, {"description": name.partition("/")[2].replace("-", " "), "want": want, **computed, **body}


def happy_vectors() -> Iterator[Vector]:
    for size, leaf in ((1, 0), (2, 1), (5, 0), (5, 2), (5, 4), (13, 7), (13, 12)):
        made = batch(size)
        name = f"included/leaf-{leaf}-of-{size}"
        yield vector(name, made.documents[leaf], made.proof(leaf), [made.anchor()], "anchored")
    made = batch(5)
    turned = dict(reversed(made.documents[2].items()))
    yield vector("included/members-in-another-order", turned, made.proof(2), [made.anchor()], "anchored")
    secured: JsonObject = {**made.documents[2], "proof": {"type": "DataIntegrityProof", "cryptosuite": "unknown"}}
    yield vector("included/proofs-are-not-part-of-the-digest", secured, made.proof(2), [made.anchor()], "anchored")


def document_vectors() -> Iterator[Vector]:
    made = batch(13)
    original = made.documents[7]

    def edited(*path: str | int, value: JsonValue) -> JsonObject:
        copy: JsonObject = json.loads(json.dumps(original))
        at: Any = copy
        for member in path[:-1]:
            at = at[member]
        at[path[-1]] = value
        return copy

    name_at = ("credentialSubject", "identifier", 0, "identityHash")
    edits = {
        "letter-changed": edited("name", value="Needs Assessnent"),
        "space-added": edited("name", value="Needs Assessment "),
        "number-changed": edited("credentialSubject", "creditsEarned", value=2.6),
        "number-became-text": edited("credentialSubject", "creditsEarned", value="2.5"),
        "member-added": edited("validUntil", value="2036-09-01T00:00:00Z"),
        "inner-member-added": edited("credentialSubject", "achievement", "achievementType", value="Degree"),
        "inner-proof-added": edited("credentialSubject", "proof", value={}),
        "member-removed": {name: value for name, value in original.items() if name != "credentialStatus"},
        "member-is-null": edited("validUntil", value=None),
        "list-turned-around": edited("type", value=["AchievementCredential", "VerifiableCredential"]),
        "list-became-text": edited("issuer", "type", value="Profile"),
        "letters-taken-apart": edited(*name_at, value=unicodedata.normalize("NFD", NAMES[7])),
        "another-leafs-document": made.documents[8],
    }
    for name, document in edits.items():
        yield vector(f"document/{name}", document, made.proof(7), [made.anchor()])


def proof_vectors() -> Iterator[Vector]:
    made = batch(13)
    document, proof, anchors = made.documents[7], made.proof(7), [made.anchor()]
    for level, sibling in enumerate(proof.path):
        flipped = bytes([sibling[0] ^ 1 << level, *sibling[1:]])
        path = (*proof.path[:level], flipped, *proof.path[level + 1 :])
        yield vector(f"proof/path-bit-flipped-in-hash-{level}", document, replace(proof, path=path), anchors)
    changes: dict[str, AnchorProof] = {
        "hashes-swapped": replace(proof, path=(proof.path[1], proof.path[0], *proof.path[2:])),
        "path-of-another-leaf": replace(proof, path=made.proof(6).path),
        "leaf-index-plus-1": replace(proof, leaf_index=8, path=proof.path),
        "leaf-index-minus-1": replace(proof, leaf_index=6),
        "tree-size-plus-1": replace(proof, tree_size=14),
        "status-index-plus-1": replace(proof, status_index=proof.status_index + 1),
        "status-index-zero": replace(proof, status_index=0),
        "another-chain": replace(proof, chain_id=1),
        "another-registry": replace(proof, registry=bytes([*REGISTRY[:19], REGISTRY[19] ^ 1])),
        "another-issuer": replace(proof, issuer_id=sha256(b"another issuer").digest()),
    }
    for name, changed in changes.items():
        yield vector(f"proof/{name}", document, changed, anchors)
    yield vector("proof/anchored-with-another-size", document, proof, [anchor(ISSUER_ID, made.tree.root, 14)])
    yield vector("proof/nothing-anchored", document, proof, [])
    elsewhere = batch_of(made.documents, 0)
    yield vector("proof/anchored-under-another-status-index", document, elsewhere.proof(7), [elsewhere.anchor()])


def encoding_vectors() -> Iterator[Vector]:
    made = batch(13)
    document, proof, anchors = made.documents[7], made.proof(7), [made.anchor()]
    written, data = proof.to_proof(CREATED, METHOD), proof.encode()
    items = cast("list[object]", cbor2.loads(data))
    path = cast("bytes", items[7])

    def put(at: int, value: object) -> bytes:
        return cbor2.dumps([*items[:at], value, *items[at + 1 :]])

    bytes_of: dict[str, tuple[bytes, str]] = {
        "version-2": (put(0, 2), "proof_version"),
        "chain-id-zero": (put(1, 0), "proof_malformed"),
        "registry-zero": (put(2, bytes(20)), "proof_malformed"),
        "registry-19-bytes": (put(2, bytes(REGISTRY[:19])), "proof_malformed"),
        "issuer-id-zero": (put(3, bytes(32)), "proof_malformed"),
        "tree-size-zero": (put(4, 0), "proof_index"),
        "tree-size-too-large": (put(4, 2**32), "proof_malformed"),
        "tree-size-times-2": (put(4, 26), "proof_length"),
        "leaf-index-equals-size": (put(5, 13), "proof_index"),
        "leaf-index-negative": (put(5, -1), "proof_index"),
        "status-index-is-text": (put(6, "131077"), "proof_malformed"),
        "hash-removed": (put(7, path[32:]), "proof_length"),
        "hash-added": (put(7, path + made.tree.root), "proof_length"),
        "hash-of-31-bytes": (put(7, path[:-1]), "proof_malformed"),
        "path-of-41-hashes": (put(7, bytes(41 * 32)), "limit_proof"),
        "element-missing": (cbor2.dumps(items[:7]), "proof_malformed"),
        "element-added": (cbor2.dumps([*items, None]), "proof_malformed"),
        "number-in-a-longer-form": (data.replace(b"\x0d\x07\x1a", b"\x18\x0d\x07\x1a", 1), "proof_malformed"),
        "array-without-length": (b"\x9f" + data[1:] + b"\xff", "proof_malformed"),
        "tagged": (b"\xd9\xd9\xf7" + data, "proof_malformed"),
        "bytes-after-the-end": (data + b"\x00", "proof_malformed"),
        "cut-off": (data[:-1], "proof_malformed"),
        "empty": (b"", "proof_malformed"),
    }
    for name, (changed, code) in bytes_of.items():
        value: JsonObject = {**written, "proofValue": "u" + encode_base64url(changed)}
        yield vector(f"encoding/{name}", document, value, anchors, code)
    text = str(written["proofValue"])
    texts = {"padded": text + "=", "base58-prefix": "z" + text[1:], "no-prefix": text[1:], "line-end": text + "\n"}
    for name, changed_text in texts.items():
        value = {**written, "proofValue": changed_text}
        yield vector(f"encoding/text-{name}", document, value, anchors, "proof_malformed")
    members: dict[str, Callable[[], JsonObject]] = {
        "member-added": lambda: {**written, "policy": "none"},
        "member-missing": lambda: {name: value for name, value in written.items() if name != "created"},
        "another-purpose": lambda: {**written, "proofPurpose": "authentication"},
        "another-time-form": lambda: {**written, "created": "2026-11-22T10:30:00.000Z"},
    }
    for name, make in members.items():
        yield vector(f"encoding/{name}", document, make(), anchors, "proof_malformed")


def award_vectors() -> Iterator[Vector]:
    first = [credential(leaf, 10 + leaf, "Introduction") for leaf in range(3)]
    parts = (batch_of(first, 10), batch_of([credential(leaf, 20 + leaf) for leaf in range(6)], 20))
    held = (parts[0].documents[1], parts[1].documents[5])
    achievements: list[JsonValue] = [f"{BASE}/achievements/{code}" for code in ("introduction", "needs-assessment")]
    pathway = canonicalize(
        {
            "id": f"{BASE}/pathways/instructional-design/1",
            "version": 1,
            "title": "Instructional Design",
            "issuer": DID,
            "award": f"{BASE}/achievements/instructional-design",
            "components": [{"achievement": achievement, "issuer": DID} for achievement in achievements],
            "rule": {"allOf": achievements, "inOrder": True},
        }
    )
    related: list[JsonValue] = [
        {
            "id": f"{BASE}/pathways/instructional-design/1",
            "mediaType": "application/json",
            "digestMultibase": digest_multibase(sha256(pathway).digest()),
        }
    ]
    related += [
        {"id": part["id"], "mediaType": "application/vc", "digestMultibase": digest_multibase(digest(part))}
        for part in held
    ]
    documents = [
        {**credential(leaf, 30 + leaf, "Instructional Design"), "relatedResource": related} for leaf in range(2)
    ]
    made = batch_of(documents, 30)
    pieces = (parts[0].evidence(1), parts[1].evidence(5))
    proof = replace(made.proof(0), evidence=AwardEvidence(pathway, pieces))
    anchors = [made.anchor(), *(part.anchor() for part in parts)]
    later = replace(pieces[1], status_index=24)
    other = replace(pieces[1], issuer_id=sha256(b"another issuer").digest())
    flipped = replace(pieces[0], path=(bytes(32), *pieces[0].path[1:]))
    cases: dict[str, tuple[AwardEvidence, Sequence[JsonObject], str]] = {
        "components-anchored": (AwardEvidence(pathway, pieces), anchors, "anchored"),
        "pathway-changed": (AwardEvidence(pathway + b" ", pieces), anchors, "not_anchored"),
        "components-swapped": (AwardEvidence(pathway, pieces[::-1]), anchors, "not_anchored"),
        "component-left-out": (AwardEvidence(pathway, pieces[:1]), anchors, "not_anchored"),
        "component-doubled": (AwardEvidence(pathway, (*pieces, pieces[1])), anchors, "not_anchored"),
        "component-of-another-issuer": (AwardEvidence(pathway, (pieces[0], other)), anchors, "not_anchored"),
        "component-with-another-status-index": (AwardEvidence(pathway, (pieces[0], later)), anchors, "not_anchored"),
        "component-with-a-changed-path": (AwardEvidence(pathway, (flipped, pieces[1])), anchors, "not_anchored"),
        "component-not-anchored": (AwardEvidence(pathway, pieces), anchors[:2], "not_anchored"),
    }
    for name, (evidence, held_anchors, want) in cases.items():
        pairs = zip(evidence.components, held, strict=False)
        roots: list[JsonValue] = ["0x" + piece.root_for(digest(part)).hex() for piece, part in pairs]
        changed = replace(proof, evidence=evidence)
        yield vector(f"award/{name}", documents[0], changed, held_anchors, want, componentRoots=roots)
    items = cast("list[object]", cbor2.loads(proof.encode()))
    many = [*items[:8], [pathway, [[bytes(ISSUER_ID), 1, 0, 0, b""]] * 65]]
    value: JsonObject = {**proof.to_proof(CREATED, METHOD), "proofValue": "u" + encode_base64url(cbor2.dumps(many))}
    yield vector("award/too-many-components", documents[0], value, anchors, "limit_proof")


def vectors() -> dict[str, str]:
    """The text of each file, by its path under `FOLDER`."""
    makers = (happy_vectors, document_vectors, proof_vectors, encoding_vectors, award_vectors)
    made = [one for maker in makers for one in maker()]
    return {f"{name}.json": json.dumps(body, ensure_ascii=False, indent=2) + "\n" for name, body in made}


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, text in vectors().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
