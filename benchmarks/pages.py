"""What pages weigh, and how soon they are painted: `python -m benchmarks.pages`.

Each main page is opened in headless Chromium over loopback, six times with an empty cache; the first is not counted.
Weight is everything that the browser received for it, as bytes over the wire; first paint is the browser's own
`first-contentful-paint`, from when it began to ask; shift is the sum of `layout-shift` entries. The bars are 100 kB,
300 ms and none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.pages.conftest import BROWSER
from tests.pages.looking import DESKTOP, PHONE
from tests.pages.showcase import SLUG, Showcase, showcase

ROUNDS = 6
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
SHIFTED = """new Promise(done => { new PerformanceObserver(list => done(list.getEntries().reduce(
    (sum, entry) => sum + entry.value, 0))).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(0), 200); })"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, showcase(Path(folder)) as shown, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        print(f"{'page':44}{'kB':>8}{'first paint, ms':>18}{'on a phone':>12}{'shift':>8}")
        for name, path in pages(shown).items():
            weight, desktop, shift = measured(browser, shown, path, DESKTOP)
            _, phone, _ = measured(browser, shown, path, PHONE)
            print(f"{name:44}{weight / 1000:8.1f}{desktop:18.0f}{phone:12.0f}{shift:8.3f}", flush=True)
        browser.close()
    return 0


def pages(shown: Showcase) -> dict[str, str]:
    batch = shown.site.workspace.catalog.batches(SLUG)[0].id
    return {
        "home": "/",
        "check a credential": "/check",
        "check a list": "/bulk",
        "a shared record of 17": shown.share,
        "the same in Arabic": f"{shown.share}?lang=ar",
        "my cairn": "/wallet",
        "my credentials": "/wallet/credentials",
        "share": "/wallet/links/new",
        "settings": "/wallet/settings",
        "registrar: overview": f"/staff/issuers/{SLUG}",
        "registrar: new batch": f"/staff/issuers/{SLUG}/batches/new",
        "registrar: a batch of 36": f"/staff/issuers/{SLUG}/batches/{batch}",
        "registrar: achievements": f"/staff/issuers/{SLUG}/achievements",
        "registrar: pathways": f"/staff/issuers/{SLUG}/pathways",
        "registrar: statistics": f"/staff/issuers/{SLUG}/statistics",
        "public register": "/register",
    }


def measured(browser: Browser, shown: Showcase, path: str, options: dict[str, object]) -> tuple[int, float, float]:
    """Bytes, first paint (median, ms) and layout shift of a page."""
    paints, weights, shift = [], [], 0.0
    for _ in range(ROUNDS):
        context = browser.new_context(**options)  # type: ignore[arg-type]
        shown.enter(context)
        page = context.new_page()
        protocol = context.new_cdp_session(page)
        protocol.send("Network.enable")
        received: list[float] = []
        protocol.on("Network.loadingFinished", lambda event, into=received: into.append(event["encodedDataLength"]))
        page.goto(shown.address + path, wait_until="load")
        shift = max(shift, float(page.evaluate(SHIFTED)))
        page.wait_for_function(PAINTED)  # a page may be loaded before it is painted
        paints.append(float(page.evaluate(PAINTED)))
        weights.append(int(sum(received)))
        context.close()
    return max(weights), statistics.median(paints[1:]), shift


if __name__ == "__main__":
    sys.exit(main())
