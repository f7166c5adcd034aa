"""Check 10: does what a document rests on hold, piece by piece and as a whole?

An award names its pathway and its components by digest, and carries in its anchor proof where each component stands on
the ledger. So a component can be checked without being shown; if all are shown beside the award, the pathway's rule is
evaluated again over what they say. A record holds its credentials in full, and is never better than the worst of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.chain.registry import IssuerId, StateQuery
from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, PATHWAY_MEDIA_TYPE, names_superseded
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.proofs.anchor_proof import AnchorProof, AwardEvidence, ComponentEvidence
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential, read_held
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.verifying.dossier import Dossier
from ledger.verifying.history import Versions
from ledger.verifying.issuer import did_hash
from ledger.verifying.readings import Access, Lookups, Unknown, View
from ledger.verifying.recognition import decides, recognition_dict, recognitions_among
from ledger.verifying.report import Check, Outcome, VerificationReport, shown_bytes, shown_time
from ledger.verifying.status import reason_in_words
from ledger.verifying.structure import Kind, issuer_did, kind_of

_SHOWN_FAILURES = 20
_RESTS_ON_NOTHING = Check("stack", Outcome.SKIPPED, "not_needed", "The document does not rest on other credentials.")


@dataclass(frozen=True)
class Named:
    """A document that another names: by its id, bound by its digest."""

    id: str
    digest: bytes


@dataclass(frozen=True)
class Award:
    """What an award says that it rests on."""

    pathways: tuple[Named, ...]
    components: tuple[Named, ...]


class _Fault(Exception):
    """Why the stack does not hold, or why that can't be told."""

    def __init__(self, code: str, message: str, outcome: Outcome = Outcome.INVALID) -> None:
        super().__init__(message)
        self.code = code
        self.outcome = outcome


def award_of(document: JsonObject) -> Award | None:
    """What the document rests on; None if it names no credentials. Raises MalformedDocument for an unusable digest.

    A record names the version before it, and an endorsement what it speaks of: neither rests on that.
    """
    related = document.get("relatedResource")
    if related is None or kind_of(document) is not Kind.CREDENTIAL:
        return None
    entries = [entry for entry in (related if isinstance(related, list) else [related]) if isinstance(entry, dict)]
    components = _named(entries, CREDENTIAL_MEDIA_TYPE)
    return Award(_named(entries, PATHWAY_MEDIA_TYPE), components) if components else None


def component_queries(document: JsonObject, proof: AnchorProof) -> list[StateQuery]:
    """What to ask the registry about the components of an award, in their order. Nothing for what is no sound award."""
    try:
        award = award_of(document)
    except MalformedDocument:
        return []
    if award is None or proof.evidence is None:
        return []
    pairs = zip(award.components, proof.evidence.components, strict=False)
    return [_query(named, component) for named, component in pairs]


def check_award(
    document: JsonObject,
    proof: AnchorProof | None,
    access: Access | None,
    lookups: Lookups,
    shown: Mapping[bytes, JsonObject],
    *,
    any_issuer: bool = False,
) -> Check:
    """Check 10 for one credential. `shown` holds the documents that were handed in together, by digest; with
    `any_issuer` nobody need have recognised the issuers of the components.

    Codes: `stack_malformed`, `evidence_missing`, `evidence_mismatch`, `pathway_mismatch`, `pathway_invalid`,
    `rule_not_met`, `component_duplicate`, `component_not_anchored`, `component_withdrawn`, `component_revoked`,
    `component_suspended`, `component_issuer_mismatch`, `component_issuer_not_accredited`, `not_final`; valid: `ok` if
    all components were shown and the rule was evaluated over them, `components_proved` if some were not.
    """
    try:
        award = award_of(document)
    except MalformedDocument:
        return _stack(Outcome.INVALID, "stack_malformed", "What the award rests on is not named as it should be.")
    evidence = proof.evidence if proof else None
    if award is None and evidence is None:
        return _RESTS_ON_NOTHING
    if award is None:
        return _stack(
            Outcome.INVALID, "evidence_mismatch", "The proof speaks of credentials that the award does not name."
        )
    if evidence is None:
        message = "The award rests on other credentials, and the proof that would let us check them was left out."
        return _stack(Outcome.INDETERMINATE, "evidence_missing", message)
    if isinstance(access, Unknown):
        return _stack(Outcome.INDETERMINATE, access.code, access.message)
    if not isinstance(access, View):
        message = "Not run because the ledger that the document names is not trusted."
        return _stack(Outcome.SKIPPED, "not_run", message)
    facts: dict[str, JsonValue] = {}
    try:
        pathway = _pathway(document, award, evidence)
        facts["pathway"] = pathway.id
        facts["components"] = [
            _component(named, component, expected_issuer, access, lookups, any_issuer)
            for named, component, expected_issuer in zip(
                award.components, evidence.components, _issuers(pathway), strict=True
            )
        ]
        held = [_held(named, shown[named.digest]) for named in award.components if named.digest in shown]
        facts["shown"] = len(held)
        if len(held) < len(award.components):
            message = (
                f"The award rests on {len(award.components)} credentials. Each is on the ledger and in force; "
                "what they say was not shown, so the rule of the award was not evaluated again."
            )
            return _stack(Outcome.VALID, "components_proved", message, facts)
        _evaluate(pathway, held)
    except _Fault as fault:
        return _stack(fault.outcome, fault.code, str(fault), facts)
    message = f"The award rests on {len(held)} credentials, which hold and meet the rule of “{pathway.title}”."
    return _stack(Outcome.VALID, "ok", message, facts)


