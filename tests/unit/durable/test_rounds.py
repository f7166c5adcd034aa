"""What is done in rounds: again and again, whatever goes wrong, until the worker ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

import pytest

from ledger.durable import rounds
from ledger.durable.rounds import Round, Rounds
from ledger.errors import RegistryUnreachable


class Work:
    """Counts its rounds, and is done after so many."""

    def __init__(self, count: int, *answers: Callable[[], float | None]) -> None:
        self.count = count
        self.done = Event()
        self._answers = list(answers)

    def __call__(self) -> float | None:
        self.count -= 1
        if self.count == 0:
            self.done.set()
        return self._answers.pop(0)() if self._answers else 0.0


def fail(error: Exception) -> Callable[[], float | None]:
    def raise_it() -> float | None:
        raise error

    return raise_it


def test_rounds_go_on_whatever_goes_wrong(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(rounds, "RETRY_SECONDS", 0.001)
    work = Work(
        3, fail(RegistryUnreachable("https://key@node", "registry_unreachable")), fail(ValueError("https://key@node"))
    )
    stop = Event()
    running = Rounds([Round("deliver", work)], stop)
    with caplog.at_level(logging.WARNING, "cairn.work"):
        running.start()
        assert work.done.wait(60)
        stop.set()
        running.join(60)
    assert [record.getMessage() for record in caplog.records] == [
        "the round deliver was broken off: registry_unreachable",
        "the round deliver was broken off",
    ]


def test_what_has_nothing_to_do_is_asked_again_and_one_round_waits_for_no_other() -> None:
    idle, slow, stop = Work(3, lambda: None, lambda: None), Event(), Event()

    def hang() -> None:
        slow.wait(120)

    running = Rounds([Round("slow", hang), Round("idle", idle, idle=0.01)], stop)
    running.start()
    assert idle.done.wait(60)
    stop.set()
    slow.set()
    running.join(60)


def test_the_first_round_can_wait_and_an_end_does_not_wait_for_it() -> None:
    work, stop = Work(1), Event()
    running = Rounds([Round("compare", work, first=3600.0)], stop)
    running.start()
    stop.set()
    running.join(60)
    assert not work.done.is_set()


def test_a_command_that_ends_waits_for_the_round_on_its_way_and_then_does_the_rest_itself() -> None:
    begun, go_on, stop = Event(), Event(), Event()
    done: list[str] = []

    def work() -> float | None:
        if begun.is_set():
            done.append("the rest")
            return None
        begun.set()
        go_on.wait(60)
        done.append("what the thread had begun")
        return 3600.0

    running = Rounds([Round("deliver", work, idle=3600.0)], stop)
    running.start()
    assert begun.wait(60)
    said: list[bool] = []
    ending = Thread(target=lambda: said.append(running.finish("deliver", 60.0)))
    ending.start()
    go_on.set()
    ending.join(60)
    assert done == ["what the thread had begun", "the rest"]
    assert said == [True]
    stop.set()
    running.join(60)


def test_a_command_that_ends_goes_on_while_something_is_due_but_not_for_ever() -> None:
    work, stop = Work(3, lambda: 0.0, lambda: 0.0, lambda: 5.0), Event()
    running = Rounds([Round("deliver", work, first=3600.0)], stop)
    assert running.finish("deliver", 60.0)
    assert work.done.is_set()
    assert not running.finish("deliver", 0.0)
