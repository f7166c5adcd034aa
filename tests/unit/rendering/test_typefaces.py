"""The typefaces: all that the templates name are there, small enough, with their licence, and draw what they say."""

from __future__ import annotations

import pytest

from ledger.rendering.typefaces import FACES, FOLDER, HAN, SERIF, code_points, drawable, fonts

MAX_BYTES = 8_000_000

SAMPLES = {
    "Latin": "Ólöf Ħusein Nguyễn Ðǿ ſẞ",
    "Greek": "Ελένη Ὀδυσσεύς",
    "Cyrillic": "Ольга Їжакевич Өнөр",
    "Arabic": "فاطمة ۱۲ پچگڤڽ ﷲ",
    "Hebrew": "שָׂרָה לוי",
    "Devanagari": "अनुष्का श्रीमती ॠ",
    "Tamil": "நித்யா ஸ்ரீ",
    "Bengali": "শ্রাবণী",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ",
    "Gujarati": "કૃષ્ણા",
    "Telugu": "శ్రీనివాస్",
    "Kannada": "ಕೃಷ್ಣ",
    "Malayalam": "ശ്രീദേവി",
    "Sinhala": "ශ්‍රී ලංකා",
    "Thai": "สมชาย ศรีสุข",
    "Lao": "ສົມສັກ",
    "Khmer": "សុភ័ក្រ្ត",
    "Myanmar": "အောင်ဆန်း",
    "Georgian": "ნინო",
    "Armenian": "Անահիտ",
    "Ethiopic": "ሰላም",
    "simplified Chinese": "习近欧阳娜娜龙",
    "traditional Chinese": "林佳穎歐陽龍",
    "Japanese": "山田ひらがなカタカナー々",
    "Korean": "김민수뷁",
}


def test_the_families_that_are_named_are_those_that_are_there() -> None:
    assert set(fonts().families()) == set(FACES["display"]) | set(FACES["body"])
    assert FACES["display"][0] == SERIF
    assert FACES["body"][-1] == FACES["display"][-1] == HAN


@pytest.mark.parametrize("script", SAMPLES)
def test_every_character_of_these_names_has_a_glyph(script: str) -> None:
    letters = {letter for letter in SAMPLES[script] if letter not in "\u200d "}
    assert {letter for letter in letters if ord(letter) not in drawable()} == set()


def test_what_no_typeface_has_is_known_too() -> None:
    assert {letter for letter in "😀𓀀𐎠\U00020000" if ord(letter) in drawable()} == set()


def test_the_character_map_of_a_font_is_read_as_others_read_it() -> None:
    hebrew = code_points((FOLDER / "NotoSerifHebrew-Regular.ttf").read_bytes())
    assert {0x05D0, 0x05EA, 0x20AA, 0x25CC, 0xFB4F} <= hebrew  # as the font's own list of characters has it
    assert not {0x0041, 0x05EB, 0x0627, 0xFFFF} & hebrew


def test_the_fonts_are_few_bytes_and_say_where_they_are_from() -> None:
    files = sorted(FOLDER.glob("*.ttf"))
    assert sum(path.stat().st_size for path in files) < MAX_BYTES
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in files:
        script = path.stem.removeprefix("NotoSerif").removesuffix("-Regular")
        assert path.name in told or script in told, path.name
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")
