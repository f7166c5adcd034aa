"""Checks documents and programmes against profiles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

from ledger.documents.achievement import Achievement
from ledger.documents.programme import Programme
from ledger.documents.strict_json import JsonValue
from ledger.errors import CairnError
from ledger.stacking.profiles import cmf, eu, microhe, mqa, nzqa, webuild
from ledger.stacking.profiles.finding import Finding, Rule, Severity, Source
from ledger.stacking.profiles.reading import Reading, readings_in

PROFILES: Mapping[str, tuple[Rule, ...]] = {
    "cmf": cmf.RULES,
    "eu": eu.RULES + webuild.RULES,
    "microbol": microhe.MICROBOL,
    "microhe": microhe.MICROHE + microhe.MICROBOL,
    "mqa": mqa.RULES,
    "nzqa": nzqa.RULES,
}
"""The rules of each profile, in the order in which they are reported."""

NO_ACHIEVEMENT = "document.achievement"
_SHAPE = Source("1EdTech Open Badges Specification 3.0", "AchievementSubject, achievement", 2024)
_SEVERITIES = tuple(Severity)
_NOWHERE = "https://programme.invalid"


def lint(document: Mapping[str, JsonValue], profile: str, *, today: date | None = None) -> tuple[Finding, ...]:
    """What a profile misses in a credential, a record or an achievement, errors first. Never raises on any document.

    `today` is what dates must not be after; without it, that is not asked. Raises CairnError `profile_unknown`.
    """
    return lint_for(document, (profile,), today=today)


def lint_for(
    document: Mapping[str, JsonValue], profiles: Collection[str], *, today: date | None = None
) -> tuple[Finding, ...]:
    """As `lint`, for several profiles at once: the document is read once, and what two of them miss is said once."""
    rules = dict.fromkeys(rule for profile in profiles for rule in rules_of(profile))
    readings = list(readings_in(document, today))
    if not readings:
        message = "the document describes no achievement, so there is nothing to check"
        return (Finding(NO_ACHIEVEMENT, Severity.ERROR, message, "", _SHAPE),)
    found = (finding for pointer, reading in readings for finding in apply(rules, reading, pointer))
    return _sorted(dict.fromkeys(found))


def lint_programme(programme: Programme, profile: str) -> tuple[Finding, ...]:
    """What a profile misses in the achievements of a programme; `path` says where, as `achievements[2].title`.

    What only a credential can say (whose it is, and when it was issued) is left out.
    """
    rules = rules_of(profile)
    return _sorted(
        replace(found, path=place_in_programme(index, found))
        for index, achievement in enumerate(programme.achievements)
        for found in apply(rules, described(achievement), "")
    )


def described(achievement: Achievement) -> Reading:
    """An achievement of a programme, which has no address yet."""
    return Reading(achievement.to_dict(_NOWHERE))


def rules_of(profile: str) -> tuple[Rule, ...]:
    """The rules of a profile. Raises CairnError `profile_unknown`."""
    if profile not in PROFILES:
        raise CairnError("profile_unknown", f"there is no such profile; there are {', '.join(PROFILES)}")
    return PROFILES[profile]


def apply(rules: Collection[Rule], reading: Reading, pointer: str) -> Iterator[Finding]:
    """What the rules find; `pointer` is where the reading's credential, or its achievement alone, stands."""
    inside = "" if reading.credential is None else "/credentialSubject/achievement"
    for rule in rules:
        if rule.of_credential and reading.credential is None:
            continue
        base = pointer if rule.of_credential else pointer + inside
        for gap in rule.check(reading):
            path = base + (rule.path if gap.path is None else gap.path)
            yield Finding(rule.id, rule.severity, gap.message, path, rule.source, rule.member)


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)))


def place_in_programme(index: int, finding: Finding) -> str:
    """Where in a programme file the answer to a rule stands."""
    return f"achievements[{index}].{finding.member}" if finding.member else f"achievements[{index}]"