def check_record(record: Dossier, reports: Sequence[VerificationReport], versions: Versions) -> Check:
    """Check 10 for a record, from the reports on what it holds, in the same order, and the records handed in with it.

    Codes: `duplicate_credential`, `component_invalid`, `component_indeterminate`, and those of `Versions.fault`.
    """
    ids = [str(part.document.get("id")) for part in record.parts]
    facts: dict[str, JsonValue] = {"credentials": len(reports), **versions.facts(record)}
    if len(set(ids)) < len(ids):
        twice: list[JsonValue] = [name[:200] for name, count in Counter(ids).items() if count > 1]
        facts["twice"] = twice[:_SHOWN_FAILURES]
        return _stack(Outcome.INVALID, "duplicate_credential", "The record holds one credential twice.", facts)
    if fault := versions.fault(record):
        return _stack(Outcome.INVALID, fault.code, fault.message, facts)
    failing: list[JsonValue] = [
        {"position": position, "id": ids[position][:200], "code": report.code}
        for position, report in enumerate(reports)
        if not report
    ]
    facts |= {"valid": len(reports) - len(failing), "failing": failing[:_SHOWN_FAILURES]}
    decided = recognitions_among((part.document for part in record.parts), reports)
    if decided:
        facts["recognitions"] = [recognition_dict(one) for one in decided[:_SHOWN_FAILURES]]
    counted = f"{len(failing)} of the {len(reports)} credentials in the record"
    if any(report.verdict is Outcome.INVALID for report in reports):
        return _stack(Outcome.INVALID, "component_invalid", f"{counted} did not pass; see each of them.", facts)
    if failing:
        return _stack(Outcome.INDETERMINATE, "component_indeterminate", f"{counted} could not be checked.", facts)
    all_of_them = "The one credential" if len(reports) == 1 else f"All {len(reports)} credentials"
    verb = "is" if len(reports) == 1 else "are"
    also = f" Among them: {'; '.join(f'one {decides(one)}' for one in decided[:3])}." if decided else ""
    return _stack(Outcome.VALID, "ok", f"{all_of_them} in the record {verb} valid.{also}", facts)


def _pathway(document: JsonObject, award: Award, evidence: AwardEvidence) -> Pathway:
    """The pathway that the award names, from the bytes in its proof."""
    if len(award.pathways) != 1 or sha256(evidence.pathway).digest() != award.pathways[0].digest:
        raise _Fault("pathway_mismatch", "The rule in the proof is not the one that the award names.")
    try:
        pathway = parse_pathway(evidence.pathway)
    except MalformedDocument:
        raise _Fault("pathway_invalid", "The rule of the award is not one that Cairn can read.") from None
    named = (award.pathways[0].id, issuer_did(document), _achievement_id(document))
    if named != (pathway.id, pathway.issuer_did, pathway.award_id):
        raise _Fault("pathway_mismatch", "The rule that the award names leads to another award.")
    if len(award.components) != len(evidence.components):
        raise _Fault("evidence_mismatch", "The proof does not cover the credentials that the award rests on.")
    if any(
        len(set(values)) < len(award.components)
        for values in zip(*((n.id, n.digest) for n in award.components), strict=True)
    ):
        raise _Fault("component_duplicate", "The award counts one credential twice.")
    if len(award.components) != len(pathway.rule.achievement_ids):
        raise _Fault("rule_not_met", "The award does not rest on as many credentials as its rule demands.")
    return pathway


