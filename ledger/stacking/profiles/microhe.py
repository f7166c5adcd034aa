"""MicroHE (a sub-unit of a credential, of 5 ECTS at least) and the six characteristics of MICROBOL."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.stacking.frameworks import HOURS_IN_A_CREDIT, credits_for
from ledger.stacking.profiles import presence as has
from ledger.stacking.profiles.finding import Check, Gap, Rule, Severity, Source
from ledger.stacking.profiles.presence import unless
from ledger.stacking.profiles.reading import Reading

LEAST_ECTS = 5
_MICROHE = "MicroHE Consortium, micro-credentials in higher education"


def _size(reading: Reading) -> Iterator[Gap]:
    ects = reading.credits_in("ECTS")
    if ects is not None:
        if ects < LEAST_ECTS:
            yield Gap(f"it has {ects:g} ECTS credits, less than 5")
        return
    if reading.hours is None:
        yield Gap("neither ECTS credits nor a workload in hours are given")
        return
    found = credits_for("ECTS", reading.hours)
    if found is None or found[1] < LEAST_ECTS:
        yield Gap(f"{reading.hours} ({reading.hours.rule}) are less than 5 ECTS credits of 25 to 30 hours")


MICROHE = (
    Rule(
        "microhe.sub-unit",
        Severity.ERROR,
        "It is a sub-unit of a credential: it names the larger one that it is part of or counts towards.",
        Source(_MICROHE, "definition", 2019),
        unless(has.leads_on, "nothing says of which larger credential this is a sub-unit"),
        "/alignment",
        "stacks_into",
    ),
    Rule(
        "microhe.size",
        Severity.ERROR,
        "It has 5 ECTS credits at least.",
        Source(_MICROHE, "size", 2019),
        _size,
        "/creditsAvailable",
        "credits",
    ),
)


def _rule(name: str, number: int, severity: Severity, demand: str, check: Check, member: str) -> Rule:
    source = Source("MICROBOL, Common Framework for Micro-credentials in the EHEA", f"characteristic {number}", 2022)
    return Rule(f"microbol.{name}", severity, demand, source, check, "/alignment", member)


def _outcomes(reading: Reading) -> Iterator[Gap]:
    if not reading.outcomes:
        yield Gap("the learning outcomes are not stated")
    if not reading.levels:
        yield Gap("the outcomes are not placed at a level of a qualifications framework")


def _transferable(reading: Reading) -> Iterator[Gap]:
    if not any(value > 0 for framework, value, _ in reading.credits if framework in HOURS_IN_A_CREDIT):
        yield Gap("the workload is not given in credits of a system that others can convert")


MICROBOL = (
    _rule(
        "recognition",
        1,
        Severity.WARNING,
        "It can be recognised by standard procedures: it says what it gives entry to, or credit towards.",
        unless(has.leads_on, "nothing says to what it gives entry, or towards what it counts"),
        "credit_towards",
    ),
    _rule(
        "needs",
        2,
        Severity.NOTE,
        "It responds to needs of society, of persons, of culture or of the labour market.",
        unless(
            lambda reading: reading.description or reading.achievement.get("tag"),
            "nothing says to which need it responds",
        ),
        "description",
    ),
    _rule(
        "outcomes",
        3,
        Severity.ERROR,
        "It has explicit learning outcomes, in line with the national qualifications framework.",
        _outcomes,
        "outcomes",
    ),
    _rule("workload", 4, Severity.ERROR, "Its workload is in transferable credits.", _transferable, "credits"),
    _rule(
        "assessment",
        5,
        Severity.ERROR,
        "The methods of assessment are named.",
        unless(has.has_kind("assessment"), "no method of assessment is named"),
        "assessment",
    ),
    _rule(
        "conditions",
        5,
        Severity.WARNING,
        "The conditions of assessment are named: its supervision.",
        unless(has.has_kind("supervision"), "nothing says under which conditions learners were assessed"),
        "supervision",
    ),
    _rule(
        "quality-assurance",
        6,
        Severity.ERROR,
        "Its quality is assured in line with a framework.",
        unless(has.has_kind("qualityAssurance"), "nothing says how the quality is assured"),
        "quality_assurance",
    ),
)
