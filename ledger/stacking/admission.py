"""Which credentials may count for a component at all, taken one by one; and why the others can't.

How credentials go together (order, limits, how many) is not asked here: that is `choosing.py`.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.recognition import Recognition
from ledger.documents.result import NUMERIC
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway, Substitute
from ledger.stacking.rule_reading import as_number
from ledger.stacking.rules import Demands, MinimumGrade, MinimumLevel, age_in_months


@dataclass(frozen=True)
class Candidate:
    """A credential, and the recognition decision by which it counts, if it does not count by itself."""

    credential: HeldCredential
    recognition: Recognition | None = None

    def credits(self, framework: str) -> float | None:
        """Its credits in a framework, as decided where a decision says so, else as it states them; None for unknown."""
        decided = self.recognition
        if decided is not None and decided.credits is not None:
            return decided.credits if decided.framework == framework else None
        return dict(self.credential.credits).get(framework)

    def level(self, framework: str) -> int | None:
        """Its level in a framework, in the same way."""
        decided = self.recognition
        if decided is not None and decided.level is not None:
            return decided.level if decided.level_framework == framework else None
        return dict(self.credential.levels).get(framework)

    def reaches(self, minimum: MinimumLevel) -> bool:
        level = self.level(minimum.framework)
        return level is not None and level >= minimum.level


@dataclass(frozen=True)
class Refusal:
    """Why a credential can't count: a stable code and a sentence that goes on from "it"."""

    credential: HeldCredential
    code: str
    reason: str


class Admission:
    """What may count in one pathway on one day. `used` holds digests that other awards rest on already."""

    def __init__(
        self,
        pathway: Pathway,
        held: Sequence[HeldCredential],
        recognitions: Sequence[Recognition],
        on: date,
        used: Collection[bytes],
    ) -> None:
        self._pathway = pathway
        self.on = on
        self._used = used if pathway.no_double_counting else ()
        self._by_achievement: dict[str, list[HeldCredential]] = {}
        wanted = {one.achievement_id for component in pathway.components for one in component.accepted}
        for credential in held:
            if credential.achievement_id in wanted:
                self._by_achievement.setdefault(credential.achievement_id, []).append(credential)
        for credentials in self._by_achievement.values():
            credentials.sort(key=_age)
        self._decided = list(self._decisions(held, recognitions)) if recognitions else []

    def for_component(self, component: Component) -> tuple[list[Candidate], list[Refusal]]:
        """The candidates for a component, best first: its own credentials, substitutes, what was recognised as it."""
        candidates: list[Candidate] = []
        refusals: list[Refusal] = []
        for wanted in component.accepted:
            for credential in self._by_achievement.get(wanted.achievement_id, ()):
                refusal = self._refusal(wanted, Candidate(credential), component.demands)
                if refusal is None:
                    candidates.append(Candidate(credential))
                else:
                    refusals.append(refusal)
        for credential, decided in self._decided:
            if decided.achievement_id == component.achievement_id:
                refusal = self._recognition_refusal(credential, decided)
                refusal = refusal or unmet(Candidate(credential, decided), component.demands, self.on)
                if refusal is None:
                    candidates.append(Candidate(credential, decided))
                else:
                    refusals.append(refusal)
        admitted = {candidate.credential.digest for candidate in candidates}
        return candidates, [refusal for refusal in refusals if refusal.credential.digest not in admitted]

    def recognised_at_large(self) -> tuple[list[Candidate], list[Refusal]]:
        """What was recognised for the pathway, or in general, without saying for which component."""
        candidates, refusals = [], []
        for credential, decided in self._decided:
            if decided.achievement_id is None:
                if refusal := self._recognition_refusal(credential, decided):
                    refusals.append(refusal)
                else:
                    candidates.append(Candidate(credential, decided))
        return candidates, refusals

    def _refusal(self, wanted: Component | Substitute, candidate: Candidate, demands: Demands) -> Refusal | None:
        credential = candidate.credential
        if credential.issuer_did != wanted.issuer_did:
            reason = f"it was issued by {credential.issuer_did}, and the pathway asks for {wanted.issuer_did}"
            return Refusal(credential, "issuer_mismatch", reason)
        if isinstance(wanted, Component) and wanted.pathway_id not in (None, credential.pathway_id):
            return Refusal(credential, "other_pathway", f"it is not an award of the pathway {wanted.pathway_id}")
        if wanted.apel and not credential.has_evidence:
            return Refusal(
                credential, "evidence_missing", "it recognises prior learning, and carries no evidence of it"
            )
        return self._general_refusal(credential) or unmet(candidate, demands, self.on)

    def _general_refusal(self, credential: HeldCredential) -> Refusal | None:
        if credential.awarded_on > self.on:
            reason = f"it was awarded on {credential.awarded_on}, which is after {self.on}"
            return Refusal(credential, "awarded_later", reason)
        if credential.valid_until is not None and credential.valid_until < self.on:
            return Refusal(credential, "expired", f"it was valid until {credential.valid_until}")
        if credential.digest in self._used:
            return Refusal(credential, "counted_elsewhere", "another award rests on it already")
        return None

    def _recognition_refusal(self, credential: HeldCredential, decided: Recognition) -> Refusal | None:
        """Why a decision does not count, or the credential that it is about."""
        if decided.recogniser_did not in self._pathway.recognised_by:
            reason = f"it was recognised by {decided.recogniser_did}, whose decisions this pathway does not count"
            return Refusal(credential, "recogniser_not_named", reason)
        if decided.credential_digest != credential.digest:
            return Refusal(credential, "recognition_mismatch", "what was recognised is another version of it")
        if decided.valid_from > self.on:
            reason = f"it was recognised on {decided.valid_from}, which is after {self.on}"
            return Refusal(credential, "recognition_later", reason)
        if decided.valid_until is not None and decided.valid_until < self.on:
            return Refusal(credential, "recognition_expired", f"its recognition ended on {decided.valid_until}")
        return self._general_refusal(credential)

    def _decisions(
        self, held: Sequence[HeldCredential], recognitions: Sequence[Recognition]
    ) -> Iterator[tuple[HeldCredential, Recognition]]:
        """The decisions that speak of this pathway, or of none, each with the credential that it is about."""
        pathway_id = self._pathway.id
        about = [decided for decided in recognitions if decided.pathway_id in (None, pathway_id)]
        if not about:
            return
        wanted = {decided.credential_id for decided in about}
        by_id: dict[str, dict[bytes, HeldCredential]] = {}
        for credential in sorted((one for one in held if one.credential_id in wanted), key=_age):
            by_id.setdefault(credential.credential_id, {})[credential.digest] = credential
        for decided in sorted(about, key=lambda decided: (decided.valid_from, decided.endorsement_id)):
            versions = by_id.get(decided.credential_id)
            if versions and (decided.pathway_digest is None or decided.pathway_digest == self._pathway.digest()):
                yield versions.get(decided.credential_digest) or next(iter(versions.values())), decided


