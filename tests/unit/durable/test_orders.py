"""What was asked for: once, however often it is asked for, until it is done."""

from __future__ import annotations

import pytest

from ledger.durable.orders import OrderKind, Orders, Problem
from ledger.errors import NotFound
from tests.unit.durable.conftest import Clock

TROUBLE = Problem("batch_corrupt", "batch 7 is not what was sealed")


def test_asking_twice_is_asking_once(orders: Orders, clock: Clock) -> None:
    first = orders.place(OrderKind.ISSUE, 7)
    clock.now += 60
    again = orders.place(OrderKind.ISSUE, 7)

    assert again == first
    assert orders.open() == (first,)
    assert orders.place(OrderKind.WITHDRAW, 7, reason=1).id != first.id


def test_what_is_on_its_way_takes_another_sponsor(orders: Orders) -> None:
    orders.place(OrderKind.ISSUE, 7)
    paid = orders.place(OrderKind.ISSUE, 7, sponsor="https://relay.example", sponsor_days=3)
    assert (paid.sponsor, paid.sponsor_days, paid.attempt) == ("https://relay.example", 3, 2)
    again = orders.place(OrderKind.ISSUE, 7, sponsor="https://relay.example", sponsor_days=3)
    assert (again.sponsor, again.attempt) == ("https://relay.example", 2)
    own = orders.place(OrderKind.ISSUE, 7)
    assert (own.sponsor, own.attempt) == (None, 3)


def test_what_waits_for_a_person_is_tried_again_when_it_is_asked_for_again(orders: Orders, clock: Clock) -> None:
    order = orders.place(OrderKind.WITHDRAW, 7, reason=1)
    orders.note(order.id, TROUBLE, parked=True)
    parked = orders.get(OrderKind.WITHDRAW, 7)
    assert (parked.is_parked, parked.problem, parked.attempt) == (True, TROUBLE, 1)
    assert orders.open() == (parked,)

    clock.now += 3600
    again = orders.place(OrderKind.WITHDRAW, 7, reason=4)

    assert (again.is_parked, again.problem, again.attempt) == (False, None, 2)
    assert (again.asked_at, again.reason) == (int(clock.now), 4)


def test_what_is_done_begins_anew_with_an_age_of_its_own(orders: Orders, clock: Clock) -> None:
    order = orders.place(OrderKind.STATUS, 3)
    orders.finish(order.id)
    assert orders.get(OrderKind.STATUS, 3).done_at == int(clock.now)
    assert orders.open() == ()

    clock.now += 86_400
    again = orders.place(OrderKind.STATUS, 3)

    assert (again.id, again.attempt, again.is_done) == (order.id, 2, False)
    clock.now += 5
    assert orders.ages() == {OrderKind.STATUS: (1, 5.0)}


def test_finishing_forgets_what_was_in_the_way(orders: Orders, clock: Clock) -> None:
    order = orders.place(OrderKind.ISSUE, 7)
    orders.note(order.id, TROUBLE, parked=True)
    orders.finish(order.id)
    done_at = clock.now
    clock.now += 10
    orders.finish(order.id)

    done = orders.get(OrderKind.ISSUE, 7)
    assert (done.problem, done.is_parked, done.done_at) == (None, False, int(done_at))


def test_an_attempt_is_counted_once_and_only_where_the_work_goes_on(orders: Orders) -> None:
    order = orders.place(OrderKind.ISSUE, 7)
    for _ in range(2):
        orders.begin_anew(order.id, order.attempt)
    assert orders.by_id(order.id).attempt == 2

    orders.note(order.id, TROUBLE, parked=True)
    orders.begin_anew(order.id, 2)
    assert orders.by_id(order.id).attempt == 2

    orders.finish(order.id)
    orders.begin_anew(order.id, 2)
    assert orders.by_id(order.id).attempt == 2


def test_ages_are_of_the_oldest_that_goes_on(orders: Orders, clock: Clock) -> None:
    for subject in (1, 2, 3):
        order = orders.place(OrderKind.ISSUE, subject)
        if subject == 1:
            orders.note(order.id, TROUBLE, parked=True)
        clock.now += 10
    orders.place(OrderKind.STATUS, 1)

    assert orders.ages() == {OrderKind.ISSUE: (2, 20.0), OrderKind.STATUS: (1, 0.0)}

    clock.now -= 1000  # set back: nothing is younger than now
    assert orders.ages()[OrderKind.ISSUE] == (2, 0.0)


def test_nobody_asked_for_it(orders: Orders) -> None:
    orders.place(OrderKind.ISSUE, 1)
    assert orders.find(OrderKind.STATUS, 1) is None
    assert orders.known(OrderKind.ISSUE, [1, 2, 3]) == {1}
    with pytest.raises(NotFound) as raised:
        orders.get(OrderKind.ISSUE, 2)
    assert raised.value.code == "order_unknown"
