"""Chooses which credentials a pathway rests on: finds a choice that meets the rule wherever there is one.

Entries are taken one after the other, each after all that has to come before it. After each, what was chosen so far is
summed up as a state: how full each counter is, how late what must precede is, which prerequisites are held, what may
not be counted again, how much may still come from outside. Of two states of which one is no worse in any of this, only
the better is followed up. So a search ends soon, and what it says is exact, unless it has more than `MAX_WORK` steps to
make: then the best states alone are followed, and the answer may be that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, ge, le, or_
from typing import NamedTuple, TypeAlias

from ledger.stacking.admission import Candidate
from ledger.stacking.places import BESIDE, Layout, Place, hundredths
from ledger.stacking.rules import OutsideLimit

MAX_WORK = 300_000
"""States made and compared in one search. A pathway of 100 components with limits, orders and groups stays below it."""
QUICK = 5
"""States that a quick search follows. It finds most choices, and proves nothing where it finds none."""
_NARROW = 40


@dataclass(frozen=True)
class Option:
    """One candidate for an entry, counted in one group, or beside the rule.

    `gains` is what it adds to the group's counters, `room` to what may come from outside: less than nothing if it does.
    """

    entry: str
    group: int
    candidate: Candidate
    gains: tuple[int, ...]
    room: int
    day: int

    @property
    def place(self) -> Place:
        return self.entry, self.group


@dataclass(frozen=True)
class Choice:
    """What was chosen, by entry; `fits`: the outside limit is kept; `is_exact`: nothing was left out of the search."""

    taken: Mapping[str, Option]
    fits: bool
    is_exact: bool


_Chain: TypeAlias = "tuple[Option, _Chain | None]"


class _State(NamedTuple):
    """`filled` and `room` are better when higher, `latest` when lower, `held` with more bits, `blocked` with fewer."""

    filled: tuple[int, ...]
    latest: tuple[int, ...]
    held: int
    blocked: int
    room: int


@dataclass(frozen=True)
class _Watch:
    """What states have to remember before the entry at one position, for it and for those that follow.

    `barriers` are sets of places, of each of which the latest day is kept; `behind` names the barrier of each place of
    this entry; `lacks` has the bits of the prerequisites of this entry, `bits` those of all and of what is required
    beside the rule, `needed` and `clashing` those that matter from here on.
    """

    barriers: tuple[frozenset[Place], ...]
    behind: Mapping[Place, int]
    lacks: int
    bits: Mapping[str, int]
    needed: int
    clashing: int


class _Move(NamedTuple):
    """An option: what it is and blocks, the barrier it must not be before, its counters, the days that it sets.

    `is_free`: taking it costs nothing, so that leaving it out is never better.
    """

    option: Option
    own: int
    clashing: int
    barrier: int
    first: int
    last: int
    days: tuple[int, ...]
    is_free: bool


class Search:
    """One search. `options` has for each entry what may count for it, the best first; `clashes` two sets of bits for
    credentials, by digest: what it is, and what may not be counted once it is."""

    def __init__(
        self,
        layout: Layout,
        options: Mapping[str, Sequence[Option]],
        limit: OutsideLimit | None,
        clashes: Mapping[bytes, tuple[int, int]],
    ) -> None:
        self._layout = layout
        self._options = options
        self._clashes = clashes
        self._room, self._may_recover = _room(limit)
        self._needs: list[int] = []
        self._first: list[int] = []
        for group in layout.groups:
            self._first.append(len(self._needs))
            self._needs += group.needs
        self._watches: list[_Watch] = []

    def run(self, width: int | None = None) -> list[Choice]:
        """The choices that are left in the end, none worse than another in every way, the fullest first.

        With a `width` no more than so many states are followed from one entry to the next: quick, and not exact.
        """
        entries = [name for name in self._layout.entries if self._options.get(name)]
        self._watches = self._watches or _watches(self._layout, self._options, entries, self._clashes)
        self._work, self._is_exact = 0, True
        states: dict[_State, _Chain | None] = {_State((0,) * len(self._needs), (), 0, 0, self._room): None}
        for position, name in enumerate(entries):
            states = self._step(name, states, self._watches[position], self._watches[position + 1])
            if len(states) > 1:
                states = self._best(states, width)
        return [self._choice(state, chain) for state, chain in states.items()]

    def _step(
        self, name: str, states: Mapping[_State, _Chain | None], now: _Watch, then: _Watch
    ) -> dict[_State, _Chain | None]:
        """The states after one more entry: with each of its options taken, and with none."""
        moves = self._moves(name, now, then)
        here = frozenset(option.place for option in self._options[name])
        known = {barrier: index for index, barrier in enumerate(now.barriers)}
        carried = [known.get(barrier - here, -1) for barrier in then.barriers]
        is_required, bit = name in self._layout.required, now.bits.get(name, 0)
        found: dict[_State, _Chain | None] = {}
        for state, chain in states.items():
            latest = tuple([state.latest[index] if index >= 0 else 0 for index in carried]) if carried else ()
            is_settled = False
            for move in moves if not now.lacks & ~state.held else ():
                room, filled = state.room + move.option.room, state.filled
                if move.own & state.blocked or (room < 0 and not self._may_recover):
                    continue
                if move.barrier >= 0 and state.latest[move.barrier] > move.option.day:
                    continue
                if move.last:
                    part = filled[move.first : move.last]
                    more = tuple(map(min, map(add, part, move.option.gains), self._needs[move.first : move.last]))
                    if more == part:
                        continue
                    filled = filled[: move.first] + more + filled[move.last :]
                is_settled = is_settled or is_required or move.is_free
                taken = _State(
                    filled,
                    tuple(map(max, latest, move.days)) if latest else (),
                    (state.held | bit) & then.needed,
                    (state.blocked | move.clashing) & then.clashing,
                    room,
                )
                found.setdefault(taken, (move.option, chain))
            if not is_settled:
                left = _State(state.filled, latest, state.held & then.needed, state.blocked & then.clashing, state.room)
                found.setdefault(left, chain)
        self._work += len(found)
        return found

    def _moves(self, name: str, now: _Watch, then: _Watch) -> list[_Move]:
        """The options of an entry with what taking them changes, whatever the state."""
        moves = []
        for option in self._options[name]:
            own, clashing = self._clashes.get(option.candidate.credential.digest, (0, 0))
            first, last = 0, 0
            if option.group != BESIDE:
                first = self._first[option.group]
                last = first + len(option.gains)
            days = tuple(option.day if option.place in barrier else 0 for barrier in then.barriers)
            is_free = option.room >= 0 and not any(days) and not clashing & then.clashing
            moves.append(_Move(option, own, clashing, now.behind[option.place], first, last, days, is_free))
        return moves

    def _best(self, states: dict[_State, _Chain | None], width: int | None) -> dict[_State, _Chain | None]:
        """The states that no other is as good as, the fullest first; when the work is used up, only some of those."""
        ranked = sorted(states, key=lambda state: (-sum(state.filled), -state.room, sum(state.latest)))
        kept: list[_State] = []
        for state in ranked:
            if len(kept) == (width or (_NARROW if self._work > MAX_WORK else len(ranked))):
                self._is_exact = False
                break
            self._work += len(kept)
            for other in kept:
                if _is_as_good(other, state):
                    break
            else:
                kept.append(state)
        return {state: states[state] for state in kept}

    def _choice(self, state: _State, chain: _Chain | None) -> Choice:
        taken: dict[str, Option] = {}
        while chain is not None:
            option, chain = chain
            taken[option.entry] = option
        return Choice(dict(reversed(taken.items())), state.room >= 0, self._is_exact)


def _watches(
    layout: Layout,
    options: Mapping[str, Sequence[Option]],
    entries: Sequence[str],
    clashes: Mapping[bytes, tuple[int, int]],
) -> list[_Watch]:
    """One for each position, and one for the end."""
    places = {name: tuple(dict.fromkeys(option.place for option in options[name])) for name in entries}
    behind = {place: layout.behind.get(place, frozenset()) for name in entries for place in places[name]}
    beside = {name for name in layout.required if BESIDE in layout.places[name]}
    names = sorted(beside.union(*(layout.after.get(name, ()) for name in entries)))
    bits = {name: 1 << position for position, name in enumerate(names)}
    lacks = {name: sum(bits[ahead] for ahead in layout.after.get(name, ())) for name in entries}
    needed, clashing = sum(bits[name] for name in beside), 0
    past: set[Place] = {place for name in entries for place in places[name]}
    ahead_of: dict[Place, frozenset[Place]] = {}
    watches = [_Watch((), {}, 0, bits, needed, 0)]
    for name in reversed(entries):
        past -= set(places[name])
        needed |= lacks[name]
        clashing |= sum_of_bits(clashes.get(option.candidate.credential.digest, (0, 0))[0] for option in options[name])
        ahead_of |= {place: behind[place] for place in places[name] if behind[place]}
        ahead_of = {place: left for place, ahead in ahead_of.items() if (left := ahead & past)}
        barriers = tuple(dict.fromkeys(ahead_of.values()))
        index = {barrier: number for number, barrier in enumerate(barriers)}
        here = {place: index[ahead_of[place]] if place in ahead_of else -1 for place in places[name]}
        watches.append(_Watch(barriers, here, lacks[name], bits, needed, clashing))
    return watches[::-1]


def sum_of_bits(sets: Iterable[int]) -> int:
    """All bits that stand in any of these sets."""
    return reduce(or_, sets, 0)


def _is_as_good(one: _State, other: _State) -> bool:
    return (
        one.room >= other.room
        and not other.held & ~one.held
        and not one.blocked & ~other.blocked
        and all(map(ge, one.filled, other.filled))
        and all(map(le, one.latest, other.latest))
    )


def _room(limit: OutsideLimit | None) -> tuple[int, bool]:
    """How much may come from outside at first, and whether what comes from inside makes more room."""
    if limit is None or limit.percent is not None:
        return 0, limit is not None
    return hundredths(limit.credits) if limit.credits is not None else limit.number or 0, False
