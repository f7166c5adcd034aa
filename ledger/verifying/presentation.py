"""Who presents this, and to whom? The proof of a verifiable presentation (W3C VC Data Model 2.0, section 4.13).

A holder signs with a key of their DID for the purpose `authentication`, and binds the proof to a challenge and an
audience, so that a copy of it convinces nobody else and nobody twice (Data Integrity 1.0, section 2.1). Keys come from
the DID (did:key, did:jwk) or from its document, given or fetched; never from the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ledger.documents.canonical import digest
from ledger.documents.contexts import CONTEXTS, CREDENTIALS_V1, CREDENTIALS_V2
from ledger.documents.keys import PublicKey
from ledger.documents.presentation import Presentation
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import DataIntegrityProof
from ledger.proofs.suites import parse_proof, suite_of, verify_proof
from ledger.verifying.binding import binding_of
from ledger.verifying.findings import not_run
from ledger.verifying.issuer_keys import KeySource, did_key_source, holds_its_key
from ledger.verifying.presented import Answer, Asked, PresentationReport, conclude_presentation, with_holder
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Check, Consulted, Outcome, VerificationReport, shown_bytes
from ledger.verifying.resources import Resources
from ledger.verifying.signature import Canonicalizer
from ledger.verifying.structure import proofs_of

MAX_PROOFS = 8
MAX_AGE = timedelta(days=1)
"""How old a proof may be that names no end of its own."""
CLOCK_SKEW = timedelta(minutes=5)

_MEMBERS = frozenset({"@context", "id", "type", "holder", "verifiableCredential", "proof"})
_KEY_UNKNOWN = Unknown("key_unknown", "The holder's key is not known here, so who presents can't be checked.")
_LEAVES_IT_OPEN = frozenset({"canonicalization_budget", "canonicalization_unavailable"})


@dataclass(frozen=True)
class Signed:
    """The proof of a presentation, checked: what it says, the check, and what was read for it."""

    check: Check
    answer: Answer
    proofs: tuple[DataIntegrityProof, ...] = ()
    consulted: tuple[Consulted, ...] = ()


def judge_presentation(
    presentation: Presentation,
    asked: Asked,
    *,
    verify_many: Callable[[Sequence[bytes]], Sequence[VerificationReport | MalformedDocument]],
    resources: Resources,
    canonicalizer: Canonicalizer,
    now: datetime,
) -> PresentationReport:
    """The report on a presentation and on all that it presents.

    Raises MalformedDocument for something presented that cannot be read.
    """
    reports: list[VerificationReport] = []
    for position, result in enumerate(verify_many(presentation.credentials), 1):
        if isinstance(result, MalformedDocument):
            raise MalformedDocument(result.code, f"credential {position} of the presentation: {result}")
        reports.append(result)
    structure = check_presentation(presentation.document)
    if structure.outcome is Outcome.VALID:
        signed = check_proofs(presentation, resources, canonicalizer, was_asked=asked.challenge is not None)
    else:
        why = "the structure of the presentation can't be relied on"
        signed = Signed(not_run("signature", why), Answer(presentation.holder))
    holder = _holder_check(signed, asked, now)
    failed = next((check for check in (structure, signed.check) if check.outcome is not Outcome.VALID), None)
    # Where it is not shown who presents, that is what check 11 of each credential has to say.
    told = holder if failed is None else replace(failed, id="holder")
    bound = [with_holder(report, binding_of(report, signed.answer.holder, told)) for report in reports]
    return conclude_presentation(signed.answer, (structure, signed.check, holder), bound, signed.consulted)


def check_presentation(document: JsonObject) -> Check:
    """Whether the presentation can be read in one way only.

    Codes: invalid `structure_invalid`, `context_untrusted`; indeterminate `context_unknown`, `member_unknown`.
    """
    context = document.get("@context")
    urls = context if isinstance(context, list) else [context]
    if not urls or urls[0] not in (CREDENTIALS_V2, CREDENTIALS_V1) or not all(isinstance(url, str) for url in urls):
        message = "The presentation defines its terms by a vocabulary that is in the wrong place, or by none."
        return Check("structure", Outcome.INVALID, "context_untrusted", message)
    if any(url not in CONTEXTS for url in urls):
        message = "The presentation defines its terms by a vocabulary that is unknown here."
        return Check("structure", Outcome.INDETERMINATE, "context_unknown", message)
    proof = document.get("proof", [])
    entries = proof if isinstance(proof, list) else [proof]
    if len(entries) > MAX_PROOFS or not all(isinstance(entry, dict) for entry in entries):
        message = "The proof of the presentation is not built as it should be."
        return Check("structure", Outcome.INVALID, "structure_invalid", message)
    if not document.keys() <= _MEMBERS:
        message = "The presentation says things that Cairn does not read."
        return Check("structure", Outcome.INDETERMINATE, "member_unknown", message)
    return Check("structure", Outcome.VALID, "ok", "The presentation is built as it should be.")


def check_proofs(
    presentation: Presentation, resources: Resources, canonicalizer: Canonicalizer, *, was_asked: bool
) -> Signed:
    """Whether the holder signed what is presented: one good proof at least, and no bad one of a suite that we know.

    Codes, invalid: those of a document's signature, `holder_mismatch` for a key that is not the holder's,
    `presentation_unsigned` where a challenge was asked; indeterminate: `presentation_unsigned`, `cryptosuite_unknown`,
    `key_unknown`, `key_unsupported`, `canonicalization_budget`, `canonicalization_unavailable`, those of fetching.
    """
    proofs = proofs_of(presentation.document)
    known = [proof for proof in proofs if suite_of(proof)]
    if not known:
        return _without_proof(presentation, bool(proofs), was_asked)
    known.sort(key=lambda proof: "jcs" not in (suite_of(proof) or ""))  # what costs little comes first
    answer = _answer(presentation, known[0])
    try:
        read = tuple(_read(presentation.document, proof, answer.holder) for proof in known)
        answer = replace(answer, audience=read[0].domains)
        source = _holder_keys(answer.holder or "", resources)
        if isinstance(source, Unknown):
            return Signed(_signature(Outcome.INDETERMINATE, source.code, source.message), answer, read)
        check = _verified(presentation.document, known, source, canonicalizer)
    except InvalidProof as problem:
        message = _BAD.get(problem.code, "The holder's signature can't be relied on.")
        evidence: dict[str, JsonValue] = {"problem": str(problem)}
        return Signed(_signature(Outcome.INVALID, problem.code, message, evidence), answer)
    return Signed(check, answer, read, source.consulted)


def _read(document: JsonObject, proof: JsonObject, holder: str | None) -> DataIntegrityProof:
    parsed = parse_proof(document, proof, "authentication")
    if not parsed.verification_method.startswith(f"{holder}#"):
        raise InvalidProof("holder_mismatch", "the key that signed is not the holder's")
    return parsed


def _verified(
    document: JsonObject, proofs: Sequence[JsonObject], source: KeySource, canonicalizer: Canonicalizer
) -> Check:
    """The check of the signatures. Raises InvalidProof for the first that does not hold."""
    good: list[JsonValue] = []
    left_open: JsonValue = None
    keys: list[PublicKey] = []
    for proof in proofs:
        try:
            keys.append(_verify(document, proof, source, canonicalizer))
            good.append(suite_of(proof))
        except InvalidProof as problem:
            if problem.code not in _LEAVES_IT_OPEN:
                raise
            left_open = problem.code
    if not keys:
        message = "The holder's signature takes more computing time to check than one document may have."
        return _signature(Outcome.INDETERMINATE, str(left_open), message)
    evidence: dict[str, JsonValue] = {"suites": good, "key": shown_bytes(keys[0].data), "key_kind": keys[0].kind.value}
    return _signature(Outcome.VALID, "ok", "The holder signed the presentation as it stands.", evidence)


_BAD = {
    "signature_invalid": "The holder's signature does not fit: the presentation was changed, or somebody else signed.",
    "method_mismatch": "The holder's DID has no key for this purpose under the name that the proof gives.",
    "holder_mismatch": "The key that signed the presentation is not that of the holder whom it names.",
    "proof_malformed": "The holder's proof is not built as it should be, or was made for another purpose.",
}


def _without_proof(presentation: Presentation, has_others: bool, was_asked: bool) -> Signed:
    answer = Answer(presentation.holder)
    if has_others:
        message = "The presentation is signed only in ways that Cairn can't check."
        return Signed(_signature(Outcome.INDETERMINATE, "cryptosuite_unknown", message), answer)
    outcome = Outcome.INVALID if was_asked else Outcome.INDETERMINATE
    return Signed(_signature(outcome, "presentation_unsigned", "Nobody has signed the presentation."), answer)


def _answer(presentation: Presentation, proof: JsonObject) -> Answer:
    """What a proof says. Where nobody is named as the holder, it is who signed."""
    method = _text(proof, "verificationMethod")
    holder = presentation.holder or (method.partition("#")[0] if method else None)
    return Answer(holder, _text(proof, "challenge"), (), _text(proof, "created"), _text(proof, "expires"))


def _text(proof: JsonObject, name: str) -> str | None:
    value = proof.get(name)
    return value if isinstance(value, str) else None


def _holder_keys(holder: str, resources: Resources) -> KeySource | Unknown:
    """The keys with which a holder may show who they are. Raises InvalidProof for a DID whose key is worth nothing."""
    if holds_its_key(holder):
        source = did_key_source(holder)
        if isinstance(source, InvalidProof):
            raise source
        return source
    found = resources.did_document(holder, purpose="authentication")
    if not isinstance(found, tuple):
        return found or _KEY_UNKNOWN
    document, resource = found
    if document.id != holder:
        return Unknown("document_unreadable", "The document that was given for the holder's keys is that of another.")
    return KeySource("did_document", by_method=document.methods, consulted=(resource.consulted,))


def _verify(document: JsonObject, proof: JsonObject, source: KeySource, canonicalizer: Canonicalizer) -> PublicKey:
    method = proof.get("verificationMethod")
    keys = source.keys_for(method) if isinstance(method, str) else ()
    if not keys:
        raise InvalidProof("method_mismatch", "the holder lists no key under the name that the proof gives")
    return verify_proof(
        document,
        proof,
        keys,
        canonicalize_rdf=canonicalizer.canonicalize,
        document_digest=digest(document),
        purpose="authentication",
    )


# --- does it answer what was asked? ----------------------------------------------------------------------------------


def _holder_check(signed: Signed, asked: Asked, now: datetime) -> Check:
    """Whether the proof answers what was asked, of whoever asked, and now.

    Codes, invalid: `challenge_mismatch`, `audience_mismatch`, `presentation_expired`, `presentation_stale`,
    `presentation_not_yet_valid`, and why a challenge does not count; indeterminate: `challenge_not_asked`,
    `audience_not_asked`.
    """
    if signed.check.outcome is not Outcome.VALID:
        return not_run("holder", "who signed the presentation is not shown")
    if asked.refused is not None:
        return asked.refused
    for proof in signed.proofs:
        if check := _age(proof, now) or _mismatch(proof, asked):
            return check
    evidence: dict[str, JsonValue] = {"holder": signed.answer.holder, "challenge": asked.challenge}
    evidence["audience"] = asked.audience
    return Check("holder", Outcome.VALID, "holder_proven", "The holder answered the challenge.", evidence)


def _age(proof: DataIntegrityProof, now: datetime) -> Check | None:
    if proof.created is not None and proof.created > now + CLOCK_SKEW:
        return _refusal("presentation_not_yet_valid", "The presentation was made at a time that has not come yet.")
    if proof.expires is not None:
        if proof.expires < now:
            return _refusal("presentation_expired", "The presentation has expired; ask for a new one.")
    elif proof.created is None or proof.created < now - MAX_AGE:
        return _refusal("presentation_stale", "The presentation is too old; ask for a new one.")
    return None


def _mismatch(proof: DataIntegrityProof, asked: Asked) -> Check | None:
    if asked.challenge is None:
        message = "No challenge was named, so the presentation may be a copy of one that was made for somebody else."
        return Check("holder", Outcome.INDETERMINATE, "challenge_not_asked", message)
    if proof.challenge != asked.challenge:
        return _refusal("challenge_mismatch", "The presentation answers another challenge than the one that was asked.")
    if asked.audience is not None and asked.audience not in proof.domains:
        return _refusal("audience_mismatch", "The presentation was made for somebody else.")
    if asked.audience is None and proof.domains:
        message = "The presentation names its audience, and nobody said who the audience is."
        return Check("holder", Outcome.INDETERMINATE, "audience_not_asked", message)
    return None


def _refusal(code: str, message: str) -> Check:
    return Check("holder", Outcome.INVALID, code, message)


def _signature(outcome: Outcome, code: str, message: str, evidence: dict[str, JsonValue] | None = None) -> Check:
    return Check("signature", outcome, code, message, evidence or {})
