"""Where the stones of a stack stand: each award over what it rests on, what stands alone on the ground.

Pure geometry, in the units of one drawing. Every stone is placed once, or counted in a pebble that says how many more
there are; no two overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

GAP = 12.0
"""Between two stones of a row."""
LANE = 24.0
"""Between two rows; the lines run in its middle."""
RAIL = 18.0
"""At the side of a block, where the line to further rows runs down."""
MOST_AGAIN = 3
"""Stones that are drawn a second time under one award."""


Kind = Literal["stone", "again", "more", "elsewhere"]


@dataclass(frozen=True)
class Stone:
    """One credential of a stack. `rests_on` are keys of others; those that are not there are left out.

    `state` is valid, invalid, indeterminate, waiting, missing or unshown; `word` says it, where it is not said as
    usual. `credits` and `day` are texts, ready to show; `href` leads to the credential on this site.
    """

    key: str
    title: str
    issuer: str = ""
    credits: str = ""
    state: str = "valid"
    rests_on: tuple[str, ...] = ()
    day: str = ""
    href: str = ""
    word: str = ""


@dataclass(frozen=True)
class Shape:
    """The measures of one drawing: its width, the least width of a stone, its height, and how many it draws."""

    width: float
    stone_width: float
    stone_height: float
    most: int


@dataclass(frozen=True)
class Place:
    """A stone where it is drawn; `again` where it is drawn under another award already.

    A pebble stands for several that are not drawn (`more`) or are drawn elsewhere (`elsewhere`).
    """

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    members: tuple[int, ...]


Point = tuple[float, float]
Item = tuple[Kind, tuple[int, ...]]
"""What is to be placed: its kind, and the stones that it stands for."""


@dataclass(frozen=True)
class Layout:
    """A drawing: what stands where, the lines between, and its height."""

    places: tuple[Place, ...]
    lines: tuple[tuple[Point, ...], ...]
    height: float


@dataclass
class _Block:
    """An award that is drawn, and what is drawn under it."""

    stone: int
    leaves: list[Item] = field(default_factory=list)
    blocks: list[_Block] = field(default_factory=list)


def placed(stones: Sequence[Stone], shape: Shape, *, mirrored: bool = False) -> Layout:
    """Places the stones. `mirrored` is for readers from right to left."""
    owners = owners_of(stones)
    chosen = _chosen(stones, owners, shape.most)
    roots, loose = _blocks(stones, owners, chosen)
    pen = _Pen(shape)
    y = 0.0
    for block in roots:
        y = pen.block(block, 0.0, y, shape.width, None) + LANE
    y = pen.ground(loose, y)
    layout = Layout(tuple(pen.places), tuple(pen.lines), max(y - LANE, 0.0))
    return _mirrored(layout, shape.width) if mirrored else layout


def owners_of(stones: Sequence[Stone]) -> dict[int, int]:
    """Under which award each stone is drawn: the first that names it. Nobody stands under what rests on it."""
    places = {stone.key: place for place, stone in reversed(list(enumerate(stones)))}
    owners: dict[int, int] = {}
    for award, stone in enumerate(stones):
        for key in stone.rests_on:
            part = places.get(key)
            if part is not None and part not in owners and part not in _line_up(owners, award):
                owners[part] = award
    return owners


def _line_up(owners: dict[int, int], place: int) -> list[int]:
    """A stone and all above it."""
    line = [place]
    while line[-1] in owners:
        line.append(owners[line[-1]])
    return line


def _chosen(stones: Sequence[Stone], owners: dict[int, int], most: int) -> set[int]:
    """Which stones are drawn: what is wrong or unknown first, then awards, then the rest; each with all above it."""
    awards = set(owners.values())
    usual = ("valid", "unshown")
    ranks = sorted(range(len(stones)), key=lambda at: (stones[at].state in usual, at not in awards, at))
    chosen: set[int] = set()
    for place in ranks:
        wanted = [one for one in _line_up(owners, place) if one not in chosen]
        if len(chosen) + len(wanted) <= most:
            chosen.update(wanted)
    return chosen


def _blocks(stones: Sequence[Stone], owners: dict[int, int], chosen: set[int]) -> tuple[list[_Block], list[Item]]:
    """The awards that stand on the ground with all under them, and what stands alone."""
    places = {stone.key: place for place, stone in reversed(list(enumerate(stones)))}
    above = set(owners.values())
    blocks = {place: _Block(place) for place in sorted(chosen & above)}
    hidden: dict[int | None, list[int]] = {}
    roots: list[_Block] = []
    loose: list[Item] = []
    for place in range(len(stones)):
        owner = next((one for one in _line_up(owners, place)[1:] if one in chosen), None)
        if place not in chosen:
            hidden.setdefault(owner, []).append(place)
        elif place in blocks:
            (roots if owner is None else blocks[owner].blocks).append(blocks[place])
        elif owner is None:
            loose.append(("stone", (place,)))
        else:
            blocks[owner].leaves.append(("stone", (place,)))
    for award, block in blocks.items():
        named = dict.fromkeys(places[key] for key in stones[award].rests_on if key in places)
        again = [part for part in named if part != award and owners.get(part) != award and part in chosen]
        block.leaves += [("again", (part,)) for part in again[:MOST_AGAIN]]
        if again[MOST_AGAIN:]:
            block.leaves.append(("elsewhere", tuple(again[MOST_AGAIN:])))
        if award in hidden:
            block.leaves.append(("more", tuple(hidden[award])))
    if None in hidden:
        loose.append(("more", tuple(hidden[None])))
    return roots, loose


class _Pen:
    """Puts blocks down, one under the other."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.places: list[Place] = []
        self.lines: list[tuple[Point, ...]] = []

    def block(self, block: _Block, x: float, y: float, width: float, down_from: Point | None) -> float:
        """Draws an award and all under it, and gives where it ends. `down_from` is where the line from above begins."""
        height = self.shape.stone_height
        wide = min(width, 1.3 * self._stone_width(width))
        middle = x + width / 2
        self.places.append(Place(middle - wide / 2, y, wide, height, "stone", (block.stone,)))
        if down_from is not None:
            self._join(down_from, (middle, y))
        end = y + height
        start, rail = (middle, end), (x + RAIL / 2, end + LANE / 2)
        inner, room = x + RAIL, width - RAIL
        if len(block.leaves) > self._columns(room) or (block.leaves and block.blocks) or len(block.blocks) > 1:
            self.lines.append((start, (middle, rail[1]), rail))
        for row in self._rows(block.leaves, room):
            top = end + LANE
            for place in self._row(row, inner, top, room):
                self.places.append(place)
                self._join(start, (place.x + place.width / 2, top))
            end, start = top + height, rail
        for inside in block.blocks:
            narrower = room if room - RAIL >= self.shape.stone_width else width
            end = self.block(inside, x + width - narrower, end + LANE, narrower, start)
            start = rail
        return end

    def ground(self, items: Sequence[Item], y: float) -> float:
        """Draws what stands alone, and gives where the next row would begin."""
        for row in self._rows(items, self.shape.width):
            self.places += self._row(row, 0.0, y, self.shape.width)
            y += self.shape.stone_height + LANE
        return y

    def _join(self, start: Point, end: Point) -> None:
        """A line from an award, or from the rail at its side, through the middle of the lane above `end`."""
        lane = end[1] - LANE / 2
        self.lines.append((start, (start[0], lane), (end[0], lane), end))

    def _columns(self, room: float) -> int:
        return max(1, int((room + GAP) // (self.shape.stone_width + GAP)))

    def _stone_width(self, room: float) -> float:
        columns = self._columns(room)
        return (room - GAP * (columns - 1)) / columns

    def _rows(self, items: Sequence[Item], room: float) -> list[Sequence[Item]]:
        columns = self._columns(room)
        return [items[start : start + columns] for start in range(0, len(items), columns)]

    def _row(
        self,
        row: Sequence[Item],
        x: float,
        y: float,
        room: float,
    ) -> list[Place]:
        """One row, in the middle of its room."""
        width = self._stone_width(room)
        left = x + (room - len(row) * width - (len(row) - 1) * GAP) / 2
        return [
            Place(left + at * (width + GAP), y, width, self.shape.stone_height, kind, members)
            for at, (kind, members) in enumerate(row)
        ]


def _mirrored(layout: Layout, width: float) -> Layout:
    places = tuple(
        Place(width - one.x - one.width, one.y, one.width, one.height, one.kind, one.members) for one in layout.places
    )
    lines = tuple(tuple((width - x, y) for x, y in line) for line in layout.lines)
    return Layout(places, lines, layout.height)
