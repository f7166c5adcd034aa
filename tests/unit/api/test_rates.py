"""Token buckets."""

from __future__ import annotations

import pytest

from api.rates import KEPT, RateLimiter, caller


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_caller_may_take_as_many_as_a_minute_allows_and_then_waits() -> None:
    limiter = RateLimiter(3, Clock())
    assert [limiter.take("a") for _ in range(3)] == [0, 0, 0]
    assert limiter.take("a") == 20
    assert limiter.wait("a") == 20


def test_a_bucket_refills_steadily() -> None:
    clock = Clock()
    limiter = RateLimiter(3, clock)
    for _ in range(3):
        limiter.take("a")
    clock.now += 20
    assert limiter.take("a") == 0
    assert limiter.take("a") > 0


def test_callers_are_counted_apart() -> None:
    limiter = RateLimiter(1, Clock())
    assert limiter.take("a") == 0
    assert limiter.take("b") == 0


def test_asking_takes_nothing() -> None:
    limiter = RateLimiter(1, Clock())
    assert [limiter.wait("a") for _ in range(5)] == [0] * 5
    assert limiter.take("a") == 0


def test_zero_switches_the_limit_off() -> None:
    limiter = RateLimiter(0, Clock())
    assert not any(limiter.take("a") or limiter.wait("a") for _ in range(1000))


def test_a_flood_of_addresses_costs_bounded_memory() -> None:
    limiter = RateLimiter(1, Clock())
    for number in range(KEPT + 100):
        limiter.take(str(number))
    assert len(limiter._buckets) == KEPT


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_caller_is_an_ipv4_address_or_an_ipv6_network(host: str | None, key: str) -> None:
    assert caller(host) == key
