"""A document laid out for checking: what can be told from its bytes alone, before any registry is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.chain.registry import Address, IssuerId, StateQuery
from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import JsonObject, JsonValue, parse
from ledger.documents.text import NAME_LIMIT, visible
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs import anchor_proof
from ledger.proofs.enveloped import is_envelope, open_envelope
from ledger.proofs.merkle_proof_2019 import is_merkle_proof
from ledger.proofs.suites import suite_of
from ledger.verifying.anchoring import Place
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import (
    Kind,
    check_schema,
    check_structure,
    is_anchor,
    issuer_did,
    kind_of,
    nested_credentials,
    proofs_of,
)

if TYPE_CHECKING:
    from ledger.proofs.jose import JwtCredential
    from ledger.proofs.sd_jwt_vc import SdJwtCredential

_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\s*")
_WITH_DISCLOSURES = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+~")

MAX_CREDENTIALS = 500
"""Credentials in one record, those in records inside it included."""


@dataclass(frozen=True)
class Dossier:
    """One document and what its bytes say.

    `canonical` is the document without its proofs in canonical form, `digest` its SHA-256. `parts` are the credentials
    of a record. `signatures` are the proofs of suites that we know, `ignored` names the others. `token` is what the
    document came in, if that was a signed token. The anchor proof is a `Place`, or the reason why it can't be used, or
    None if there is none. `merkle_proofs` are the positions of Merkle proofs on other chains, where there is none.
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
    token: JwtCredential | None = None
    anchor: Place | InvalidProof | None = None
    merkle_proofs: tuple[int, ...] = ()
    parts: tuple[Dossier, ...] = ()
    selective: SdJwtCredential | None = None

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


def read(data: bytes) -> Dossier:
    """The dossier of a file: JSON, or a token in the compact form of RFC 7515 or RFC 9901. Raises MalformedDocument as
    `lay_out`, the strict loader and the readers of tokens."""
    if _WITH_DISCLOSURES.match(data):
        return _read_selective(data.strip())
    if not _TOKEN.fullmatch(data):
        return lay_out(parse(data))
    from ledger.proofs.jose import parse_jwt_credential

    token = parse_jwt_credential(data.strip())
    return lay_out(token.document, token)


def _read_selective(data: bytes) -> Dossier:
    """The dossier of a token that keeps members back. Where it stands on the ledger, the issuer's claim says."""
    from ledger.proofs.sd_jwt_vc import parse_sd_jwt_credential

    found = parse_sd_jwt_credential(data)
    dossier = lay_out(found.token.document, found.token)
    if found.anchored is None or not dossier.is_readable:
        return replace(dossier, selective=found)
    return replace(dossier, selective=found, anchor=_place([found.anchored.proof], [], found.anchored.digest))


def lay_out(document: JsonObject, token: JwtCredential | None = None) -> Dossier:
    """The dossier of a document that the strict loader has let in, and of the token that it came in.

    Raises MalformedDocument: `limit_bundle` for a record of more than 500 credentials, and `json_*` for values that
    have no canonical form.
    """
    if _count(document) <= MAX_CREDENTIALS:
        dossier = _lay_out(document, token)
        if sum(1 for _ in dossier.all()) <= MAX_CREDENTIALS + 1:  # records may be enveloped too
            return dossier
    raise MalformedDocument("limit_bundle", f"a record can hold at most {MAX_CREDENTIALS} credentials")


def _lay_out(document: JsonObject, token: JwtCredential | None = None) -> Dossier:
    canonical = canonicalize({name: value for name, value in document.items() if name != "proof"})
    digest = sha256(canonical).digest()
    kind = kind_of(document)
    structure = check_structure(document, kind, canonical)
    if structure.code == "context_inline":
        places = tuple(at for at, proof in enumerate(proofs_of(document)) if is_merkle_proof(proof))
        return Dossier(document, kind, structure, None, canonical, digest, issuer_did(document), merkle_proofs=places)
    if structure.outcome is not Outcome.VALID:
        return Dossier(document, kind, structure, None, canonical, digest, issuer_did(document))
    proofs = proofs_of(document)
    has_anchor = any(is_anchor(proof) for proof in proofs)
    signatures, anchors, ignored, merkle_proofs = [], [], [], []
    for position, proof in enumerate(proofs):
        if suite_of(proof) is not None:
            signatures.append(proof)
        elif is_anchor(proof):
            anchors.append(proof)
        elif is_merkle_proof(proof) and not has_anchor:
            merkle_proofs.append(position)
        else:
            ignored.append(visible(str(proof.get("cryptosuite") or proof.get("type")), limit=80))
    nested = nested_credentials(document) if kind is Kind.RECORD else []
    parts = tuple(_part(credential) for credential in nested if isinstance(credential, dict))
    return Dossier(
        document,
        kind,
        structure,
        check_schema(_with_tokens_read(document, parts), kind),
        canonical,
        digest,
        issuer_did(document),
        tuple(signatures),
        tuple(ignored),
        token,
        _place(anchors, signatures, digest),
        tuple(merkle_proofs),
        parts,
    )


def _part(entry: JsonObject) -> Dossier:
    """The dossier of a credential in a record: as it stands there, or the token that an envelope holds."""
    if not is_envelope(entry):
        return _lay_out(entry)
    try:
        token = open_envelope(entry)
    except MalformedDocument as problem:
        canonical = canonicalize(entry)
        structure = Check("structure", Outcome.INVALID, problem.code, f"The credential can't be read: {problem}.")
        return Dossier(entry, Kind.OTHER, structure, None, canonical, sha256(canonical).digest(), issuer_did(entry))
    return _lay_out(token.document, token)


def _with_tokens_read(document: JsonObject, parts: Sequence[Dossier]) -> JsonObject:
    """The record with what its envelopes hold in their place: 1EdTech's schema knows no envelope of W3C's form."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict) or all(part.token is None for part in parts):
        return document
    held: list[JsonValue] = [part.document for part in parts]
    return document | {"credentialSubject": subject | {"verifiableCredential": held}}


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
