"""Achievements: what can be earned, as a value and as Open Badges 3.0 says it.

Each learning outcome is an alignment of its own, so that machines need not take the criteria apart. Open Badges 3.0 has
no member with texts in several languages that JSON-LD would not drop, so a translation is an alignment too, signed with
the rest, and `related` leads to the achievement as it is published in that language.

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
class Translation:
    """Title and description in another language (a BCP 47 tag)."""

    language: str
    title: str
    description: str | None = None


@dataclass(frozen=True)
class AwardingBody:
    """Who awards the achievement, where that is another than who seals the credential. `id` is a URL or a DID."""

    id: str
    name: str
    url: str | None = None
    country: str | None = None

    def to_dict(self) -> JsonObject:
        """The Open Badges 3.0 `Profile`."""
        return profile(self.id, self.name, url=self.url, country=self.country)


@dataclass(frozen=True)
class SkillAlignment:
    """An entry of a published framework of skills or credentials. `target_type` is that of Open Badges 3.0."""

    target_type: str
    framework: str
    name: str
    url: str
    code: str | None = None
    description: str | None = None


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
    translations: tuple[Translation, ...] = ()
    awarding_body: AwardingBody | None = None
    skills: tuple[SkillAlignment, ...] = ()
    specialization: str | None = None
    human_code: str | None = None
    version: str | None = None
    image_url: str | None = None
    information_url: str | None = None

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
            "criteria": self._criteria(),
            "inLanguage": self.language,
            "alignment": self._alignments(base_url),
        }
        if self.awarding_body is not None:
            document["creator"] = self.awarding_body.to_dict()
        if self.credits_available is not None:
            document["creditsAvailable"] = self.credits_available
        for member, text in self._texts():
            if text is not None:
                document[member] = text
        if self.tags:
            document["tag"] = list(self.tags)
        if self.image_url is not None:
            document["image"] = {"id": self.image_url, "type": "Image"}
        if self.result is not None:
            document["resultDescription"] = [self.result.to_dict(result_id(identifier))]
        if self.translations:
            languages = [translation.language for translation in self.translations]
            document["related"] = [_in_language(translated_id(identifier, tag), tag) for tag in languages]
        return document

    def in_language(self, language: str, base_url: str) -> JsonObject | None:
        """The Open Badges 3.0 `Achievement` with the title and description of a translation, or None if there is none.

        It has an id of its own, and its `related` leads to the original, which is what credentials carry.
        """
        found = next((one for one in self.translations if one.language == language), None)
        if found is None:
            return None
        identifier = achievement_id(base_url, self.code)
        return self.to_dict(base_url) | {
            "id": translated_id(identifier, language),
            "name": found.title,
            "description": found.description or self.description,
            "inLanguage": language,
            "related": [_in_language(identifier, self.language)],
        }

    def _texts(self) -> tuple[tuple[str, str | None], ...]:
        return (
            ("fieldOfStudy", self.field_of_study),
            ("specialization", self.specialization),
            ("humanCode", self.human_code),
            ("version", self.version),
        )

    def _criteria(self) -> JsonObject:
        outcomes = "\n".join(f"- {outcome}" for outcome in self.outcomes)
        criteria: JsonObject = {"narrative": f"The successful learner can:\n{outcomes}\n\n{self.criteria}"}
        return criteria if self.information_url is None else {"id": self.information_url, **criteria}

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
        identifier = achievement_id(base_url, self.code)
        entries += [lists.outcome_alignment(identifier, *numbered) for numbered in enumerate(self.outcomes, start=1)]
        entries += [_skill_alignment(skill) for skill in self.skills]
        entries += [_translation_alignment(identifier, translation) for translation in self.translations]
        return entries


def achievement_id(base_url: str, code: str) -> str:
    """The address that names an achievement of the issuer whose base is `base_url`."""
    return f"{base_url}/achievements/{code}"


def result_id(achievement_id: str) -> str:
    """The address that names the result description of an achievement."""
    return f"{achievement_id}/results/1"


def translated_id(achievement_id: str, language: str) -> str:
    """The address that names an achievement as it is published in another language."""
    return f"{achievement_id}/{language}"


def profile(identifier: str, name: str, *, url: str | None = None, country: str | None = None) -> JsonObject:
    """The Open Badges 3.0 `Profile` of an institution; `country` is ISO 3166-1 alpha-2."""
    document: JsonObject = {"id": identifier, "type": ["Profile"], "name": name}
    if url is not None:
        document["url"] = url
    if country is not None:
        document["address"] = {"type": ["Address"], "addressCountryCode": country}
    return document


def _in_language(identifier: str, language: str) -> JsonObject:
    return {"id": identifier, "type": ["Related"], "inLanguage": language}


def _skill_alignment(skill: SkillAlignment) -> JsonObject:
    return lists.target_alignment(
        skill.target_type,
        framework=skill.framework,
        name=skill.name,
        url=skill.url,
        code=skill.code,
        description=skill.description,
    )


def _translation_alignment(identifier: str, translation: Translation) -> JsonObject:
    return lists.alignment(
        "translation",
        framework="BCP 47",
        code=translation.language,
        name=translation.title,
        url=translated_id(identifier, translation.language),
        description=translation.description,
    )


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
