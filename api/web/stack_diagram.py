"""A stack of credentials as a picture: stones, each award over what it rests on, and the same as a list.

SVG that is part of the page, in two drawings: one for phones, one for everything wider. Which of them shows, and every
colour, is the stylesheet's. A state shows in the outline of a stone, in a symbol and in a word. The links in it are
read as links, so that the drawing is a group of these and no single image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from api.web.stack_layout import Layout, Place, Shape, Stone, placed
from api.web.text_fitting import clipped, direction_of, lines_of, width_of
from api.web.translating import gettext, ngettext, noted
from api.web.visits import visit

WIDE = Shape(width=656.0, stone_width=180.0, stone_height=108.0, most=18)
NARROW = Shape(width=310.0, stone_width=132.0, stone_height=136.0, most=12)
SIZE = 13.0
"""Of a title's letters; a line of it takes 1.25 times as much."""
BOLD = 1.12
"""How much wider bold letters are than the estimate."""
PADDING = 15.0
STATES = {
    "valid": noted("Valid"),
    "invalid": noted("Not valid"),
    "indeterminate": noted("Could not check"),
    "waiting": noted("Not anchored yet"),
    "missing": noted("Missing"),
    "unshown": noted("Not shown"),
}
SYMBOLS = {
    "valid": Markup('<circle cx="12" cy="12" r="11"/><path class="cut" d="M6.8 12.6l3.5 3.5 7-7.6"/>'),
    "invalid": Markup(
        '<path d="M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z"/><path class="cut" d="M8 8l8 8M16 8l-8 8"/>'
    ),
    "indeterminate": Markup(
        '<path d="M12 1.5L23.5 22H.5z"/>'
        '<path class="cut" d="M9.7 11.2a2.4 2.4 0 1 1 3.5 2.2c-.9.4-1.2.9-1.2 1.6M12 18.6v.1"/>'
    ),
}
RING = Markup('<circle class="ring" cx="12" cy="12" r="9.5"/>')


def stack_diagram(stones: Sequence[Stone], title: str = "") -> Markup:
    """The picture in both widths, and the list. `title` says what it is a picture of. Nothing for no stones."""
    if not stones:
        return Markup("")
    named = title or gettext("The stack as a picture: each award stands over what it rests on")
    drawn = Markup("").join(_drawing(stones, shape, name, named) for shape, name in ((WIDE, "broad"), (NARROW, "slim")))
    return Markup('<figure class="cairn">{}{}</figure>\n').format(drawn, _list(stones))


def _drawing(stones: Sequence[Stone], shape: Shape, name: str, title: str) -> Markup:
    layout = placed(stones, shape, mirrored=visit().direction == "rtl")
    parts = Markup("").join((*_lines(layout), *(_place(stones, place, shape) for place in layout.places)))
    role = "group" if any(stone.href for stone in stones) else "img"
    height = layout.height + 4
    return Markup(
        '<svg class="{}" role="{}" aria-label="{}" viewBox="-2 -2 {:g} {:g}" width="{:g}" height="{:g}"'
        ' xmlns="http://www.w3.org/2000/svg"><desc>{}</desc>{}</svg>\n'
    ).format(name, role, title, shape.width + 4, height, shape.width + 4, height, said_of(stones), parts)


def said_of(stones: Sequence[Stone]) -> str:
    """How many stones there are, by state."""
    counts = {state: sum(stone.state == state for stone in stones) for state in STATES}
    parts = [f"{gettext(STATES[state])}: {count}" for state, count in counts.items() if count]
    total = ngettext("%(num)s stone.", "%(num)s stones.", len(stones)) % {"num": len(stones)}
    return f"{total} {'; '.join(parts)}."


def _lines(layout: Layout) -> Iterator[Markup]:
    for line in layout.lines:
        (x, y), *rest = line
        path = f"M{x:g} {y:g}" + "".join(f"L{right:g} {down:g}" for right, down in rest)
        yield Markup('<path class="line" d="{}"/>').format(path)


