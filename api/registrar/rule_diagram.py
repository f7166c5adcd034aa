"""The rule of a pathway as a picture: boxes in boxes' order from the award down, drawn on the server as SVG.

Everything in the picture stands in sentences beside it, so that it is hidden from screen readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from api.registrar.rule_words import Said

WIDTH, ROW, STEP, PAD = 360, 34, 20, 8
MOST_ROWS = 80
_LETTERS = {"award": 40, "group": 46, "component": 46, "condition": 50}


@dataclass(frozen=True)
class _Box:
    text: str
    kind: str
    depth: int
    row: int
    parent: int | None


def rule_diagram(found: Said, *, is_rtl: bool = False) -> Markup:
    """The picture."""
    boxes = list(_boxes(found, 0, None, [0]))[:MOST_ROWS]
    height = len(boxes) * ROW + PAD
    lines = Markup("").join(_line(box, boxes, is_rtl=is_rtl) for box in boxes if box.parent is not None)
    drawn = Markup("").join(_drawn(box, is_rtl=is_rtl) for box in boxes)
    return Markup(
        '<svg class="rule-picture" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">{l}{d}</svg>'
    ).format(w=WIDTH, h=height, l=lines, d=drawn)


def _boxes(found: Said, depth: int, parent: int | None, count: list[int]) -> Iterator[_Box]:
    row = count[0]
    count[0] += 1
    yield _Box(found.text, found.kind, min(depth, 6), row, parent)
    for part in found.parts:
        yield from _boxes(part, depth + 1, row, count)


def _x(box: _Box) -> int:
    return PAD + box.depth * STEP


def _drawn(box: _Box, *, is_rtl: bool) -> Markup:
    x, y = _x(box), PAD + box.row * ROW
    width = WIDTH - x - PAD
    left = PAD if is_rtl else x
    at = WIDTH - x - 10 if is_rtl else x + 10
    limit = (_LETTERS[box.kind] * width) // WIDTH
    text = box.text if len(box.text) <= limit else box.text[: limit - 1] + "…"
    return Markup(
        '<g class="{k}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/>'
        '<text x="{at}" y="{t}" text-anchor="start" direction="{d}">{s}</text></g>'
    ).format(
        k=box.kind,
        x=left,
        y=y,
        w=width,
        h=ROW - 8,
        at=at,
        t=y + 18,
        d="rtl" if is_rtl else "ltr",
        s=escape(text),
    )


def _line(box: _Box, boxes: list[_Box], *, is_rtl: bool) -> Markup:
    above = boxes[box.parent or 0]
    x, top, bottom = _x(above) + 8, PAD + above.row * ROW + ROW - 8, PAD + box.row * ROW + 13
    end = _x(box)
    if is_rtl:
        x, end = WIDTH - x, WIDTH - end
    return Markup('<path d="M{x} {t}V{b}H{e}"/>').format(x=x, t=top, b=bottom, e=end)
