"""Which heading of a table means which column: by what it was taken for before, by its words, by likeness."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

LIKE_ENOUGH = 0.82
SURE = 1.0

_WORDS = re.compile(r"[\W_]+")

Synonyms = Mapping[str, Sequence[str]]
"""Names of each column as people write them, in any language."""


def normal(heading: str) -> str:
    """A heading without what does not tell headings apart: case, accents, punctuation, the Arabic article and marks."""
    decomposed = unicodedata.normalize("NFKD", heading.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter) and letter != "ـ")
    words = (word.removeprefix("ال") for word in _WORDS.split(bare))
    return " ".join(word for word in words if word)


def suggest(headings: Sequence[str], synonyms: Synonyms, known: Mapping[str, str]) -> list[str]:
    """For each heading the column that it is likely to mean, or nothing; no column twice, the likeliest first.

    `known` says what normal headings were taken for before: a column, or nothing for what was left out.
    """
    names = {column: {normal(name) for name in (column, *others)} for column, others in synonyms.items()}
    scored = sorted(
        (
            (-_likeness(normal(heading), column, names[column], known), place, column)
            for place, heading in enumerate(headings)
            for column in names
        ),
    )
    chosen, taken = [""] * len(headings), set[str]()
    for score, place, column in scored:
        if -score >= LIKE_ENOUGH and not chosen[place] and column not in taken:
            chosen[place] = column
            taken.add(column)
    return chosen


def _likeness(heading: str, column: str, names: set[str], known: Mapping[str, str]) -> float:
    """From 0 to 2: what somebody decided before counts for more than any likeness."""
    if not heading:
        return 0.0
    if heading in known:
        return 2.0 if known[heading] == column else 0.0
    if heading in names:
        return SURE
    return max((SequenceMatcher(None, heading, name).ratio() for name in names), default=0.0) * 0.99
