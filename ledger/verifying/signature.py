"""Check 3: did this issuer sign these bytes?

A document needs at least one good signature of its issuer, and may have no bad one of a suite that we know. Proofs of
other suites and types are passed over, but named. A document that came as a token is signed by that token, too. Where
the keys come from is decided before: from the registry, from the DID itself, or from a document that was given or
fetched; never from the proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ledger.documents.keys import PublicKey
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.suites import parse_proof, suite_of, verify_proof
from ledger.verifying.dossier import Dossier
from ledger.verifying.issuer_keys import KeySource
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Outcome, shown_bytes
from ledger.verifying.selective import with_withheld

if TYPE_CHECKING:
    from ledger.proofs.jose import JwtCredential

MAX_KEYS_TRIED = 32
MAX_RDF_SECONDS = 5.0
"""Wall time for RDF canonicalisation in one verification, however many documents it has."""

_LEAVES_IT_OPEN = {
    "canonicalization_budget": "The signature takes more computing time to check than one document may have.",
    "canonicalization_unavailable": "The signature could not be checked on this machine just now.",
    "algorithm_unknown": "The document is signed by an algorithm that Cairn does not check.",
}
_CHEAP = "jcs"


class Canonicalizer(Protocol):
    """RDF canonicalisation of documents of strangers."""

    def canonicalize(
        self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
    ) -> bytes:
        """N-Quads, with `own_terms` also of a document that defines some in its context; raises InvalidProof
        `canonicalization_budget` if that costs too much."""
        ...


class SpendingCanonicalizer:
    """A canonicalizer with a purse for all documents of one verification."""

    def __init__(self, canonicalizer: Canonicalizer, seconds: float = MAX_RDF_SECONDS) -> None:
        self._canonicalizer = canonicalizer
        self._left = seconds

    def canonicalize(
        self, document: Mapping[str, JsonValue], hash_name: str = "sha256", /, *, own_terms: bool = False
    ) -> bytes:
        if self._left <= 0:
            raise InvalidProof("canonicalization_budget", "the documents together take too long to canonicalize")
        begun = time.monotonic()
        try:
            return self._canonicalizer.canonicalize(document, hash_name, own_terms=own_terms)
        finally:
            self._left -= time.monotonic() - begun


@dataclass(frozen=True)
class Signatures:
    """The check, and the keys that fitted, each with the verification method that its proof names."""

    check: Check
    verified: tuple[tuple[str, PublicKey], ...] = ()

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        return tuple(key for _, key in self.verified)


@dataclass(frozen=True)
class _Signature:
    """One signature of a document. `method` is the name of its key, None where a token names none.

    Both functions raise InvalidProof: `parse` for a signature that is badly formed, `verify` also for one that fits
    none of the keys.
    """

    suite: str
    method: str | None
    verify: Callable[[tuple[PublicKey, ...]], PublicKey]
    parse: Callable[[], object]


def named_methods(dossier: Dossier) -> list[str]:
    """The verification methods that the proofs of a document name."""
    methods = [proof.get("verificationMethod") for proof in dossier.signatures]
    if dossier.token is not None:
        methods.append(dossier.token.key_id)
    return [method for method in methods if isinstance(method, str)]


def check_signatures(
    dossier: Dossier, source: KeySource | Unknown | InvalidProof, canonicalizer: Canonicalizer, now: datetime
) -> Signatures:
    """Check 3.

    Codes, invalid: `signature_invalid`, `signature_missing`, `method_mismatch`, `proof_malformed`, `proof_expired`,
    `proof_not_yet_valid`, `key_weak`, `key_malformed`, `algorithm_forbidden`, `context_untrusted`, `undefined_term`,
    `ambiguous_form`, `canonicalization_failed`; indeterminate: `cryptosuite_unknown`, `algorithm_unknown`,
    `canonicalization_budget`, `canonicalization_unavailable`, `key_unknown`, `key_unsupported`, `document_unreadable`,
    and the codes of fetching and of an unreachable registry. Of a token that keeps members back also, invalid:
    `disclosure_forbidden`, `key_binding_invalid`.
    """
    found = _checked(dossier, source, canonicalizer, now)
    if dossier.selective is None:
        return found
    return replace(found, check=with_withheld(found.check, dossier.selective))


def _checked(
    dossier: Dossier, source: KeySource | Unknown | InvalidProof, canonicalizer: Canonicalizer, now: datetime
) -> Signatures:
    evidence: dict[str, JsonValue] = {"ignored_proofs": [*dossier.ignored]} if dossier.ignored else {}
    if not dossier.signatures and dossier.token is None:
        return _without_signature(dossier, evidence)
    if isinstance(source, InvalidProof):
        return Signatures(_signature(Outcome.INVALID, source.code, f"{_sentence(source)}", evidence))
    verified: list[tuple[str, PublicKey]] = []
    good: list[JsonValue] = []
    left_open: list[InvalidProof] = []
    suite: str | None = None
    try:
        for signature in _signatures(dossier, canonicalizer, now):
            suite = signature.suite
            try:
                if isinstance(source, Unknown):
                    signature.parse()
                else:
                    verified.append((signature.method or "", signature.verify(_keys(signature, source))))
                    good.append(suite)
            except InvalidProof as problem:
                if problem.code not in _LEAVES_IT_OPEN:
                    raise
                left_open.append(problem)
                evidence["not_checked"] = suite
    except InvalidProof as problem:
        evidence |= {"suite": suite, "problem": str(problem)}
        message = _BAD.get(problem.code, "A signature of the document can't be relied on.")
        return Signatures(_signature(Outcome.INVALID, problem.code, message, evidence))
    if isinstance(source, Unknown):
        return Signatures(_signature(Outcome.INDETERMINATE, source.code, source.message, evidence | {"suite": suite}))
    if not verified:
        code = left_open[0].code
        return Signatures(_signature(Outcome.INDETERMINATE, code, _LEAVES_IT_OPEN[code], evidence))
    method, key = verified[0]
    evidence |= {
        "suites": good,
        "method": method or None,
        "key": shown_bytes(key.data),
        "key_kind": key.kind.value,
        "keys_from": source.name,
    }
    return Signatures(
        _signature(Outcome.VALID, "ok", "The issuer signed the document as it stands.", evidence), tuple(verified)
    )


_BAD = {
    "signature_invalid": "The signature does not fit: the document was changed, or somebody else signed it.",
    "method_mismatch": "A signature names a key that is not one of the issuer's.",
    "proof_not_yet_valid": "A signature of the document does not count yet.",
    "proof_expired": "A signature of the document has passed the date until which it was meant to count.",
    "proof_malformed": "A signature of the document is not built as it should be.",
    "undefined_term": "The document says things that its signature would not cover.",
    "disclosure_forbidden": "The document is written so that its holder could keep back what may never be hidden.",
    "key_binding_invalid": "Whoever shows the document did not prove to hold the key that it names.",
    "algorithm_forbidden": "The document is signed in a way that proves nothing, or that does not go with its key.",
}


def _signatures(dossier: Dossier, canonicalizer: Canonicalizer, now: datetime) -> list[_Signature]:
    """The signatures of a document, those first that cover every byte and cost little: if one fails, no costly one is
    tried. Raises InvalidProof for a method that is not the issuer's, and for a proof that has expired."""
    if dossier.selective is not None:
        for problem in (dossier.selective.problem, getattr(dossier.selective.key_binding, "problem", None)):
            if problem is not None:
                raise problem
    found = [_of_proof(dossier, proof, canonicalizer, now) for proof in dossier.signatures]
    found.sort(key=lambda signature: _CHEAP not in signature.suite)
    return found if dossier.token is None else [_of_token(dossier, dossier.token, now), *found]


