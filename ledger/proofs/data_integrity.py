"""W3C Data Integrity proofs: `eddsa-rdfc-2022` and `eddsa-jcs-2022` (Data Integrity EdDSA Cryptosuites 1.0).

`suites` is the door for whoever checks proofs of every kind; these are the two that Cairn also makes.

Both suites sign SHA-256(canonical proof options) ‖ SHA-256(canonical document without any proof), and differ in how
they canonicalise. Each proof of a set signs the bare document. For `eddsa-jcs-2022` the second half is the document's
`digest` (`ledger.documents.canonical`), so a batch that has the digests signs without canonicalising again.

The proofs of a stranger's document are verified with `canonicalize_rdf` bound to a process with a budget
(`ledger.proofs.rdfc_worker`); the default is this process, which is right for documents of our own making.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, Protocol, TypeAlias

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger.documents import codecs
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.known_shapes import canonicalize_own

EDDSA_RDFC = "eddsa-rdfc-2022"
EDDSA_JCS = "eddsa-jcs-2022"
CRYPTOSUITES = (EDDSA_RDFC, EDDSA_JCS)

CanonicalizeRdf: TypeAlias = "Callable[[Mapping[str, JsonValue]], bytes]"
Purpose = Literal["assertionMethod", "authentication"]
"""What a proof is for: an issuer asserts what a document says, a holder shows who presents it."""

_REQUIRED = frozenset({"type", "verificationMethod", "proofPurpose", "proofValue"})
_OPTIONAL = frozenset({"cryptosuite", "id", "created", "expires", "nonce", "challenge", "domain", "@context"})
_TEXTS = ("id", "nonce", "verificationMethod", "challenge")
_MAX_DOMAINS = 16

_MAX_REMEMBERED = 256
_MAX_REMEMBERED_BYTES = 4096
_rdf_options_hashes: dict[bytes, bytes] = {}


class Signer(Protocol):
    """Who signs with an Ed25519 key: a file here, elsewhere a KMS or HSM."""

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature of `message` (RFC 8032, pure Ed25519)."""


@dataclass(frozen=True)
class Answer:
    """What a proof of `authentication` answers: somebody's challenge, for them alone, until it expires."""

    challenge: str
    domain: str
    expires: datetime


@dataclass(frozen=True)
class DataIntegrityProof:
    """What a well-formed proof says. `value` are the bytes of the signature: 64, or 96 by a key of P-384.

    `challenge` and `domains` are for whoever asked for them. Some issuers sign credentials with them, and nobody asks.
    """

    cryptosuite: str
    verification_method: str
    value: bytes
    created: datetime | None
    expires: datetime | None
    challenge: str | None = None
    domains: tuple[str, ...] = ()


def sign(
    document: Mapping[str, JsonValue],
    *,
    cryptosuite: str,
    signer: Signer,
    verification_method: str,
    created: datetime,
    answer: Answer | None = None,
    document_digest: bytes | None = None,
    canonicalize_rdf: CanonicalizeRdf | None = None,
) -> JsonObject:
    """A proof of `document` by `signer`. Proofs that the document carries already are not part of what is signed.

    With an `answer` its purpose is `authentication`, otherwise `assertionMethod`.

    `document_digest` is `canonical.digest(document)`, for a caller who has it: `eddsa-jcs-2022` then needs no more.
    Raises InvalidProof when the document can't be canonicalised as RDF without loss (see `rdfc`).
    """
    options: JsonObject = {
        "type": "DataIntegrityProof",
        "cryptosuite": cryptosuite,
        "created": codecs.format_timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": "assertionMethod" if answer is None else "authentication",
    }
    if answer is not None:
        options["expires"] = codecs.format_timestamp(answer.expires)
        options["challenge"], options["domain"] = answer.challenge, answer.domain
    context = document.get("@context")
    if cryptosuite == EDDSA_JCS and context is not None:
        options["@context"] = context
    hash_data = _hash_data(document, cryptosuite, options, document_digest, canonicalize_rdf)
    return {**options, "proofValue": "z" + codecs.encode_base58(signer.sign(hash_data))}


