"""Programmes: what one provider awards together, and the file that says so.

A programme file is one JSON object, read strictly: an unknown member is an error, and all errors are reported at once.

    {"code": "instructional-design",            in addresses and on the command line
     "title": "Instructional Design",
     "achievements": [{
       "code": "needs-assessment",
       "title": "Needs Assessment",
       "description": "…",                      at most 30 words
       "titles": {"ms": "…"}, "descriptions": {"ms": "…"},                       in other languages; may be left out
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
       "field_of_study": "Education", "specialization": "…", "tags": ["…"],      may be left out
       "human_code": "ID-3", "version": "2026", "image": "https://…",            may be left out
       "information_url": "https://…",                                           may be left out
       "alignments": [{"type": "ESCO", "url": "…", "name": "…",                  ESCO, CTDL or CASE; may be left out
                       "target": "skill", "code": "…", "framework": "…", "description": "…"}],
       "result": {"type": "Percent", "required": "50"}                           may be left out
      }],
     "awarding_body": {"name": "…", "url": "https://…", "country": "MY", "id": "did:web:…"},
                                                where another seals the credentials; may be left out
     "profiles": ["eu", "mqa"]}                 whose rules every achievement is to meet; may be left out

A result is one of: a number (`Percent`; `RawScore`, `ScaledScore`, `GradePointAverage` and `RubricScore` with "maximum"
and, unless it is 0, "minimum"; "required" is the pass mark); a grade (`LetterGrade`, `PerformanceLevel` with "allowed"
from the best down); `RubricCriterionLevel` with "levels" from the best down, failure included, each {"code", "name",
"description", "points"}, and the "required" one; or `Status`. "name" says what the result is called.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from ledger.documents import code_lists as lists
from ledger.documents.achievement import (
    Achievement,
    AwardingBody,
    QualityAssurance,
    Recognition,
    Related,
    SkillAlignment,
    Translation,
)
from ledger.documents.fields import LANGUAGE, Fields
from ledger.documents.result import parse_result_description
from ledger.documents.strict_json import parse
from ledger.documents.text import NARRATIVE_LIMIT, URL_LIMIT, url_problem
from ledger.errors import DraftError, MalformedDocument, Problem

MAX_DESCRIPTION_WORDS = 30
MAX_OUTCOME_WORDS = 100
_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+", re.ASCII)


@dataclass(frozen=True)
class Programme:
    """What one provider awards together, in the order of its file. `profiles` are those that it claims to fit."""

    code: str
    title: str
    achievements: tuple[Achievement, ...]
    profiles: tuple[str, ...] = ()

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
    awarding_body = _parse_awarding_body(root.member("awarding_body")) if root.has("awarding_body") else None
    profiles = _parse_profiles(root)
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
    awarded = tuple(replace(achievement, awarding_body=awarding_body) for achievement in achievements)
    return Programme(code, title, awarded, profiles)


def _parse_awarding_body(fields: Fields) -> AwardingBody:
    name, url, country = fields.text("name"), fields.url("url"), fields.country("country")
    identifier = fields.text("id", limit=URL_LIMIT) if fields.has("id") else url
    if fields.has("id") and identifier and not _DID.fullmatch(identifier) and url_problem(identifier) is not None:
        fields.problem("id", "field_value", "is neither a DID nor an https:// address")
    fields.close()
    return AwardingBody(identifier, name, url, country)


def _parse_profiles(root: Fields) -> tuple[str, ...]:
    profiles = root.texts("profiles", limit=20)
    for index, name in enumerate(profiles):
        if name not in lists.PROFILES:
            root.problem(f"profiles[{index}]", "field_choice", f"must be one of: {', '.join(lists.PROFILES)}")
    return profiles


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
        language=fields.language("language"),
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
        translations=_parse_translations(fields),
        skills=tuple(_parse_skill(entry) for entry in fields.objects("alignments")),
        specialization=fields.optional_text("specialization"),
        human_code=fields.optional_text("human_code", limit=60),
        version=fields.optional_text("version", limit=60),
        image_url=fields.optional_url("image"),
        information_url=fields.optional_url("information_url"),
    )
    fields.close()
    if any(translation.language == achievement.language for translation in achievement.translations):
        fields.problem("titles", "field_duplicate", f"“{achievement.language}” is the language of the achievement")
    if (words := sum(len(outcome.split()) for outcome in achievement.outcomes)) > MAX_OUTCOME_WORDS:
        fields.problem("outcomes", "field_words", f"have {words} words; at most {MAX_OUTCOME_WORDS} are allowed")
    if achievement.credit_bearing and not (achievement.entry_to or achievement.credit_towards):
        fields.problem("credit_bearing", "programme_credit", "needs an entry_to or credit_towards that says for what")
    return achievement


def _parse_translations(fields: Fields) -> tuple[Translation, ...]:
    """Titles by language, and descriptions in those of these languages that have one."""
    if not fields.has("titles"):
        if fields.has("descriptions"):
            fields.member("descriptions")
            fields.problem("descriptions", "field_missing", "needs titles in the same languages")
        return ()
    titles = fields.member("titles")
    texts = fields.member("descriptions") if fields.has("descriptions") else None
    found = []
    for language in titles.names():
        if not LANGUAGE.fullmatch(language):
            titles.problem(language[:20], "field_value", "is not a language tag such as en, ms or zh-Hant")
            titles.text(language)
            continue
        description = None
        if texts is not None and texts.has(language):
            description = texts.text(language, limit=500, words=MAX_DESCRIPTION_WORDS)
        found.append(Translation(language, titles.text(language), description))
    titles.close()
    for language in texts.names() if texts is not None else ():
        if not titles.has(language):
            fields.problem(f"descriptions.{language[:20]}", "field_missing", "needs a title in the same language")
    return tuple(found)


def _parse_skill(fields: Fields) -> SkillAlignment:
    kind = fields.choice("type", lists.SKILL_FRAMEWORKS)
    known = lists.SKILL_FRAMEWORKS.get(kind)
    targets = known.targets if known is not None else {}
    target = next(iter(targets), "")
    if known is not None and fields.has("target"):
        target = fields.choice("target", targets)
    elif fields.has("target"):
        fields.text("target")
    if known is not None and known.address is not None:
        url = fields.text("url", limit=URL_LIMIT)
        if url and not known.address.fullmatch(url):
            fields.problem("url", "field_value", f"is not an address of {kind}")
    else:
        url = fields.url("url")
    skill = SkillAlignment(
        target_type=targets.get(target, ""),
        framework=fields.optional_text("framework") or kind,
        name=fields.text("name"),
        url=url,
        code=fields.optional_text("code"),
        description=fields.optional_text("description", limit=500),
    )
    fields.close()
    return skill


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
