"""Does what a learner holds satisfy a pathway? Pure: the same question always has the same answer.

Whether a credential is genuine and in force is not asked here. Callers hand in those that are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.recognition import Recognition
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway
from ledger.stacking.rules import AllOf


@dataclass(frozen=True)
class Met:
    """A component, and the credential that was chosen for it; the recognition decision by which it counts, if any."""

    component: Component
    credential: HeldCredential
    recognition: Recognition | None = None


@dataclass(frozen=True)
class Refused:
    """A credential for an achievement of the pathway that can't count: a stable code, and a sentence that says why."""

    credential: HeldCredential
    code: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """The answer. `met` is in the pathway's order.

    `missing` are components that could complete it, and `needs` says in sentences what would: "two more of …".
    `progress` goes from 0 to 1. `decided` is False if the search was given up before it had an answer; then
    `satisfied` is False, but nobody knows.
    """

    pathway_id: str
    satisfied: bool
    met: tuple[Met, ...]
    missing: tuple[Component, ...]
    refused: tuple[Refused, ...]
    needs: tuple[str, ...]
    progress: float
    decided: bool = True

    @property
    def chosen(self) -> tuple[HeldCredential, ...]:
        """The credentials that the award rests on, in the order of the pathway."""
        return tuple(entry.credential for entry in self.met)

    @property
    def recognitions_used(self) -> tuple[Recognition, ...]:
        """The recognition decisions that the choice relies on, in the same order."""
        return tuple(entry.recognition for entry in self.met if entry.recognition is not None)


def evaluate(
    pathway: Pathway,
    held: Sequence[HeldCredential],
    *,
    recognitions: Sequence[Recognition] = (),
    on: date | None = None,
    used: Collection[bytes] = (),
) -> Evaluation:
    """Which components of `pathway` are met by `held`, which are missing, and what can't count.

    Of several credentials for one component the earliest that the order allows is chosen: that leaves the most room
    for those that follow.
    """
    by_achievement: dict[str, list[HeldCredential]] = {}
    for credential in sorted(held, key=lambda credential: (credential.awarded_on, credential.credential_id)):
        by_achievement.setdefault(credential.achievement_id, []).append(credential)
    met: list[Met] = []
    missing: list[Component] = []
    refused: list[Refused] = []
    for achievement_id in pathway.rule.achievement_ids:
        component = pathway.component(achievement_id)
        candidates = by_achievement.get(achievement_id, [])
        reasons = [_refusal(pathway, component, credential, met) for credential in candidates]
        fitting = [credential for credential, reason in zip(candidates, reasons, strict=True) if reason is None]
        if fitting:
            met.append(Met(component, fitting[0]))
        else:
            missing.append(component)
        refused += [
            Refused(credential, "out_of_order", reason)
            for credential, reason in zip(candidates, reasons, strict=True)
            if reason
        ]
    needs = tuple(f"“{component.name}”" for component in missing)
    progress = len(met) / len(pathway.components)
    return Evaluation(
        pathway.id, bool(met) and not missing, tuple(met), tuple(missing), tuple(refused), needs, progress
    )


def _refusal(pathway: Pathway, component: Component, credential: HeldCredential, met: Sequence[Met]) -> str | None:
    if credential.issuer_did != component.issuer_did:
        return f"it was issued by {credential.issuer_did}, and the pathway asks for {component.issuer_did}"
    if (
        isinstance(pathway.rule, AllOf)
        and pathway.rule.in_order
        and met
        and credential.awarded_on < met[-1].credential.awarded_on
    ):
        earlier = met[-1].credential
        return (
            f"it was awarded on {credential.awarded_on}, before {earlier.achievement_id} on {earlier.awarded_on}, "
            "which must come first"
        )
    return None
