"""The languages that a browser asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.languages import wanted_languages


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", ()),
        ("ms", ("ms",)),
        ("en;q=0.5, ms-MY, zh-Hant;q=0.9", ("ms-MY", "zh-Hant", "en")),
        ("fr;q=0, *, en", ("en",)),
        ("ms;q=much, de", ("de",)),
    ],
)
def test_the_most_wanted_language_comes_first(header: str, wanted: tuple[str, ...]) -> None:
    assert wanted_languages(header) == wanted


@given(st.text())
def test_whatever_is_sent_is_read(header: str) -> None:
    assert len(wanted_languages(header)) <= 50
