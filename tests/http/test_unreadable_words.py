"""What cannot be read, and what a receipt says, is told in the reader's language."""

from __future__ import annotations

import re

import pytest

from tests.http.test_learner_pages import OWN, with_credentials
from tests.http.test_receipts import DRAFT, HTML, given
from tests.site import Campus
from tests.wrappings import a_zip

BROKEN = {"broken.json": b'{"a": ', "page.html": b"<html><p>no</p></html>", "no.pdf": b"%PDF-1.7 nothing"}
ARABIC = re.compile("[\u0600-\u06ff]")


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_says_why_in_the_readers_language(campus: Campus, name: str) -> None:
    answer = campus.client.post(
        "/check", files={"file": (name, BROKEN[name])}, headers={**HTML, "Accept-Language": "ar"}
    )
    [box] = re.findall(r'<h2 id="not-read">.*?</section>', answer.text, re.DOTALL)
    [said] = re.findall(r"<p>(.*?)</p>", box)[:1]
    assert ARABIC.search(said)
    assert not re.search("[a-z]{3}", said)
    assert '<p class="quiet" lang="en"' in box  # the reader's own message stands below


def test_files_of_an_archive_and_of_an_import_say_so_too(campus: Campus) -> None:
    packed = a_zip({"good.json": campus.document(), **BROKEN})
    language = {"Accept-Language": "ar"}
    page = campus.client.post("/check", files={"file": ("all.zip", packed)}, headers={**HTML, **language}).text
    assert "not JSON" not in page
    browser, _ = with_credentials(campus, "unread@a.example")
    taken = browser.client.post(
        "/wallet/import", files={"file": ("broken.json", BROKEN["broken.json"])}, headers={**OWN, **language}
    )
    assert taken.status_code == 422
    assert "ليس هذا JSON" in taken.text
    assert "not JSON" not in taken.text


def test_a_receipt_that_is_brought_tells_in_the_readers_language(campus: Campus) -> None:
    receipt = campus.client.post(
        "/check/receipt",
        files=[("none", (None, ""))],
        data={"draft": sealed(campus), "form": "json"},
    ).content
    page = campus.client.post(
        "/check", files={"file": ("receipt.json", receipt)}, headers={**HTML, "Accept-Language": "ar"}
    ).text
    told = re.findall(r'<div class="inside">\s*<p>([^<]*)</p>', page)
    assert len(told) == 2
    assert all(ARABIC.search(one) and not re.search("[a-z]{3}", one) for one in told)


def sealed(campus: Campus) -> str:
    found = DRAFT.search(given(campus, ("one.json", campus.document()), ("broken.json", b"{")).text)
    assert found
    return found[1]
