"""Checks documents and programmes against profiles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from ledger.documents.programme import Programme
from ledger.documents.strict_json import JsonValue
from ledger.errors import CairnError, Problem
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
    rules = rules_of(profile)
    readings = list(readings_in(document, today))
    if not readings:
        message = "the document describes no achievement, so there is nothing to check"
        return (Finding(NO_ACHIEVEMENT, Severity.ERROR, message, "", _SHAPE),)
    return _sorted(finding for pointer, reading in readings for finding in _apply(rules, reading, pointer))


def lint_programme(programme: Programme, profile: str) -> tuple[Finding, ...]:
    """What a profile misses in the achievements of a programme; `path` says where, as `achievements[2].title`.

    What only a credential can say (whose it is, and when it was issued) is left out.
    """
    rules = rules_of(profile)
    return _sorted(
        Finding(found.rule, found.severity, found.message, _place(index, found), found.source, found.member)
        for index, achievement in enumerate(programme.achievements)
        for found in _apply(rules, Reading(achievement.to_dict(_NOWHERE)), "")
    )


def refusals(programme: Programme, *, country: str | None) -> list[Problem]:
    """Why the programme can't be taken: what its claimed profiles call errors, and titles that the law of a country
    keeps for qualifications. A Malaysian issuer's achievement that is a qualification itself may bear its title."""
    found = [
        finding
        for profile in programme.profiles
        for finding in lint_programme(programme, profile)
        if finding.severity is Severity.ERROR
    ]
    if country == "MY" and "mqa" not in programme.profiles:
        found += [
            Finding(gap.rule, gap.severity, gap.message, _place(index, gap), gap.source, gap.member)
            for index, achievement in enumerate(programme.achievements)
            if achievement.achievement_type not in mqa.QUALIFICATIONS
            for gap in _apply((mqa.TITLE,), Reading(achievement.to_dict(_NOWHERE)), "")
        ]
    return problems(found)


def problems(findings: Collection[Finding], row: int | None = None) -> list[Problem]:
    """Findings as problems of a file, each once."""
    listed = [
        Problem("profile_unmet", f"{found.message} [{found.rule}; {found.source}]", row, found.path)
        for found in findings
    ]
    return list(dict.fromkeys(listed))


def rules_of(profile: str) -> tuple[Rule, ...]:
    """The rules of a profile. Raises CairnError `profile_unknown`."""
    if profile not in PROFILES:
        raise CairnError("profile_unknown", f"there is no such profile; there are {', '.join(PROFILES)}")
    return PROFILES[profile]


def _apply(rules: Collection[Rule], reading: Reading, pointer: str) -> Iterator[Finding]:
    """What the rules find; `pointer` is where the reading's credential, or its achievement alone, stands."""
    inside = "" if reading.credential is None else "/credentialSubject/achievement"
    for rule in rules:
        if rule.of_credential and reading.credential is None:
            continue
        base = pointer if rule.of_credential else pointer + inside
        for gap in rule.check(reading):
            path = base + (rule.path if gap.path is None else gap.path)
            yield Finding(rule.id, rule.severity, gap.message, path, rule.source, rule.member)


def _sorted(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _place(index: int, finding: Finding) -> str:
    return f"achievements[{index}].{finding.member}" if finding.member else f"achievements[{index}]"
