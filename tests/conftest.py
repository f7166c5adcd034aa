"""A process has one engine of durable work: the site that tests share rests while others begin one of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.site import rest_seeded, seed, wake_seeded

SHARING = {"http", "pages"}
"""Folders of tests that use the shared site, which is their fixture `campus`."""

# How long an example takes says more about what else the machine does than about what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if not SHARING & set(item.path.relative_to(item.config.rootpath).parts[1:-1]):
        rest_seeded()  # also where no engine begins: tests move clocks, listen to logs and count threads
        return
    seed()  # before any fixture has patched anything
    if shares_the_site(item):
        wake_seeded()


def shares_the_site(item: pytest.Item) -> bool:
    """Whether a test asks for the shared `campus`: a module may have one of its own by that name."""
    if "campus" not in getattr(item, "fixturenames", ()):
        return False
    found = item.session._fixturemanager.getfixturedefs("campus", item)
    return found is not None and len(found) > 0 and not found[-1].baseid.endswith(".py")


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """Takes away what a test has set up to be logged: its stream ends with it."""
    loggers = [logging.getLogger(name) for name in ("", "cairn")]
    before = [(logger, [*logger.handlers], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, handlers, level, propagate in before:
        for handler in [*logger.handlers]:
            if handler not in handlers and not type(handler).__module__.startswith("_pytest"):
                logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