def unmet(candidate: Candidate, demands: Demands, on: date) -> Refusal | None:
    """The first of the demands that the credential does not fulfil on that day."""
    credential = candidate.credential
    if (minimum := demands.minimum_level) is not None and not candidate.reaches(minimum):
        level = candidate.level(minimum.framework)
        if level is None:
            return Refusal(
                credential, "level_unknown", f"it states no {minimum.framework} level, and {minimum} is asked for"
            )
        return Refusal(credential, "level_below", f"it is at {minimum.framework} level {level}, below {minimum}")
    if demands.minimum_grades and (refusal := _grade_refusal(credential, demands.minimum_grades)):
        return refusal
    if demands.maximum_age is not None:
        first = months_before(on, age_in_months(demands.maximum_age))
        if credential.awarded_on < first:
            reason = f"it was awarded on {credential.awarded_on}, and may not be from before {first}"
            return Refusal(credential, "too_old", reason)
    return None


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of the month where that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _grade_refusal(credential: HeldCredential, minima: Sequence[MinimumGrade]) -> Refusal | None:
    """A result of another type, or on a scale that does not hold the grade that is asked for, can't be compared."""
    asked = " or ".join(f"{minimum.result_type} {minimum.value}" for minimum in minima)
    minimum = next((minimum for minimum in minima if minimum.result_type == credential.result_kind), None)
    result, scale = credential.result, credential.scale
    if minimum is None or result is None:
        return Refusal(credential, "grade_unknown", f"it states no result of the type that is asked for: {asked}")
    if minimum.result_type in NUMERIC:
        ends = [as_number(end) for end in scale]
        reached, wanted = as_number(result), as_number(minimum.value)
        if reached is None or wanted is None or len(ends) != 2 or ends[1] is None or wanted > ends[1]:
            return Refusal(credential, "grade_unknown", f"its scale does not hold {minimum.value}")
        if reached < wanted:
            return Refusal(credential, "grade_below", f"its result of {result} is below {minimum.value}")
        return None
    if minimum.value not in scale or result not in scale:
        return Refusal(credential, "grade_unknown", f"its scale does not hold {minimum.value}")
    if scale.index(result) < scale.index(minimum.value):
        return Refusal(credential, "grade_below", f"its result of {result} is below {minimum.value}")
    return None


def _age(credential: HeldCredential) -> tuple[date, str, bytes]:
    return credential.awarded_on, credential.credential_id, credential.digest
