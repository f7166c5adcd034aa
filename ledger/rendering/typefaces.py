"""The typefaces that everything is set in, and which characters they can draw. No font of the machine is ever used."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typst import Fonts

FOLDER = Path(__file__).parent / "fonts"
SERIF = "Noto Serif Display"
SANS = "Noto Sans"
HAN = "Droid Sans Fallback"
"""Chinese characters, kana and hangul. It comes last: others draw what they share with it better."""

_SCRIPTS = (
    "Noto Naskh Arabic", "Noto Serif Hebrew", "Noto Serif Devanagari", "Noto Serif Bengali", "Noto Serif Gurmukhi",
    "Noto Serif Gujarati", "Noto Serif Tamil", "Noto Serif Telugu", "Noto Serif Kannada", "Noto Serif Malayalam",
    "Noto Serif Sinhala", "Noto Serif Thai", "Noto Serif Lao", "Noto Serif Khmer", "Noto Serif Myanmar",
    "Noto Serif Georgian", "Noto Serif Armenian", "Noto Serif Ethiopic",
)  # fmt: skip
FACES = {"display": (SERIF, *_SCRIPTS, SANS, HAN), "body": (SANS, *_SCRIPTS, HAN)}
"""The families in the order in which each character looks for one, for titles and for everything else."""

_SEGMENTS, _GROUPS = 4, 12


@cache
def fonts() -> Fonts:
    """All typefaces, read once for the process."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER])


@cache
def drawable() -> frozenset[int]:
    """The code points that one of the typefaces has a glyph for."""
    return frozenset().union(*(code_points(path.read_bytes()) for path in sorted(FOLDER.glob("*.ttf"))))


def code_points(font: bytes) -> set[int]:
    """The code points that a TrueType font maps to glyphs (OpenType 1.9, `cmap`, formats 4 and 12)."""
    tables = (struct.unpack_from(">4sIII", font, 12 + 16 * i) for i in range(struct.unpack_from(">H", font, 4)[0]))
    start = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    found: set[int] = set()
    for i in range(struct.unpack_from(">H", font, start + 2)[0]):
        offset = start + struct.unpack_from(">HHI", font, start + 4 + 8 * i)[2]
        kind = struct.unpack_from(">H", font, offset)[0]
        if kind == _SEGMENTS:
            found |= _in_segments(font, offset)
        elif kind == _GROUPS:
            count = struct.unpack_from(">I", font, offset + 12)[0]
            for group in range(count):
                first, last, _ = struct.unpack_from(">III", font, offset + 16 + 12 * group)
                found.update(range(first, last + 1))
    return found


def _in_segments(font: bytes, offset: int) -> set[int]:
    count = struct.unpack_from(">H", font, offset + 6)[0] // 2
    shape = f">{count}H"
    lasts = struct.unpack_from(shape, font, offset + 14)
    firsts = struct.unpack_from(shape, font, offset + 16 + 2 * count)
    deltas = struct.unpack_from(shape, font, offset + 16 + 4 * count)
    ranges_at = offset + 16 + 6 * count
    found: set[int] = set()
    for i, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        distance = struct.unpack_from(">H", font, ranges_at + 2 * i)[0]
        for point in range(first, min(last, 0xFFFE) + 1):
            if distance:
                glyph = struct.unpack_from(">H", font, ranges_at + 2 * i + distance + 2 * (point - first))[0]
            else:
                glyph = (point + deltas[i]) & 0xFFFF
            if glyph:
                found.add(point)
    return found
