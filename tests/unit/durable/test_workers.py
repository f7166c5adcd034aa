"""Who works: whoever is silent for ten seconds is dead, and learns of it should it wake up."""

from __future__ import annotations

from threading import Event

import pytest

from ledger.durable.heartbeat import Heartbeat
from ledger.durable.workers import SILENCE_SECONDS, Workers
from ledger.errors import Conflict
from ledger.storage import Database
from tests.unit.durable.conftest import Clock


@pytest.fixture
def workers(database: Database, clock: Clock) -> Workers:
    return Workers(database, clock)


def test_a_worker_lives_while_it_beats(workers: Workers, clock: Clock) -> None:
    token = workers.enter("one")
    for _ in range(3):
        clock.now += SILENCE_SECONDS - 1
        assert workers.beat("one", token)
    assert workers.alive() == {"one"}

    clock.now += SILENCE_SECONDS
    assert workers.alive() == set()
    assert [(w.name, w.is_alive) for w in workers.all()] == [("one", False)]


def test_one_that_ended_is_dead_at_once(workers: Workers) -> None:
    token = workers.enter("one")
    workers.leave("one", token)
    assert workers.alive() == set()
    workers.enter("one")
    assert workers.alive() == {"one"}


def test_a_name_that_lives_is_refused(workers: Workers, clock: Clock) -> None:
    token = workers.enter("one")
    with pytest.raises(Conflict) as raised:
        workers.enter("one")
    assert raised.value.code == "worker_busy"
    assert workers.beat("one", token)

    clock.now += 4
    with pytest.raises(Conflict):
        workers.enter("one")
    assert workers.enter("one", silence=4) != token


def test_an_earlier_run_of_the_name_learns_to_stop_and_changes_nothing(workers: Workers, clock: Clock) -> None:
    before = workers.enter("one")
    clock.now += SILENCE_SECONDS
    now = workers.enter("one")

    assert not workers.beat("one", before)
    workers.leave("one", before)

    assert workers.alive() == {"one"}
    assert workers.beat("one", now)


def test_one_whose_work_was_taken_over_learns_to_stop(workers: Workers, clock: Clock) -> None:
    token = workers.enter("one")
    assert not workers.replace("one")
    assert workers.beat("one", token)

    clock.now += SILENCE_SECONDS
    assert workers.replace("one")

    assert not workers.beat("one", token)
    assert workers.alive() == set()
    assert workers.replace("nobody")


def test_one_that_is_known_to_be_gone_is_forgotten(workers: Workers) -> None:
    workers.enter("one")
    workers.forget("one")
    workers.forget("nobody")
    assert workers.alive() == set()


def test_the_heartbeat_says_so_and_hears_of_it(workers: Workers, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.durable.heartbeat.BEAT_SECONDS", 0.01)
    token, lost, beaten = workers.enter("one"), Event(), Event()
    beat = workers.beat

    def count(name: str, given: str) -> bool:
        beaten.set()
        return beat(name, given)

    monkeypatch.setattr(workers, "beat", count)
    heartbeat = Heartbeat(workers, "one", token, lost=lost.set)
    clock.now += SILENCE_SECONDS - 1
    heartbeat.start()
    assert beaten.wait(60)
    assert not lost.is_set()

    clock.now += 2 * SILENCE_SECONDS
    workers.enter("one", silence=-1)
    assert lost.wait(60)
    heartbeat.end()
