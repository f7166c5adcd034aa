"""Passkeys in a real browser with a virtual authenticator: one is made, named, and signs in; nothing hinders it."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import expect

from api.main import create_app
from api.site import Site
from api.wallets.access.values import Way
from tests.pages.looking import Look
from tests.site import NO_LIMITS, Campus

pytestmark = pytest.mark.chromium
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def site(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site under a name that its links begin with: passkeys are bound to it, and no IP address will do."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    monkeypatch.setenv("CAIRN_PUBLIC_BASE", f"http://localhost:{listener.getsockname()[1]}")
    app = create_app(campus.workspace, NO_LIMITS)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield app.state.site
    server.should_exit = True
    thread.join(20)
    app.state.site.close()


def test_a_passkey_is_made_and_signs_in(campus: Campus, site: Site, look: Callable[..., Look]) -> None:
    wallet, _ = site.wallets.create()
    with campus.workspace.database.writing() as session:
        entered = site.access.sessions.begin(session, wallet, Way.LINK)
    found = look()
    page, cookie = found.page, {"name": "cairn", "value": entered.token.text, "url": site.base, "httpOnly": True}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    plugged_in = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    page.goto(f"{site.base}/wallet/settings")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("button", name="Remove Passkey")).to_be_visible()
    [made] = devtools.send("WebAuthn.getCredentials", plugged_in)["credentials"]
    assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)
    [passkey] = site.access.ways.of(wallet).passkeys

    page.get_by_role("button", name="Add a passkey").click()  # the same authenticator again
    expect(page.locator("[data-passkey-refusal]")).to_be_visible()
    assert site.access.ways.of(wallet).passkeys == (passkey,)

    page.get_by_label("Name of this passkey").fill("My phone")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("button", name="Remove My phone")).to_be_visible()

    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(f"{site.base}/sign-in")
    page.goto(f"{site.base}/wallet/links")
    expect(page).to_have_url(re.compile(r"/sign-in\?back="))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{site.base}/wallet/links")
    page.wait_for_load_state()
    assert page.evaluate("document.cookie") == ""
    page.goto(f"{site.base}/wallet/settings")
    expect(page.get_by_text("Signed in by a passkey")).to_have_count(1)


def test_a_token_for_programs_opens_the_pages_too(site: Site, look: Callable[..., Look]) -> None:
    _, token = site.wallets.create()
    page = look().page
    page.goto(f"{site.base}/wallet/import")
    page.get_by_text("Other ways", exact=True).click()
    page.get_by_label("The token of a program").fill(token.text[:-1])
    page.get_by_role("button", name="Sign in with the token").click()
    expect(page.get_by_text("This is no token of a wallet, or it was ended.")).to_have_count(1)
    page.get_by_label("The token of a program").fill(token.text)
    page.get_by_role("button", name="Sign in with the token").click()
    expect(page).to_have_url(f"{site.base}/wallet/import")
