"""A document laid out for checking: what can be told from its bytes alone, before any registry is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from ledger.chain.registry import Address, IssuerId, StateQuery
from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import NAME_LIMIT, visible
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs import anchor_proof
from ledger.proofs.data_integrity import CRYPTOSUITES
from ledger.verifying.anchoring import Place
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import (
    Kind,
    check_schema,
    check_structure,
    issuer_did,
    kind_of,
    nested_credentials,
    proofs_of,
)

MAX_CREDENTIALS = 500
"""Credentials in one record, those in records inside it included."""


@dataclass(frozen=True)
class Dossier:
    """One document and what its bytes say.

    `canonical` is the document without its proofs in canonical form, `digest` its SHA-256. `parts` are the credentials
    of a record. `signatures` are the proofs of suites that we know, `ignored` names the others. The anchor proof is a
    `Place`, or the reason why it can't be used, or None if there is none.
    """

    document: JsonObject
    kind: Kind
    structure: Check
    schema: Check | None
    canonical: bytes
    digest: bytes
    issuer_did: str | None
    signatures: tuple[JsonObject, ...] = ()
    ignored: tuple[str, ...] = ()
    anchor: Place | InvalidProof | None = None
    parts: tuple[Dossier, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether the structure is one that the other checks can rely on."""
        return self.structure.outcome is Outcome.VALID

    @property
    def issuer_name(self) -> str | None:
        """What the document calls its issuer, safe to show."""
        issuer = self.document.get("issuer")
        name = issuer.get("name") if isinstance(issuer, dict) else None
        return visible(name, limit=NAME_LIMIT) if isinstance(name, str) else None

    def all(self) -> Iterator[Dossier]:
        """This dossier and those of all that the document holds."""
        yield self
        for part in self.parts:
            yield from part.all()


def lay_out(document: JsonObject) -> Dossier:
    """The dossier of a document that the strict loader has let in.

    Raises MalformedDocument: `limit_bundle` for a record of more than 500 credentials, and `json_*` for values that
    have no canonical form.
    """
    if _count(document) > MAX_CREDENTIALS:
        raise MalformedDocument("limit_bundle", f"a record can hold at most {MAX_CREDENTIALS} credentials")
    return _lay_out(document)


def _lay_out(document: JsonObject) -> Dossier:
    canonical = canonicalize({name: value for name, value in document.items() if name != "proof"})
    digest = sha256(canonical).digest()
    kind = kind_of(document)
    structure = check_structure(document, kind, canonical)
    if structure.outcome is not Outcome.VALID:
        return Dossier(document, kind, structure, None, canonical, digest, issuer_did(document))
    proofs = proofs_of(document)
    signatures, anchors, ignored = [], [], []
    for proof in proofs:
        suite = proof.get("cryptosuite") if proof.get("type") == "DataIntegrityProof" else None
        if suite == anchor_proof.CRYPTOSUITE:
            anchors.append(proof)
        elif suite in CRYPTOSUITES:
            signatures.append(proof)
        else:
            ignored.append(str(suite or proof.get("type"))[:80])
    nested = nested_credentials(document) if kind is Kind.RECORD else []
    return Dossier(
        document,
        kind,
        structure,
        check_schema(document, kind),
        canonical,
        digest,
        issuer_did(document),
        tuple(signatures),
        tuple(ignored),
        _place(anchors, signatures, digest),
        tuple(_lay_out(credential) for credential in nested if isinstance(credential, dict)),
    )


def _place(anchors: list[JsonObject], signatures: list[JsonObject], digest: bytes) -> Place | InvalidProof | None:
    """Where the anchor proof puts the document. The key that it names must be one that signed."""
    if not anchors:
        return None
    if len(anchors) > 1:
        return InvalidProof("proof_ambiguous", "the document carries several anchor proofs")
    try:
        proof = anchor_proof.from_proof(anchors[0])
        query = StateQuery(IssuerId(proof.issuer_id), proof.root_for(digest), proof.status_index)
    except InvalidProof as problem:
        return problem
    method = anchors[0]["verificationMethod"]
    if signatures and all(signature.get("verificationMethod") != method for signature in signatures):
        return InvalidProof("proof_malformed", "the anchor proof names a key that did not sign the document")
    return Place(proof, str(anchors[0]["created"]), (proof.chain_id, Address(proof.registry)), query)


def _count(document: JsonObject) -> int:
    """How many credentials a record holds, at every depth. The strict loader has bounded the depth."""
    nested = [entry for entry in nested_credentials(document) if isinstance(entry, dict)]
    return len(nested) + sum(_count(entry) for entry in nested)
