"""Passkeys in a real browser with a virtual authenticator: one is made and signs in; our policy hinders nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from api.main import create_app
from api.site import Site
from api.wallets.access.values import Way
from tests.pages.conftest import BROWSER
from tests.pages.driven_browser import driven_browser
from tests.site import NO_LIMITS, Campus

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(BROWSER is None, reason="needs a Chromium browser (scripts/test.py --full installs one)"),
]


@pytest.fixture
def site(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site under a name: browsers make no passkeys for an IP address."""
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


def test_a_passkey_is_made_and_signs_in(campus: Campus, site: Site, tmp_path: Path) -> None:
    assert BROWSER is not None
    wallet, _ = site.wallets.create()
    with campus.workspace.database.writing() as session:
        entered = site.access.sessions.begin(session, wallet, Way.LINK)
    with driven_browser(BROWSER, tmp_path) as browser:
        authenticator = browser.add_authenticator()
        browser.call("Network.setCookie", name="cairn", value=entered.token.text, url=site.base, httpOnly=True)
        browser.open(f"{site.base}/wallet")
        browser.press("[data-passkey-add]")
        browser.wait_for("document.body.innerText.includes('passkey added')")
        [made] = browser.call("WebAuthn.getCredentials", authenticatorId=authenticator)["credentials"]
        assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)
        [passkey] = site.access.ways.of(wallet).passkeys

        browser.press("[data-passkey-add]")  # the same authenticator again
        browser.wait_for("!document.querySelector('[data-passkey-refusal]').hidden")
        assert site.access.ways.of(wallet).passkeys == (passkey,)

        browser.press("button[value=everywhere]")
        browser.wait_for("location.pathname === '/sign-in' && document.readyState === 'complete'")
        browser.press("[data-passkey-enter]")
        browser.wait_for("location.pathname === '/wallet' && document.body.innerText.includes('signed in, by passkey')")
        assert not browser.run("document.cookie")
        assert browser.complaints == []
