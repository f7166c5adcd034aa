"""Texts of any script in a limited room: SVG breaks no lines and cuts none off. Widths are estimates."""

from __future__ import annotations

import unicodedata

_NARROW_LETTERS = frozenset("iljtfr.,:;'!|()[] I")


def width_of(text: str) -> float:
    """About how wide a text is, in the size of its letters."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return 0.34
    if letter.isascii():
        return 0.76 if letter.isupper() or letter in "mw@%" else 0.58
    category = unicodedata.category(letter)
    if category in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    return 0.8 if "\u0900" <= letter <= "\u109f" else 0.7 if letter.isupper() else 0.6


def clusters_of(text: str) -> list[str]:
    """What is not to be taken apart: letters with their marks and joiners."""
    found: list[str] = []
    for letter in text:
        joined = bool(found) and (
            unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf") or found[-1].endswith("\u200d")
        )
        if joined:
            found[-1] += letter
        else:
            found.append(letter)
    return found


def clipped(text: str, room: float) -> str:
    """As much of a text as fits, with an ellipsis where something is left out."""
    line = " ".join(text.split())
    if width_of(line) <= room:
        return line
    kept, width = "", 1.0
    for cluster in clusters_of(line):
        width += width_of(cluster)
        if width > room:
            break
        kept += cluster
    return kept.rstrip() + "…"


def lines_of(text: str, room: float, most: int) -> list[str]:
    """A text in at most so many lines, broken between words, or after a hyphen, where that can be."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < most - 1 and width_of(rest) > room:
        lines.append(_first_line(rest, room))
        rest = rest[len(lines[-1]) :].strip()
    if rest:
        lines.append(clipped(rest, room))
    return [line.strip() for line in lines]


def _first_line(text: str, room: float) -> str:
    taken, width, space = "", 0.0, 0
    for cluster in clusters_of(text):
        width += width_of(cluster)
        if width > room and taken:
            break
        if cluster == " ":
            space = len(taken)
        taken += cluster
        if cluster in "-\N{EN DASH}":
            space = len(taken)
    return taken[:space] if space else taken


def direction_of(text: str) -> str:
    """The direction of the first letter that has one."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            break
    return "ltr"
