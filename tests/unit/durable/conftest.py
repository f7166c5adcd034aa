"""An office whose work is asked for in orders, and a clock that a test moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.durable.orders import Orders
from ledger.storage import Database
from tests.fakes import MemoryRegistry
from tests.office import Office


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, MemoryRegistry())
    office.an_issuer()
    return office


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.at(tmp_path / "work" / "ledger.db")
    (tmp_path / "work").mkdir()
    database.migrate()
    return database


@pytest.fixture
def orders(database: Database, clock: Clock) -> Orders:
    return Orders(database, clock)
