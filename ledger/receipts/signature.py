"""Signs receipts and judges their signatures: `eddsa-jcs-2022` over every byte of meaning, by a key of the publisher.

The key is looked up in the publisher's DID document, or where its owner keeps its keys; never taken from the receipt.
A receipt has no anchor, so that its own word is all there is on when it was signed: a key that was given up as
compromised proves nothing, whatever the date; and one that was only retired proves what it did before, whatever the
date: its end is a time of the chain's, minutes behind the clock by which the receipts of those minutes are dated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ledger.documents.did import DidDocument
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.data_integrity import EDDSA_JCS, DataIntegrityProof, Signer, parse_proof, sign, verify
from ledger.receipts.reading import Receipt
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Outcome


@dataclass(frozen=True)
class PublisherKey:
    """A key that a publisher lists, or listed. A compromised one proves nothing at all."""

    public_key: bytes
    is_compromised: bool = False


PublisherKeys = Mapping[str, PublisherKey]
"""The keys of a publisher by the names of their verification methods."""


@dataclass(frozen=True)
class Judgement:
    """Whether a receipt is what its publisher signed: `valid`, `invalid`, or `indeterminate` if nobody could tell."""

    outcome: Outcome
    code: str
    message: str

    def __bool__(self) -> bool:
        return self.outcome is Outcome.VALID

    def to_dict(self) -> JsonObject:
        return {"outcome": self.outcome.value, "code": self.code, "message": self.message}


def signed(receipt: JsonObject, signer: Signer, verification_method: str, at: datetime) -> JsonObject:
    """The receipt with its proof."""
    proof = sign(receipt, cryptosuite=EDDSA_JCS, signer=signer, verification_method=verification_method, created=at)
    return receipt | {"proof": proof}


def keys_in(document: DidDocument) -> dict[str, PublisherKey]:
    """The keys that a DID document lists: retired ones among them, compromised ones not."""
    return {name: PublisherKey(key) for name, key in document.keys.items()}


def judge(receipt: Receipt, keys: PublisherKeys | Unknown) -> Judgement:
    """Whether the publisher that a receipt names signed exactly this.

    Codes: `ok`; invalid `proof_malformed`, `key_unlisted`, `key_compromised`, `signature_invalid`;
    indeterminate that of the reason why there are no `keys`.
    """
    try:
        proof, parsed = _proof_of(receipt)
        if isinstance(keys, Unknown):
            return Judgement(Outcome.INDETERMINATE, keys.code, keys.message)
        key = _usable(keys.get(parsed.verification_method))
        verify(receipt.body, proof, key.public_key)
    except InvalidProof as problem:
        return Judgement(Outcome.INVALID, problem.code, _sentence(problem))
    return Judgement(Outcome.VALID, "ok", "The publisher signed exactly this, and nothing in it was changed.")


def _proof_of(receipt: Receipt) -> tuple[JsonObject, DataIntegrityProof]:
    proof = receipt.body.get("proof")
    if not isinstance(proof, dict) or proof.get("cryptosuite") != EDDSA_JCS:
        raise InvalidProof("proof_malformed", "the receipt has no signature that is read here")
    parsed = parse_proof(receipt.body, proof)
    if not parsed.verification_method.startswith(f"{receipt.publisher_did}#") or parsed.created is None:
        raise InvalidProof("proof_malformed", "the receipt is signed in another name than that of its publisher")
    return proof, parsed


def _usable(key: PublisherKey | None) -> PublisherKey:
    if key is None:
        raise InvalidProof("key_unlisted", "the publisher does not list the key that signed this receipt")
    if key.is_compromised:
        raise InvalidProof(
            "key_compromised",
            "the publisher gave up the key that signed this receipt: somebody else may have had it",
        )
    return key


def _sentence(problem: InvalidProof) -> str:
    if problem.code == "signature_invalid":
        return "Something in this receipt was changed after it was signed, or somebody else made it."
    text = str(problem)
    return f"{text[:1].upper()}{text[1:]}."
