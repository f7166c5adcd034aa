"""Holds: put once, open until a person accepts them, and what they say while they are."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from ledger.errors import Conflict, NotFound
from ledger.keeping.holds import DRIFT, Holds
from ledger.storage import Database


@pytest.fixture
def holds(tmp_path: Path) -> Holds:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    return Holds(database)


def test_without_holds_issuing_goes_on(holds: Holds) -> None:
    holds.require_none()

    assert holds.open() == ()


def test_the_same_trouble_is_put_once(holds: Holds) -> None:
    first = holds.put(DRIFT, "abc", "two differences")
    again = holds.put(DRIFT, "abc", "two differences, said again")
    other = holds.put(DRIFT, "def", "three differences")

    assert again == first
    assert holds.open() == (first, other)


def test_an_open_hold_stops_issuing_in_one_sentence_that_says_what_to_do(holds: Holds) -> None:
    hold = holds.put(DRIFT, "abc", "two differences")

    with pytest.raises(Conflict, match=f"drift .hold {hold.id}: two differences.*cairn reconcile.*--accept") as raised:
        holds.require_none()

    assert raised.value.code == "issuing_held"
    assert "\n" not in str(raised.value)


def test_a_person_accepts_and_issuing_goes_on(holds: Holds) -> None:
    hold = holds.put(DRIFT, "abc", "two differences")

    accepted = holds.accept(hold.id, by="  Aminah ")
    again = holds.accept(hold.id, by="Someone else")

    assert accepted.accepted_by == "Aminah"
    assert accepted.accepted_at is not None
    assert again == accepted
    holds.require_none()


def test_the_same_trouble_can_come_again_once_it_was_accepted(holds: Holds) -> None:
    holds.accept(holds.put(DRIFT, "abc", "two differences").id, by="Aminah")

    again = holds.put(DRIFT, "abc", "two differences")

    assert holds.open() == (again,)


def test_nobody_accepts_without_a_name_nor_what_is_not_there(holds: Holds) -> None:
    hold = holds.put(DRIFT, "abc", "two differences")

    with pytest.raises(Conflict, match="who"):
        holds.accept(hold.id, by=" ")
    with pytest.raises(NotFound):
        holds.accept(hold.id + 1, by="Aminah")

    assert holds.open() == (hold,)


def test_many_threads_put_one_hold(holds: Holds) -> None:
    threads = [Thread(target=holds.put, args=(DRIFT, "abc", "two differences")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(holds.open()) == 1
