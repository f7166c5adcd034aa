"""One seeded ledger for all tests over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site import Campus, a_campus


@pytest.fixture(scope="session")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    seeded = a_campus(tmp_path_factory.mktemp("site") / "data")
    with seeded.client:
        yield seeded
    seeded.workspace.close()
