"""The Common Microcredential Framework of the European MOOC Consortium (2019)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.stacking.profiles import presence as has
from ledger.stacking.profiles.finding import Check, Gap, Rule, Severity, Source
from ledger.stacking.profiles.presence import unless
from ledger.stacking.profiles.reading import Reading

LEAST_HOURS, MOST_HOURS = 100, 150
EQF_LEVELS = frozenset({6, 7})
_FORMATIVE = frozenset({"attendance", "self-assessment", "guided-self-assessment", "peer-review"})


def _rule(name: str, demand: str, part: str, check: Check, member: str, severity: Severity = Severity.ERROR) -> Rule:
    source = Source("European MOOC Consortium, Common Microcredential Framework", part, 2019)
    return Rule(f"cmf.{name}", severity, demand, source, check, "/alignment", member)


def _study_time(reading: Reading) -> Iterator[Gap]:
    if reading.hours is None:
        yield Gap("the total study time is not given")
    elif not reading.hours.overlaps(LEAST_HOURS, MOST_HOURS):
        yield Gap(f"the total study time is {reading.hours} ({reading.hours.rule}), not 100 to 150 hours")


def _study_time_for_sure(reading: Reading) -> Iterator[Gap]:
    hours = reading.hours
    if hours is not None and hours.overlaps(LEAST_HOURS, MOST_HOURS) and not hours.within(LEAST_HOURS, MOST_HOURS):
        yield Gap(f"the credits stand for {hours} ({hours.rule}); give the hours, to show that they are 100 to 150")


def _level(reading: Reading) -> Iterator[Gap]:
    if not reading.levels:
        yield Gap("no level is given")
    elif not reading.eqf_levels & EQF_LEVELS:
        given = ", ".join(f"{framework or 'unnamed framework'} {level}" for framework, level in reading.levels)
        yield Gap(f"the level ({given}) is neither EQF 6 or 7 nor a national equal of them")


def _assessment(reading: Reading) -> Iterator[Gap]:
    kinds = {entry.code or entry.url for entry in reading.of_kind("assessment")}
    if not kinds:
        yield Gap("no assessment is named")
    elif kinds <= _FORMATIVE:
        yield Gap("no summative assessment is named: attendance, self-assessment and peer review award no credit")


_TRANSCRIPT = "transcript"
RULES = (
    _rule(
        "study-time",
        "The total study time is 100 to 150 hours, revision and summative assessment included.",
        "study time",
        _study_time,
        "workload_hours",
    ),
    _rule(
        "study-time-stated",
        "The study time is 100 to 150 hours for any number of hours that its credits may stand for.",
        "study time",
        _study_time_for_sure,
        "workload_hours",
        Severity.WARNING,
    ),
    _rule("level", "The level is EQF 6 or 7, or a national equal.", "level", _level, "levels"),
    _rule(
        "assessment",
        "A summative assessment enables the award of academic credit.",
        "assessment",
        _assessment,
        "assessment",
    ),
    _rule(
        "identity",
        "The identity of the learner is verified reliably at the assessment.",
        "identity verification",
        unless(has.is_identity_verified, "nothing says that the learner's identity was verified at the assessment"),
        "supervision",
    ),
    _rule(
        "transcript-outcomes",
        "The transcript lists the learning outcomes.",
        _TRANSCRIPT,
        unless(lambda reading: reading.outcomes, "the learning outcomes are not listed"),
        "outcomes",
    ),
    _rule(
        "transcript-hours",
        "The transcript gives the total study hours.",
        _TRANSCRIPT,
        unless(lambda reading: reading.stated_hours, "the study time is not given in hours"),
        "workload_hours",
    ),
    _rule(
        "transcript-eqf",
        "The transcript gives the EQF level.",
        _TRANSCRIPT,
        unless(lambda reading: any(name == "EQF" for name, _ in reading.levels), "the EQF level itself is not given"),
        "levels",
        Severity.WARNING,
    ),
    _rule(
        "transcript-credits",
        "The transcript gives the number of credit points.",
        _TRANSCRIPT,
        unless(
            lambda reading: any(value > 0 for _, value, _ in reading.credits),
            "no credit points are given, so no credit could be recognised",
        ),
        "credits",
    ),
)