def _place(stones: Sequence[Stone], place: Place, shape: Shape) -> Markup:
    if place.kind in ("more", "elsewhere"):
        return _pebble(stones, place)
    stone = stones[place.members[0]]
    state = stone.state if stone.state in STATES else "waiting"
    word = stone.word or gettext(STATES[state])
    inside = place.width - 2 * PADDING
    rows = int((shape.stone_height - 62) // (SIZE * 1.25))
    titles = lines_of(stone.title, inside / SIZE, rows)
    quiets = _quiet_lines(stone, inside / (SIZE - 2), 3 if len(titles) < rows else 2)
    if len(titles) == rows > 2 and any(line.endswith("…") for line in quiets):
        # Rather a line less of the title, which is read in full below, than half of a level.
        titles = lines_of(stone.title, inside / SIZE, rows - 1)
        quiets = _quiet_lines(stone, inside / (SIZE - 2), 3)
    spare = rows - len(titles)
    first = 20 + (spare - (len(quiets) > 2)) * SIZE * 0.6
    texts = [_text(line, place.width / 2, first + at * SIZE * 1.25, "title") for at, line in enumerate(titles)]
    lowest = place.height - 30
    texts += [
        _text(line, place.width / 2, lowest - above * SIZE, "quiet") for above, line in enumerate(reversed(quiets))
    ]
    # Between lines: a link is read out by what stands in it.
    body = Markup("\n").join((outline(place.width, place.height, state), *texts, _state(place, state, word)))
    if stone.href.startswith(("/", "#", "?")) and not stone.href.startswith("//"):
        body = Markup('<a href="{}">{}</a>').format(stone.href, body)
    kind = "stone again" if place.kind == "again" else "stone"
    return Markup('<svg class="{} {}" x="{:g}" y="{:g}" width="{:g}" height="{:g}">{}</svg>').format(
        kind, state, place.x, place.y, place.width, place.height, body
    )


def _quiet_lines(stone: Stone, room: float, most: int) -> list[str]:
    """What a stone says below its title, in so many lines: without its day where there is no room for it."""
    quiet = " · ".join(filter(None, (stone.credits, stone.day))) or stone.issuer
    lines = lines_of(quiet, room, most)
    if stone.credits and any(line.endswith("…") for line in lines):
        lines = lines_of(stone.credits, room, most)
    return [line.strip(" ·") for line in lines]


def _pebble(stones: Sequence[Stone], place: Place) -> Markup:
    """One stone for several. It says how many of them are not valid."""
    count = len(place.members)
    states = [stones[member].state for member in place.members]
    if place.kind == "more":
        said = ngettext("and %(num)s more", "and %(num)s more", count) % {"num": count}
    else:
        said = ngettext("and %(num)s shown elsewhere", "and %(num)s shown elsewhere", count) % {"num": count}
    middle = place.height / 2
    texts = _text(clipped(said, (place.width - 2 * PADDING) / SIZE), place.width / 2, middle, "title")
    room = (place.width - 2 * PADDING) / (SIZE - 2)
    for row, state in enumerate(state for state in ("invalid", "indeterminate") if state in states):
        line = f"{gettext(STATES[state])}: {states.count(state)}"
        texts += _text(clipped(line, room), place.width / 2, middle + 18 * (row + 1), "quiet")
    return Markup('<svg class="stone more" x="{:g}" y="{:g}" width="{:g}" height="{:g}">{}{}</svg>').format(
        place.x, place.y, place.width, place.height, outline(place.width, place.height, "waiting"), texts
    )


def _text(line: str, x: float, y: float, name: str) -> Markup:
    """One line, centred but for a word. Its direction is that of its first letter, whatever stands around it."""
    turned = Markup(' direction="{}"').format(direction_of(line)) if direction_of(line) != visit().direction else ""
    return Markup('<text class="{}" x="{:g}" y="{:g}"{}>{}</text>').format(name, x, y, turned, line)


def _state(place: Place, state: str, word: str) -> Markup:
    """Symbol and word, in the middle of the lowest line. The word begins beside the symbol, as wide as it may be."""
    room = (place.width - 2 * PADDING - 20) / (SIZE - 1)
    shown = clipped(word, room)
    width = width_of(shown) * (SIZE - 1) * BOLD
    left = (place.width - width - 20) / 2
    mirrored = direction_of(shown) == "rtl"
    symbol, x = (left + width + 6, left + width) if mirrored else (left, left + 20)
    return Markup('<g class="mark" transform="translate({:g} {:g}) scale(.58)">{}</g>{}').format(
        symbol, place.height - 23, SYMBOLS.get(state, RING), _text(shown, x, place.height - 12, "word")
    )


def outline(width: float, height: float, state: str) -> Markup:
    """The edge of a stone: round, or with its corners cut off where it is not valid."""
    edge = 1.5
    if state != "invalid":
        size = (width - 2 * edge, height - 2 * edge)
        return Markup('<rect class="edge" x="{0}" y="{0}" width="{1:g}" height="{2:g}" rx="18" ry="22"/>').format(
            edge, *size
        )
    cut, right, low = 14.0, width - edge, height - edge
    path = (
        f"M{edge + cut:g} {edge:g}H{right - cut:g}L{right:g} {edge + cut:g}V{low - cut:g}L{right - cut:g} {low:g}"
        f"H{edge + cut:g}L{edge:g} {low - cut:g}V{edge + cut:g}z"
    )
    return Markup('<path class="edge" d="{}"/>').format(path)


def _list(stones: Sequence[Stone]) -> Markup:
    """The same for whoever looks at no pictures: what the larger drawing has, and how many more there are."""
    layout = placed(stones, WIDE)
    drawn = sorted({place.members[0] for place in layout.places if place.kind == "stone"})
    titles = {stone.key: stone.title for stone in stones}
    rows = [_row(stones[at], titles) for at in drawn]
    if more := len(stones) - len(drawn):
        said = ngettext("and %(num)s more", "and %(num)s more", more) % {"num": more}
        rows.append(Markup("<li>{}</li>").format(said))
    return Markup(
        '<details class="more-facts"><summary><span class="more">{}</span></summary><ul>{}</ul></details>'
    ).format(gettext("The picture as a list"), Markup("\n").join(rows))


def _row(stone: Stone, titles: dict[str, str]) -> Markup:
    said = " · ".join(filter(None, (stone.issuer, stone.credits, stone.day, stone.word or _word(stone.state))))
    parts = [titles[key] for key in stone.rests_on if key in titles]
    below = Markup("")
    if parts:
        rests = gettext("Rests on:")
        below = Markup(' <span class="quiet">{} <bdi>{}</bdi></span>').format(
            rests, Markup("</bdi>; <bdi>").join(parts[: WIDE.most])
        )
    return Markup("<li><bdi>{}</bdi> · {}{}</li>").format(stone.title, said, below)


def _word(state: str) -> str:
    return gettext(STATES.get(state, STATES["waiting"]))
