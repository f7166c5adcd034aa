"""Checks 6 and 7: is the issuer who it says it is, recognised by someone whom the policy trusts, and was its key good?

The time that counts is the block time of the anchor: what an issuer anchored while it was recognised and while its key
was open stays good, and nothing that is anchored afterwards becomes good by an earlier date in the document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ledger.chain.addresses import caip10, keccak
from ledger.chain.registry import AccreditationPeriod, Address, IssuerState
from ledger.documents.did import DidDocument
from ledger.documents.keys import KeyKind, PublicKey
from ledger.documents.strict_json import JsonValue
from ledger.documents.text import visible
from ledger.verifying.anchoring import Anchoring, Place, Standing
from ledger.verifying.policy import Policy
from ledger.verifying.readings import Unknown, View
from ledger.verifying.report import Check, Outcome, shown_bytes, shown_time
from ledger.verifying.resources import Resource
from ledger.verifying.signature import Signatures


@dataclass(frozen=True)
class Recognition:
    """The accreditation that was in force at anchor time, and the name in its statement, if we have that."""

    name: str | None
    period: AccreditationPeriod


def nobody_asked(did: str | None) -> str:
    """What has to be said of every issuer that is accepted by a policy that accepts any."""
    name = visible(did or "an unnamed issuer", limit=200)
    return f"It was signed by whoever holds the key of {name}; nobody was asked who that is."


_PENDING = "This can be told once the document is on the ledger for good."


def registered(did: str, place: Place, view: View) -> IssuerState | Check:
    """The entry in the registry that the anchor proof names if it is an entry for this DID, else the failed check 6.

    Codes: `issuer_unknown`, `did_mismatch`.
    """
    state = view.issuer(place.query.issuer_id)
    if state is not None and state.did_hash == did_hash(did):
        return state
    evidence = _who(did, place)
    if state is None:
        message = "The registry does not know the issuer of this document."
        return _issuer(Outcome.INVALID, "issuer_unknown", message, evidence)
    message = "The document names one issuer, and its proof belongs to another."
    return _issuer(Outcome.INVALID, "did_mismatch", message, evidence)


@lru_cache(maxsize=1024)
def did_hash(did: str) -> bytes:
    """What the registry keeps of a DID."""
    return keccak(did.encode())


def check_issuer(
    did: str,
    place: Place,
    anchoring: Anchoring,
    policy: Policy,
    did_document: tuple[DidDocument, Resource] | Unknown | None,
    signatures: Signatures,
    *,
    needs_accreditation: bool,
) -> tuple[Check, Recognition | None]:
    """Check 6, for an issuer that `registered` has found. A record's publisher needs no accreditation.

    Codes: `did_mismatch` (the DID document that was given says otherwise), `document_unreadable`,
    `issuer_not_accredited`, `not_final`; valid `ok`, `publisher`, and `any_issuer` where the policy asks nobody.
    """
    evidence = _who(did, place)
    evidence["did_document"] = "consulted" if did_document else "not consulted"
    if isinstance(did_document, Unknown):
        return _issuer(Outcome.INDETERMINATE, did_document.code, did_document.message, evidence), None
    if did_document and (problem := _contradiction(did, place, did_document[0], signatures, evidence)):
        return _issuer(Outcome.INVALID, "did_mismatch", problem, evidence), None
    if anchoring.standing is Standing.PENDING:
        return _issuer(Outcome.INDETERMINATE, "not_final", _PENDING, evidence), None
    accreditation = anchoring.state.accreditation if anchoring.state else None
    if accreditation is None:
        if needs_accreditation and policy.any_issuer:
            return _issuer(Outcome.VALID, "any_issuer", nobody_asked(did), evidence), None
        if needs_accreditation:
            message = "Nobody whom this check trusts recognised the issuer when the document was put on the ledger."
            trusted: list[JsonValue] = [shown_bytes(accreditor) for accreditor in policy.accreditors]
            return _issuer(Outcome.INVALID, "issuer_not_accredited", message, evidence | {"trusted": trusted}), None
        message = "The publisher is known to the registry. It vouches only for having put the record together."
        return _issuer(Outcome.VALID, "publisher", message, evidence), None
    name = _accredited_name(did, place, policy, accreditation.scope)
    evidence |= {
        "accreditor": shown_bytes(accreditation.accreditor),
        "accredited_from": shown_time(accreditation.valid_from),
        "accredited_until": shown_time(accreditation.valid_until),
        "statement": "given" if name else "not given",
    }
    who = name or "The issuer"
    message = f"{who} was recognised by a trusted accreditor when the document was put on the ledger."
    return _issuer(Outcome.VALID, "ok", message, evidence), Recognition(name, accreditation)


def check_key(keys: Sequence[PublicKey], issuer: IssuerState, anchoring: Anchoring) -> Check:
    """Check 7: every key that signed was the issuer's, and open, when the document was anchored.

    Codes: `key_not_registered`, `key_not_valid_at_anchor`, `not_final`.
    """
    anchored_at = anchoring.anchored_at
    if anchored_at is None:
        return Check("key", Outcome.INDETERMINATE, "not_final", _PENDING)
    periods = {period.key: period for period in issuer.keys}
    for key in keys:
        evidence: dict[str, JsonValue] = {"key": shown_bytes(key.data), "anchored_at": shown_time(anchored_at)}
        period = periods.get(key.data) if key.kind is KeyKind.ED25519 else None
        if period is None:
            message = "The key that signed was never among the issuer's keys in the registry."
            return Check("key", Outcome.INVALID, "key_not_registered", message, evidence)
        evidence |= {"valid_from": shown_time(period.valid_from), "valid_until": shown_time(period.valid_until)}
        if not period.covers(anchored_at):
            message = "The key that signed did not count when the document was put on the ledger: it was not open then."
            return Check("key", Outcome.INVALID, "key_not_valid_at_anchor", message, evidence)
    message = "The key that signed was the issuer's, and open, when the document was put on the ledger."
    return Check("key", Outcome.VALID, "ok", message, evidence)


def _contradiction(
    did: str, place: Place, document: DidDocument, signatures: Signatures, evidence: dict[str, JsonValue]
) -> str | None:
    """What the issuer's own DID document says against this issuer entry or this key, if anything.

    A key that has left the DID document is noted only: documents show today's keys, the registry knows their history.
    """
    proof = place.proof
    if document.id != did:
        return "The identity document that was given is that of somebody else."
    if document.registry is None or (document.registry[0].lower(), document.registry[1]) != (
        caip10(proof.chain_id, Address(proof.registry)).lower(),
        proof.issuer_id,
    ):
        return "The issuer's own identity document does not name this entry in the registry."
    for method, key in signatures.verified:
        listed = document.methods.get(method)
        if listed is None:
            evidence["key_in_did_document"] = "no longer listed"
        elif listed != key:
            return "The issuer's own identity document lists another key under the name that the signature gives."
    return None


def _accredited_name(did: str, place: Place, policy: Policy, scope: bytes) -> str | None:
    """The name in the accreditor's statement, if we have the statement and it is about this issuer."""
    statement = policy.statements.get(scope)
    if statement is None or (statement.did, statement.issuer_id) != (did, place.query.issuer_id):
        return None
    return statement.name


def _who(did: str, place: Place) -> dict[str, JsonValue]:
    return {"did": did, "issuer_id": shown_bytes(place.query.issuer_id)}


def _issuer(outcome: Outcome, code: str, message: str, evidence: dict[str, JsonValue]) -> Check:
    return Check("issuer", outcome, code, message, evidence)
