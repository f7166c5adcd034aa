"""A registrar's whole job with the catalogue, on a phone and on a desk, with and without a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.staff.values import Role
from tests.pages.looking import PATIENCE, PHONE, Look, serving
from tests.site import Campus, apart

BASE = "/staff/issuers/usm"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Campus, str]]:
    """A ledger of one's own, which this journey changes, and its address."""
    with apart(tmp_path_factory.mktemp("catalogue")) as campus, serving(campus.app) as address:
        yield campus, address


def enter(own: tuple[Campus, str], found: Look, *roles: Role, email: str = "") -> Page:
    campus, address = own
    token = campus.staff_token("usm", *roles, email=email)
    found.page.context.add_cookies([{"name": "cairn-staff", "value": token, "url": address}])
    return found.page


def go(own: tuple[Campus, str], page: Page, path: str) -> None:
    page.goto(f"{own[1]}{BASE}/{path}")


def write(page: Page) -> None:
    """Everything that the European profile asks for."""
    for label, text in (
        ("Code", "evaluation"),
        ("Description", "How to tell whether a course did what it should."),
        ("Learning outcome 1 (optional)", "Evaluate a course by its outcomes"),
        ("What has to be done for it", "A report on a real course."),
        ("Hours, assessment included", "25"),
        ("ECTS (optional)", "1"),
        ("EQF, 1 to 8 (optional)", "6"),
        ("Who (optional)", "Senate"),
        ("Where that can be read (optional)", "https://www.usm.example/senate"),
    ):
        page.get_by_label(label, exact=True).first.fill(text)
    for label, value in (
        ("Level of the main task", "bachelor"),
        ("How complex the main task is", "skill-complex"),
        ("Participation", "online"),
        ("Supervision, and how identity is checked", "online-one-factor"),
        ("How (optional)", "internal"),
    ):
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_label("Portfolio").check()


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False, **PHONE}])
def test_an_achievement_is_written_until_its_profile_is_met(
    own: tuple[Campus, str], look: Callable[..., Look], options: dict[str, Any]
) -> None:
    is_scripted = options.get("java_script_enabled", True)
    found = look(**options)
    page = enter(own, found, Role.APPROVES)
    go(own, page, "achievements")
    page.get_by_label("Title", exact=True).fill("Evaluation")
    page.get_by_label("In the programme").select_option("design")
    page.get_by_role("button", name="Begin").click()
    eu = page.locator("details.profile").first
    expect(eu).to_contain_text("of 18 met")
    write(page)
    if is_scripted:
        expect(eu).to_contain_text("18 of 18 met")
        assert found.serious() == []
    with page.expect_navigation():
        page.get_by_role("button", name="Save and check").first.click()
    expect(page.locator("details.profile").first).to_contain_text("18 of 18 met")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=2, name="Evaluation")).to_be_visible()
    page.get_by_role("link", name="Back to the draft").click()
    if is_scripted:
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("row", name=re.compile("Evaluation"))).to_be_visible()
    else:
        page.get_by_role("button", name="Throw this draft away").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Achievements")


