"""Programmes: what one provider awards together, and the file that says so.

A programme file is one JSON object, read strictly: an unknown member is an error, and all errors are reported at once.

    {"code": "instructional-design",            in addresses and on the command line
     "title": "Instructional Design",
     "achievements": [{
       "code": "needs-assessment",
       "title": "Needs Assessment",
       "description": "…",                      at most 30 words
       "outcomes": ["…", …],                    what the successful learner knows and can do, at most 100 words in all
       "criteria": "…",                         what had to be done for it
       "achievement_type": "MicroCredential",   the closed list of Open Badges 3.0
       "language": "en",                        BCP 47, as the Open Badges schema allows it
       "participation": "online",               this and the next lists: ledger/documents/code_lists.py
       "workload_hours": 25,                    notional, assessment included
       "levels": {"EQF": 6, "MQF": 6},          at least one framework
       "credits": {"ECTS": 1},                  may be left out
       "credit_bearing": false,
       "task_level": "bachelor", "complexity": "skill-complex", "supervision": "online-one-factor",
       "assessment": ["project-work", "quiz"],
       "quality_assurance": [{"type": "internal", "body": "…", "url": "https://…"}],
       "entry_to": [{"programme": "…", "url": "https://…"}],                     may be left out
       "credit_towards": [{"programme": "…", "url": "https://…", "units": 0.5}], may be left out
       "prerequisites": ["instructional-design-models"],                         codes that stand earlier in the file
       "stacks_into": ["instructional-design"],                                  codes that stand in the file
       "field_of_study": "Education", "tags": ["…"],                             may be left out
       "result": {"type": "Percent", "required": "50"}                           or LetterGrade with "allowed" from the
      }]}                                                                        best down, or Status; may be left out
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ledger.documents import code_lists as lists
from ledger.documents.achievement import Achievement, QualityAssurance, Recognition, Related
from ledger.documents.fields import Fields
from ledger.documents.result import parse_result_description
from ledger.documents.strict_json import parse
from ledger.documents.text import NARRATIVE_LIMIT
from ledger.errors import DraftError, MalformedDocument, Problem

MAX_DESCRIPTION_WORDS = 30
MAX_OUTCOME_WORDS = 100
_LANGUAGE = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)


@dataclass(frozen=True)
class Programme:
    """What one provider awards together, in the order of its file."""

    code: str
    title: str
    achievements: tuple[Achievement, ...]

    def find(self, code: str) -> Achievement | None:
        """The achievement with this code."""
        return next((achievement for achievement in self.achievements if achievement.code == code), None)


def parse_programme(data: bytes) -> Programme:
    """Reads a programme file. Raises DraftError with every problem; `column` says where, as `achievements[2].title`.

    Codes: those of the strict loader, `field_*`, `string_*`, `url_*`, `programme_*`.
    """
    problems: list[Problem] = []
    try:
        root = Fields(parse(data), "", problems)
    except MalformedDocument as error:
        raise DraftError([Problem(error.code, str(error))]) from error
    code, title = root.code("code"), root.text("title")
    entries = [
        (fields, fields.code("code"), fields.text("title")) for fields in root.objects("achievements", at_least=1)
    ]
    root.close()
    titles: dict[str, str] = {}
    for fields, entry_code, entry_title in entries:
        if entry_code in titles:
            fields.problem("code", "programme_duplicate", f"“{entry_code}” is the code of an earlier achievement")
        titles.setdefault(entry_code, entry_title)
    achievements = tuple(
        _parse_achievement(fields, entry_code, entry_title, titles, earlier=tuple(titles)[:index])
        for index, (fields, entry_code, entry_title) in enumerate(entries)
    )
    if problems:
        raise DraftError(problems)
    return Programme(code, title, achievements)


def _parse_achievement(
    fields: Fields, code: str, title: str, titles: dict[str, str], *, earlier: Collection[str]
) -> Achievement:
    achievement = Achievement(
        code=code,
        title=title,
        description=fields.text("description", limit=500, words=MAX_DESCRIPTION_WORDS),
        outcomes=fields.texts("outcomes", limit=500, at_least=1),
        criteria=fields.text("criteria", limit=NARRATIVE_LIMIT),
        achievement_type=fields.choice("achievement_type", lists.ACHIEVEMENT_TYPES),
        language=fields.text("language", limit=12),
        participation=fields.choice("participation", lists.PARTICIPATION.names),
        workload_hours=fields.integer("workload_hours", low=1, high=10_000),
        levels=_parse_levels(fields),
        credits=_parse_credits(fields),
        credit_bearing=fields.flag("credit_bearing"),
        task_level=fields.choice("task_level", lists.TASK_LEVEL.names),
        complexity=fields.choice("complexity", lists.COMPLEXITY.names),
        supervision=fields.choice("supervision", lists.SUPERVISION.names),
        assessment=_parse_assessment(fields),
        quality_assurance=_parse_quality_assurance(fields),
        entry_to=_parse_recognition(fields, "entry_to"),
        credit_towards=_parse_recognition(fields, "credit_towards", with_units=True),
        prerequisites=_parse_related(fields, "prerequisites", titles, earlier, "an achievement that stands earlier"),
        stacks_into=_parse_related(fields, "stacks_into", titles, set(titles) - {code}, "another achievement here"),
        field_of_study=fields.optional_text("field_of_study"),
        tags=fields.texts("tags", limit=60),
        result=parse_result_description(fields.member("result")) if fields.has("result") else None,
    )
    fields.close()
    if achievement.language and not _LANGUAGE.fullmatch(achievement.language):
        fields.problem("language", "field_value", "is not a language tag such as en, ms or zh-Hant")
    if (words := sum(len(outcome.split()) for outcome in achievement.outcomes)) > MAX_OUTCOME_WORDS:
        fields.problem("outcomes", "field_words", f"have {words} words; at most {MAX_OUTCOME_WORDS} are allowed")
    if achievement.credit_bearing and not (achievement.entry_to or achievement.credit_towards):
        fields.problem("credit_bearing", "programme_credit", "needs an entry_to or credit_towards that says for what")
    return achievement


def _parse_levels(fields: Fields) -> tuple[tuple[str, int], ...]:
    members = fields.member("levels")
    levels = tuple(
        (framework, members.integer(framework, low=1, high=known.highest))
        for framework, known in lists.LEVEL_FRAMEWORKS.items()
        if members.has(framework)
    )
    members.close()
    if not levels and fields.has("levels"):
        fields.problem("levels", "field_missing", f"must name one of: {', '.join(lists.LEVEL_FRAMEWORKS)}")
    return levels


def _parse_credits(fields: Fields) -> tuple[tuple[str, int | float], ...]:
    if not fields.has("credits"):
        return ()
    members = fields.member("credits")
    numbers = tuple(
        (framework, members.number(framework, low=0.01, high=1_000))
        for framework in lists.CREDIT_FRAMEWORKS
        if members.has(framework)
    )
    members.close()
    return numbers


def _parse_assessment(fields: Fields) -> tuple[str, ...]:
    kinds = fields.texts("assessment", at_least=1)
    for index, kind in enumerate(kinds):
        if kind not in lists.ASSESSMENT.names:
            choices = ", ".join(lists.ASSESSMENT.names)
            fields.problem(f"assessment[{index}]", "field_choice", f"must be one of: {choices}")
    return kinds


def _parse_quality_assurance(fields: Fields) -> tuple[QualityAssurance, ...]:
    entries = []
    for entry in fields.objects("quality_assurance", at_least=1):
        kind = entry.choice("type", lists.QUALITY_ASSURANCE.names)
        entries.append(QualityAssurance(kind, entry.text("body"), entry.url("url")))
        entry.close()
    return tuple(entries)


def _parse_recognition(fields: Fields, name: str, *, with_units: bool = False) -> tuple[Recognition, ...]:
    entries = []
    for entry in fields.objects(name):
        units = entry.number("units", low=0.01, high=100) if with_units else None
        entries.append(Recognition(entry.text("programme"), entry.url("url"), units))
        entry.close()
    return tuple(entries)


def _parse_related(
    fields: Fields, name: str, titles: dict[str, str], allowed: Collection[str], wanted: str
) -> tuple[Related, ...]:
    codes = fields.texts(name)
    for index, code in enumerate(codes):
        if code not in allowed:
            fields.problem(f"{name}[{index}]", "programme_reference", f"“{code}” is not the code of {wanted}")
    return tuple(Related(code, titles.get(code, "")) for code in codes)
