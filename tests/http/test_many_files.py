"""Many things given at once: the page to check names each in a line, what did not pass first, and stays light."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from api.verification.pages import LINES
from api.web.pages import HEAVIEST
from tests.site import Campus

HTML = {"Accept": "text/html"}


def checked(campus: Campus, files: Sequence[tuple[str, bytes]]) -> str:
    """The page on a ZIP of these."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    answer = campus.client.post("/check", files={"file": ("all.zip", packed.getvalue())}, headers=HTML)
    assert answer.status_code == 200
    return str(answer.text)


def test_a_large_archive_is_a_light_page_that_names_what_did_not_pass_first(campus: Campus) -> None:
    good = campus.document()
    bad = good.replace(b"Learner 1", b"Learner 9")
    page = checked(campus, [*((f"good-{at}.json", good) for at in range(80)), ("bad.json", bad), ("no.json", b"[")])
    assert len(page.encode()) < HEAVIEST
    assert "81 in all: 80 valid, 1 not valid. Not read: 1." in page
    assert page.count('<li class="in-0">') == LINES
    assert f"And {82 - LINES} more." in page
    assert page.index("no.json") < page.index("good-0.json")
    assert page.index("bad.json") < page.index("good-0.json")
    assert page.index("Not valid ·") < page.index("good-0.json")
    assert 'href="/bulk"' in page
    assert 'name="draft"' in page  # the receipt is about all of them


def test_a_few_files_open_on_the_page(campus: Campus) -> None:
    page = checked(campus, [(f"{at}.json", campus.document()) for at in range(3)])
    assert page.count("<details") >= 3
    assert "each is one line" not in page
