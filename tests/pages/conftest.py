"""The seeded ledger that all tests over HTTP share."""

from __future__ import annotations

import pytest

from tests.site import Campus, close_seeded, seeded


@pytest.fixture(scope="session")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Campus:
    return seeded(tmp_path_factory)


def pytest_sessionfinish() -> None:
    close_seeded()
