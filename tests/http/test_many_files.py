"""Many things given at once: the page to check names each in a line, what did not pass first, and stays light."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest

from api.verification import pages
from api.verification.pages import LINES
from api.web.pages import HEAVIEST
from tests.http.test_receipts import DRAFT, given, judged
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


def test_a_page_of_much_stays_light_and_takes_the_same_files_for_a_receipt(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "HEAVIEST", 1_000)
    files = (("one.json", campus.document()), ("broken.json", b"{"))
    page = given(campus, *files, on="2026-03-05").text
    assert DRAFT.search(page) is None
    assert 'name="on" value="2026-03-05"' in page

    receipt = given(campus, *files, on="2026-03-05", receipt="json", personal="yes")
    assert [entry.get("name") for entry in receipt.json()["documents"]] == ["one.json", "broken.json"]
    assert receipt.json()["documents"][0]["as_of"].startswith("2026-03-05")
    assert judged(campus, receipt.content)["outcome"] == "valid"
    paper = given(campus, *files, receipt="pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert judged(campus, paper.content, "application/pdf")["outcome"] == "valid"
    again = given(campus, ("receipt.json", receipt.content), receipt="json")
    assert (again.status_code, "receipt of a check" in again.text) == (422, True)
