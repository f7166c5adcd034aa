"""For how many anchors an account's money lasts, and when somebody should send some."""

from __future__ import annotations

from ledger.chain.amounts import GWEI
from tests.fakes import FAKE_GAS
from tests.unit.sending.conftest import Bench

PRICE = 2 * GWEI  # the base fee and the tip of the registry in memory


def test_it_is_reckoned_with_what_anchors_have_used(bench: Bench) -> None:
    bench.registry.auto_mine = True
    bench.registry.balances[bench.account.address] = 10**15
    first = bench.journal.forecast(bench.account.address)
    bench.sent()
    bench.look()

    later = bench.journal.forecast(bench.account.address)

    assert (first.cost_of_one, first.left) == (60_000 * PRICE, 8)
    assert (later.cost_of_one, later.left) == (FAKE_GAS * PRICE, 10)
    assert later.balance == 10**15


def test_it_warns_below_twenty_and_holds_what_cannot_be_sent(bench: Bench) -> None:
    bench.registry.auto_mine = True
    bench.sent()
    bench.look()

    def problem(anchors: float) -> str | None:
        bench.registry.balances[bench.account.address] = int(anchors * FAKE_GAS * PRICE)
        return bench.journal.forecast(bench.account.address).problem

    assert [problem(anchors) for anchors in (20, 19.9, 2, 1.6, 0)] == [
        None,
        "funds_warning",
        "funds_warning",
        "funds_low",
        "funds_low",
    ]


def test_dearer_gas_makes_it_last_for_less(bench: Bench) -> None:
    before = bench.journal.forecast(bench.account.address).left
    bench.registry.base_fee *= 10

    assert 5 * bench.journal.forecast(bench.account.address).left < before
