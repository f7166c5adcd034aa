"""The picture of a stack: every stone is in it or counted, none covers another, and no text becomes markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from api.web.stack_diagram import NARROW, WIDE, stack_diagram
from api.web.stack_layout import Place, Stone, owners_of, placed
from api.web.text_fitting import clipped, lines_of, width_of

STATES = ("valid", "valid", "valid", "invalid", "indeterminate", "waiting", "missing")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=200)
SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def stacks(draw: st.DrawFn) -> list[Stone]:
    """Stones that rest on any others, themselves and strangers too."""
    count = draw(st.integers(1, 60))
    keys = st.integers(0, count).map(str)
    return [
        Stone(
            draw(keys) if draw(st.booleans()) else str(at),
            draw(TEXTS),
            state=draw(st.sampled_from(STATES)),
            rests_on=tuple(draw(st.lists(keys, max_size=8))),
            href=draw(st.sampled_from(("", "#c-1"))),
        )
        for at in range(count)
    ]


def overlap(one: Place, other: Place) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@settings(deadline=None, max_examples=60)
@given(stacks())
def test_every_stone_is_drawn_once_or_counted_and_none_covers_another(stones: list[Stone]) -> None:
    for shape in (WIDE, NARROW):
        for mirrored in (False, True):
            layout = placed(stones, shape, mirrored=mirrored)
            drawn = [place.members[0] for place in layout.places if place.kind == "stone"]
            counted = [member for place in layout.places if place.kind == "more" for member in place.members]
            assert sorted(drawn + counted) == list(range(len(stones)))
            assert len(drawn) <= shape.most
            assert not any(overlap(one, other) for one, other in combinations(layout.places, 2))
            for place in layout.places:
                assert place.x >= -0.01
                assert place.x + place.width <= shape.width + 0.01
                assert 0 <= place.y <= layout.height - place.height + 0.01


@settings(deadline=None, max_examples=60)
@given(stacks())
def test_an_award_stands_over_all_that_is_drawn_for_it(stones: list[Stone]) -> None:
    owners = owners_of(stones)
    layout = placed(stones, WIDE)
    heights = {place.members[0]: place.y for place in layout.places if place.kind == "stone"}
    for part, award in owners.items():
        if part in heights and award in heights:
            assert heights[award] < heights[part]


@settings(deadline=None, max_examples=40)
@given(stacks())
def test_the_picture_is_well_formed_whatever_the_texts_are(stones: list[Stone]) -> None:
    parsed = ET.fromstring(f"<div>{stack_diagram(stones)}</div>")  # noqa: S314 (made here)
    drawings = parsed.findall(f".//{SVG}desc")
    assert len(drawings) == 2
    assert not [element for element in parsed.iter() if "style" in element.attrib]


def test_five_hundred_stones_are_a_small_picture_that_says_how_many_more_there_are() -> None:
    parts = [Stone(f"m{at}", f"Module {at}", state="invalid" if at == 444 else "valid") for at in range(498)]
    award = Stone("award", "Diploma", rests_on=tuple(stone.key for stone in parts[:300]))
    picture = str(stack_diagram([*parts, award, Stone("x", "Alone")]))
    assert len(picture.encode()) < 40_000
    assert "Module 444" in picture
    assert "and 482 more" in picture
    layout = placed([*parts, award], WIDE)
    assert {place.kind for place in layout.places} == {"stone", "more"}


def test_a_chain_of_five_hundred_awards_is_drawn_from_the_top() -> None:
    chain = [Stone(str(at), f"Award {at}", rests_on=(str(at + 1),)) for at in range(500)]
    layout = placed(chain, WIDE)
    assert [place.members[0] for place in layout.places if place.kind == "stone"] == list(range(WIDE.most))


def test_what_is_in_two_awards_is_shown_under_both_and_counted_once() -> None:
    stones = [
        Stone("a", "One award", rests_on=("m",)),
        Stone("b", "Another", rests_on=("m", "n")),
        Stone("m", "Module"),
        Stone("n", "Module too"),
    ]
    kinds = [(place.kind, place.members) for place in placed(stones, WIDE).places]
    assert kinds.count(("stone", (2,))) == 1
    assert kinds.count(("again", (2,))) == 1


def test_states_differ_in_outline_symbol_and_word() -> None:
    drawn = {
        state: str(stack_diagram([Stone("a", "A", state=state)])) for state in ("valid", "invalid", "indeterminate")
    }
    assert "Not valid" in drawn["invalid"]
    assert "Could not check" in drawn["indeterminate"]
    assert "Not valid" not in drawn["indeterminate"]
    assert len({text.partition('class="edge"')[2][:60] for text in drawn.values()}) == 2
    assert len({text.partition('class="mark"')[2][60:200] for text in drawn.values()}) == 3


def test_what_a_stone_says_below_its_title_is_said_in_full() -> None:
    stone = Stone("a", "Module", credits="1 ECTS credit, EQF level 6", day="2026", href="#c-1")
    lines = re.findall(r'<text class="quiet"[^>]*>([^<]*)</text>', str(stack_diagram([stone])).partition("slim")[2])
    assert " ".join(reversed(lines)) == "1 ECTS credit, EQF level 6 · 2026"


def test_a_level_is_said_in_full_below_a_title_of_many_lines() -> None:
    said = "ساعة معتمدة واحدة (ECTS), المستوى 6 (EQF)"
    drawn = str(
        stack_diagram([Stone("a", "Foundations of Data Stewardship and Responsible Machine Learning", credits=said)])
    )
    slim = drawn.partition('class="slim"')[2].partition("</svg>\n")[0]
    titles, quiets = (re.findall(rf'<text class="{name}"[^>]*>([^<]*)', slim) for name in ("title", "quiet"))
    assert " ".join(reversed(quiets)) == said
    assert len(titles) == 3
    heights = [float(y) for y in re.findall(r'<text class="(?:title|quiet)" x="[^"]*" y="([^"]*)"', slim)]
    assert all(abs(one - other) >= 12 for one, other in combinations(heights, 2))


@given(TEXTS, st.integers(4, 30), st.integers(1, 3))
def test_lines_fit_and_lose_nothing_but_the_end(text: str, room: int, most: int) -> None:
    lines = lines_of(text, room, most)
    assert len(lines) <= most
    assert all(width_of(line) <= room + 1.1 or len(line) <= 2 for line in lines) or any(
        width_of(cluster) > room for cluster in text
    )
    whole = " ".join(text.split())
    shown = "".join(lines).replace(" ", "").removesuffix("…")
    assert whole.replace(" ", "").startswith(shown)


def test_a_long_word_is_broken_after_its_hyphen() -> None:
    assert lines_of("Criterion-referenced Test", 8, 3) == ["Criterion-", "referenced Test"]


def test_marks_stay_with_their_letters() -> None:
    tamil = "நுண்சான்றிதழ் படிப்பு"
    for room in range(2, 14):
        assert "".join(lines_of(tamil, room, 9)).replace(" ", "").startswith(tamil.replace(" ", "")[:2])
        cut = clipped(tamil, room).removesuffix("…")
        assert not tamil[len(cut) :][:1] or tamil[len(cut)] not in "\u0bc1\u0bcd\u0bbe\u0bbf"


def test_a_link_leads_only_into_this_site() -> None:
    picture = str(stack_diagram([Stone("a", "A", href="javascript:alert(1)"), Stone("b", "B", href="//evil.example")]))
    assert "<a " not in picture
