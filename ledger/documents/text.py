"""Which text may stand in a credential, checked when it is drafted, and how foreign text is shown safely.

Names come in every script, so nothing is said about letters. Refused is what a reader can't see or what moves other
text: controls, bidirectional overrides, invisible characters outside the scripts that spell with them, piles of
combining marks. See Unicode Standard Annex 15 (NFC) and Unicode Technical Standard 39.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

NAME_LIMIT = 150
"""Characters in the name of a person, an institution or an achievement."""
NARRATIVE_LIMIT = 2_000
URL_LIMIT = 2_048
MAX_COMBINING_MARKS = 4
MAX_PORT = 65_535
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_JOINERS = "\u200c\u200d"
_SPACES = " \u00a0\u3000"
# Letters and symbols by category that are drawn as nothing at all: Hangul fillers, the blank Braille cell.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# Scripts that spell with the zero-width joiners: Arabic, Syriac, N'Ko, the Indic scripts, Myanmar, Khmer, Mongolian.
_JOINER_SCRIPTS = (
    (0x0600, 0x07FF), (0x0840, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0x1A20, 0x1CFF), (0xA800, 0xA9DF),
    (0xAA60, 0xAAFF), (0xABC0, 0xABFF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF), (0x11000, 0x11FFF),
)  # fmt: skip
_HTTPS_URL = re.compile(r"https://([a-z0-9.-]+)(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_EMAIL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@([^\W_]([\w-]*[^\W_])?\.)+[^\W_][\w-]*[^\W_]")


@dataclass(frozen=True)
class TextProblem:
    """A stable code (`string_*`, `url_*`, `email_*`) and a phrase that follows the name of the field."""

    code: str
    message: str


def text_problem(value: str, *, limit: int = NAME_LIMIT, lines: bool = False) -> TextProblem | None:
    """What is wrong with `value` as text in a credential, or None.

    `limit` counts characters. `lines` allows line feeds, for narratives.
    """
    if len(value) > limit:
        return TextProblem("string_long", f"has {len(value)} characters; at most {limit} are allowed")
    if not value or value.isspace():
        return TextProblem("string_empty", "is empty")
    if value[0].isspace() or value[-1].isspace():
        return TextProblem("string_space", "begins or ends with a space")
    if value.isascii() and value.isprintable():
        return None
    if not unicodedata.is_normalized("NFC", value):
        return TextProblem("string_not_nfc", "is not in the composed Unicode form (NFC)")
    position = _forbidden_position(value, lines=lines)
    if position is None:
        return None
    if unicodedata.category(value[position]) in ("Mn", "Me"):
        what = "combining marks that do not belong there"
    else:
        what = f"a character that can't be seen (U+{ord(value[position]):04X})"
    return TextProblem("string_forbidden", f"has {what}, at character {position + 1}")


def visible(value: str, *, limit: int = NARRATIVE_LIMIT) -> str:
    """`value` as it may be shown to people: what `text_problem` forbids is replaced by U+FFFD, the rest stays.

    For documents of others, which are verified as they are but must not deceive the eye. Never raises.
    """
    shown = value[:limit] + ("…" if len(value) > limit else "")
    if shown.isascii() and shown.isprintable():
        return shown
    characters = list(shown)
    start: int | None = 0
    while (position := _forbidden_position(shown, lines=True, start=start or 0)) is not None:
        characters[position] = REPLACEMENT
        start = position + 1
    return "".join(characters)


def url_problem(value: str) -> TextProblem | None:
    """What is wrong with `value` as an address in a credential: only plain `https` URLs in ASCII are allowed."""
    if len(value) > URL_LIMIT:
        return TextProblem("url_long", f"has {len(value)} characters; at most {URL_LIMIT} are allowed")
    if not value.startswith("https://"):
        return TextProblem("url_scheme", "is not an https:// address")
    parts = _HTTPS_URL.fullmatch(value)
    if parts is None or not _is_host(parts[1]) or int((parts[2] or ":443")[1:]) > MAX_PORT:
        return TextProblem("url_syntax", "is not a plain web address (https://host/path, in ASCII)")
    return None


def _is_host(host: str) -> bool:
    """Whether browsers and verifiers written in JavaScript read `host` as one: what ends in a number is an address."""
    labels = host.split(".")
    if not _NUMBER.fullmatch(labels[-1]):
        return "" not in labels
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def email_problem(value: str) -> TextProblem | None:
    """What is wrong with `value` as an e-mail address (RFC 5321 lengths, the dot-atom form of RFC 5322)."""
    local = value.rpartition("@")[0]
    if len(value) > 254 or len(local) > 64 or not _EMAIL.fullmatch(value):
        return TextProblem("email_syntax", "is not an e-mail address")
    return text_problem(value, limit=254)


def _forbidden_position(value: str, *, lines: bool, start: int = 0) -> int | None:
    """Where the first character from `start` on stands that may not, or None."""
    marks = 0
    for position in range(start, len(value)):
        character = value[position]
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            marks += 1
            if marks > MAX_COMBINING_MARKS or position == 0:
                return position
            continue
        marks = 0
        if category[0] in "LNPSM":
            if character in _BLANKS:
                return position
        elif (
            character in _SPACES
            or (lines and character == "\n")
            or (category == "Cn" and not _is_noncharacter(character))
        ):
            continue
        elif not (character in _JOINERS and _joins(value, position)):
            return position
    return None


def _joins(value: str, position: int) -> bool:
    """Whether the joiner at `position` stands between two characters of scripts that spell with it."""
    if not 0 < position < len(value) - 1:
        return False
    return _spells_with_joiners(value[position - 1]) and _spells_with_joiners(value[position + 1])


def _spells_with_joiners(character: str) -> bool:
    point = ord(character)
    return any(first <= point <= last for first, last in _JOINER_SCRIPTS) and unicodedata.category(character)[0] in "LM"


def _is_noncharacter(character: str) -> bool:
    return (ord(character) & 0xFFFE) == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
