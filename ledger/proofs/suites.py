"""The one door to the proofs that Cairn checks inside documents, whichever suite they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.documents.keys import KeyKind, PublicKey
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof
from ledger.proofs import data_integrity, ecdsa, ed25519_2020
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, DataIntegrityProof, Purpose
from ledger.proofs.ecdsa import ECDSA_JCS, ECDSA_RDFC, CanonicalizeRdf
from ledger.proofs.ed25519_2020 import ED25519_2020

CRYPTOSUITES = (EDDSA_JCS, ECDSA_JCS, EDDSA_RDFC, ECDSA_RDFC)
"""Those of the type `DataIntegrityProof`; the ones that need no RDF come first."""


def suite_of(proof: Mapping[str, JsonValue]) -> str | None:
    """The name of a proof's suite, if it is one that is checked: one of `CRYPTOSUITES`, or `Ed25519Signature2020`."""
    kind, suite = proof.get("type"), proof.get("cryptosuite")
    if kind == ED25519_2020:
        return ED25519_2020
    return suite if kind == "DataIntegrityProof" and isinstance(suite, str) and suite in CRYPTOSUITES else None


def parse_proof(
    document: Mapping[str, JsonValue], proof: JsonObject, purpose: Purpose = "assertionMethod"
) -> DataIntegrityProof:
    """Read a proof of `document`, whichever suite it is of. Raises InvalidProof `proof_malformed`."""
    suite = suite_of(proof)
    if suite == ED25519_2020:
        return ed25519_2020.parse_proof(document, proof, purpose)
    if suite in ecdsa.CRYPTOSUITES:
        return ecdsa.parse_proof(document, proof, purpose)
    return data_integrity.parse_proof(document, proof, purpose)


def verify_proof(
    document: Mapping[str, JsonValue],
    proof: JsonObject,
    keys: Sequence[PublicKey],
    *,
    canonicalize_rdf: CanonicalizeRdf,
    document_digest: bytes | None = None,
    purpose: Purpose = "assertionMethod",
) -> PublicKey:
    """Check one proof of `document` with several keys, canonicalising once. Returns the first key that fits.

    A key of a kind that the suite does not take is never tried. `document_digest` is `canonical.digest(document)`, for
    a caller who has it. Raises InvalidProof: `proof_malformed`, `key_weak` or `key_malformed`, `signature_invalid`
    (also when there is no key to try), and the codes of `canonicalize_rdf`. Whether the key is the issuer's, and
    whether the proof has expired, is for the caller to ask.
    """
    suite = suite_of(proof)
    if suite in ecdsa.CRYPTOSUITES:
        return ecdsa.verify_any(document, proof, keys, canonicalize_rdf=canonicalize_rdf, purpose=purpose)
    ed25519 = [key.data for key in keys if key.kind is KeyKind.ED25519]
    if suite == ED25519_2020:
        found = ed25519_2020.verify_any(document, proof, ed25519, canonicalize_rdf=canonicalize_rdf, purpose=purpose)
    elif suite is not None:
        found = data_integrity.verify_any(
            document,
            proof,
            ed25519,
            canonicalize_rdf=canonicalize_rdf,
            document_digest=document_digest,
            purpose=purpose,
        )
    else:
        raise InvalidProof("proof_malformed", "the proof is not of a type that Cairn checks")
    return PublicKey(KeyKind.ED25519, found)
