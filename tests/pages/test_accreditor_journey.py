"""An accreditor's whole job in a browser: in by a mailed link, a passkey, recognising, a credential that counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from api.site import Site
from api.staff.values import InstitutionKind, Role, the_operator
from ledger.issuing.values import StoredCredential
from tests.mailbox import Mailbox
from tests.office import JCS_ONLY, drafts, programme_file
from tests.pages.looking import DESKTOP, PATIENCE, PHONE, Look, reload_until, serving
from tests.pages.test_passkeys_in_browser import AUTHENTICATOR, site
from tests.site import Campus, apart

__all__ = ["site"]

pytestmark = pytest.mark.chromium
PATH = "/staff/accreditors/mqa"
EMAIL = "officer@mqa.example"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A campus of its own, with two colleges that nobody has recognised."""
    with apart(tmp_path_factory.mktemp("accreditor")) as made:
        for slug, name in (("college", "Kolej Baharu Sdn Bhd"), ("school", "Sekolah Tinggi")):
            made.workspace.issuers.register(slug, name=name, country="MY")
        made.workspace.programmes.add("college", programme_file("intro", "needs"))
        operator = the_operator(InstitutionKind.ACCREDITOR, "mqa")
        made.site.staff.people.add(operator, EMAIL, "Siti Officer", Role.ADMIN)
        yield made


def issued(campus: Campus, code: str) -> StoredCredential:
    """A final credential of the college."""
    batch = campus.workspace.imports.draft_batch("college", drafts(1, code=code), label=code)
    batch = campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    return campus.workspace.catalog.credentials(batch=batch.id)[0]


def check(campus: Campus, page: Page, base: str, credential: StoredCredential, word: str) -> None:
    """The check page has this word on a credential."""
    page.goto(f"{base}/check")
    content = campus.workspace.catalog.document(credential.credential_id)
    page.get_by_label("… or choose files").set_input_files(
        [FilePayload(name="credential.json", mimeType="application/json", buffer=content)]
    )
    page.get_by_role("button", name="Check it").click()
    expect(page.locator(".verdict .word")).to_have_text(word)


def come_in(campus: Campus, page: Page, base: str, email: str = EMAIL) -> None:
    """Signs in by a mailed link."""
    box = Mailbox(campus, email)
    page.goto(f"{base}/staff/sign-in")
    page.get_by_label("Your e-mail address at work").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    campus.site.writing.nudge()
    page.goto(base + box.next_link("/staff/enter/"))
    page.get_by_role("button", name="Sign in").click()


def recognise(page: Page, issuer: str, name: str) -> None:
    """Fills in the form, looks at the preview, and sends."""
    page.get_by_role("link", name="Recognise an issuer").click()
    page.get_by_role("link", name=issuer).click()
    page.get_by_label("Recognised name").fill(name)
    page.get_by_label("What you recognise").fill("Micro-credentials\nCertificates at level 3")
    page.get_by_label("Last day").fill(f"{datetime.now(UTC) + timedelta(days=500):%Y-%m-%d}")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_text("About 0", exact=False)).to_be_visible()
    expect(page.get_by_text("Certificates at level 3")).to_be_visible()
    page.get_by_role("button", name="Recognise", exact=True).click()


def test_an_accreditor_recognises_a_college_and_ends_that(
    campus: Campus, site: Site, look: Callable[..., Look]
) -> None:
    found = look(**DESKTOP)
    page = found.page
    before = issued(campus, "intro")
    check(campus, page, site.base, before, "Not valid")

    come_in(campus, page, site.base)
    expect(page).to_have_url(site.base + PATH)
    assert found.serious() == []
    recognise(page, "Kolej Baharu Sdn Bhd", "Kolej Baharu (recognised)")
    standing = page.locator("#standing .chip")
    acts = page.locator("#acts")
    expect(acts.locator(".chip")).to_have_text("Final", timeout=PATIENCE)  # by itself, without a reload
    page.reload()
    expect(standing).to_have_text("Recognised")
    assert found.serious() == []

    after = issued(campus, "needs")
    check(campus, page, site.base, after, "Valid")
    expect(page.get_by_text("Kolej Baharu (recognised)").first).to_be_visible()
    check(campus, page, site.base, before, "Not valid")

    page.goto(f"{site.base}{PATH}/issuers/college")
    page.get_by_role("link", name="End or end earlier").click()
    page.get_by_label("Reason").fill("The college has closed.")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this right?")
    assert found.serious() == []
    page.get_by_role("button", name="End the recognition").click()
    ended = acts.locator("li").filter(has_text="The college has closed.")
    expect(ended.locator(".chip").first).to_have_text("Final", timeout=PATIENCE)
    page.reload()
    expect(standing).to_have_text("Ended")
    check(campus, page, site.base, after, "Valid")  # what was issued before the end keeps it

    page.goto(f"{site.base}{PATH}/history")
    rows = page.locator("tbody tr").filter(has_text="Kolej Baharu")
    expect(rows).to_have_count(2)
    assert found.serious() == []
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download as XLSX").click()
    assert kept.value.suggested_filename == "mqa-history.xlsx"
    page.get_by_role("link", name="Audit log").click()
    approved = page.locator("tbody tr").filter(has_text="Approved a recognition").filter(has_text="college")
    expect(approved).to_have_count(2)
    assert found.serious() == []


def test_a_passkey_signs_an_officer_in(campus: Campus, site: Site, look: Callable[..., Look]) -> None:
    found = look()
    page = found.page
    come_in(campus, page, site.base)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.get_by_role("link", name="Siti Officer").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("button", name="Remove Passkey")).to_be_visible()
    assert found.serious() == []
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in for staff")
    assert found.serious() == []
    page.goto(site.base + PATH)
    expect(page).to_have_url(f"{site.base}/staff/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(site.base + PATH)


def test_a_phone_without_scripts_is_enough(campus: Campus, site: Site, look: Callable[..., Look]) -> None:
    page = look(**PHONE, java_script_enabled=False).page
    come_in(campus, page, site.base)
    recognise(page, "Sekolah Tinggi", "Sekolah Tinggi")
    expect(page).to_have_url(f"{site.base}{PATH}/issuers/school")
    reload_until(page.locator("#standing .chip").filter(has_text=re.compile("^Recognised$")))


LOOKS: tuple[dict[str, Any], ...] = (
    {**PHONE, "color_scheme": "light"},
    {**DESKTOP, "color_scheme": "dark"},
)
PAGES = (
    "/register",
    "/register/usm",
    *(PATH + page for page in ("", "/recognise", "/recognise?issuer=usm", "/issuers/usm", "/issuers/usm/end")),
    *(PATH + page for page in ("/history", "/statistics", "/people", "/audit")),
    "/staff?all=1",
    "/staff/account",
)


@pytest.mark.parametrize("options", LOOKS, ids=["phone", "desktop in the dark"])
def test_every_page_is_open_to_everybody(
    campus: Campus, address: str, look: Callable[..., Look], sign_in_staff: Callable[..., None], options: dict[str, Any]
) -> None:
    found = look(**options)
    sign_in_staff(found, "mqa", Role.ADMIN, email=EMAIL)  # who is alone there: with a second, two would be needed
    for path in PAGES:
        for language in ("en", "ar"):
            answer = found.page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            assert (path, found.serious()) == (path, [])
            assert found.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    """The campus of this file on a real port."""
    with serving(campus.app) as base:
        yield base
