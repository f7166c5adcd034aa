"""A browser that tests drive over the DevTools protocol: it opens pages, presses buttons, and has an authenticator."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

PATIENCE = 20.0
COMPLAINTS = {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}


class DrivenBrowser:
    """One page of a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network", "WebAuthn"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """What the browser answers to a command. Notes what it complains of meanwhile."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=PATIENCE))
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])
            if message.get("method") in COMPLAINTS:
                self.complaints.append(json.dumps(message["params"]))

    def run(self, script: str) -> Any:
        """What a script on the page gives. A page that is being left gives None."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        return answer["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Waits until a script on the page gives true."""
        deadline = time.monotonic() + PATIENCE
        while self.run(script) is not True:
            assert time.monotonic() < deadline, (script, self.run("document.body.innerText"), self.complaints)
            time.sleep(0.05)

    def open(self, address: str) -> None:
        """Opens a page, and waits until its scripts have run."""
        self.call("Page.navigate", url=address)
        self.wait_for(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")

    def press(self, selector: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def add_authenticator(self) -> str:
        """Plugs in an authenticator that keeps passkeys and knows its user; gives its id."""
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        return str(self.call("WebAuthn.addVirtualAuthenticator", options=options)["authenticatorId"])


@contextmanager
def driven_browser(program: str, folder: Path) -> Iterator[DrivenBrowser]:
    """A browser of its own, which ends with the block."""
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    words += ["--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen([program, *words], stderr=subprocess.DEVNULL)
    try:
        with connect(page_of(folder / "DevToolsActivePort"), max_size=None) as connection:
            yield DrivenBrowser(connection)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def page_of(file: Path) -> str:
    """The address at which the page is driven; the browser writes its port into a file."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, httpx.HTTPError, StopIteration):
            if found := re.match(r"[0-9]+", file.read_text()):
                targets = httpx.get(f"http://127.0.0.1:{found[0]}/json/list").json()
                return str(next(one["webSocketDebuggerUrl"] for one in targets if one["type"] == "page"))
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
