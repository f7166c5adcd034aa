"""The seeded ledger that all tests over HTTP share, and a Chromium that looks at its pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from api.staff.values import Role
from tests.pages.looking import DESKTOP, Look, looking, serving
from tests.site import Campus, close_seeded, seeded

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# A busy machine takes long for a page. What is there at once is seen at once.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Campus:
    return seeded(tmp_path_factory)


def pytest_sessionfinish() -> None:
    close_seeded()


@pytest.fixture(scope="session")
def address(campus: Campus) -> Iterator[str]:
    """The shared site on a real port, by a name: browsers make no passkeys for an IP address."""
    with serving(campus.app) as base:
        yield base


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The machine's own Chromium. Playwright brings none."""
    if BROWSER is None:
        if "CAIRN_FULL" in os.environ:
            pytest.fail("there is no Chromium")
        pytest.skip("needs a Chromium browser (scripts/test.py --full installs one)")
    return {"executable_path": BROWSER, "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Look]]:
    """Opens a browser of one's own: `look()`, or `look(**PHONE)`, `look(java_script_enabled=False)`.

    When the test ends, no look may have had a dialog, a complaint, a refusal by our own policy, or a request elsewhere.
    """
    opened: list[Look] = []

    def begin(**options: Any) -> Look:
        found = looking(browser, **{**DESKTOP, **options})
        opened.append(found)
        return found

    yield begin
    for one in opened:
        complaints = [*one.complaints]
        one.page.context.close()
        assert complaints == []


@pytest.fixture
def sign_in_staff(campus: Campus, address: str) -> Callable[..., None]:
    """Signs a browser in: `sign_in_staff(look(), "usm", Role.APPROVES)`, as an admin where no role is named."""

    def sign_in(found: Look, slug: str, *roles: Role, email: str = "") -> None:
        token = campus.staff_token(slug, *roles, email=email)
        found.page.context.add_cookies([{"name": "cairn-staff", "value": token, "url": address}])

    return sign_in
