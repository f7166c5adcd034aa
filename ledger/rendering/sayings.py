"""Texts of documents on their way into a picture: what cannot be drawn is replaced and noted, never left out silently.

A text is handed to the typesetter as data, with its direction and language; nothing in it is ever read as markup.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from ledger.documents.text import REPLACEMENT, visible
from ledger.rendering.typefaces import drawable

LONGEST = 4_000
"""Characters of one text that are set at all."""
LONGEST_RUN = 30
"""Characters without a place to break the line. After so many one is made, in scripts whose letters stand apart."""
LONGEST_NAME = 74
"""Characters of an identifier that fit on a line in the smallest print."""
BREAK = "\u200b"

_IGNORABLE = re.compile("[\u200b-\u200d\u2060\ufe00-\ufe0f]")
_RUN = re.compile(rf"[^\W\u0590-\u0dff\u1000-\u109f\u0e00-\u0eff\u1780-\u17ff\u3000-\uffff]{{{LONGEST_RUN + 1},}}")
_LANGUAGES = {
    "ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn", "GURMUKHI": "pa", "GUJARATI": "gu",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am", "CJK": "zh",
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "CYRILLIC": "ru",
}  # fmt: skip
"""A language that each script is written in: the typesetter shapes and breaks lines by it."""

Saying = dict[str, str]


@dataclass
class Sayings:
    """Makes texts fit to be set, and remembers which characters no typeface here has."""

    missing: dict[str, None] = field(default_factory=dict)

    def say(self, text: str) -> Saying:
        """A text with its direction and language, as the templates take it."""
        drawn = self._drawable(visible(unicodedata.normalize("NFC", text), limit=LONGEST))
        return {"text": _breakable(drawn), "dir": direction(drawn), "lang": language(drawn)}

    def spell(self, text: str) -> Saying:
        """An identifier or a hash, which people copy: nothing is put into one that fits on a line."""
        saying = self.say(text)
        return saying | {"text": saying["text"].replace(BREAK, "")} if len(text) <= LONGEST_NAME else saying

    def _drawable(self, text: str) -> str:
        known = drawable()
        characters: list[str] = []
        for character in text:
            shown = character
            if ord(character) not in known and character != "\n":
                if _IGNORABLE.match(character):
                    continue
                self.missing[character] = None
                shown = REPLACEMENT
            if shown != REPLACEMENT or characters[-1:] != [REPLACEMENT]:
                characters.append(shown)
        return "".join(characters)


def direction(text: str) -> str:
    """`rtl` or `ltr`, by the first character that has a direction (Unicode Standard Annex 9, rules P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def language(text: str) -> str:
    """A language of the first script in the text that is not Latin; `en` where there is none."""
    for character in text:
        if character.isascii():
            continue
        found = _LANGUAGES.get(unicodedata.name(character, "").split(" ")[0].split("-")[0])
        if found is not None:
            return found
    return "en"


def _breakable(text: str) -> str:
    """The text with places to break in words that are longer than any line."""

    def cut(run: re.Match[str]) -> str:
        word = run.group()
        return BREAK.join(word[start : start + LONGEST_RUN] for start in range(0, len(word), LONGEST_RUN))

    return _RUN.sub(cut, text)
