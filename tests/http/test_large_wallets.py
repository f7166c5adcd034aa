"""Forms of a wallet that holds much: they stay light, name what was chosen, and share all of what they say."""

from __future__ import annotations

import re

import pytest

from api.wallets.pages import choosing
from tests.http.test_learner_pages import OWN, a_link_of, with_credentials
from tests.site import Campus

FORMS = ("/wallet/links/new", "/wallet/records")


def fields_in(page: str, kind: str) -> list[str]:
    """The credentials that stand in fields of a kind."""
    return re.findall(rf'<input type="{kind}"[^>]* name="credential" value="([^"]*)"', page)


@pytest.mark.parametrize("path", FORMS)
def test_what_is_too_much_to_name_is_chosen_together(
    campus: Campus, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    browser, held = with_credentials(campus, f"much{FORMS.index(path)}@a.example")
    named = browser.client.get(path, headers=OWN).text
    assert (set(fields_in(named, "checkbox")), re.findall("Choose single", named)) == (set(held), [])

    monkeypatch.setattr(choosing, "TICKS", 1)
    page = browser.client.get(path, headers=OWN).text
    assert f"<strong>{len(held)} credentials</strong>" in page
    assert set(fields_in(page, "hidden")) == set(held)
    assert fields_in(page, "checkbox") == []
    assert "/wallet/credentials" in page.partition("Choose single")[0][-100:]


@pytest.mark.parametrize("path", FORMS)
def test_of_much_what_was_chosen_is_named_to_be_taken_back(
    campus: Campus, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    browser, held = with_credentials(campus, f"chosen{FORMS.index(path)}@a.example")
    monkeypatch.setattr(choosing, "TICKS", 1)
    page = browser.client.get(path, params={"credential": held[0]}, headers=OWN).text
    assert fields_in(page, "checkbox") == held[:1]
    assert page.count(" checked>") >= 1
    assert "Choose single" in page


def test_the_list_leads_to_both_forms(campus: Campus) -> None:
    browser, _ = with_credentials(campus, "both@a.example")
    page = browser.client.get("/wallet/credentials", headers=OWN).text
    assert 'action="/wallet/links/new"' in page
    assert 'formaction="/wallet/records"' in page


def test_a_link_that_shows_much_is_made_to_show_less_page_by_page(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, held = with_credentials(campus, "pages@a.example")
    where = f"{a_link_of(browser, held)}/narrow"
    monkeypatch.setattr(choosing, "TICKS", 1)
    first, second = (browser.client.get(where, params={"page": page}, headers=OWN).text for page in (1, 2))
    assert [fields_in(one, "checkbox") for one in (first, second)] == [held[:1], held[1:]]
    assert [fields_in(one, "hidden") for one in (first, second)] == [held[1:], held[:1]]
    assert 'href="?page=2"' in first
    assert 'href="?page=1"' in second
    assert fields_in(browser.client.get(where, params={"page": 9}, headers=OWN).text, "checkbox") == held[1:]

    answer = browser.client.post(where, params={"page": 2}, data={"credential": held[:1]}, headers=OWN)
    assert answer.status_code == 303
    link_id = where.split("/")[-2]
    assert campus.site.links.held_ids(browser.wallet_id, link_id) == held[:1]
    campus.settled()
