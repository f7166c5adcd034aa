"""Steps with checkpoints: what passes is waited out, what does not is parked, and what was done is not done again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

import pytest

from ledger.durable import checkpoints
from ledger.durable.checkpoints import Checkpoints, Parked, Stopping
from ledger.durable.orders import Problem
from ledger.errors import Conflict, RegistryUnreachable, WorkspaceError

LOST = Problem("internal", "something went wrong here; see the log")


class Book:
    """What the engine and the orders would have stored: the answers of steps by number, and what was noted."""

    def __init__(self) -> None:
        self.said: list[dict[str, str]] = []
        self.noted: list[tuple[Problem | None, bool]] = []
        self.stop = Event()
        self.full: list[WorkspaceError] = []
        self.is_current = True

    def steps(self, *, troubled: bool = False) -> Checkpoints:
        """Another run of the same work: it replays what was said before."""
        replayed = iter(tuple(self.said))

        def checkpoint(_name: str, step: Callable[[], dict[str, str]]) -> dict[str, str]:
            said = next(replayed, None)
            if said is None:
                said = step()
                self.said.append(said)
            return said

        def note(problem: Problem | None, parked: bool) -> None:
            if self.full:
                raise self.full.pop()
            self.noted.append((problem, parked))

        return Checkpoints(checkpoint, note, self.stop, troubled=troubled, is_current=lambda: self.is_current)


class Trouble:
    """A step that fails in these ways, one after the other, and then is done."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "sent"


def test_work_that_another_job_does_now_ends_without_a_word() -> None:
    book, step = Book(), Trouble()
    book.is_current = False

    with pytest.raises(Parked, match="replaced"):
        book.steps().run("send", step)

    assert (step.calls, book.noted) == (0, [])


def test_a_step_that_fails_because_another_job_overtook_it_parks_nothing() -> None:
    book = Book()

    def overtaken() -> str:
        book.is_current = False
        raise Conflict("the act was cancelled meanwhile", "act_settled")

    with pytest.raises(Parked, match="replaced"):
        book.steps().run("send", overtaken)

    assert book.noted == []


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FIRST_RETRY", 0.001)
    monkeypatch.setattr(checkpoints, "RETRY_SECONDS", 0.002)


@pytest.mark.parametrize(
    "error",
    [
        RegistryUnreachable("the node does not answer", "registry_unreachable"),
        Conflict("issuing is held", "issuing_held"),
        Conflict("the account is nearly empty", "funds_low"),
        WorkspaceError("database_busy", "another process is writing"),
        WorkspaceError("database_full", "the disk is full"),
    ],
)
def test_passing_trouble_is_noted_and_waited_out(error: Conflict | RegistryUnreachable | WorkspaceError) -> None:
    book, step = Book(), Trouble(error, error, error)

    assert book.steps().run("send", step) == "sent"

    assert step.calls == 4
    assert book.noted == [(Problem(error.code, str(error)), False)] * 3 + [(None, False)]
    assert book.said == [{"stage": "sent"}]


def test_what_does_not_pass_is_parked_once_and_for_all_replays() -> None:
    book, step = Book(), Trouble(WorkspaceError("batch_corrupt", "batch 7 is not what was sealed"))

    for _ in range(2):
        with pytest.raises(Parked, match="batch_corrupt"):
            book.steps().run("plan", step)

    assert step.calls == 1
    assert book.noted == [(Problem("batch_corrupt", "batch 7 is not what was sealed"), True)]


def test_a_flaw_of_ours_is_logged_and_parked_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    book = Book()
    with caplog.at_level(logging.ERROR, "cairn.work"), pytest.raises(Parked, match="internal"):
        book.steps().run("seal", Trouble(ValueError("Siti Aminah")))
    assert book.noted == [(LOST, True)]
    assert caplog.records[0].exc_info is not None


def test_a_replay_repeats_no_step() -> None:
    book, steps = Book(), [Trouble(), Trouble(), Trouble()]
    first = book.steps()
    for step in steps[:2]:
        first.run("step", step)

    again = book.steps()
    assert [again.run("step", step) for step in steps] == ["sent"] * 3
    assert [step.calls for step in steps] == [1, 1, 1]


def test_a_problem_that_an_earlier_run_noted_is_forgotten_once_it_goes_on() -> None:
    book = Book()
    book.steps(troubled=True).run("send", Trouble())
    assert book.noted == [(None, False)]


def test_what_could_not_be_forgotten_is_forgotten_later() -> None:
    book = Book()
    steps = book.steps(troubled=True)
    book.full = [WorkspaceError("database_full", "the disk is full")]
    steps.run("send", Trouble())
    steps.run("confirm", Trouble())
    assert book.noted == [(None, False)]


def test_a_parked_problem_is_stored_whatever_it_takes() -> None:
    book = Book()
    book.full = [WorkspaceError("database_busy", "another process is writing")] * 2
    with pytest.raises(Parked):
        book.steps().run("plan", Trouble(Conflict("the issuer is suspended", "issuer_suspended")))
    assert book.noted == [(Problem("issuer_suspended", "the issuer is suspended"), True)]


@pytest.mark.parametrize("error", [None, RegistryUnreachable("the node does not answer", "registry_unreachable")])
def test_stopping_ends_no_work(error: Exception | None) -> None:
    book, step = Book(), Trouble(*[error] * 3 if error else [])

    def stop_and_fail() -> str:
        book.stop.set()
        return step() if error else "sent"

    if error is None:
        book.steps().run("send", stop_and_fail)  # a step that was begun is finished
        assert book.said == [{"stage": "sent"}]
    with pytest.raises(Stopping):
        book.steps().watch("confirm", stop_and_fail, {"sent"}, 60.0)
    with pytest.raises(Stopping):
        book.steps().check()

    assert not issubclass(Stopping, Exception)
    assert not any(parked for _, parked in book.noted)
    assert len(book.said) == (error is None)


def test_a_watch_goes_on_while_nothing_changes_and_leaves_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_SECONDS", 0.0)
    book, stages = Book(), iter(["sent", "sent", "mined"])

    assert book.steps().watch("confirm", lambda: next(stages), {"sent"}, 0.001) == "mined"

    assert book.said == [{"stage": "sent"}, {"stage": "sent"}, {"stage": "mined"}]


def test_what_steps_need_is_made_anew_and_meets_trouble_as_they_do() -> None:
    book = Book()
    make = Trouble(RegistryUnreachable("the node does not answer", "registry_unreachable"))
    assert book.steps().prepare(make) == "sent"
    with pytest.raises(Parked, match="sponsor_unknown"):
        book.steps().prepare(Trouble(Conflict("there is no such sponsor", "sponsor_unknown")))

    assert book.said == []
    assert book.noted[-1] == (Problem("sponsor_unknown", "there is no such sponsor"), True)
