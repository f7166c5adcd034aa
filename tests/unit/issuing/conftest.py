"""An office over a registry in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.fakes import MemoryRegistry
from tests.office import Office


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office with one registered issuer, `usm`, which each test gets a copy of."""
    office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry())
    office.an_issuer()
    office.database.close()
    return office


@pytest.fixture
def registry(prepared: Office) -> MemoryRegistry:
    copied = deepcopy(prepared.registry)
    assert isinstance(copied, MemoryRegistry)
    return copied


@pytest.fixture
def office(prepared: Office, registry: MemoryRegistry, tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "office"
    shutil.copytree(prepared.folder, folder)
    office = Office(folder, registry)
    yield office
    office.database.close()
