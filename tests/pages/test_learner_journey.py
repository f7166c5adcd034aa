"""A learner's whole job in a browser: from the mail to a link that is withdrawn, from an import to an empty site."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from api.wallets.access.values import Way
from ledger.chain.registry import Reason
from tests.mailbox import Mailbox
from tests.office import JCS_ONLY
from tests.pages.looking import DESKTOP, PHONE, Look
from tests.site import ORIGIN, Campus

pytestmark = pytest.mark.chromium
PIN = "295174"


def awarded(campus: Campus) -> tuple[str, str]:
    """Two credentials for a learner whom nobody knows yet: their address, and the path of the link in the last mail."""
    rows = campus.new_drafts("intro", "needs")
    email, links = rows[0].learner.email, []
    box = Mailbox(campus, email)
    for row in rows:
        batch = campus.workspace.imports.draft_batch("usm", [row], label="For a journey")
        campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
        links.append(box.next_link("/claim/"))
    return email, links[-1]


def signed_in(campus: Campus, address: str, found: Look) -> str:
    """Signs a browser in to a new wallet with an address of its own, without mail; gives the wallet's id."""
    access, email = campus.site.access, f"journey{next(campus.numbers)}@a.example"
    wallet, _ = campus.site.wallets.create()
    with campus.workspace.database.writing() as session:
        access.mail_addresses.prove(session, wallet, email, Way.LINK)
        entered = access.sessions.begin(session, wallet, Way.LINK)
    found.page.context.add_cookies([{"name": "cairn", "value": entered.token.text, "url": address, "httpOnly": True}])
    return wallet


