"""What is bid for a unit of gas, and how a bid is raised until the cap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.amounts import GWEI
from ledger.chain.fees import FeePolicy, Fees, Market

CAPS = FeePolicy(max_fee=500 * GWEI, max_priority_fee=100 * GWEI)

fees = st.integers(0, 2_000 * GWEI)
markets = st.builds(Market, fees, fees)
policies = st.tuples(st.integers(1, 1_000 * GWEI), st.integers(1, 1_000 * GWEI)).map(
    lambda caps: FeePolicy(max_fee=max(caps), max_priority_fee=min(caps))
)


@given(policies, markets)
def test_the_first_bid_covers_a_base_fee_twice_as_high_unless_the_cap_is_lower(
    policy: FeePolicy, market: Market
) -> None:
    bid = policy.first(market)

    assert 0 <= bid.priority_fee <= bid.max_fee <= policy.max_fee
    assert bid.priority_fee <= min(market.priority_fee, policy.max_priority_fee)
    assert bid.max_fee == min(2 * market.base_fee + bid.priority_fee, policy.max_fee)


@given(policies, markets, markets)
def test_every_bid_is_one_that_nodes_take_for_the_last_and_none_exceeds_the_cap(
    policy: FeePolicy, at_first: Market, later: Market
) -> None:
    bid: Fees | None = policy.first(at_first)
    while bid is not None:
        last, bid = bid, policy.raised(bid, later)
        if bid is None:
            # The least that a node takes would exceed a cap.
            assert 9 * max(last.max_fee, 8) > 8 * policy.max_fee or 9 * max(last.priority_fee, 8) > (
                8 * policy.max_priority_fee
            )
            break
        for old, new in ((last.max_fee, bid.max_fee), (last.priority_fee, bid.priority_fee)):
            assert 10 * new >= 11 * old  # what nodes ask for
            assert 8 * new >= 9 * old  # what we do
            assert new > old
        assert bid.priority_fee <= bid.max_fee <= policy.max_fee
        assert bid.priority_fee <= policy.max_priority_fee


def test_a_raised_bid_follows_a_market_that_ran_away() -> None:
    assert CAPS.raised(Fees(3 * GWEI, GWEI), Market(40 * GWEI, 2 * GWEI)) == Fees(82 * GWEI, 2 * GWEI)


def test_a_raised_bid_is_an_eighth_higher_where_the_market_stood_still() -> None:
    assert CAPS.raised(Fees(3 * GWEI, GWEI), Market(GWEI, GWEI)) == Fees(3_375_000_000, 1_125_000_000)


def test_a_bid_that_reached_the_cap_is_not_raised() -> None:
    assert CAPS.raised(Fees(450 * GWEI, GWEI), Market(GWEI, GWEI)) is None
    assert CAPS.raised(Fees(300 * GWEI, 95 * GWEI), Market(GWEI, GWEI)) is None


@pytest.mark.parametrize(
    ("blocks", "seconds", "due"), [(2, 59, False), (3, 0, True), (0, 60, True), (-1, -5, False), (9, 600, True)]
)
def test_a_bid_is_due_after_three_blocks_or_a_minute(blocks: int, seconds: float, due: bool) -> None:
    assert FeePolicy().is_due(blocks=blocks, seconds=seconds) is due
