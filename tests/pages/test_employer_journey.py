"""An employer's whole job with a link: the verdict, whose it is, what it rests on, each check, and paper."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from ledger.chain.registry import Reason
from tests.builders import an_achievement
from tests.office import JCS_ONLY
from tests.pages.learners import a_learner_with_a_revoked_credential, an_awarded_learner
from tests.pages.looking import DESKTOP, PHONE, Look
from tests.site import Campus

SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
HTML = {"Accept": "text/html"}
HEAVIEST = 100 * 1024


@pytest.fixture(scope="module")
def large(campus: Campus) -> str:
    """The path of a link to a record of sixty credentials of one learner, one of them revoked."""
    workspace = campus.workspace
    [draft] = campus.new_drafts("needs")
    rows = [
        replace(
            draft,
            row=2 + at,
            achievement=an_achievement(f"part-{at}", title=f"Part {at} of a long life"),
            awarded_on=date(2019, 1, 1) + timedelta(days=17 * at),
        )
        for at in range(60)
    ]
    batch = workspace.imports.draft_batch("usm", rows, label="A long life")
    workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    issued = workspace.catalog.credentials(batch=batch.id)
    workspace.revocation.revoke([issued[-1].credential_id], Reason.ISSUED_IN_ERROR)
    owner = campus.a_wallet()
    documents = [workspace.catalog.document(one.credential_id) for one in issued]
    campus.site.wallets.keep(owner.wallet_id, campus.site.wallets.arrive_together(documents), "ledger")
    return owner.a_path(label="A long life")


@SIZES
def test_the_verdict_comes_first_and_each_stone_leads_to_its_checks(
    campus: Campus, look: Callable[..., Look], address: str, size: dict[str, object]
) -> None:
    path = an_awarded_learner(campus).a_path(label="Application at Example Ltd", purpose="Admission")
    found = look(**size)
    page = found.page
    page.goto(address + path)
    verdict = page.locator(".verdict")
    expect(verdict.locator(".word")).to_have_text("Valid")
    box = verdict.bounding_box()
    assert box is not None
    assert box["y"] < 200
    expect(verdict).to_contain_text("as of block")
    expect(page.locator(".banner")).to_have_count(1)
    expect(page.locator("main")).to_contain_text("Universiti Sains Malaysia")
    shown = page.locator(".cairn > svg.slim" if size is PHONE else ".cairn > svg.broad").first
    award = shown.get_by_role("link", name=re.compile("^Design"))
    module = shown.get_by_role("link", name=re.compile("^Needs")).first
    above, below = award.bounding_box(), module.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] < below["y"]
    module.click()
    expect(page).to_have_url(re.compile("#."))
    part = page.locator(f"[id='{page.url.partition('#')[2]}']")
    part.locator("summary").first.click()
    expect(part.get_by_text("Signature: passed")).to_be_visible()
    expect(part.get_by_text("Recorded in the registry on")).to_be_visible()
    part.get_by_role("link", name="How to check it without us").click()
    expect(page.locator("#without-us").get_by_text("cairn verify FILE").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found.serious() == []


def test_nothing_of_it_needs_a_script(campus: Campus, look: Callable[..., Look], address: str) -> None:
    page = look(java_script_enabled=False, **PHONE).page
    page.goto(address + a_learner_with_a_revoked_credential(campus).a_path())
    expect(page.locator(".verdict .word")).to_have_text("Not valid")
    expect(page.get_by_text("the assessment turned out to be invalid").first).to_be_visible()
    expect(page.get_by_text("Do not rely on it.").first).to_be_visible()
    page.get_by_label("What do you need it for?").fill("A post as a teacher")
    with page.expect_navigation():
        page.get_by_role("button", name="Tell the holder").click()
    expect(page.locator(".verdict .word")).to_have_text("Not valid")


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, {"locale": "ar"}], ids=["dark", "right to left"])
def test_it_reads_as_well_in_the_dark_and_from_the_right(
    campus: Campus, look: Callable[..., Look], address: str, options: dict[str, str]
) -> None:
    found = look(**PHONE | options)
    found.page.goto(address + a_learner_with_a_revoked_credential(campus).a_path())
    expect(found.page.locator("html")).to_have_attribute("dir", "rtl" if "locale" in options else "ltr")
    assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found.serious() == []


def test_paper_has_every_check_and_no_button(campus: Campus, look: Callable[..., Look], address: str) -> None:
    page = look().page
    page.goto(address + an_awarded_learner(campus).a_path())
    expect(page.locator("#credentials details")).not_to_have_count(0)
    expect(page.locator("#credentials details[open]")).to_have_count(0)
    printed = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
    words = " ".join(printed.split())
    assert words.count("Signature: passed") == 4  # the record's own, and that of each of its three credentials
    assert "/s/" in words
    for said in ("Download the file", "Tell the holder", "Close the timeline"):
        assert said not in words


@SIZES
def test_a_large_record_says_everything_about_the_whole_and_has_a_page_for_each(
    large: str, look: Callable[..., Look], address: str, size: dict[str, object]
) -> None:
    found = look(**size)
    page = found.page
    answer = page.goto(address + large)
    assert answer is not None
    assert len(answer.body()) < HEAVIEST
    expect(page.locator("main")).to_contain_text("60 in all: 59 valid, 1 not valid.")
    expect(page.locator("#credentials")).to_contain_text("issued in error")
    expect(page.locator("svg.broad text").filter(has_text="and 42 more")).not_to_have_count(0)
    assert found.serious() == []
    seen = set(page.locator(".rows").last.locator("strong").all_inner_texts())
    pager = page.get_by_role("navigation", name="Pages")
    pages = int(re.findall("of ([0-9]+)", pager.inner_text())[0])
    for at in range(2, pages + 1):
        pager.get_by_role("link", name="More", exact=True).click()
        expect(pager).to_contain_text(f"Page {at} of {pages}")
        seen |= set(page.locator(".rows").last.locator("strong").all_inner_texts())
    assert len(seen) == 60
    page.locator(".rows").last.locator("a").last.click()
    expect(page.locator(".crumbs")).to_contain_text("Credential 60 of 60")
    expect(page.get_by_text("Signature: passed")).to_be_visible()
    page.locator(".crumbs a").click()
    expect(page).to_have_url(address + large)


def test_there_is_no_page_for_what_a_record_does_not_hold(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    assert campus.client.get(path, params={"credential": 2}, headers=HTML).status_code == 200
    assert campus.client.get(path, params={"credential": 3}, headers=HTML).status_code == 404
    assert campus.client.get(path, params={"credential": 0}, headers=HTML).status_code == 422
    assert campus.client.get(path, params={"page": 9}, headers=HTML).status_code == 200


def test_what_is_withheld_is_said_before_the_facts(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    page = campus.client.get(owner.a_path(credential_ids=owner.held()[:1], hide=["results"]), headers=HTML).text
    assert page.index("The holder withholds a part of it") < page.index('<dl class="facts">')


def test_each_language_has_a_page_of_its_own_on_the_shelf(campus: Campus) -> None:
    path = campus.a_full_wallet().a_path()
    for language, direction in (("en", "ltr"), ("ar", "rtl"), ("en", "ltr")):
        page = campus.client.get(path, headers=HTML | {"Accept-Language": language})
        assert f'<html lang="{language}" dir="{direction}">' in page.text
        assert page.headers["cache-control"] == "no-store, private"
        assert page.headers["referrer-policy"] == "no-referrer"
