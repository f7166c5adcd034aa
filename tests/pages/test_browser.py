"""Pages in a real browser: nothing is refused by our own policy, nothing is fetched from elsewhere, nothing acts."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from playwright.sync_api import expect

from ledger.documents.strict_json import parse
from tests.pages.looking import Look
from tests.pages.test_pages import HOSTILE, poisoned
from tests.site import Campus

pytestmark = pytest.mark.chromium


@pytest.mark.parametrize("path", ["/", "/check", "/docs"])
def test_a_page_loads_without_a_complaint_and_is_open_to_everyone(
    address: str, path: str, look: Callable[..., Look]
) -> None:
    found = look()
    found.page.goto(address + path)
    expect(found.page.get_by_role("heading", level=1)).to_have_count(1)
    assert found.serious() == []


def test_a_hostile_credential_on_a_share_page_does_nothing(
    campus: Campus, address: str, look: Callable[..., Look]
) -> None:
    owner = campus.a_wallet()
    document = orjson.dumps(poisoned(parse(campus.document()), " ".join(HOSTILE)))
    owner.take_in(document)
    found = look()
    found.page.goto(address + owner.a_path(credential_ids=owner.held()))
    expect(found.page.get_by_text("Not valid")).not_to_have_count(0)


def test_after_a_form_that_was_refused_the_keyboard_stands_at_what_is_wrong(
    look: Callable[..., Look], address: str
) -> None:
    page = look().page
    page.goto(f"{address}/check")
    page.get_by_role("button", name="Check").first.press("Enter")
    expect(page.get_by_role("alert").first).to_be_focused()
