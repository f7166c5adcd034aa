"""Every text on every ground of the stylesheet can be read: the contrast that WCAG 2.2 AA asks for, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[3] / "api" / "web" / "static" / "site.css").read_text(encoding="utf-8")
TEXT, SHAPE = 4.5, 3.0
"""The least contrast of text, and of what shows where something is or in which state."""

GROUNDS = ("page", "card")
PAIRS = [
    *((ink, ground, TEXT) for ink in ("text", "quiet", "link") for ground in (*GROUNDS, "tint")),
    *((ink, ground, TEXT) for ink in ("valid", "invalid", "unknown", "test") for ground in GROUNDS),
    *((ink, f"{ink}-back", TEXT) for ink in ("valid", "invalid", "unknown", "test")),
    *(("text", f"{ground}-back", TEXT) for ground in ("valid", "invalid", "unknown", "test")),
    *(("quiet", f"{ground}-back", TEXT) for ground in ("valid", "invalid", "unknown")),
    ("card", "link", TEXT),
    ("card", "invalid", TEXT),
    *(("edge", ground, SHAPE) for ground in GROUNDS),
]


def tokens(scheme: str) -> dict[str, str]:
    """The colours of a scheme, by name: the light ones, and what the others change."""
    light = re.search(r"^:root \{(.*?)^\}", CSS, re.DOTALL | re.MULTILINE)
    assert light is not None
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light[1]))
    if scheme != "light":
        start = CSS.index({"dark": "@media (prefers-color-scheme: dark)", "paper": "@media print"}[scheme])
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", CSS[start : CSS.index("\n  }\n", start)]))
    return found


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of a colour such as #f5f0e6."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_every_text_can_be_read_on_its_ground(scheme: str) -> None:
    known = tokens(scheme)
    weak = {
        f"{ink} on {ground}": round(contrast(known[ink], known[ground]), 2)
        for ink, ground, least in PAIRS
        if contrast(known[ink], known[ground]) < least
    }
    assert weak == {}


def test_no_rule_has_a_colour_of_its_own() -> None:
    """Else it would be measured by nobody. White stands behind QR codes, which have to be black on white."""
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    used = set(re.findall(r"(?<!--)\b(?:color|background(?:-color)?|fill|stroke): (#[0-9a-fA-F]+)", rules))
    assert used <= {"#ffffff"}


def test_the_stylesheet_names_no_side_of_the_page() -> None:
    """Left and right would be wrong where one reads from the right."""
    rules = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    assert (
        re.findall(r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|^\s+(?:left|right):", rules)
        == []
    )


def test_the_measure_itself_agrees_with_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
