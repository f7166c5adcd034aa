"""Where a learner stands in pathways, and what one credential counts for in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ledger.documents.recognition import Recognition
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.stacking.evaluation import Evaluation, evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway


def pathways_of(
    pathways: Sequence[Pathway],
    held: Sequence[HeldCredential],
    recognitions: Sequence[Recognition],
    on: date,
) -> Iterator[JsonObject]:
    """The pathways in which something of what is held could count, the furthest first."""
    found = []
    for pathway in pathways:
        evaluation = _evaluated(pathway, held, recognitions, on)
        if evaluation.met or evaluation.refused or _award_of(pathway, held):
            found.append((pathway, evaluation))
    for pathway, evaluation in sorted(found, key=lambda one: -one[1].progress):
        yield _progress(pathway, evaluation, _award_of(pathway, held))


def stacks_into(
    credential: HeldCredential,
    pathways: Sequence[Pathway],
    held: Sequence[HeldCredential],
    recognitions: Sequence[Recognition],
    on: date,
) -> Iterator[JsonObject]:
    """For each pathway that one credential could count in: whether it does, or why not, and what is still missing.

    `standing` is `counts` (the choice rests on it), `not_needed` (another one was chosen, or the rule is met without
    it), or `refused` with a code and the reason.
    """
    for pathway in pathways:
        evaluation = _evaluated(pathway, held, recognitions, on)
        component = next((one.component for one in evaluation.met if one.credential.digest == credential.digest), None)
        refusal = next((one for one in evaluation.refused if one.credential.digest == credential.digest), None)
        if component is None and refusal is None and not _is_meant(credential, pathway, recognitions):
            continue
        standing = "counts" if component else "refused" if refusal else "not_needed"
        yield {
            **_progress(pathway, evaluation, _award_of(pathway, held)),
            "standing": standing,
            "component": _component(component) if component else None,
            "refused_because": {"code": refusal.code, "reason": refusal.reason} if refusal else None,
        }


def _evaluated(
    pathway: Pathway, held: Sequence[HeldCredential], recognitions: Sequence[Recognition], on: date
) -> Evaluation:
    """The pathway over what is held; what other awards rest on is used up where the pathway says so."""
    used = {digest for one in held if one.pathway_id not in (None, pathway.id) for digest in one.rests_on}
    return evaluate(pathway, held, recognitions=recognitions, on=on, used=used)


def _is_meant(credential: HeldCredential, pathway: Pathway, recognitions: Sequence[Recognition]) -> bool:
    """Whether the pathway names the credential's achievement, or a decision puts the credential into the pathway."""
    for component in pathway.components:
        counts = {component.achievement_id, *(substitute.achievement_id for substitute in component.substitutes)}
        if credential.achievement_id in counts:
            return True
    return any(one.credential_digest == credential.digest and one.pathway_id == pathway.id for one in recognitions)


def _award_of(pathway: Pathway, held: Sequence[HeldCredential]) -> HeldCredential | None:
    """The award of the pathway, if it is held."""
    wanted = (pathway.award_id, pathway.issuer_did)
    return next((one for one in held if (one.achievement_id, one.issuer_did) == wanted), None)


def _progress(pathway: Pathway, evaluation: Evaluation, award: HeldCredential | None) -> JsonObject:
    met: list[JsonValue] = [
        _component(one.component)
        | {"credential": one.credential.credential_id, "recognised": one.recognition is not None}
        for one in evaluation.met
    ]
    state = "awarded" if award else "complete" if evaluation.satisfied else "in_progress"
    return {
        "pathway": pathway.id,
        "title": pathway.title,
        "version": pathway.version,
        "issuer": pathway.issuer_did,
        "award": pathway.award_id,
        "state": state if evaluation.decided or award else "undecided",
        "awarded_by": award.credential_id if award else None,
        "progress": round(evaluation.progress, 4),
        "met": met,
        "missing": [_component(component) for component in evaluation.missing],
        "refused": [
            {"credential": one.credential.credential_id, "code": one.code, "reason": one.reason}
            for one in evaluation.refused
        ],
        "needs": list(evaluation.needs),
    }


def _component(component: Component) -> JsonObject:
    return {"achievement": component.achievement_id, "title": component.name, "issuer": component.issuer_did}
