"""`ecdsa-rdfc-2019` and `ecdsa-jcs-2019` (Data Integrity ECDSA Cryptosuites 1.0), which Cairn checks and does not make.

The curve decides the hash, in RDF canonicalisation too: SHA-256 for P-256, SHA-384 for P-384. A signature is r ‖ s as
in RFC 4754, section 7 (also called IEEE P1363): 64 or 96 bytes, so its length tells which curve it is of. The standard
does not ask for a low s, so either of the two is taken; what depends on a document never depends on its signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Protocol

from ledger.documents.canonical import canonicalize
from ledger.documents.keys import KeyKind, PublicKey, load_ec_key
from ledger.documents.strict_json import JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import DataIntegrityProof, Purpose, malformed, read_proof, signature_invalid

ECDSA_RDFC = "ecdsa-rdfc-2019"
ECDSA_JCS = "ecdsa-jcs-2019"
CRYPTOSUITES = (ECDSA_RDFC, ECDSA_JCS)

CURVES = {64: KeyKind.P256, 96: KeyKind.P384}
"""The curve of a signature, by its length in bytes."""
_HASHES = {KeyKind.P256: "sha256", KeyKind.P384: "sha384"}


class CanonicalizeRdf(Protocol):
    """RDFC-1.0 of a document with a hash of one's choice: `sha256` or `sha384`."""

    def __call__(self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /) -> bytes:
        """Canonical N-Quads. Raises InvalidProof."""


def parse_proof(
    document: Mapping[str, JsonValue], proof: Mapping[str, JsonValue], purpose: Purpose = "assertionMethod"
) -> DataIntegrityProof:
    """Read a proof of `document` by one of the two suites. Raises InvalidProof `proof_malformed`."""
    suite = proof.get("cryptosuite")
    if proof.get("type") != "DataIntegrityProof" or suite not in CRYPTOSUITES or not isinstance(suite, str):
        raise malformed("it is not of a type that is checked here")
    return read_proof(document, proof, suite, sizes=CURVES, copies_context=suite == ECDSA_JCS, purpose=purpose)


def verify_any(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    public_keys: Iterable[PublicKey],
    *,
    canonicalize_rdf: CanonicalizeRdf,
    purpose: Purpose = "assertionMethod",
) -> PublicKey:
    """Check one proof of `document` with several keys; those of another curve are not tried. Returns the one that fits.

    Raises InvalidProof: `proof_malformed`, `signature_invalid`, `key_malformed`, and the codes of `canonicalize_rdf`.
    """
    parsed = parse_proof(document, proof, purpose)
    curve = CURVES[len(parsed.value)]
    message = hash_data(document, proof, curve, canonicalize_rdf)
    for key in public_keys:
        if key.kind is curve and signature_holds(key, parsed.value, message):
            return key
    raise signature_invalid()


def hash_data(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    curve: KeyKind,
    canonicalize_rdf: CanonicalizeRdf,
) -> bytes:
    """The bytes that are signed (sections 3.2.4 and 3.3.4): the hash of the options, then that of the document."""
    hash_name = _HASHES[curve]
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    bare = {name: value for name, value in document.items() if name != "proof"}
    if proof["cryptosuite"] == ECDSA_JCS:
        texts = canonicalize(options), canonicalize(bare)
    else:
        options["@context"] = document.get("@context")
        texts = canonicalize_rdf(options, hash_name), canonicalize_rdf(bare, hash_name)
    return b"".join(hashlib.new(hash_name, text).digest() for text in texts)


def signature_holds(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether r ‖ s is a signature of `message` by a key of P-256 or P-384, with the hash of its curve (FIPS 186-5).

    Raises InvalidProof `key_malformed`.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384

    half = len(signature) // 2
    if CURVES.get(len(signature)) is not key.kind:
        return False
    in_der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    try:
        load_ec_key(key).verify(in_der, message, ECDSA(SHA256() if key.kind is KeyKind.P256 else SHA384()))
    except InvalidSignature:
        return False
    except MalformedDocument as error:
        raise InvalidProof(error.code, str(error)) from None
    return True
