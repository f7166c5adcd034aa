"""Credits and levels of different systems, compared. Always indicative: recognition is an institution's decision.

Credits are compared by hours, as a range where the system gives one (an ECTS credit is 25 to 30 hours), and levels by
where the degrees of a framework stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HOURS_IN_A_CREDIT: Mapping[str, tuple[int, int]] = {
    "ECTS": (25, 30),  # ECTS Users' Guide 2015
    "MQF": (40, 40),
    "NZQCF": (10, 10),
    "CATS": (10, 10),
    "US": (45, 45),
}

_EQF_BY_LEVEL: Mapping[str, Mapping[int, tuple[int, ...]]] = {
    "EQF": {level: (level,) for level in range(1, 9)},
    "QF-EHEA": {1: (6,), 2: (7,), 3: (8,)},
    "MQF": {6: (6,), 7: (7,), 8: (8,)},
    "FHEQ": {6: (6,), 7: (7,), 8: (8,)},
    # Level 8 of these two is the honours and postgraduate level between the bachelor's and the master's.
    "NZQCF": {7: (6,), 8: (6, 7), 9: (7,), 10: (8,)},
    "AQF": {7: (6,), 8: (6, 7), 9: (7,), 10: (8,)},
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
    each = f"{low}" if low == high else f"{low}–{high}"
    return Hours(credits_given * low, credits_given * high, f"1 {framework} credit = {each} hours")


def credits_for(framework: str, hours: Hours) -> tuple[float, float] | None:
    """The least and the most credits of a system that these hours stand for, or None for a system not known here."""
    known = HOURS_IN_A_CREDIT.get(framework)
    return None if known is None else (hours.low / known[1], hours.high / known[0])


def eqf_levels(framework: str, level: int) -> tuple[int, ...]:
    """The levels of the European Qualifications Framework that a degree's level stands beside; none where unknown."""
    return _EQF_BY_LEVEL.get(framework, {}).get(level, ())
