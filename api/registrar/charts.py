"""Bars as SVG, drawn on the server. The same numbers stand in a table under each chart."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, ROW, LABEL, VALUE = 640, 28, 200, 60
MOST = 24
_LETTERS = 26


def bars(rows: Sequence[tuple[str, int]], *, is_rtl: bool = False) -> Markup:
    """A bar for each row, the first 24; hidden from screen readers, which read the table."""
    shown = rows[:MOST]
    most = max((number for _, number in shown), default=0) or 1
    room = WIDTH - LABEL - VALUE
    drawn = Markup("").join(
        _bar(place, label, number, max(2, room * number // most) if number else 0, is_rtl=is_rtl)
        for place, (label, number) in enumerate(shown)
    )
    height = max(1, len(shown)) * ROW
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" width="{w}" height="{h}" aria-hidden="true">{d}</svg>'
    ).format(w=WIDTH, h=height, d=drawn)


def _bar(place: int, label: str, number: int, length: int, *, is_rtl: bool) -> Markup:
    y = place * ROW
    text = label if len(label) <= _LETTERS else label[: _LETTERS - 1] + "…"
    start = WIDTH - LABEL - length if is_rtl else LABEL
    after = start - 8 if is_rtl else start + length + 8
    return Markup(
        '<text x="{lx}" y="{t}" direction="{dir}">{label}</text>'
        '<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="3"/><text x="{vx}" y="{t}" direction="{dir}">{n}</text>'
    ).format(
        lx=WIDTH - 4 if is_rtl else 4,
        t=y + 18,
        dir="rtl" if is_rtl else "ltr",
        label=escape(text),
        x=start,
        y=y + 4,
        w=length,
        h=ROW - 8,
        vx=after,
        n=number,
    )
