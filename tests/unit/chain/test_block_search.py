"""The last block at or before a moment: always the right one, in few rounds, whatever the pace of the chain."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.block_search import last_block_by
from ledger.chain.registry import BlockRef
from ledger.chain.rpc import Call, RpcError
from ledger.errors import RegistryUnreachable


class Chain:
    """A node of a chain whose blocks have these times. `hides` says which it does not show."""

    name = "node.example"

    def __init__(self, time_of: Callable[[int], int], length: int, hides: Callable[[int], bool] | None = None) -> None:
        self._time_of = time_of
        self._hides = hides or (lambda _: False)
        self.newest = self.block(length - 1)
        self.rounds = 0
        self.asked = 0

    def block(self, number: int) -> BlockRef:
        return BlockRef(number, sha256(str(number).encode()).digest(), self._time_of(number))

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        self.rounds += 1
        self.asked += len(calls)
        return [self._answer(int(str(parameters[0]), 16)) for _, parameters in calls]

    def _answer(self, number: int) -> object:
        if self._hides(number):
            return None if number % 2 else RpcError(-32000, "pruned history unavailable")
        block = self.block(number)
        return {"number": hex(number), "hash": "0x" + block.hash.hex(), "timestamp": hex(block.time)}


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=200), st.integers(-5, 10_005))
def test_it_is_the_last_that_is_not_later(times: list[int], moment: int) -> None:
    times.sort()
    chain = Chain(times.__getitem__, len(times))
    if moment >= times[-1]:
        return  # the newest is not later: there is nothing to look for
    found = last_block_by(chain, moment, chain.newest)
    place = bisect_right(times, moment) - 1
    assert found == (chain.block(place) if place >= 0 else None)


@pytest.mark.parametrize(
    ("time_of", "length", "most"),
    [
        (lambda n: 1_600_000_000 + 12 * n, 20_000_000, 5),
        (lambda n: 1_600_000_000 + 2 * n + (3_000_000 if n > 70_000_000 else 0), 150_000_000, 12),
        (lambda n: 0 if n == 0 else 1_438_000_000 + 13 * n, 25_000_000, 12),
        (lambda n: 2**n, 60, 12),
    ],
)
def test_a_guess_by_the_pace_leads_there_in_a_few_rounds(time_of: Callable[[int], int], length: int, most: int) -> None:
    chain = Chain(time_of, length)
    for part in (0.001, 0.3, 0.5, 0.77, 0.9999):
        chain.rounds = chain.asked = 0
        wanted = min(int(length * part), length - 2)
        assert last_block_by(chain, time_of(wanted), chain.newest) == chain.block(wanted)
        assert chain.rounds <= most
        assert chain.asked <= 6 * chain.rounds


def test_no_chain_can_make_it_many_rounds() -> None:
    for time_of in (lambda n: int(n > 12_345), int.bit_length, lambda n: n // 2**40 + (n > 12_345)):
        chain = Chain(time_of, 2**63)
        assert last_block_by(chain, time_of(12_345), chain.newest) is not None
        assert chain.rounds <= 64


def test_a_node_that_has_dropped_old_blocks_still_finds_those_that_it_has() -> None:
    chain = Chain(lambda n: 1_000 + 10 * n, 1_000, hides=lambda n: n < 500)
    assert last_block_by(chain, 1_000 + 7_005, chain.newest) == chain.block(700)
    for lost in (1_000 + 4_000, 999):
        with pytest.raises(RegistryUnreachable) as caught:
            last_block_by(chain, lost, chain.newest)
        assert caught.value.code == "history_unavailable"


def test_a_node_that_refuses_here_and_there_gives_no_wrong_block() -> None:
    for hidden in range(100):
        chain = Chain(lambda n: 10 * n, 100, hides=lambda n, hidden=hidden: n == hidden)  # type: ignore[misc]
        with suppress(RegistryUnreachable):
            assert last_block_by(chain, 555, chain.newest) == chain.block(55)


def test_blocks_out_of_order_are_nonsense() -> None:
    chain = Chain(lambda n: 10_000 if n == 50 else 10 * n, 100)
    with pytest.raises(RegistryUnreachable) as caught:
        last_block_by(chain, 490, chain.newest)
    assert caught.value.code == "rpc_malformed"