def jcs_hash_data(document_digest: bytes, options: Mapping[str, JsonValue]) -> bytes:
    """The 64 bytes that `eddsa-jcs-2022` signs (section 3.3.4): `options` is the proof without `proofValue`."""
    return hashlib.sha256(canonicalize(dict(options))).digest() + document_digest


def rdfc_hash_data(
    document: Mapping[str, JsonValue],
    options: Mapping[str, JsonValue],
    canonicalize_rdf: CanonicalizeRdf | None = None,
) -> bytes:
    """The 64 bytes that `eddsa-rdfc-2022` signs (section 3.2.4).

    `options` is the proof without `proofValue`; its `@context` is that of the document, unless it has its own.
    """
    to_n_quads = canonicalize_rdf or canonicalize_own
    bare = {name: value for name, value in document.items() if name != "proof"}
    options_hash = _rdf_options_hash({"@context": document.get("@context"), **options}, to_n_quads)
    return options_hash + hashlib.sha256(to_n_quads(bare)).digest()


def verify(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    public_key: bytes,
    *,
    canonicalize_rdf: CanonicalizeRdf | None = None,
    document_digest: bytes | None = None,
) -> None:
    """Check one proof of `document` with one key.

    Raises InvalidProof: `proof_malformed`, `key_weak` or `key_malformed`, `signature_invalid`, and the codes of
    `canonicalize_rdf`. Whether the key is the issuer's, and whether the proof has expired, is for the caller to ask.
    """
    verify_any(document, proof, [public_key], canonicalize_rdf=canonicalize_rdf, document_digest=document_digest)


def verify_any(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    public_keys: Iterable[bytes],
    *,
    canonicalize_rdf: CanonicalizeRdf | None = None,
    document_digest: bytes | None = None,
    purpose: Purpose = "assertionMethod",
) -> bytes:
    """Check one proof of `document` with several keys, canonicalising once. Returns the first key that fits.

    Raises as `verify`; `signature_invalid` also when there is no key to try.
    """
    parsed = parse_proof(document, proof, purpose)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    hash_data = _hash_data(document, parsed.cryptosuite, options, document_digest, canonicalize_rdf)
    return fitting_key(parsed.value, hash_data, public_keys)


def fitting_key(signature: bytes, message: bytes, public_keys: Iterable[bytes]) -> bytes:
    """The first Ed25519 key under which `signature` holds. Raises InvalidProof as `verify`."""
    for public_key in public_keys:
        try:
            crypto_sign_open(signature + message, _usable_key(public_key))
        except BadSignatureError:
            continue
        return public_key
    raise signature_invalid()


def parse_proof(
    document: Mapping[str, JsonValue], proof: Mapping[str, JsonValue], purpose: Purpose = "assertionMethod"
) -> DataIntegrityProof:
    """Read a proof of `document` by one of the two suites. Raises InvalidProof `proof_malformed`."""
    suite = proof.get("cryptosuite")
    if proof.get("type") != "DataIntegrityProof" or suite not in CRYPTOSUITES or not isinstance(suite, str):
        raise malformed("it is not of a type that is checked here")
    return read_proof(document, proof, suite, sizes=(64,), copies_context=suite == EDDSA_JCS, purpose=purpose)


