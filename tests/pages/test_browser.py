"""Pages in a real browser: nothing is refused by our own policy, nothing is fetched from elsewhere, nothing acts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import uvicorn

from ledger.documents.strict_json import parse
from tests.pages.test_pages import HOSTILE, poisoned
from tests.site import Campus

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(BROWSER is None, reason="needs a Chromium browser (scripts/test.py --full installs one)"),
]


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    """The shared site on a real port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(campus.app, lifespan="off", log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def seen_by_a_browser(address: str, folder: Path) -> tuple[str, str]:
    """The page as the browser holds it after loading, and what it had to complain about."""
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            f"--user-data-dir={folder}",
            "--enable-logging=stderr",
            "--virtual-time-budget=2000",
            "--dump-dom",
            address,
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line or "Refused" in line]
    return done.stdout, "\n".join(complaints)


@pytest.mark.parametrize("path", ["/", "/check", "/docs"])
def test_a_page_loads_without_a_complaint(address: str, path: str, tmp_path: Path) -> None:
    page, complaints = seen_by_a_browser(address + path, tmp_path)
    assert "</html>" in page
    assert complaints == ""


def test_a_hostile_credential_on_a_share_page_does_nothing(campus: Campus, address: str, tmp_path: Path) -> None:
    owner = campus.a_wallet()
    document = orjson.dumps(poisoned(parse(campus.document()), " ".join(HOSTILE)))
    owner.take_in(document)
    page, complaints = seen_by_a_browser(address + owner.a_path(credential_ids=owner.held()), tmp_path)
    assert "Not valid" in page
    assert complaints == ""
