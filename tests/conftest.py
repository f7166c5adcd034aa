"""A process has one engine of durable work: the site that tests share rests while others begin one of their own."""

from __future__ import annotations

import pytest

from tests.site import rest_seeded, wake_seeded

SHARING = {"http", "pages", "unit", "corpus"}
"""Folders of tests that use the shared site, or begin no work in their own process."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    folders = set(item.path.relative_to(item.config.rootpath).parts[1:-1])
    if "campus" in getattr(item, "fixturenames", ()):
        wake_seeded()
    elif not folders & SHARING:
        rest_seeded()
