"""Does what a learner holds satisfy a pathway? Pure: the same question always has the same answer.

Whether a credential is genuine and in force is not asked here. Callers hand in those that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.canonical import digest
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.stacking.pathway import Component, Pathway


@dataclass(frozen=True)
class HeldCredential:
    """What evaluation needs of a credential: what it is for, who gave it when, and the 32-byte digest that binds it."""

    achievement_id: str
    credential_id: str
    issuer_did: str
    awarded_on: date
    digest: bytes


@dataclass(frozen=True)
class Met:
    """A component, and the credential that was chosen for it."""

    component: Component
    credential: HeldCredential


@dataclass(frozen=True)
class Refused:
    """A credential for an achievement of the pathway that can't count, and a sentence that says why."""

    credential: HeldCredential
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """The answer. `met` is in the order of the rule; `missing` is what would complete it."""

    pathway_id: str
    met: tuple[Met, ...]
    missing: tuple[Component, ...]
    refused: tuple[Refused, ...]

    @property
    def satisfied(self) -> bool:
        return bool(self.met) and not self.missing

    @property
    def chosen(self) -> tuple[HeldCredential, ...]:
        """The credentials that the award rests on, in the order of the rule."""
        return tuple(entry.credential for entry in self.met)


def read_held(document: JsonObject) -> HeldCredential | None:
    """What a credential's document says for evaluation, or None if it names no achievement, issuer or date.

    Reads the exact texts of the document, not what is shown of them.
    """
    subject, issuer, valid_from = document.get("credentialSubject"), document.get("issuer"), document.get("validFrom")
    achievement_id = _identifier(subject.get("achievement")) if isinstance(subject, dict) else None
    credential_id, issuer_did = _identifier(document), _identifier(issuer)
    if achievement_id is None or credential_id is None or issuer_did is None or not isinstance(valid_from, str):
        return None
    try:
        awarded_on = parse_date_time_stamp(valid_from).date()
    except MalformedDocument:
        return None
    return HeldCredential(achievement_id, credential_id, issuer_did, awarded_on, digest(document))


def evaluate(pathway: Pathway, held: Sequence[HeldCredential]) -> Evaluation:
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
            Refused(credential, reason) for credential, reason in zip(candidates, reasons, strict=True) if reason
        ]
    return Evaluation(pathway.id, tuple(met), tuple(missing), tuple(refused))


def _refusal(pathway: Pathway, component: Component, credential: HeldCredential, met: Sequence[Met]) -> str | None:
    if credential.issuer_did != component.issuer_did:
        return f"it was issued by {credential.issuer_did}, and the pathway asks for {component.issuer_did}"
    if pathway.rule.in_order and met and credential.awarded_on < met[-1].credential.awarded_on:
        earlier = met[-1].credential
        return (
            f"it was awarded on {credential.awarded_on}, before {earlier.achievement_id} on {earlier.awarded_on}, "
            "which must come first"
        )
    return None


def _identifier(value: JsonValue) -> str | None:
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None