def fits(page: Page) -> bool:
    """Whether nothing has to be pushed sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_from_the_mail_to_a_link_that_is_withdrawn(campus: Campus, address: str, look: Callable[..., Look]) -> None:
    """On a phone, without JavaScript."""
    email, link = awarded(campus)
    learner, viewer = look(**PHONE, java_script_enabled=False), look(java_script_enabled=False)
    page = learner.page

    # claimed in two clicks: the link in the mail, and one button
    page.goto(address + link)
    expect(page.get_by_text("Universiti Sains Malaysia").first).to_be_visible()
    assert email not in page.content()
    page.get_by_role("button", name="Put it into my cairn").click()
    expect(page).to_have_url(f"{address}/wallet")
    expect(page.get_by_role("heading", name="2 new credentials")).to_be_visible()
    expect(page.locator("figure.cairn")).to_have_count(1)
    expect(page.locator(".stones .chip", has_text="New")).to_have_count(2)
    with page.expect_navigation():
        page.get_by_role("button", name="I have seen this").click()
    expect(page.locator(".stones > li")).to_have_count(2)
    expect(page.locator(".stones .chip", has_text="New")).to_have_count(0)

    # one credential in plain words
    page.locator(".stones a").first.click()
    expect(page.get_by_text(re.compile(r"Level 6 \(EQF\), as in a bachelor's degree"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"about 25 to 30 hours of learning"))).to_be_visible()

    # shared, with a preview of the very page
    page.get_by_role("link", name="Share it").click()
    page.get_by_label("Results and marks").check()
    page.get_by_label("Name of the link").fill("Application at Example Ltd")
    page.get_by_label("What it is for").fill("A job")
    page.get_by_label("A PIN").fill(PIN)
    page.get_by_role("button", name="See what they will see").click()
    expect(page.get_by_role("heading", name="This is what the viewer will see")).to_be_visible()
    page.wait_for_load_state()
    assert "87.5" not in page.content()
    page.get_by_role("button", name="Change something").click()
    expect(page.get_by_label("Name of the link")).to_have_value("Application at Example Ltd")
    expect(page.get_by_label("Results and marks")).to_be_checked()
    page.get_by_role("button", name="See what they will see").click()
    page.get_by_role("button", name="Make the link").click()
    given = page.get_by_label("The address to give away")
    expect(given).to_have_value(re.compile(f"^{re.escape(ORIGIN)}/s/"))
    there = given.input_value().replace(ORIGIN, address)
    expect(page.locator("img.qr")).to_have_count(1)
    one_link = page.url

    # opened by somebody else
    viewer.page.goto(there)
    viewer.page.get_by_label("PIN").fill(PIN)
    viewer.page.locator("main form button").first.click()
    expect(viewer.page.locator(".verdict .word")).to_have_text("Valid")
    viewer.page.wait_for_load_state()
    assert "87.5" not in viewer.page.content()

    # the receipt, and the end
    page.goto(one_link)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Withdraw it").click()
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_text("Withdrawn", exact=True)).to_be_visible()
    gone = viewer.page.goto(there)
    assert gone is not None
    assert gone.status == 404
    assert fits(page)


def test_an_import_a_second_address_and_an_end(
    campus: Campus, address: str, look: Callable[..., Look], tmp_path: Path
) -> None:
    found = look()
    page = found.page
    signed_in(campus, address, found)
    page.goto(address + "/wallet")
    expect(page.get_by_role("heading", name="Your first stone is still to come")).to_be_visible()

    # taken in: a file, and what is none
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("… or its text, pasted").fill("not a credential")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", name="Nothing was taken in")).to_be_visible()
    expect(page.get_by_label("… or its text, pasted")).to_have_value(re.compile(r"^\s*not a credential\s*$"))
    file = tmp_path / "credential.json"
    file.write_bytes(campus.document())
    page.get_by_label("The file").set_input_files(file)
    page.get_by_label("… or its text, pasted").fill("")
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_text("It is now in your cairn.")).to_be_visible()

    # a further address: what was awarded to it comes along
    email, _ = awarded(campus)
    box = Mailbox(campus, email)
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Another address of yours").fill(email)
    page.get_by_role("button", name="Send a link there").click()
    page.goto(address + box.next_link("/enter/"))
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page).to_have_url(f"{address}/wallet")
    expect(page.locator(".stones > li")).to_have_count(3)

    # everything to take along, and nothing left
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Take everything along, or erase it").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download everything").click()
    archive = tmp_path / "wallet.zip"
    downloading.value.save_as(archive)
    assert "cairn-wallet.json" in ZipFile(archive).namelist()
    page.get_by_label(re.compile("To erase everything")).fill("yes")
    with page.expect_navigation():
        page.get_by_role("button", name="Erase everything for good").click()
    expect(page.get_by_label(re.compile("To erase everything"))).to_have_value("yes")
    page.get_by_label(re.compile("To erase everything")).fill("erase")
    page.get_by_role("button", name="Erase everything for good").click()
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()
    page.goto(address + "/wallet/credentials")
    expect(page).to_have_url(f"{address}/sign-in?back=%2Fwallet%2Fcredentials")


@pytest.mark.parametrize("screen", [PHONE, DESKTOP | {"color_scheme": "dark"}], ids=["phone", "desktop in the dark"])
def test_the_pages_are_open_to_everyone_and_light(
    campus: Campus, address: str, look: Callable[..., Look], screen: dict[str, object]
) -> None:
    found = look(**screen)
    page = found.page
    wallet = signed_in(campus, address, found)
    documents = [
        campus.workspace.catalog.document(one.credential_id) for one in campus.credentials("learner1@students.example")
    ]
    [(_, first), _] = campus.site.wallets.keep(wallet, campus.site.wallets.arrive_together(documents), "claim")
    paths = ["", "/credentials", f"/credentials/{first.id}", f"/credentials/{first.id}/remove", "/pathways", "/links"]
    paths += ["/links/new", "/records", "/import", "/settings", "/settings/did", "/leave"]
    for path in (*(f"/wallet{one}" for one in paths), "/sign-in"):
        page.goto(address + path)
        expect(page.get_by_role("heading", level=1), path).to_have_count(1)
        assert found.serious() == [], path
        assert fits(page), path
        weight = page.evaluate("performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize || 0), 0)")
        assert weight <= 100_000, (path, weight)
    page.goto(f"{address}/wallet/links/new")
    page.get_by_role("button", name="See what they will see").click()
    expect(page.get_by_role("heading", name="This is what the viewer will see")).to_be_visible()
    assert found.serious() == []
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("The address to give away")).to_have_value(re.compile(f"^{re.escape(ORIGIN)}"))
    assert found.serious() == []


def test_what_changed_is_told_until_it_was_seen(campus: Campus, address: str, look: Callable[..., Look]) -> None:
    found = look()
    page = found.page
    wallet = signed_in(campus, address, found)
    [credential] = campus.awarded("intro", label="To be revoked")
    document = campus.workspace.catalog.document(credential.credential_id)
    campus.site.wallets.keep(wallet, campus.site.wallets.arrive_together([document]), "claim")
    page.goto(address + "/wallet")
    with page.expect_navigation():
        page.get_by_role("button", name="I have seen this").click()
    campus.workspace.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR)
    campus.settled()
    page.goto(address + "/wallet")
    expect(page.get_by_role("heading", name="Something has changed")).to_be_visible()
    expect(page.get_by_text("The institution has revoked it.")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="I have seen this").click()
    expect(page.get_by_text("Something has changed")).to_have_count(0)
    expect(page.locator(".stones .state.invalid", has_text="Revoked")).to_have_count(1)
