"""`Ed25519Signature2020`, the suite before `eddsa-rdfc-2022`: proofs that many still carry, and that Cairn only checks.

See Data Integrity EdDSA Cryptosuites 1.0, section 3.1.1 and the appendix on Ed25519Signature2020. What is signed is
the same as for `eddsa-rdfc-2022`, but that the terms of the proof come from a context of the suite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.documents.strict_json import JsonValue
from ledger.proofs.data_integrity import (
    CanonicalizeRdf,
    DataIntegrityProof,
    Purpose,
    fitting_key,
    malformed,
    rdfc_hash_data,
    read_proof,
)

ED25519_2020 = "Ed25519Signature2020"
SUITE_CONTEXT = "https://w3id.org/security/suites/ed25519-2020/v1"


def parse_proof(
    document: Mapping[str, JsonValue], proof: Mapping[str, JsonValue], purpose: Purpose = "assertionMethod"
) -> DataIntegrityProof:
    """Read a proof of `document` by this suite, which has no `cryptosuite`. Raises InvalidProof `proof_malformed`."""
    if proof.get("type") != ED25519_2020 or "cryptosuite" in proof:
        raise malformed("it is not of a type that is checked here")
    bare = _without_own_context(proof)
    return read_proof(document, bare, ED25519_2020, sizes=(64,), copies_context=False, purpose=purpose)


def verify_any(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    public_keys: Iterable[bytes],
    *,
    canonicalize_rdf: CanonicalizeRdf | None = None,
    purpose: Purpose = "assertionMethod",
) -> bytes:
    """Check one proof of `document` with several Ed25519 keys. Returns the first that fits.

    Raises InvalidProof: `proof_malformed`, `signature_invalid`, `key_weak` or `key_malformed`, and the codes of
    `canonicalize_rdf`.
    """
    parsed = parse_proof(document, proof, purpose)
    return fitting_key(parsed.value, hash_data(document, proof, canonicalize_rdf), public_keys)


def hash_data(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    canonicalize_rdf: CanonicalizeRdf | None = None,
) -> bytes:
    """The 64 bytes that are signed.

    The options are read with the contexts of the document, and with that of the suite where the document lacks it:
    some issuers leave it out, or put it into the proof.
    """
    options = {name: value for name, value in _without_own_context(proof).items() if name != "proofValue"}
    context = document.get("@context")
    contexts = context if isinstance(context, list) else [context]
    options["@context"] = context if SUITE_CONTEXT in contexts else [*contexts, SUITE_CONTEXT]
    return rdfc_hash_data(document, options, canonicalize_rdf)


def _without_own_context(proof: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    if proof.get("@context") not in (SUITE_CONTEXT, [SUITE_CONTEXT]):
        return dict(proof)
    return {name: value for name, value in proof.items() if name != "@context"}
