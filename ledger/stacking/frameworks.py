"""Credits and levels of different systems, compared. Always indicative: recognition is an institution's decision.

Credits are compared by hours, as a range where the system gives one (an ECTS credit is 25 to 30 hours), and levels by
where they stand beside the European Qualifications Framework. What nobody has published is not guessed: such a level
stands beside none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

INDICATIVE = "This is indicative, by hours. It is no recognition decision: that is for an institution to make."

STATED = "as stated"
"""The rule by which hours are known that a document gives itself."""

HOURS_IN_A_CREDIT: Mapping[str, tuple[int, int]] = {
    "ECTS": (25, 30),
    "MQF": (40, 40),
    "NZQCF": (10, 10),
    "CATS": (10, 10),
    "US": (45, 45),
}
HOURS_IN_A_YEAR: Mapping[str, int] = {"AQF": 1_200}
"""Systems without credits, which count years of full-time study."""
CREDITS_IN_A_YEAR: Mapping[str, int] = {"ECTS": 60, "NZQCF": 120, "CATS": 120, "US": 30, "AQF": 1}
"""What a full-time year counts in each system; the Malaysian one fixes none."""

SOURCES: Mapping[str, str] = {
    "ECTS": "European Commission, ECTS Users' Guide (2015): 25 to 30 hours a credit, 60 credits a year",
    "MQF": "Malaysian Qualifications Agency, Malaysian Qualifications Framework: 40 notional hours a credit",
    "NZQCF": "NZQA, New Zealand Qualifications and Credentials Framework: 10 notional hours a credit",
    "CATS": "QAA, Higher Education Credit Framework for England: 10 notional hours a credit, two credits to one ECTS",
    "US": "United States, 34 CFR 600.2 (credit hour): about 45 hours a semester credit hour",
    "AQF": "Australian Qualifications Framework, volume of learning: 1,200 hours a full-time year, no credits",
}

_EQF_BY_LEVEL: Mapping[str, Mapping[int, tuple[int, ...]]] = {
    "EQF": {level: (level,) for level in range(1, 9)},
    "QF-EHEA": {1: (6,), 2: (7,), 3: (8,)},
    "MQF": {6: (6,), 7: (7,), 8: (8,)},
    # The numbers of the FHEQ begin at 4; those below are of the framework that it continues.
    "FHEQ": {1: (2,), 2: (3,), 3: (4,), 4: (5,), 5: (5,), 6: (6,), 7: (7,), 8: (8,)},
    # Level 8 of these two is the honours and postgraduate level between the bachelor's and the master's.
    "NZQCF": {1: (2,), 2: (3,), 3: (4,), 4: (4,), 5: (5,), 6: (5,), 7: (6,), 8: (6, 7), 9: (7,), 10: (8,)},
    "AQF": {7: (6,), 8: (6, 7), 9: (7,), 10: (8,)},
}
LEVEL_SOURCES: Mapping[str, str] = {
    "EQF": "Council Recommendation 2017/C 189/03, Annex II",
    "QF-EHEA": "Council Recommendation 2017/C 189/03, Annex II: first, second and third cycle",
    "MQF": "Malaysian Qualifications Framework: levels 6, 7 and 8 are bachelor's, master's and doctorate",
    "FHEQ": "Referencing the Qualifications Frameworks of England and Northern Ireland to the EQF (2019)",
    "NZQCF": "European Commission and NZQA, Joint Technical Report (2016); level 8 has no single equal there",
    "AQF": "Australian Qualifications Framework: levels 7 to 10 by the degrees that stand there",
}


@dataclass(frozen=True)
class Hours:
    """A volume of learning, from `low` to `high` hours, and the rule that it was found by."""

    low: float
    high: float
    rule: str

    def overlaps(self, low: float, high: float) -> bool:
        return self.low <= high and self.high >= low

    def within(self, low: float, high: float) -> bool:
        return low <= self.low and self.high <= high

    def __str__(self) -> str:
        return f"{self.low:g} hours" if self.low == self.high else f"{self.low:g} to {self.high:g} hours"


def hours_of(framework: str, credits_given: float) -> Hours | None:
    """The hours behind a number of credits, or None for a system that is not known here."""
    known = HOURS_IN_A_CREDIT.get(framework)
    if known is None:
        return None
    low, high = known
    return Hours(credits_given * low, credits_given * high, rule_of(framework))


def credits_for(framework: str, hours: Hours) -> tuple[float, float] | None:
    """The least and the most credits of a system that these hours stand for, or None for a system not known here.

    Of a system without credits, the years of full-time study.
    """
    if framework in HOURS_IN_A_YEAR:
        year = HOURS_IN_A_YEAR[framework]
        return (hours.low / year, hours.high / year)
    known = HOURS_IN_A_CREDIT.get(framework)
    return None if known is None else (hours.low / known[1], hours.high / known[0])


def rule_of(framework: str) -> str:
    """The rule between credits and hours in a few words. Raises KeyError for a system that is not known here."""
    if framework in HOURS_IN_A_YEAR:
        return f"1 {framework} full-time year = {HOURS_IN_A_YEAR[framework]:,} hours"
    low, high = HOURS_IN_A_CREDIT[framework]
    return f"1 {framework} credit = {f'{low}' if low == high else f'{low}–{high}'} hours"


def eqf_levels(framework: str, level: int) -> tuple[int, ...]:
    """The levels of the European Qualifications Framework that a level stands beside; none where unknown."""
    return _EQF_BY_LEVEL.get(framework, {}).get(level, ())


def levels_beside(framework: str, level: int, other: str) -> tuple[int, ...]:
    """The levels of another framework that stand beside a level, by way of the European one; none where unknown."""
    if framework == other:
        return (level,)
    wanted = set(eqf_levels(framework, level))
    return tuple(found for found, beside in _EQF_BY_LEVEL.get(other, {}).items() if wanted & set(beside))
