"""The rule of an award, evaluated again over what its components say; or looked at as far as goes unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from ledger.documents.recognition import Recognition, parse_recognition
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential, read_held
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.stacking.rules import CreditsOf, Item, SomeOf
from ledger.verifying.components import Award, Fault
from ledger.verifying.report import Outcome
from ledger.verifying.structure import issuer_did


def pathway_of(document: JsonObject, award: Award, evidence: AwardEvidence) -> Pathway:
    """The pathway that the award names, from the bytes in its proof, if it can be met by as many credentials.

    Raises Fault: `pathway_mismatch`, `pathway_invalid`, `evidence_mismatch`, `component_duplicate`, `rule_not_met`.
    """
    if len(award.pathways) != 1 or sha256(evidence.pathway).digest() != award.pathways[0].digest:
        raise Fault("pathway_mismatch", "The rule in the proof is not the one that the award names.")
    try:
        pathway = parse_pathway(evidence.pathway)
    except MalformedDocument:
        raise Fault("pathway_invalid", "The rule of the award is not one that Cairn can read.") from None
    named = (award.pathways[0].id, issuer_did(document), _achievement_id(document))
    if named != (pathway.id, pathway.issuer_did, pathway.award_id):
        raise Fault("pathway_mismatch", "The rule that the award names leads to another award.")
    if len(award.proved) != len(evidence.components):
        raise Fault("evidence_mismatch", "The proof does not cover the credentials that the award rests on.")
    if any(
        len(set(values)) < len(award.proved) for values in zip(*((n.id, n.digest) for n in award.proved), strict=True)
    ):
        raise Fault("component_duplicate", "The award counts one credential twice.")
    least = _least(pathway.rule) + (pathway.capstone is not None)
    most = len(pathway.components) + len(award.recognitions)
    if pathway.is_plain:
        least = most = len(pathway.components)
    if not least <= len(award.components) <= most:
        raise Fault("rule_not_met", "The award does not rest on as many credentials as its rule demands.")
    return pathway


def held_of(award: Award, shown: Mapping[bytes, JsonObject]) -> list[HeldCredential]:
    """What the components say that were shown. Raises Fault `evidence_mismatch`."""
    found = []
    for named in award.components:
        if named.digest in shown:
            held = read_held(shown[named.digest])
            if held is None or held.credential_id != named.id:
                raise _not_as_named()
            found.append(held)
    return found


def decisions_of(award: Award, shown: Mapping[bytes, JsonObject]) -> list[Recognition]:
    """What the recognition decisions say that were shown. Raises Fault `evidence_mismatch`, `recognition_malformed`."""
    found = []
    for named in award.recognitions:
        if named.digest in shown:
            try:
                decided = parse_recognition(shown[named.digest])
            except MalformedDocument as problem:
                raise Fault(problem.code, f"A decision that the award relies on can't be used: {problem}.") from None
            if decided.endorsement_id != named.id:
                raise _not_as_named()
            found.append(decided)
    return found


def evaluate_again(
    pathway: Pathway, held: Sequence[HeldCredential], recognitions: Sequence[Recognition], on: date | None
) -> None:
    """The rule over all that the award rests on, as of the day of the award. Raises Fault `rule_not_met`, or
    `rule_undecided` where the rule is more than can be worked through."""
    evaluation = evaluate(pathway, held, recognitions=recognitions, on=on)
    if not evaluation.decided:
        message = "The rule of the award is too large to be worked through, so nobody can say whether it is met."
        raise Fault("rule_undecided", message, Outcome.INDETERMINATE)
    if not evaluation.satisfied:
        reasons = [refused.reason for refused in evaluation.refused]
        detail = f": {reasons[0]}" if reasons else ""
        raise Fault("rule_not_met", f"The credentials that the award rests on do not meet its rule{detail}.")
    wanted = {one.achievement_id for component in pathway.components for one in component.accepted}
    decided = {decision.credential_digest for decision in recognitions}
    if any(one.achievement_id not in wanted and one.digest not in decided for one in held):
        raise Fault("rule_not_met", "The award rests on a credential that its rule does not ask for.")


def _not_as_named() -> Fault:
    return Fault("evidence_mismatch", "A credential that was shown is not what the award names it as.")


def _least(item: Item) -> int:
    """How few credentials can meet this."""
    if isinstance(item, str | CreditsOf):
        return 1
    inner = sorted(_least(one) for one in item.items)
    return sum(inner[: item.at_least] if isinstance(item, SomeOf) else inner)


def _achievement_id(document: JsonObject) -> str | None:
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    identifier = achievement.get("id") if isinstance(achievement, dict) else None
    return identifier if isinstance(identifier, str) else None
