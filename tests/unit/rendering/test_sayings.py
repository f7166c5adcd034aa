"""Texts on their way into a picture: nothing vanishes, nothing is read as anything but text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents.text import REPLACEMENT
from ledger.rendering.sayings import BREAK, LONGEST_RUN, Sayings, direction, language
from ledger.rendering.typefaces import drawable


def said(text: str) -> str:
    return Sayings().say(text)["text"]


@pytest.mark.parametrize(
    "text",
    [
        "Nur Aisyah binti Rahman",
        "فاطمة الزهراء",
        "#let x = $1$ ] [ \\ @ref <label> *bold* `raw` // /* #sys.inputs",
        "He said: \"no\" — and 'left'",
        "نی\u200cما",  # a joiner that spells
        "श्री",
    ],
)
def test_what_can_be_drawn_stays_as_it_is(text: str) -> None:
    sayings = Sayings()
    assert sayings.say(text)["text"] == text
    assert not sayings.missing


def test_what_cannot_be_drawn_is_replaced_once_and_noted() -> None:
    sayings = Sayings()
    assert sayings.say("Ann 😀🎓👩 Lee")["text"] == f"Ann {REPLACEMENT} Lee"
    assert list(sayings.missing) == ["😀", "🎓", "👩"]


@pytest.mark.parametrize(
    ("text", "way", "tongue"),
    [
        ("Ann", "ltr", "en"),
        ("  12 فاطمة", "rtl", "ar"),
        ("שרה Levi", "rtl", "he"),
        ("Tan 林佳穎", "ltr", "zh"),
        ("அரசன்", "ltr", "ta"),
        ("अनुष्का", "ltr", "hi"),
        ("", "ltr", "en"),
    ],
)
def test_direction_and_language_follow_the_script(text: str, way: str, tongue: str) -> None:
    assert (direction(text), language(text)) == (way, tongue)


def test_a_word_longer_than_any_line_can_be_broken() -> None:
    broken = said("W" * 100)
    assert broken.replace(BREAK, "") == "W" * 100
    assert max(map(len, broken.split(BREAK))) == LONGEST_RUN
    assert BREAK not in said("ك" * 40)  # the letters of these scripts hold together


@given(st.text(max_size=200))
def test_only_drawable_characters_come_out(text: str) -> None:
    assert all(ord(letter) in drawable() or letter == "\n" for letter in said(text))