def _of_proof(dossier: Dossier, proof: JsonObject, canonicalizer: Canonicalizer, now: datetime) -> _Signature:
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not _is_of(method, dossier.issuer_did):
        raise InvalidProof("method_mismatch", "the verification method does not belong to the issuer")
    if "expires" in proof:
        expires = parse_proof(dossier.document, proof).expires
        if expires is not None and expires < now:
            raise InvalidProof("proof_expired", "the proof has expired")
    return _Signature(
        suite_of(proof) or "",
        method,
        partial(_verify_proof, dossier, proof, canonicalizer),
        partial(parse_proof, dossier.document, proof),
    )


def _is_of(method: str, issuer: str | None) -> bool:
    """Whether a method's name can be one of the issuer's. That its key is the issuer's is for the keys to say: who goes
    by an https address may call a key by any other, as many do, but its keys are looked for at its own alone."""
    if issuer is None:
        return False
    return method.startswith(f"{issuer}#") or (issuer.startswith("https://") and method.startswith("https://"))


def _verify_proof(
    dossier: Dossier, proof: JsonObject, canonicalizer: Canonicalizer, keys: tuple[PublicKey, ...]
) -> PublicKey:
    return verify_proof(
        dossier.document,
        proof,
        keys,
        canonicalize_rdf=canonicalizer.canonicalize,
        document_digest=dossier.digest,
    )


def _of_token(dossier: Dossier, token: JwtCredential, now: datetime) -> _Signature:
    from ledger.proofs.jose import check_times, verify_jwt

    def parse() -> None:
        try:
            verify_jwt(token, ())
        except InvalidProof as problem:
            if problem.code != "signature_invalid":  # without a key, no signature fits
                raise

    check_times(token, now)
    method = _token_method(token.key_id, dossier.issuer_did)
    form = "vc-jwt" if dossier.selective is None else "sd-jwt"
    return _Signature(f"{form} {token.algorithm[:20]}", method, partial(verify_jwt, token), parse)


def _token_method(key_id: str | None, issuer: str | None) -> str | None:
    """The absolute name of the key that a token's header names: a DID URL, an address, or a fragment."""
    if key_id is None or key_id == issuer:
        return None
    if key_id.startswith("did:") or "://" in key_id:
        if not _is_of(key_id, issuer):
            raise InvalidProof("method_mismatch", "the key that the token names does not belong to the issuer")
        return key_id
    return f"{issuer}#{key_id.removeprefix('#')}"


def _keys(signature: _Signature, source: KeySource) -> tuple[PublicKey, ...]:
    keys = source.keys_for(signature.method)
    if not keys:
        raise InvalidProof("method_mismatch", "the issuer lists no key under the name that the signature gives")
    return keys[:MAX_KEYS_TRIED]


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
