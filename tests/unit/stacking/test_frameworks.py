"""Hours behind credits, and levels beside levels: ranges that hold both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.errors import CairnError
from ledger.stacking.comparison import FRAMEWORKS, HOURS, compare, sentences
from ledger.stacking.frameworks import (
    HOURS_IN_A_CREDIT,
    INDICATIVE,
    LEVEL_SOURCES,
    SOURCES,
    credits_for,
    eqf_levels,
    hours_of,
    levels_beside,
)

systems = st.sampled_from(sorted(HOURS_IN_A_CREDIT))
numbers = st.floats(min_value=0.1, max_value=500)


@pytest.mark.parametrize(
    ("given_credits", "framework", "other", "low", "high"),
    [
        (15, "NZQCF", "ECTS", 5, 6),
        (60, "ECTS", "NZQCF", 150, 180),
        (60, "NZQCF", "ECTS", 20, 24),
        (10, "MQF", "ECTS", 400 / 30, 16),
        (3, "US", "ECTS", 4.5, 5.4),
        (20, "CATS", "ECTS", 200 / 30, 8),
        (5, "ECTS", "ECTS", 5 * 25 / 30, 6),
        (120, "NZQCF", "AQF", 1, 1),
    ],
)
def test_credits_become_others_by_hours(
    given_credits: float, framework: str, other: str, low: float, high: float
) -> None:
    hours = hours_of(framework, given_credits)
    assert hours is not None
    assert credits_for(other, hours) == pytest.approx((low, high))


@given(systems, systems, numbers, numbers)
def test_more_credits_are_never_less_elsewhere(one: str, other: str, first: float, second: float) -> None:
    less, more = (credits_for(other, hours) for value in sorted((first, second)) if (hours := hours_of(one, value)))
    assert less is not None
    assert more is not None
    assert less[0] <= less[1]
    assert less[0] <= more[0]
    assert less[1] <= more[1]


@given(systems, systems, numbers)
def test_the_way_back_leads_to_a_range_that_holds_what_was_given(one: str, other: str, value: float) -> None:
    hours = hours_of(one, value)
    assert hours is not None
    there = credits_for(other, hours)
    assert there is not None
    ends = [credits_for(one, found) for amount in there if (found := hours_of(other, amount))]
    assert min(end[0] for end in ends if end) <= value * 1.0000001
    assert max(end[1] for end in ends if end) >= value * 0.9999999


@given(st.sampled_from(sorted(LEVEL_FRAMEWORKS)), st.integers(1, 10), st.sampled_from(sorted(LEVEL_FRAMEWORKS)))
def test_if_a_level_stands_beside_another_so_does_that_beside_it(one: str, level: int, other: str) -> None:
    for found in levels_beside(one, level, other):
        assert level in levels_beside(other, found, one)
    assert list(eqf_levels(one, level)) == sorted(eqf_levels(one, level))


def test_a_level_that_nobody_has_compared_stands_beside_none() -> None:
    assert eqf_levels("MQF", 3) == ()
    assert levels_beside("MQF", 3, "NZQCF") == ()
    assert eqf_levels("NZQCF", 8) == (6, 7)
    assert levels_beside("NZQCF", 9, "AQF") == (8, 9)


def test_every_system_has_its_source() -> None:
    assert SOURCES.keys() == CREDIT_FRAMEWORKS.keys() | {"AQF"}
    assert LEVEL_SOURCES.keys() == LEVEL_FRAMEWORKS.keys()


def test_a_comparison_names_range_rule_and_source_and_what_it_is_not() -> None:
    found = compare(15, "NZQCF", level=8)
    ects = next(amount for amount in found.amounts if amount.framework == "ECTS")
    assert (ects.low, ects.high, ects.rule, ects.by_year) == (5, 6, "1 ECTS credit = 25–30 hours", 7.5)
    assert "ECTS Users' Guide" in ects.source
    told = sentences(found)
    assert told[0] == "15 NZQCF credits = 150 hours (1 NZQCF credit = 10 hours)"
    assert "  5 to 6 ECTS credits (1 ECTS credit = 25–30 hours; by the share of a full-time year, 7.5)" in told
    assert "NZQCF level 8 stands beside EQF level 6–7, and so beside" in told
    assert told[-1] == INDICATIVE
    assert found.to_dict()["note"] == INDICATIVE


def test_the_australian_system_counts_years_and_hours_count_as_they_are() -> None:
    year = compare(1, "AQF")
    assert (year.hours.low, year.hours.high) == (1200, 1200)
    assert {amount.framework: (amount.low, amount.high) for amount in year.amounts}["ECTS"] == (40, 48)
    hours = compare(150, HOURS)
    assert {amount.framework for amount in hours.amounts} == set(FRAMEWORKS)
    assert sentences(hours)[0] == "150 hours of learning"


def test_a_level_is_of_the_framework_that_goes_with_the_credits() -> None:
    assert compare(5, "ECTS", level=6).level == ("EQF", 6)
    assert compare(20, "CATS", level=7).level == ("FHEQ", 7)
    assert compare(3, "US", level=7, level_framework="EQF").level == ("EQF", 7)


@pytest.mark.parametrize(
    ("amount", "framework", "more", "code"),
    [
        (15, "XYZ", {}, "framework_unknown"),
        (0, "ECTS", {}, "amount_range"),
        (-3, "ECTS", {}, "amount_range"),
        (float("nan"), "ECTS", {}, "amount_range"),
        (float("inf"), "ECTS", {}, "amount_range"),
        (5, "ECTS", {"level": 9}, "level_range"),
        (5, "ECTS", {"level": 0}, "level_range"),
        (3, "US", {"level": 7}, "framework_unknown"),
        (150, "hours", {"level": 7}, "framework_unknown"),
        (5, "ECTS", {"level": 7, "level_framework": "XYZ"}, "framework_unknown"),
    ],
)
def test_what_cannot_be_compared_is_refused(amount: float, framework: str, more: dict[str, object], code: str) -> None:
    with pytest.raises(CairnError) as caught:
        compare(amount, framework, **more)  # type: ignore[arg-type]
    assert caught.value.code == code
