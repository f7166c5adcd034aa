"""Achievements: what can be earned, as a value and as Open Badges 3.0 says it.

Credit-bearing means what Oliver (2019) says: entry to, or credit towards, at least one formal qualification.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents import code_lists as lists
from ledger.documents.result import ResultDescription
from ledger.documents.strict_json import JsonObject, JsonValue


@dataclass(frozen=True)
class QualityAssurance:
    """Who assures the quality, and in which way (a code of `QUALITY_ASSURANCE`)."""

    kind: str
    body: str
    url: str


@dataclass(frozen=True)
class Recognition:
    """A qualification that this leads to: by entry, or by credit of `units` (1.0 = a typical unit of a degree)."""

    programme: str
    url: str
    units: int | float | None = None


@dataclass(frozen=True)
class Related:
    """Another achievement of the same programme."""

    code: str
    title: str


@dataclass(frozen=True)
class Achievement:
    """One thing that can be earned. Coded fields hold codes of `code_lists`; `levels` and `credits` go by framework."""

    code: str
    title: str
    description: str
    outcomes: tuple[str, ...]
    criteria: str
    achievement_type: str
    language: str
    participation: str
    workload_hours: int
    levels: tuple[tuple[str, int], ...]
    credits: tuple[tuple[str, int | float], ...]
    credit_bearing: bool
    task_level: str
    complexity: str
    supervision: str
    assessment: tuple[str, ...]
    quality_assurance: tuple[QualityAssurance, ...]
    entry_to: tuple[Recognition, ...] = ()
    credit_towards: tuple[Recognition, ...] = ()
    prerequisites: tuple[Related, ...] = ()
    stacks_into: tuple[Related, ...] = ()
    field_of_study: str | None = None
    tags: tuple[str, ...] = ()
    result: ResultDescription | None = None

    @property
    def credits_available(self) -> int | float | None:
        """The number for Open Badges' `creditsAvailable`: ECTS where given, else the first system named."""
        return dict(self.credits).get("ECTS", self.credits[0][1] if self.credits else None)

    def to_dict(self, base_url: str) -> JsonObject:
        """The Open Badges 3.0 `Achievement`, its id below the issuer's `base_url`."""
        identifier = achievement_id(base_url, self.code)
        document: JsonObject = {
            "id": identifier,
            "type": ["Achievement"],
            "achievementType": self.achievement_type,
            "name": self.title,
            "description": self.description,
            "criteria": {"narrative": self._criteria_narrative()},
            "inLanguage": self.language,
            "alignment": self._alignments(base_url),
        }
        if self.credits_available is not None:
            document["creditsAvailable"] = self.credits_available
        if self.field_of_study is not None:
            document["fieldOfStudy"] = self.field_of_study
        if self.tags:
            document["tag"] = list(self.tags)
        if self.result is not None:
            document["resultDescription"] = [self.result.to_dict(result_id(identifier))]
        return document

    def _criteria_narrative(self) -> str:
        outcomes = "\n".join(f"- {outcome}" for outcome in self.outcomes)
        return f"The successful learner can:\n{outcomes}\n\n{self.criteria}"

    def _alignments(self, base_url: str) -> list[JsonValue]:
        entries: list[JsonValue] = [lists.level_alignment(framework, level) for framework, level in self.levels]
        entries += [lists.credit_alignment(framework, number) for framework, number in self.credits]
        entries.append(lists.CREDIT_BEARING.alignment("credit-bearing" if self.credit_bearing else "non-credit"))
        entries.append(lists.workload_alignment(self.workload_hours))
        entries.append(lists.PARTICIPATION.alignment(self.participation))
        entries += [lists.ASSESSMENT.alignment(code) for code in self.assessment]
        entries.append(lists.SUPERVISION.alignment(self.supervision))
        entries.append(lists.COMPLEXITY.alignment(self.complexity))
        entries.append(lists.TASK_LEVEL.alignment(self.task_level))
        entries += [
            lists.QUALITY_ASSURANCE.alignment(assurance.kind, description=f"{assurance.body} ({assurance.url})")
            for assurance in self.quality_assurance
        ]
        entries += [_recognition_alignment("entryTo", recognition) for recognition in self.entry_to]
        entries += [_recognition_alignment("creditTowards", recognition) for recognition in self.credit_towards]
        entries += [_related_alignment("prerequisite", related, base_url) for related in self.prerequisites]
        entries += [_related_alignment("stacksInto", related, base_url) for related in self.stacks_into]
        return entries


def achievement_id(base_url: str, code: str) -> str:
    """The address that names an achievement of the issuer whose base is `base_url`."""
    return f"{base_url}/achievements/{code}"


def result_id(achievement_id: str) -> str:
    """The address that names the result description of an achievement."""
    return f"{achievement_id}/results/1"


def _recognition_alignment(target_type: str, recognition: Recognition) -> JsonObject:
    units = recognition.units
    return lists.alignment(
        target_type,
        framework="Qualifications",
        code=None if units is None else str(units),
        name=recognition.programme,
        url=recognition.url,
        description=None if units is None else f"{units} units of credit (1 = a typical unit of a degree programme)",
    )


def _related_alignment(target_type: str, related: Related, base_url: str) -> JsonObject:
    return lists.alignment(
        target_type,
        framework="Achievements",
        code=related.code,
        name=related.title,
        url=achievement_id(base_url, related.code),
    )
