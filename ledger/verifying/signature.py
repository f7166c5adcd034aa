"""Check 3: did this issuer sign these bytes?

A document needs at least one good signature of its issuer, and may have no bad one of a suite that we know. Proofs of
other suites and types are passed over, but named. Where the keys come from is decided before: from the registry, from
the DID itself, or from a DID document that was given; never from the proof.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ledger.documents.codecs import check_ed25519_key
from ledger.documents.did import resolve_did_key
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import EDDSA_JCS, parse_proof, verify_any
from ledger.verifying.dossier import Dossier
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Outcome, shown_bytes

MAX_KEYS_TRIED = 32
MAX_RDF_SECONDS = 5.0
"""Wall time for RDF canonicalisation in one verification, however many documents it has."""

_COST_TOO_MUCH = frozenset({"canonicalization_budget", "canonicalization_unavailable"})


class Canonicalizer(Protocol):
    """RDF canonicalisation of documents of strangers."""

    def canonicalize(self, document: Mapping[str, JsonValue]) -> bytes:
        """N-Quads; raises InvalidProof `canonicalization_budget` if that costs too much."""
        ...


class SpendingCanonicalizer:
    """A canonicalizer with a purse for all documents of one verification."""

    def __init__(self, canonicalizer: Canonicalizer, seconds: float = MAX_RDF_SECONDS) -> None:
        self._canonicalizer = canonicalizer
        self._left = seconds

    def canonicalize(self, document: Mapping[str, JsonValue]) -> bytes:
        if self._left <= 0:
            raise InvalidProof("canonicalization_budget", "the documents together take too long to canonicalize")
        begun = time.monotonic()
        try:
            return self._canonicalizer.canonicalize(document)
        finally:
            self._left -= time.monotonic() - begun


@dataclass(frozen=True)
class KeySource:
    """The keys that may have signed: `keys` whatever the proof calls them, `by_method` the one under its name."""

    name: str
    keys: tuple[bytes, ...] = ()
    by_method: Mapping[str, bytes] = field(default_factory=dict)

    def keys_for(self, method: str) -> tuple[bytes, ...]:
        return self.keys if method not in self.by_method else (self.by_method[method],)


@dataclass(frozen=True)
class Signatures:
    """The check, and the keys that fitted, each with the verification method that its proof names."""

    check: Check
    verified: tuple[tuple[str, bytes], ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(key for _, key in self.verified)


def did_key_source(did: str) -> KeySource | InvalidProof:
    """The key in a did:key, or why it can't be one: `key_weak`, `key_malformed`."""
    try:
        return KeySource("did", by_method=resolve_did_key(did).keys)
    except MalformedDocument as error:
        code = "key_weak" if error.code.endswith("weak") else "key_malformed"
        return InvalidProof(code, "the key in the issuer's identifier is not one that can be relied on")


def check_signatures(
    dossier: Dossier, source: KeySource | Unknown | InvalidProof, canonicalizer: Canonicalizer, now: datetime
) -> Signatures:
    """Check 3.

    Codes, invalid: `signature_invalid`, `signature_missing`, `method_mismatch`, `proof_malformed`, `proof_expired`,
    `key_weak`, `key_malformed`, `context_untrusted`, `undefined_term`, `canonicalization_failed`; indeterminate:
    `cryptosuite_unknown`, `canonicalization_budget`, `canonicalization_unavailable`, `key_unknown` and the codes of an
    unreachable registry.
    """
    evidence: dict[str, JsonValue] = {"ignored_proofs": [*dossier.ignored]} if dossier.ignored else {}
    if not dossier.signatures:
        return _without_signature(dossier, evidence)
    if isinstance(source, InvalidProof):
        return Signatures(_signature(Outcome.INVALID, source.code, f"{_sentence(source)}", evidence))
    verified: list[tuple[str, bytes]] = []
    good: list[JsonValue] = []
    too_costly: list[InvalidProof] = []
    # The suite that covers every byte and costs little comes first: if it fails, the costly one is not tried.
    for proof in sorted(dossier.signatures, key=lambda proof: proof.get("cryptosuite") != EDDSA_JCS):
        try:
            method = _method(dossier, proof, now)
            if isinstance(source, Unknown):
                parse_proof(dossier.document, proof)
            else:
                verified.append((method, _verify(dossier, proof, source.keys_for(method), canonicalizer)))
                good.append(proof["cryptosuite"])
        except InvalidProof as problem:
            if problem.code not in _COST_TOO_MUCH:
                evidence |= {"suite": proof.get("cryptosuite"), "problem": str(problem)}
                message = _BAD.get(problem.code, "A signature of the document can't be relied on.")
                return Signatures(_signature(Outcome.INVALID, problem.code, message, evidence))
            too_costly.append(problem)
    if isinstance(source, Unknown):
        return Signatures(_signature(Outcome.INDETERMINATE, source.code, source.message, evidence))
    if too_costly:
        evidence["not_checked"] = "eddsa-rdfc-2022"
    if not verified:
        message = "The signature takes more computing time to check than one document may have."
        return Signatures(_signature(Outcome.INDETERMINATE, too_costly[0].code, message, evidence))
    evidence |= {"suites": good, "method": verified[0][0], "key": shown_bytes(verified[0][1]), "keys_from": source.name}
    return Signatures(
        _signature(Outcome.VALID, "ok", "The issuer signed the document as it stands.", evidence), tuple(verified)
    )


_BAD = {
    "signature_invalid": "The signature does not fit: the document was changed, or somebody else signed it.",
    "method_mismatch": "A signature names a key that is not one of the issuer's.",
    "proof_expired": "A signature of the document has passed the date until which it was meant to count.",
    "proof_malformed": "A signature of the document is not built as it should be.",
    "undefined_term": "The document says things that its signature would not cover.",
}


def _method(dossier: Dossier, proof: JsonObject, now: datetime) -> str:
    """The verification method of a proof that has not expired."""
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not method.startswith(f"{dossier.issuer_did}#"):
        raise InvalidProof("method_mismatch", "the verification method does not belong to the issuer")
    if "expires" in proof:
        expires = parse_proof(dossier.document, proof).expires
        if expires is not None and expires < now:
            raise InvalidProof("proof_expired", "the proof has expired")
    return method


def _verify(dossier: Dossier, proof: JsonObject, keys: tuple[bytes, ...], canonicalizer: Canonicalizer) -> bytes:
    return verify_any(
        dossier.document,
        proof,
        [key for key in keys[:MAX_KEYS_TRIED] if _is_sound(key)],
        canonicalize_rdf=canonicalizer.canonicalize,
        document_digest=dossier.digest,
    )


def _is_sound(key: bytes) -> bool:
    """Whether a key can be relied on. Under some, one signature fits every message."""
    try:
        check_ed25519_key(key)
    except MalformedDocument:
        return False
    return True


def _without_signature(dossier: Dossier, evidence: dict[str, JsonValue]) -> Signatures:
    if dossier.ignored:
        message = "The document is signed only in ways that Cairn can't check."
        return Signatures(_signature(Outcome.INDETERMINATE, "cryptosuite_unknown", message, evidence))
    return Signatures(_signature(Outcome.INVALID, "signature_missing", "Nobody has signed the document.", evidence))


def _sentence(problem: InvalidProof) -> str:
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}."


def _signature(outcome: Outcome, code: str, message: str, evidence: dict[str, JsonValue]) -> Check:
    return Check("signature", outcome, code, message, evidence)