def _issuers(pathway: Pathway) -> list[str]:
    """The DIDs of those who have to have given the components, in the order of the rule."""
    return [pathway.component(achievement_id).issuer_did for achievement_id in pathway.rule.achievement_ids]


def _component(
    named: Named, component: ComponentEvidence, expected_issuer: str, view: View, lookups: Lookups, any_issuer: bool
) -> JsonObject:
    """The facts about one component as the registry tells them. Raises _Fault if it does not hold."""
    query = _query(named, component)
    state = view.states[query]
    if doubt := view.doubt(query):
        raise _not_anchored(doubt)
    if state.anchor is None:
        raise _not_anchored(lookups.anchored_in_head(view, query.issuer_id, query.root))
    if state.anchor.tree_size != component.tree_size:
        raise _not_anchored(False)
    if state.anchor.withdrawn_at:
        reason = reason_in_words(state.anchor.withdrawal_reason)
        raise _Fault("component_withdrawn", f"A credential that the award rests on was withdrawn: {reason}.")
    if state.revoked:
        raise _Fault("component_revoked", "A credential that the award rests on has been revoked.")
    if state.suspended:
        raise _Fault("component_suspended", "A credential that the award rests on is suspended.")
    issuer = view.issuer(query.issuer_id)
    if issuer is None or issuer.did_hash != did_hash(expected_issuer):
        raise _Fault(
            "component_issuer_mismatch", "A credential that the award rests on is not from whom the rule asks."
        )
    if state.accreditation is None and not any_issuer:
        message = "Nobody whom this check trusts recognised the issuer of a credential that the award rests on."
        raise _Fault("component_issuer_not_accredited", message)
    return {
        "id": named.id,
        "issuer": expected_issuer,
        "issuer_id": shown_bytes(component.issuer_id),
        "status_index": component.status_index,
        "anchored_at": shown_time(state.anchor.anchored_at),
    }


def _not_anchored(pending: bool | Unknown) -> _Fault:
    if isinstance(pending, Unknown):
        return _Fault(pending.code, pending.message, Outcome.INDETERMINATE)
    if pending:
        message = "A credential that the award rests on was put on the ledger only just now; wait until that is final."
        return _Fault("not_final", message, Outcome.INDETERMINATE)
    return _Fault("component_not_anchored", "A credential that the award rests on is not on the ledger.")


def _held(named: Named, document: JsonObject) -> HeldCredential:
    """What a shown component says."""
    held = read_held(document)
    if held is None or held.credential_id != named.id:
        raise _Fault("evidence_mismatch", "A credential that was shown is not what the award names it as.")
    return held


def _evaluate(pathway: Pathway, held: Sequence[HeldCredential]) -> None:
    evaluation = evaluate(pathway, held)
    if not evaluation.satisfied:
        reasons = [refused.reason for refused in evaluation.refused]
        detail = f": {reasons[0]}" if reasons else ""
        raise _Fault("rule_not_met", f"The credentials that the award rests on do not meet its rule{detail}.")


def _achievement_id(document: JsonObject) -> str | None:
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    identifier = achievement.get("id") if isinstance(achievement, dict) else None
    return identifier if isinstance(identifier, str) else None


def _query(named: Named, component: ComponentEvidence) -> StateQuery:
    return StateQuery(IssuerId(component.issuer_id), component.root_for(named.digest), component.status_index)


def _named(entries: Sequence[JsonObject], media_type: str) -> tuple[Named, ...]:
    named = []
    for entry in entries:
        if entry.get("mediaType") == media_type and not names_superseded(entry):
            identifier, digest = entry.get("id"), entry.get("digestMultibase")
            if not isinstance(identifier, str) or not isinstance(digest, str):
                raise MalformedDocument("digest_format", "a related resource has no id or no digest")
            named.append(Named(identifier, parse_digest_multibase(digest)))
    return tuple(named)


def _stack(outcome: Outcome, code: str, message: str, evidence: Mapping[str, JsonValue] | None = None) -> Check:
    return Check("stack", outcome, code, message, evidence or {})
