"""An admissions office checks a whole list: upload, follow, table, row, report; later again, after a revocation."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

from tests.pages.looking import DESKTOP, PHONE, Look, serving
from tests.site import ORIGIN, Campus, Owner, apart

ROWS = 30
LONG = 60_000


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Campus, str]]:
    """A site of its own, whose checks of lists are stopped, and its address."""
    with apart(tmp_path) as campus, serving(campus.app) as address:
        yield campus, address


def a_list(owner: Owner, *credential_ids: str) -> bytes:
    """Thirty rows: links that open, that ask for a PIN, that are gone or lead elsewhere, ids, nonsense, nothing."""
    first, last = credential_ids
    given = [
        owner.a_link()["url"],
        first,
        owner.a_link(pin="482913")["url"],
        f"{ORIGIN}/s/{'A' * 43}",
        "https://elsewhere.example/badges/1",
        "",
        "not a link",
        last,
    ]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Applicant", "Name", "Share link"])
    for number in range(ROWS):
        who = "محمد بن علي" if number == 3 else f"Applicant <b>{number}</b>"
        sheet.append([f"{number + 1:04}", who, given[number % len(given)]])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def give(page: Page, address: str, content: bytes, name: str = "applicants.xlsx") -> None:
    page.goto(f"{address}/bulk")
    page.locator("#file").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.get_by_role("button", name="Check the list").click()


def wait_for_the_table(page: Page) -> None:
    """The list is checked, and said to be without anybody's doing: by a script, or by a page that loads itself anew."""
    expect(page.locator("table.rows")).to_be_visible(timeout=LONG)


def revoke(campus: Campus, credential_id: str) -> None:
    answer = campus.client.post(
        "/v1/issuers/usm/revocations",
        json={"credential_ids": [credential_id], "reason": "superseded"},
        headers=campus.key(),
    )
    assert answer.status_code < 300, answer.text
    campus.settled()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no-script"])
def test_a_list_is_checked_and_checked_again(
    campus: Campus, address: str, look: Callable[..., Look], scripted: bool
) -> None:
    first, last = (one.credential_id for one in campus.awarded("intro", "needs", label="On a list"))
    found = look(**(DESKTOP if scripted else PHONE), java_script_enabled=scripted)
    page = found.page
    give(page, address, a_list(campus.a_full_wallet(), first, last))
    wait_for_the_table(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("30 rows checked")
    expect(page.get_by_text("0012 · ")).to_be_visible()
    page.locator("#q").fill("0002")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("table.rows tbody tr")).to_have_count(1)
    expect(page.locator("table.rows tbody tr .mark")).to_contain_text("Valid")
    page.get_by_role("link", name="0002").click()
    expect(page.locator(".verdict .word")).to_have_text("Valid")
    expect(page.get_by_text("nothing about the person")).to_be_visible()
    page.get_by_role("link", name="Your list").click()
    revoke(campus, first)
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("link", name="See what changed").click()
    changed = page.locator("table.rows tbody tr", has_text="0002")
    expect(changed.locator(".mark").first).to_contain_text("Valid")
    expect(changed.locator(".mark").last).to_contain_text("Not valid")
    page.get_by_role("link", name="Your list").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report as XLSX").click()
    report = load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    assert report is not None
    assert report.max_row == ROWS + 1
    assert [cell.value for cell in report[3]][2:6] == ["0002", "Applicant <b>1</b>", "invalid", "revoked"]
    page.locator("summary", has_text="Delete the list").click()
    page.get_by_role("button", name="Delete it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The list is deleted")


@pytest.mark.parametrize(
    "options", [PHONE, {"color_scheme": "dark"}, {"locale": "ar"}], ids=["phone", "dark", "arabic"]
)
def test_every_page_of_a_list_can_be_used_by_everyone(
    campus: Campus, address: str, look: Callable[..., Look], options: dict[str, Any]
) -> None:
    found = look(**options)
    page = found.page
    page.goto(f"{address}/bulk")
    assert found.serious() == []
    content = a_list(campus.a_full_wallet(), *(one.credential_id for one in campus.credentials()[:2]))
    token = campus.client.post(
        "/v1/bulk",
        content=content,
        headers={"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    ).json()["token"]
    for path in ("", "/rows/1", "/rows/3", "/changes"):
        page.goto(f"{address}/bulk/{token}{path}")
        if not path:
            wait_for_the_table(page)
        assert found.serious() == [], path
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0, path


def test_an_unclear_column_is_asked_for_and_a_refused_list_says_why(
    campus: Campus, address: str, look: Callable[..., Look]
) -> None:
    found = look(java_script_enabled=False)
    page = found.page
    page.goto(f"{address}/bulk")
    page.locator("#days").select_option("7")
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_role("alert").first).to_contain_text("Choose a file, or paste links")
    expect(page.locator("#days")).to_have_value("7")
    urn, link = campus.credentials()[0].credential_id, campus.a_full_wallet().a_link()["url"]
    give(page, address, f"One,Two\n{urn},{link}\n".encode(), "two.csv")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which column holds the links?")
    page.get_by_label("Two").check()
    page.get_by_role("button", name="Check the list").click()
    wait_for_the_table(page)
    expect(page.locator("table.rows tbody tr")).to_contain_text("Learning record")


def test_a_list_that_waits_says_so_and_can_be_stopped(own: tuple[Campus, str], look: Callable[..., Look]) -> None:
    campus, address = own
    campus.site.listing.stop()
    found = look()
    page = found.page
    give(page, address, campus.document(), "one.json")
    expect(page.get_by_role("status")).to_contain_text("0 of 1 checked")
    assert found.serious() == []
    with page.expect_navigation():
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checking your list")
    campus.site.listing.start()
    wait_for_the_table(page)
    campus.site.listing.stop()
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="Stop the check").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 row checked")
