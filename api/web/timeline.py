"""When credentials were earned, as a picture: a line of years, and a mark for each credential, awards above the rest.

As the stack, it is drawn twice, for phones and for everything wider. The list beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from api.web.translating import gettext
from api.web.visits import visit

WIDTHS = {"broad": (656.0, 9), "slim": (310.0, 5)}
"""Of each drawing, and how many years it names at most."""
DRAWN = frozenset({"valid", "invalid", "indeterminate"})
SIDE = 24.0
STEP = 11.0
"""Between two marks of the same time, one above the other."""
HIGHEST = 10
MOST_MARKS = 60
"""Credentials that are drawn one by one; more are bars."""
FOOT = 26.0


@dataclass(frozen=True)
class Mark:
    """One credential on the line: when, how it was judged, and whether it is an award."""

    when: datetime
    state: str
    is_award: bool


def timeline(marks: Sequence[Mark]) -> Markup:
    """The picture; nothing where there are not two moments to tell apart."""
    moments = [mark.when for mark in marks]
    if len(set(moments)) < 2:
        return Markup("")
    first, last = min(moments).year, max(moments).year
    title = gettext("Timeline: %(count)s credentials, %(first)s to %(last)s") % {
        "count": len(marks),
        "first": first,
        "last": last,
    }
    drawn = Markup("").join(_drawing(marks, first, last + 1, name, title) for name in WIDTHS)
    return Markup('<figure class="cairn">{}</figure>\n').format(drawn)


def _drawing(marks: Sequence[Mark], first: int, end: int, name: str, title: str) -> Markup:
    width, most = WIDTHS[name]
    room = width - 2 * SIDE
    columns: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: (mark.is_award, mark.when)):
        columns.setdefault(int(_part(mark.when, first, end) * room / STEP), []).append(mark)
    tallest = min(max(map(len, columns.values())), HIGHEST)
    most_at_once = max(map(len, columns.values()))
    ground = 14 + tallest * STEP
    parts = [Markup('<path class="line" d="M{:g} {:g}H{:g}"/>').format(SIDE / 2, ground, width - SIDE / 2)]
    parts += [_year(year, first, end, room, width, ground) for year in range(first, end, 1 + (end - first) // most)]
    paths: dict[str, str] = {}
    for column, standing in columns.items():
        x = _mirrored(SIDE + (column + 0.5) * STEP, width)
        if len(marks) > MOST_MARKS:
            _add_bars(paths, standing, x, ground, tallest * STEP / most_at_once)
            continue
        for at, mark in enumerate(standing[:HIGHEST]):
            state = mark.state if mark.state in DRAWN else "waiting"
            paths[state] = paths.get(state, "") + _mark(mark, x, ground - (at + 0.8) * STEP)
        if len(standing) > HIGHEST:
            more = f"+{len(standing) - HIGHEST}"
            parts.append(Markup('<text class="quiet" x="{:g}" y="11">{}</text>').format(x, more))
    parts += [Markup('<path class="at {}" d="{}"/>').format(state, path) for state, path in paths.items()]
    height = ground + FOOT
    return Markup(
        '<svg class="{}" role="img" aria-label="{}" viewBox="0 0 {:g} {:g}" width="{:g}" height="{:g}"'
        ' xmlns="http://www.w3.org/2000/svg">{}</svg>\n'
    ).format(name, title, width, height, width, height, Markup("").join(parts))


def _year(year: int, first: int, end: int, room: float, width: float, ground: float) -> Markup:
    x = _mirrored(SIDE + room * (year - first) / (end - first), width)
    return Markup('<path class="line" d="M{:g} {:g}v5"/><text class="quiet" x="{:g}" y="{:g}">{}</text>').format(
        x, ground, x, ground + 19, year
    )


def _add_bars(paths: dict[str, str], standing: Sequence[Mark], x: float, ground: float, unit: float) -> None:
    """Bars instead of marks, one on the other: too many marks would be a heavy page and no better picture."""
    y = ground - 1
    for state in ("valid", "invalid", "indeterminate", "waiting"):
        count = sum((mark.state if mark.state in DRAWN else "waiting") == state for mark in standing)
        if count:
            height = count * unit
            paths[state] = paths.get(state, "") + f"M{x - 3.5:g} {y:.4g}v-{height:.3g}h7v{height:.3g}z"
            y -= height


def _mark(mark: Mark, x: float, y: float) -> str:
    """Round for a credential, a diamond for an award, a cross for what is not valid, open for what nobody knows."""
    if mark.state == "invalid":
        return f"M{x - 3.5:g} {y - 3.5:g}l7 7m0-7l-7 7"
    if mark.is_award:
        return f"M{x - 5:g} {y:g}l5-5 5 5-5 5z"
    return f"M{x - 4:g} {y:g}a4 4 0 1 1 8 0a4 4 0 1 1-8 0"


def _part(when: datetime, first: int, end: int) -> float:
    """How far along the line a moment is, from 0 to 1."""
    begun = when.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    share = (when - begun).total_seconds() / (366 * 86_400)
    return min((when.year - first + share) / (end - first), 0.9999)


def _mirrored(x: float, width: float) -> float:
    return width - x if visit().direction == "rtl" else x
