"""A title is shown in the reader's language where the document has it, and says which language it is in."""

from __future__ import annotations

import orjson
import pytest

from tests.builders import TRANSLATIONS, a_credential, an_achievement
from tests.site import Campus


@pytest.mark.parametrize(
    ("wanted", "heading"),
    [
        ("ms-MY, en;q=0.5", '<h1 lang="ms">Penilaian Keperluan</h1>'),
        ("fr, zh-Hant;q=0.1", '<h1 lang="zh-Hant">需求評估</h1>'),
        ("fr", '<h1 lang="en">Needs Assessment</h1>'),
    ],
)
def test_a_page_has_the_title_in_the_readers_language(campus: Campus, wanted: str, heading: str) -> None:
    document = a_credential(achievement=an_achievement(translations=TRANSLATIONS))
    files = {"file": ("credential.json", orjson.dumps(document), "application/json")}
    page = campus.client.post("/check", files=files, headers={"Accept": "text/html", "Accept-Language": wanted}).text

    assert heading in page
    assert "In other languages" in page
