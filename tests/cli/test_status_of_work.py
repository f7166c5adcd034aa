"""`cairn status` says what stands still and what to do about it, and otherwise that nothing waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update

from ledger.cli.status_work import age
from ledger.delivering.outbox import Outbox
from ledger.durable.orders import OrderKind, Orders, Problem
from ledger.durable.workers import Workers
from ledger.issuing.announcing import Event
from ledger.keeping.holds import DRIFT, Holds
from ledger.sending.tables import TransactionRow
from ledger.storage import Database
from tests.cli.conftest import Cairn


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    found = Database.at(folder / "ledger.db")
    yield found
    found.close()


def told(cairn: Cairn, folder: Path) -> tuple[str, Any]:
    text, value = cairn("status", "--data", folder), cairn("status", "--data", folder, "--json")
    assert (text.code, value.code) == (0, 0)
    return text.out, value.json()


def test_where_nothing_is_wrong_one_line_says_so(cairn: Cairn, folder: Path) -> None:
    text, value = told(cairn, folder)

    assert "nothing waits" in text.splitlines()
    assert "!" not in text
    assert (value["holds"], value["orders"], value["alarms"], value["workers"]) == ([], [], [], [])
    assert value["clock"]["is_wrong"] is False
    assert {(one["issuer"], one["role"], one["problem"]) for one in value["operators"]} == {
        ("um", "anchoring", None),
        ("um", "revoking", None),
    }


def test_a_hold_is_told_with_what_to_run(cairn: Cairn, folder: Path, database: Database) -> None:
    hold = Holds(database).put(DRIFT, "batch 7", "the chain does not hold batch 7")
    text, value = told(cairn, folder)

    assert "issuing stands still: drift: the chain does not hold batch 7" in text
    assert f"cairn reconcile --accept {hold.id} --by NAME" in text
    assert value["holds"][0]["code"] == DRIFT
    assert "nothing waits" not in text


def test_orders_are_told_with_their_problem_and_age(cairn: Cairn, folder: Path, database: Database) -> None:
    parked = Orders(database, lambda: time.time() - 7_300).place(OrderKind.ISSUE, 3)
    Orders(database).note(parked.id, Problem("batch_corrupt", "batch 3 is not what was sealed"), parked=True)
    waiting = Orders(database, lambda: time.time() - 600).place(OrderKind.STATUS, 5)
    Orders(database).note(waiting.id, Problem("funds_low", "the account cannot pay"), parked=False)
    late = Orders(database, lambda: time.time() - 4_000).place(OrderKind.WITHDRAW, 9)
    Orders(database).place(OrderKind.ISSUE, 4)
    text, value = told(cairn, folder)

    assert "! batch 3 waits for a person: batch 3 is not what was sealed (batch_corrupt); asked for 2 h ago" in text
    assert "`cairn issue 3`" in text
    assert "change 5 of the status of credentials has waited for 10 min: the account cannot pay (funds_low)" in text
    assert f"! the withdrawal of batch {late.subject} has waited for 66 min" in text
    assert "1 asked for and on the way" in text
    assert "! nobody works for this ledger" in text
    assert [one["parked"] for one in value["orders"]] == [True, False, False, False]
    assert value["orders"][1]["problem"] == {"code": "funds_low", "message": "the account cannot pay"}


def test_who_works_is_named(cairn: Cairn, folder: Path, database: Database) -> None:
    Workers(database).enter("east-1")
    Orders(database).place(OrderKind.ISSUE, 4)
    text, value = told(cairn, folder)

    assert "at work: east-1" in text
    assert "nobody works" not in text
    assert [(one["name"], one["alive"]) for one in value["workers"]] == [("east-1", True)]


def test_a_transaction_that_waits_and_deliveries_are_told(cairn: Cairn, folder: Path, database: Database) -> None:
    with database.writing() as session:
        session.exec(
            update(TransactionRow)
            .where(TransactionRow.nonce == 0)  # type: ignore[arg-type]
            .values(state="sent", problem="fee_cap", problem_since=int(time.time()) - 600)
        )
        Outbox(lambda: 1_000).note(session, Event("batch.held", "um", "subject", {}))
    text, value = told(cairn, folder)

    assert "waits for 10 min (fee_cap)" in text
    assert {one["code"] for one in value["alarms"]} == {"fee_cap"}
    assert "! 1 to be delivered, the oldest for" in text
    assert value["deliveries"]["events_to_spread"] == 1


def test_an_account_that_runs_dry_is_told(cairn: Cairn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.sending.forecast.WARN_BELOW", 10**18)
    text, value = told(cairn, folder)

    (account,) = (one["account"] for one in value["operators"] if one["role"] == "anchoring")
    assert f"! the anchoring account of um, {account}, can pay for" in text
    assert {one["problem"] for one in value["operators"]} == {"funds_warning"}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (200_000, "2 days")],
)
def test_an_age_is_short(seconds: float, words: str) -> None:
    assert age(seconds) == words
