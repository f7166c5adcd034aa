"""Makes the pictures of the main pages anew: `python -m tests.pages.pictures` writes docs/pictures/*.png.

They show the main job's own data, so that a reader of the README can open the same pages.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.pages.conftest import BROWSER
from tests.pages.looking import DESKTOP, PHONE
from tests.pages.showcase import SLUG, Showcase, showcase

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WIDE = {**DESKTOP, "viewport": {"width": 1200, "height": 800}}
NARROW = {**PHONE, "device_scale_factor": 1.5}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, showcase(Path(folder)) as shown, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        for name, (options, go) in SCENES.items():
            take(browser, shown, name, options, go)
        browser.close()
    return 0


def take(
    browser: Browser, shown: Showcase, name: str, options: dict[str, object], go: Callable[[Page, Showcase], None]
) -> None:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    shown.enter(context)
    page = context.new_page()
    go(page, shown)
    page.screenshot(path=PICTURES / f"{name}.png")
    sys.stderr.write(f"docs/pictures/{name}.png  {(PICTURES / f'{name}.png').stat().st_size:,} bytes\n")
    context.close()


def opened(path: str) -> Callable[[Page, Showcase], None]:
    def go(page: Page, shown: Showcase) -> None:
        page.goto(shown.address + path)

    return go


def share(page: Page, shown: Showcase) -> None:
    page.goto(shown.address + shown.share)


def share_in_arabic(page: Page, shown: Showcase) -> None:
    page.goto(f"{shown.address}{shown.share}?lang=ar")


def wallet(page: Page, shown: Showcase) -> None:
    """The stack of a learner who has seen what is new."""
    page.goto(f"{shown.address}/wallet")
    seen = page.get_by_role("button", name="I have seen this")
    if seen.count():
        seen.click()
    page.evaluate("window.scrollTo(0, document.querySelector('.tabs').getBoundingClientRect().top + scrollY - 16)")


def a_check(title: str) -> Callable[[Page, Showcase], None]:
    """The check page with one of the main job's files."""

    def go(page: Page, shown: Showcase) -> None:
        page.goto(f"{shown.address}/check")
        page.locator("input[type=file]").first.set_input_files(shown.files[title])
        page.get_by_role("button", name="Check").first.click()
        page.locator(".verdict").first.wait_for()

    return go


def a_list(page: Page, shown: Showcase) -> None:
    """A list of an admissions office, checked."""
    rows = ["Applicant,Link", f"0012,{shown.site.base}{shown.share}"]
    credentials = shown.site.workspace.catalog.credentials(issuer=SLUG)
    rows += [f"{number + 13:04},{one.credential_id}" for number, one in enumerate(credentials[:24])]
    page.goto(f"{shown.address}/bulk")
    page.locator("#file").set_input_files(
        {"name": "applicants.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Check the list").click()
    page.locator("table.rows").wait_for(timeout=60_000)


SCENES: dict[str, tuple[dict[str, object], Callable[[Page, Showcase], None]]] = {
    "record": (WIDE, share),
    "record-phone": (NARROW, share),
    "record-arabic": (NARROW, share_in_arabic),
    "not-valid": (WIDE, a_check("altered")),
    "list": (WIDE, a_list),
    "wallet": (WIDE, wallet),
    "wallet-phone": (NARROW, wallet),
    "registrar": (WIDE, opened(f"/staff/issuers/{SLUG}")),
    "register": (WIDE, opened("/register")),
}

if __name__ == "__main__":
    sys.exit(main())
