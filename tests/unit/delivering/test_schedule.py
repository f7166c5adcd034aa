"""How long to wait: ever longer, never beyond three days in all, and never for ever."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.delivering.schedule import LONGEST, LONGEST_WAIT, REFUSALS, STEPS, next_wait
from ledger.delivering.values import Answer, Outcome

answers = st.sampled_from([Answer.LATER, Answer.AWAY])
chances = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(st.lists(chances, min_size=len(STEPS) + 1, max_size=len(STEPS) + 1), answers)
def test_waits_grow_and_end_within_three_days(drawn: list[float], answer: Answer) -> None:
    waits = [next_wait(tries, Outcome(answer), iter(drawn[tries - 1 :]).__next__) for tries in range(1, 10)]

    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert len(known) == len(STEPS)
    assert all(earlier <= later * 1.1 for earlier, later in pairwise(known))
    assert 2 * 86_400 < sum(known) <= LONGEST


@given(st.integers(min_value=1, max_value=10_000), st.integers(min_value=0, max_value=10**12), chances)
def test_no_receiver_can_make_us_wait_for_ever_or_less_than_we_would(tries: int, asked: int, chance: float) -> None:
    wait = next_wait(tries, Outcome(Answer.AWAY, wait=asked), lambda: chance)

    if tries > len(STEPS):
        assert wait is None
    else:
        assert wait is not None
        assert STEPS[tries - 1] <= wait <= LONGEST_WAIT


@given(st.integers(min_value=1, max_value=20), chances)
def test_what_is_refused_is_tried_three_times(tries: int, chance: float) -> None:
    assert (next_wait(tries, Outcome(Answer.REFUSED), lambda: chance) is None) == (tries >= REFUSALS)
