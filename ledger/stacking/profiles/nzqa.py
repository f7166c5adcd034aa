"""Micro-credentials as the New Zealand Qualifications Authority lists them."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.stacking.frameworks import HOURS_IN_A_CREDIT, credits_for
from ledger.stacking.profiles.finding import Gap, Rule, Severity, Source
from ledger.stacking.profiles.reading import Reading

LEAST_CREDITS, MOST_CREDITS, HIGHEST_LEVEL = 5, 40, 10
_RULES = "NZQA, Qualification and Micro-credential Listing and Operational Rules"
_SIZE = Source(_RULES, "size of micro-credentials", 2022)
_LEVEL = Source(_RULES, "level of micro-credentials", 2022)
_SYSTEM = "NZQCF"


def _credits(reading: Reading) -> Iterator[Gap]:
    given = reading.credits_in(_SYSTEM)
    if given is not None:
        if not LEAST_CREDITS <= given <= MOST_CREDITS:
            yield Gap(f"it has {given:g} NZQCF credits, not 5 to 40")
        return
    if reading.hours is None:
        yield Gap("neither NZQCF credits nor hours are given")
        return
    found = credits_for(_SYSTEM, reading.hours)
    if found is None or found[1] < LEAST_CREDITS or found[0] > MOST_CREDITS:
        yield Gap(f"{reading.hours} ({reading.hours.rule}) are not 5 to 40 credits of 10 hours")


def _stated(reading: Reading) -> Iterator[Gap]:
    if reading.hours is not None and reading.credits_in(_SYSTEM) is None:
        yield Gap("the credits are not given in NZQCF credits; 10 hours are one")


def _hours(reading: Reading) -> Iterator[Gap]:
    given, hours = reading.credits_in(_SYSTEM), reading.stated_hours
    if given is None or hours is None:
        return
    due = given * HOURS_IN_A_CREDIT[_SYSTEM][0]
    if abs(due - hours.low) > 1e-9:
        yield Gap(f"{given:g} credits are {due:g} hours, and the workload is given as {hours}")


def _level(reading: Reading) -> Iterator[Gap]:
    levels = [level for framework, level in reading.levels if framework == _SYSTEM]
    if not levels:
        yield Gap("no level of the New Zealand framework is given")
    elif not all(1 <= level <= HIGHEST_LEVEL for level in levels):
        yield Gap("the level is not one of 1 to 10")


RULES = (
    Rule(
        "nzqa.credits",
        Severity.ERROR,
        "A micro-credential has 5 to 40 credits.",
        _SIZE,
        _credits,
        "/creditsAvailable",
        "credits",
    ),
    Rule(
        "nzqa.credits-stated",
        Severity.WARNING,
        "The credits are those of the New Zealand framework.",
        _SIZE,
        _stated,
        "/creditsAvailable",
        "credits",
    ),
    Rule(
        "nzqa.hours",
        Severity.ERROR,
        "One credit stands for 10 notional hours of learning.",
        _SIZE,
        _hours,
        "/alignment",
        "workload_hours",
    ),
    Rule(
        "nzqa.level",
        Severity.ERROR,
        "The level is one of 1 to 10 of the New Zealand framework.",
        _LEVEL,
        _level,
        "/alignment",
        "levels",
    ),
)
