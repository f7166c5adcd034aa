"""What is made of verdicts is made once for a verdict, and never outlives it, nor what it says besides."""

from __future__ import annotations

import threading

from api.sharing.shelf import KEPT, Shelf
from ledger.verifying.report import IssuerFacts, Outcome, VerificationReport


def any_report() -> VerificationReport:
    return VerificationReport(Outcome.VALID, "valid", "Said.", (), b"", IssuerFacts(None, None), None)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Making:
    """Counts what is made, and says what it is made of besides the reports."""

    def __init__(self) -> None:
        self.besides: object = "nothing else"
        self.asked = self.made = 0

    def make(self) -> str:
        self.made += 1
        return f"{self.besides}, {self.made}"

    def ask(self) -> object:
        self.asked += 1
        return self.besides


def test_of_the_same_reports_nothing_is_made_twice_however_long_they_hold() -> None:
    clock, making, report = Clock(), Making(), any_report()
    shelf: Shelf[str] = Shelf(2.0, clock)
    for clock.now in (0.0, 1.0, 3.0, 100.0, 101.0):
        assert shelf.content("a", [report], making.make, making.ask) == "nothing else, 1"
    assert making.asked == 3  # at first, and each time that what was asked was older than two seconds


def test_what_it_says_besides_is_never_older_than_said() -> None:
    clock, making, report = Clock(), Making(), any_report()
    shelf: Shelf[str] = Shelf(2.0, clock)
    shelf.content("a", [report], making.make, making.ask)
    making.besides = "corrected"
    clock.now = 2.5
    assert shelf.content("a", [report], making.make, making.ask) == "corrected, 2"


def test_another_report_is_never_shown_what_was_made_of_the_last() -> None:
    making, first, second = Making(), any_report(), any_report()
    shelf: Shelf[str] = Shelf(2.0, Clock())
    given: list[list[VerificationReport]] = [[first], [second], [first, second], [second]]
    found = [shelf.content("a", reports, making.make, making.ask) for reports in given]
    assert len(set(found)) == 4


def test_without_being_told_what_else_it_says_it_is_made_again() -> None:
    clock, making, report = Clock(), Making(), any_report()
    shelf: Shelf[str] = Shelf(2.0, clock)
    for clock.now in (0.0, 1.0, 3.0):
        shelf.content("a", [report], making.make)
    assert making.made == 2


def test_those_who_ask_together_wait_for_one_that_makes_it() -> None:
    making, report, begun, go = Making(), any_report(), threading.Event(), threading.Event()
    shelf: Shelf[str] = Shelf(2.0)

    def slowly() -> str:
        begun.set()
        go.wait(10)
        return making.make()

    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(shelf.content("a", [report], slowly, making.ask)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    begun.wait(10)
    go.set()
    for thread in threads:
        thread.join(10)
    assert found == ["nothing else, 1"] * 8


def test_what_is_asked_for_stays_and_the_rest_makes_room() -> None:
    making, report = Making(), any_report()
    shelf: Shelf[str] = Shelf(2.0, Clock())
    for key in range(KEPT + 1):
        shelf.content(key, [report], making.make)
    shelf.content(KEPT, [report], making.make)
    assert making.made == KEPT + 1
    shelf.content(0, [report], making.make)
    assert making.made == KEPT + 2
