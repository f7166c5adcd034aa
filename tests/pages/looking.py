"""How tests look at a page: a browser of one's own that notes every complaint, and judges of what it shows."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, Request

AXE = Path(__file__).resolve().parents[1] / "interop" / "node" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
}
SERIOUS = {"serious", "critical"}
JUDGED = "return (await axe.run(document, {resultTypes: ['violations']})).violations;"
"""Every rule of axe-core; of what passes, axe need not tell us every element, which takes longer than to judge it."""
PATIENCE = 60_000
"""How many milliseconds a busy machine may take for a page or a click."""
NO_LONGER_AWAITED = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx says of an answer that nobody waits for any more, since they wrote on or went on. A failure says more."""


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """An application on a real port, whose lifespan somebody else looks after. Gives its address, without a slash."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@dataclass
class Look:
    """One browser with one page. `complaints` are dialogs, errors, refusals by our policy, and requests elsewhere."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def serious(self) -> list[str]:
        """What axe-core finds serious or critical in the page as it is now (WCAG 2.2 AA), each with where.

        Whoever asks after a click waits first for something that only the page which follows has.
        """
        self.page.wait_for_load_state()
        found = self.page.evaluate(f"(async () => {{ {axe()}; {JUDGED} }})()")
        return [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]


@cache
def axe() -> str:
    assert AXE.exists(), "axe-core is missing: npm ci --prefix tests/interop/node --ignore-scripts"
    return AXE.read_text("utf-8")


def reload_until(found: Locator) -> None:
    """Loads the page again until it shows what comes to no page by itself."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not found.is_visible():
        assert time.monotonic() < deadline, f"{found} did not come"
        found.page.wait_for_timeout(200)
        found.page.reload()


def looking(browser: Browser, **options: Any) -> Look:
    """A new browser context, as `Browser.new_context` takes it, whose page is noted."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    found = Look(context.new_page())

    def told(message: ConsoleMessage) -> None:
        is_expected = "status of 4" in message.text or message.text.startswith(NO_LONGER_AWAITED)
        if message.type in {"error", "warning"} and not is_expected:
            found.complaints.append(message.text)

    def asked(dialog: Dialog) -> None:
        found.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def fetched(request: Request) -> None:
        if not request.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:")):
            found.complaints.append(f"a request to {request.url}")

    found.page.on("console", told)
    found.page.on("dialog", asked)
    found.page.on("request", fetched)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    return found
