"""Links as letters bring them: in brackets, in a sentence, broken, quoted."""

from __future__ import annotations

import pytest

from api.verification.links import Elsewhere, OwnPage, link_in

BASE = "https://cairn.example"
TOKEN = "Wb0oUkP1VfY1F3rKmv0n2cTq5sXgk3b6HnP7cQmT2aE"
OTHER = TOKEN[::-1]
LINK = f"{BASE}/s/{TOKEN}"


@pytest.mark.parametrize(
    "text",
    [
        LINK,
        f"<{LINK}>",
        f"\u201c{LINK}\u201d",
        f"{LINK[:-20]}\r\n{LINK[-20:]}",
        f"{LINK[:-20]} {LINK[-20:]}",
        f"{BASE}\n/s/{TOKEN}",
        f"> {LINK[:-20]}\r\n> {LINK[-20:]}",
        f"Dear Sir,\nmy record is at {LINK}. Once more: {LINK}\nYours, Ana",
    ],
)
def test_a_share_link_is_found_in_what_a_letter_makes_of_it(text: str) -> None:
    assert link_in(text, BASE) == OwnPage(f"/s/{TOKEN}")


def test_the_date_goes_with_it() -> None:
    assert link_in(f"As of then: {LINK}?on=2026-01-02.", BASE) == OwnPage(f"/s/{TOKEN}?on=2026-01-02")


@pytest.mark.parametrize(
    "text",
    [
        f"See {LINK} and {BASE}/s/{OTHER}",  # which of them, nobody can say
        f'{{"see": "{LINK}"}}',
        f"<svg><a href='{LINK}'>badge</a></svg>",
        f"See {LINK}x",
        f"See https://elsewhere.example/s/{TOKEN}",
        "Dear Sir",
        "<>",
    ],
)
def test_in_anything_else_none_is_found(text: str) -> None:
    assert link_in(text, BASE) is None


def test_a_link_to_another_site_in_brackets_is_one() -> None:
    assert link_in("<https://elsewhere.example/x>", BASE) == Elsewhere("https://elsewhere.example/x")
