"""Every page of the site in a real browser, full of hostile words: nothing acts, and everybody can use it.

axe-core judges the first address of each page on a phone in the dark; the journeys have it judge in the light.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import FilePayload, expect

from api.wallets.access.values import Way
from tests.pages.everything import ACCREDITOR, SLUG, Everything, everything
from tests.pages.looking import DESKTOP, PHONE, Look, serving
from tests.pages.places import places
from tests.site import apart

pytestmark = pytest.mark.chromium
AUDIENCES = ("nobody", "learner", "registrar", "accreditor")


@dataclass(frozen=True)
class Seen:
    world: Everything
    address: str

    def enter(self, found: Look, who: str) -> None:
        """Signs a browser in as one of an audience."""
        campus = self.world.campus
        if who == "learner":
            with campus.workspace.database.writing() as session:
                token = campus.site.access.sessions.begin(session, self.world.owner.wallet_id, Way.LINK).token.text
            found.page.context.add_cookies([{"name": "cairn", "value": token, "url": self.address}])
        elif who != "nobody":
            token = campus.staff_token(SLUG if who == "registrar" else ACCREDITOR)
            found.page.context.add_cookies([{"name": "cairn-staff", "value": token, "url": self.address}])


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with apart(tmp_path_factory.mktemp("every")) as campus, serving(campus.app) as address:
        world = everything(campus)
        campus.settled()
        yield Seen(world, address)


@pytest.mark.parametrize("who", AUDIENCES)
def test_no_word_acts_on_any_page(seen: Seen, look: Callable[..., Look], who: str) -> None:
    found, troubles = look(**DESKTOP), []
    seen.enter(found, who)
    for place in places(seen.world.campus.app, seen.world):
        if place.who == who:
            answer = found.page.goto(seen.address + place.address)
            if answer is None or answer.status != 200:
                troubles.append(f"{place.address}: {answer and answer.status}")
            troubles += [f"{place.address}: {complaint}" for complaint in found.complaints]
            found.complaints.clear()
    assert troubles == []


@pytest.mark.parametrize("who", AUDIENCES)
def test_axe_finds_nothing_serious_on_any_page(seen: Seen, look: Callable[..., Look], who: str) -> None:
    first = {place.pattern: place for place in places(seen.world.campus.app, seen.world) if place.who == who}
    troubles, found = [], look(**PHONE, color_scheme="dark")
    seen.enter(found, who)
    for place in first.values():
        found.page.goto(seen.address + place.address)
        troubles += [f"{place.pattern}: {trouble}" for trouble in found.serious()]
    assert troubles == []


def test_a_strangers_document_in_a_file_with_a_hostile_name_does_nothing(seen: Seen, look: Callable[..., Look]) -> None:
    found = look()
    found.page.goto(f"{seen.address}/check")
    file = FilePayload(name="<img src=x onerror=alert(1)>.json", mimeType="application/json", buffer=seen.world.foreign)
    found.page.locator("input[type=file]").first.set_input_files([file])
    found.page.get_by_role("button", name="Check").first.click()
    expect(found.page.get_by_text("alert(1)")).not_to_have_count(0)
    assert found.serious() == []