@pytest.mark.parametrize("options", [{**PHONE}, {"java_script_enabled": False}])
def test_a_pathway_is_refused_a_circle_tried_and_published(
    own: tuple[Campus, str], look: Callable[..., Look], options: dict[str, Any]
) -> None:
    is_scripted = options.get("java_script_enabled", True)
    found = look(**options)
    page = enter(own, found, Role.APPROVES)
    go(own, page, "pathways")
    page.get_by_label("Title (optional)").fill("Two of design")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Code", exact=True).fill("two" if is_scripted else "two-more")
    page.get_by_label("What is awarded").select_option("design")
    for number, code in enumerate(("intro", "needs")):
        page.get_by_role("button", name="Add a component", exact=True).click()
        page.locator(f'[id="components.{number}.code"]').select_option(code)
    with page.expect_navigation():
        page.get_by_role("button", name="Save and check").first.click()
    for number, other in enumerate(("Needs", "Intro")):
        box = page.locator(f'[id="components.{number}"]')
        box.get_by_text("Comes after, may be replaced, and more").click()
        box.get_by_label(other, exact=True).check()
    for number, code in enumerate(("intro", "needs")):
        page.get_by_role("button", name="Add a component to this rule").click()
        page.locator(f'[id="rule.items.{number}.name"]').select_option(code)
    page.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.get_by_role("alert")).to_contain_text("without an end")
    first = page.locator('[id="components.0"]')
    first.get_by_label("Needs", exact=True).uncheck()
    if is_scripted:
        expect(page.locator("#looks")).to_contain_text("Everything is in order")
        assert found.serious() == []
    page.get_by_role("button", name="Try it on your learners").click()
    expect(page.get_by_text("Learner 1", exact=True)).to_be_visible()
    if is_scripted:
        assert found.serious() == []
    page.get_by_role("link", name="Back to the draft").last.click()
    page.get_by_role("button", name=re.compile("Publish")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two of design")
    expect(page.get_by_text("Version 1", exact=True).first).to_be_visible()
    if is_scripted:
        assert found.serious() == []


def test_a_credential_is_revoked_by_two_persons_and_whoever_checks_it_is_told(
    own: tuple[Campus, str], look: Callable[..., Look]
) -> None:
    campus, _ = own
    victim = campus.credentials()[0]
    preparer = enter(own, look(), Role.PREPARES)
    go(own, preparer, "status")
    preparer.get_by_label("Which credentials").fill(victim.credential_id)
    preparer.get_by_label("Issued in error").check()
    preparer.get_by_role("button", name="Show what will happen").click()
    expect(preparer.get_by_text("1 credential changes")).to_be_visible()
    preparer.get_by_role("button", name="Ask for approval").click()
    expect(preparer).to_have_url(re.compile("/status/[0-9]+$"))
    number = preparer.url.rpartition("/")[2]

    found = look(**PHONE)
    page = enter(own, found, Role.APPROVES)
    go(own, page, f"status/{number}")
    assert found.serious() == []
    page.get_by_label("I looked at what will happen").check()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_role("heading", name="Final")).to_be_visible(timeout=PATIENCE)
    assert found.serious() == []

    report = campus.site.verify(campus.workspace.catalog.document(victim.credential_id))
    assert not report
    assert "revoked" in str(report)


def test_a_name_is_corrected_and_a_key_is_replaced(own: tuple[Campus, str], look: Callable[..., Look]) -> None:
    campus, _ = own
    found = look(color_scheme="dark")
    page = enter(own, found)
    go(own, page, f"credentials/{campus.credentials()[1].credential_id}/correct")
    page.get_by_label("Name of the learner").fill("Nur Aina")
    page.get_by_role("button", name="Show old and new").click()
    expect(page.locator("ins")).to_have_text("Nur Aina")
    assert found.serious() == []
    page.get_by_role("button", name="Draft the correction").click()
    expect(page).to_have_url(re.compile(r"/batches/\d+"))

    go(own, page, "keys")
    assert found.serious() == []
    page.get_by_role("button", name="Open a new key").click()
    expect(page.get_by_text("gas", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Open a signing key").click()
    expect(page.locator(".chip", has_text="Final")).to_be_visible(timeout=PATIENCE)
    go(own, page, "keys")
    expect(page.get_by_role("row", name=re.compile("key-2"))).to_contain_text("Signs now")


@pytest.mark.parametrize("name", ["achievements", "pathways", "awards", "status", "keys", "statistics"])
def test_every_page_can_be_read_on_a_phone_and_from_the_right(
    own: tuple[Campus, str], look: Callable[..., Look], name: str
) -> None:
    found = look(**PHONE)
    page = enter(own, found)
    for more in ("", "?lang=ar"):
        go(own, page, name + more)
        assert found.serious() == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
