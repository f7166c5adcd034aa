"""What profiles say of an achievement while it is written: which rules are met, which are not, and what to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.registrar.achievement_form import Form, achievement_of
from api.web.translating import gettext, noted
from ledger.documents import code_lists as lists
from ledger.documents.achievement import (
    Achievement,
    QualityAssurance,
    Recognition,
    Related,
    SkillAlignment,
    Translation,
)
from ledger.documents.credential import IssuerProfile, Learner, build_credential
from ledger.documents.fields import Fields
from ledger.documents.result import parse_result_description
from ledger.documents.strict_json import JsonObject
from ledger.errors import Problem
from ledger.stacking.profiles.finding import Severity
from ledger.stacking.profiles.linting import PROFILES, apply, rules_of
from ledger.stacking.profiles.reading import Reading

NAMES: Mapping[str, str] = {
    "eu": noted("European approach to micro-credentials"),
    "mqa": noted("Malaysian Qualifications Agency"),
    "cmf": noted("Common Microcredential Framework"),
    "nzqa": noted("New Zealand Qualifications Authority"),
    "microhe": noted("MicroHE and MICROBOL"),
    "microbol": noted("MICROBOL"),
}
HINTS: Mapping[str, str] = {
    "title": noted("Write what it is called, in a few words."),
    "description": noted("Say in at most 30 words what it is about."),
    "outcomes": noted("Write a line for each thing that the learner can do then, with a verb: plan, compare, build."),
    "criteria": noted("Say what has to be done to earn it."),
    "workload_hours": noted("Give the hours that a learner needs, assessment included."),
    "credits": noted("Give the number of credits, in ECTS where you can."),
    "levels": noted("Give the level in the European or a national framework."),
    "assessment": noted("Tick how it is assessed."),
    "participation": noted("Choose where learners take part: online, onsite, or both."),
    "quality_assurance": noted("Name who assures the quality, how, and an address where that can be read."),
    "supervision": noted("Choose how learners are supervised and how it is made sure who they are."),
    "prerequisites": noted("Choose what has to be held before."),
    "stacks_into": noted("Choose what it counts towards."),
    "credit_towards": noted("Name the qualification in which it gives credit."),
    "entry_to": noted("Name the qualification that it gives entry to."),
    "information_url": noted("Give the address of a page that says more."),
    "result": noted("Say what kind of result it has, and from which one on it is passed."),
    "alignments": noted("Name a skill of ESCO, CTDL or CASE, with its address."),
    "achievement_type": noted("Choose what it is; for a short course, a micro-credential."),
    "awarding_body": noted("Name the awarding body in the programme’s file."),
    "tags": noted("Name the field or the need that it answers, in a word or two."),
}  # fmt: skip
"""What to write, by the member of a programme file that supplies the answer."""

_SAMPLE = "urn:uuid:00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Rule:
    """A rule of a profile, and whether it is met: good, bad (an error), or weak (a warning or a note)."""

    demand: str
    state: str
    said: str
    field: str
    hint: str
    source: str


@dataclass(frozen=True)
class ProfileCheck:
    """What one profile says. `met` of `needed` are the rules without which it is not met."""

    name: str
    title: str
    is_claimed: bool
    met: int
    needed: int
    rules: tuple[Rule, ...]

    @property
    def is_met(self) -> bool:
        return self.met == self.needed


def profile_checks(document: JsonObject, claimed: Sequence[str], today: date) -> list[ProfileCheck]:
    """What the claimed profiles say of a sample credential, and the European one in any case; then the others."""
    subject: Any = document["credentialSubject"]
    reading = Reading(subject["achievement"], document, today)
    order = [name for name in NAMES if name in claimed]
    order += [name for name in NAMES if name not in order]
    return [_check(name, name in claimed, reading) for name in order if name in PROFILES]


def _check(name: str, is_claimed: bool, reading: Reading) -> ProfileCheck:
    found = []
    needed = met = 0
    for rule in rules_of(name):
        gaps = [finding.message for finding in apply([rule], reading, "")]
        is_error = rule.severity is Severity.ERROR
        needed += is_error
        met += is_error and not gaps
        member = rule.member or ""
        found.append(
            Rule(
                gettext(rule.demand),
                "good" if not gaps else "bad" if is_error else "weak",
                "; ".join(gettext(gap) for gap in gaps),
                "" if member == "awarding_body" else member,
                gettext(HINTS[member]) if gaps and member in HINTS else "",
                str(rule.source),
            )
        )
    return ProfileCheck(name, gettext(NAMES[name]), is_claimed, met, needed, tuple(found))


def sample(form: Form, issuer: IssuerProfile, titles: Mapping[str, str], today: date) -> JsonObject:
    """A credential for a made-up learner as the form stands: what is not written yet is not in it."""
    written: Any = achievement_of(form)
    achievement, missing = _provisional(written, titles)
    document = build_credential(
        issuer=issuer,
        achievement=achievement,
        learner=Learner(gettext("A learner"), "learner@example.org", "0001"),
        result=None,
        awarded_on=today,
        status_index=0,
        credential_id=_SAMPLE,
        salt=bytes(16),
    )
    subject: Any = document["credentialSubject"]
    inside = subject["achievement"]
    inside["alignment"] = [one for one in inside["alignment"] if one["targetType"] not in missing]
    for name in ("name", "description"):
        if not inside[name]:
            del inside[name]
    return document


def _provisional(found: Any, titles: Mapping[str, str]) -> tuple[Achievement, set[str]]:
    """The achievement with something in the place of what is missing, and the kinds of alignments that this makes."""
    missing: set[str] = set()

    def coded(name: str, known: lists.CodeList) -> str:
        value = found.get(name, "")
        if value in known.names:
            return str(value)
        missing.add(f"ext:{known.target_type}")
        return next(iter(known.names))

    hours = found.get("workload_hours")
    if not isinstance(hours, int) or not 0 < hours <= 10_000:
        missing.add("ext:workload")
        hours = 1
    achievement = Achievement(
        code=found["code"] or "new",
        title=found.get("title", ""),
        description=found.get("description", ""),
        outcomes=tuple(found.get("outcomes", ())),
        criteria=found.get("criteria", ""),
        achievement_type=found.get("achievement_type", "Achievement"),
        language=found.get("language", "en"),
        participation=coded("participation", lists.PARTICIPATION),
        workload_hours=hours,
        levels=tuple(_numbers(found.get("levels", {}), lists.LEVEL_FRAMEWORKS, whole=True)),
        credits=tuple(_numbers(found.get("credits", {}), lists.CREDIT_FRAMEWORKS)),
        credit_bearing=found["credit_bearing"],
        task_level=coded("task_level", lists.TASK_LEVEL),
        complexity=coded("complexity", lists.COMPLEXITY),
        supervision=coded("supervision", lists.SUPERVISION),
        assessment=tuple(one for one in found.get("assessment", ()) if one in lists.ASSESSMENT.names),
        quality_assurance=tuple(
            QualityAssurance(one["type"], one["body"], one["url"])
            for one in found.get("quality_assurance", ())
            if one["type"] in lists.QUALITY_ASSURANCE.names and one["body"] and one["url"]
        ),
        entry_to=tuple(Recognition(one["programme"], one["url"]) for one in found.get("entry_to", ()) if one["url"]),
        credit_towards=tuple(
            Recognition(one["programme"], one["url"], _number(one["units"]))
            for one in found.get("credit_towards", ())
            if one["url"]
        ),
        prerequisites=tuple(Related(code, titles.get(code, code)) for code in found.get("prerequisites", ())),
        stacks_into=tuple(Related(code, titles.get(code, code)) for code in found.get("stacks_into", ())),
        field_of_study=found.get("field_of_study"),
        tags=tuple(found.get("tags", ())),
        result=_result(found),
        translations=tuple(
            Translation(language, title, found.get("descriptions", {}).get(language))
            for language, title in found.get("titles", {}).items()
            if language and title
        ),
        skills=tuple(_skills(found)),
        specialization=found.get("specialization"),
        human_code=found.get("human_code"),
        version=found.get("version"),
        image_url=found.get("image"),
        information_url=found.get("information_url"),
    )
    return achievement, missing


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and value > 0 else None


def _numbers(found: Any, known: Mapping[str, object], *, whole: bool = False) -> list[tuple[str, Any]]:
    kinds = int if whole else (int, float)
    return [(name, found[name]) for name in known if isinstance(found.get(name), kinds) and found[name] > 0]


def _result(found: Any) -> Any:
    problems: list[Problem] = []
    with suppress(KeyError, ValueError):
        if "result" in found:
            result = parse_result_description(Fields(found["result"], "", problems))
            return None if problems else result
    return None


def _skills(found: Any) -> list[SkillAlignment]:
    made = []
    for one in found.get("alignments", ()):
        known = lists.SKILL_FRAMEWORKS.get(one.get("type", ""))
        if known is not None and one.get("name") and one.get("url"):
            target = known.targets.get(one.get("target", ""), next(iter(known.targets.values())))
            made.append(SkillAlignment(target, one["type"], one["name"], one["url"], one.get("code")))
    return made
