"""Workers that plan for one account at the same time: a nonce for each call, none twice, none skipped."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import text

from ledger.chain.registry import Registry
from ledger.sending.journal import Journal
from ledger.storage import Database
from tests.postgres import postgres_server
from tests.unit.sending.conftest import Bench, name

WORKERS, CALLS = 4, 12


class TurnTaking:
    """The registry in memory is not made for threads: one call at a time."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = Lock()

    def __getattr__(self, attribute: str) -> Any:
        method = getattr(self._registry, attribute)

        def take_turns(*arguments: object) -> Any:
            with self._lock:
                return method(*arguments)

        return take_turns


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """As many ways to one database as there are workers."""
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else f"sqlite:///{tmp_path}/shared.db"
    Database(url).migrate()
    return [url] * WORKERS


def test_workers_that_share_an_account_share_no_nonce(bench: Bench, urls: list[str]) -> None:
    shared: Any = TurnTaking(bench.registry)
    databases = [Database(url) for url in urls]

    def work(worker: int) -> list[int]:
        journal = Journal(databases[worker], shared, patience=240.0, poll=0.01, most_in_flight=CALLS)
        # Two workers take each call, as after a restart that came too early.
        mine = [number for number in range(1, CALLS + 1) if number % 2 == worker % 2]
        return [journal.plan(name(number), bench.call(number), bench.account).nonce for number in mine]

    with ThreadPoolExecutor(WORKERS) as pool:
        nonces = list(pool.map(work, range(WORKERS)))

    assert nonces[0] == nonces[2]
    assert nonces[1] == nonces[3]
    assert sorted([*nonces[0], *nonces[1]]) == list(range(CALLS))
    with databases[0].reading() as session:
        assert session.connection().execute(text("SELECT count(*) FROM transaction_bids")).scalar_one() == CALLS

    bench.database, bench.options = databases[0], {"most_in_flight": CALLS}
    for number in range(1, CALLS + 1):
        bench.send(number)
    bench.registry.mine()
    assert sorted(bench.anchored()) == list(range(1, CALLS + 1))
    for database in databases[1:]:
        database.close()


def test_two_workers_that_outbid_at_the_same_time_make_one_bid(bench: Bench) -> None:
    bench.sent()
    bench.send()
    bench.wait(seconds=61)
    other = replace(bench)
    asked = bench.registry.market

    def market_with_a_rival() -> Any:
        bench.registry.market = asked  # type: ignore[method-assign]
        other.send()
        return asked()

    bench.registry.market = market_with_a_rival  # type: ignore[method-assign]

    bench.send()

    assert len(bench.bids()) == 2
    assert bench.registry.pool == (bench.bids()[-1],)
