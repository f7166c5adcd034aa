"""The court that all tests of this folder share, and who may be missing from it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.interop.court import Court
from tests.interop.node_judges import is_installed

INSTALL = "npm ci --ignore-scripts --prefix tests/interop/node"


def require_node_judges() -> None:
    """Skips the test where the judges in Node are not installed; with CAIRN_FULL=1 that is a failure."""
    if is_installed():
        return
    reason = f"the verifiers in Node are not installed: {INSTALL}"
    if os.environ.get("CAIRN_FULL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def court(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    require_node_judges()
    with Court(tmp_path_factory.mktemp("office")) as court:
        yield court