def read_proof(
    document: Mapping[str, JsonValue],
    proof: Mapping[str, JsonValue],
    suite: str,
    *,
    sizes: Collection[int],
    copies_context: bool,
    purpose: Purpose = "assertionMethod",
) -> DataIntegrityProof:
    """Read strictly what the proofs of all suites share; which suite it is, the caller has found out.

    `sizes` are the lengths in bytes that a signature may have; a suite that `copies_context` has the document's
    `@context` in its proofs. Raises InvalidProof `proof_malformed`: also for proof chains (`previousProof`), for
    members that no suite has, and for a proof whose `@context` is not that of the document. The specification lets a
    document have more contexts than were signed, which could change what it means.
    """
    if not _REQUIRED <= proof.keys() <= _REQUIRED | _OPTIONAL:
        raise malformed("it lacks a member or has one that does not belong there")
    method, value = proof["verificationMethod"], proof["proofValue"]
    if proof["proofPurpose"] != purpose:
        raise malformed(f"its purpose is not {purpose}")
    if not isinstance(method, str) or not all(isinstance(proof.get(name, ""), str) for name in _TEXTS):
        raise malformed("a member is not a string")
    has_context = "@context" in proof or (copies_context and "@context" in document)
    if has_context and proof.get("@context") != document.get("@context"):
        raise malformed("its @context is not that of the document")
    if not isinstance(value, str) or not value.startswith("z"):
        raise malformed("its value is not in base58btc")
    try:
        signature = codecs.decode_base58_within(value[1:], limit=max(sizes))
        created, expires = _moment(proof, "created"), _moment(proof, "expires")
    except MalformedDocument as error:
        raise malformed(str(error)) from None
    if len(signature) not in sizes:
        raise malformed("its value has not the length of a signature")
    challenge = proof.get("challenge")
    text = challenge if isinstance(challenge, str) else None
    return DataIntegrityProof(suite, method, signature, created, expires, text, _domains(proof))


def _hash_data(
    document: Mapping[str, JsonValue],
    cryptosuite: str,
    options: Mapping[str, JsonValue],
    document_digest: bytes | None,
    canonicalize_rdf: CanonicalizeRdf | None,
) -> bytes:
    if cryptosuite == EDDSA_JCS:
        return jcs_hash_data(document_digest or digest(document), options)
    if cryptosuite == EDDSA_RDFC:
        return rdfc_hash_data(document, options, canonicalize_rdf)
    raise ValueError(f"unknown cryptosuite {cryptosuite}")


def _rdf_options_hash(options: Mapping[str, JsonValue], to_n_quads: CanonicalizeRdf) -> bytes:
    """The hash of the proof options; those of a batch are all the same, so the last few are remembered."""
    key = canonicalize(dict(options))
    known = _rdf_options_hashes.get(key)
    if known is not None:
        return known
    options_hash = hashlib.sha256(to_n_quads(options)).digest()
    if len(key) <= _MAX_REMEMBERED_BYTES:
        if len(_rdf_options_hashes) >= _MAX_REMEMBERED:
            _rdf_options_hashes.clear()
        _rdf_options_hashes[key] = options_hash
    return options_hash


@lru_cache(maxsize=1024)
def _usable_key(public_key: bytes) -> bytes:
    try:
        return codecs.check_ed25519_key(public_key)
    except MalformedDocument as error:
        raise InvalidProof(error.code, str(error)) from None


def _domains(proof: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """For whom a proof is meant: one text, or a set of them (Data Integrity 1.0, section 2.1)."""
    domain = proof.get("domain", [])
    named = tuple(entry for entry in (domain if isinstance(domain, list) else [domain]) if isinstance(entry, str))
    if not isinstance(domain, str | list) or (
        isinstance(domain, list) and not len(named) == len(domain) <= _MAX_DOMAINS
    ):
        raise malformed("its domain is not a text, nor a few of them")
    return named


def _moment(proof: Mapping[str, JsonValue], name: str) -> datetime | None:
    if name not in proof:
        return None
    value = proof[name]
    if not isinstance(value, str):
        raise MalformedDocument("time_format", "a time is not a string")
    return codecs.parse_date_time_stamp(value)


def signature_invalid() -> InvalidProof:
    return InvalidProof("signature_invalid", "the signature does not belong to this document and key")


def malformed(reason: str) -> InvalidProof:
    """Why a proof can't be read."""
    return InvalidProof("proof_malformed", f"the proof is badly formed: {reason}")
