"""How far a choice of credentials fills a pathway: what is met, how much of the whole, and what it could do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import add
from typing import TypeAlias

from ledger.stacking.choosing import Choice, Option
from ledger.stacking.places import BESIDE, Group, Layout, hundredths
from ledger.stacking.rules import CreditsOf, OutsideLimit, SomeOf

Filled: TypeAlias = "Sequence[Sequence[int]]"
"""How full the counters of each group are, no fuller than they need be."""


def filled_by(layout: Layout, taken: Mapping[str, Option]) -> Filled:
    """What these options fill together."""
    counters = [[0] * len(group.needs) for group in layout.groups]
    for option in taken.values():
        if option.group != BESIDE:
            counters[option.group] = list(map(add, counters[option.group], option.gains))
    return [list(map(min, counter, group.needs)) for counter, group in zip(counters, layout.groups, strict=True)]


def is_met(layout: Layout, filled: Filled, number: int = 0) -> bool:
    """Whether a group is, the root if no other is named."""
    group = layout.groups[number]
    inner = [is_met(layout, filled, one) for one in group.inner]
    if isinstance(group.rule, SomeOf):
        return filled[number][0] + sum(inner) >= group.rule.at_least
    return tuple(filled[number]) == group.needs and all(inner)


def is_whole(layout: Layout, taken: Mapping[str, Option]) -> bool:
    """Whether the rule is met, the capstone is there, and nothing stands without what has to come before it."""
    beside = (name for name in layout.required if BESIDE in layout.places[name])
    return (
        all(name in taken for name in beside)
        and all(ahead in taken for name in taken for ahead in layout.after.get(name, ()))
        and is_met(layout, filled_by(layout, taken))
    )


def is_within_reach(layout: Layout, options: Mapping[str, Sequence[Option]], limit: OutsideLimit | None) -> bool:
    """Whether the rule would be met if every option could be taken at once, but for what the outside limit forbids.

    If not, no choice meets it.
    """
    if any(BESIDE in layout.places[name] and not options.get(name) for name in layout.required):
        return False
    inside = [[0] * len(group.needs) for group in layout.groups]
    outside = [[0] * len(group.needs) for group in layout.groups]
    for found in options.values():
        best: dict[tuple[int, bool], tuple[int, ...]] = {}
        for option in found:
            if option.group != BESIDE:
                key = option.group, option.room < 0
                best[key] = tuple(map(max, best.get(key, option.gains), option.gains))
        for (number, is_outside), gains in best.items():
            counters = (outside if is_outside else inside)[number]
            counters[:] = map(add, counters, gains)
    for number, group in enumerate(layout.groups):
        most = None
        if limit is not None and limit.credits is not None and isinstance(group.rule, CreditsOf):
            most = hundredths(limit.credits) if group.rule.framework == limit.framework else None
        if limit is not None and limit.number is not None and not isinstance(group.rule, CreditsOf):
            most = limit.number
        for at, extra in enumerate(outside[number]):
            inside[number][at] += extra if most is None else min(extra, most)
    filled = [list(map(min, have, group.needs)) for have, group in zip(inside, layout.groups, strict=True)]
    return is_met(layout, filled)


def progress(layout: Layout, taken: Mapping[str, Option]) -> float:
    """From 0 to 1, each part by how many components it takes."""
    filled = filled_by(layout, taken)
    parts = [(_share(layout, filled, 0), _weight(layout, 0))]
    parts += [(float(name in taken), 1) for name in layout.required if layout.places[name] == [BESIDE]]
    return sum(share * weight for share, weight in parts) / sum(weight for _, weight in parts)


def trimmed(layout: Layout, choice: Choice) -> dict[str, Option]:
    """The choice without what it could do without: first what had to be recognised, then what comes last."""
    taken = dict(choice.taken)
    if taken.keys() <= layout.required:
        return taken
    from_the_end = list(reversed(taken))
    for name in sorted(from_the_end, key=lambda name: choice.taken[name].candidate.recognition is None):
        rest = {other: option for other, option in taken.items() if other != name}
        if sum(option.room for option in rest.values()) >= min(0, sum(option.room for option in taken.values())):
            taken = rest if is_whole(layout, rest) else taken
    return taken


def _share(layout: Layout, filled: Filled, number: int) -> float:
    group, have = layout.groups[number], filled[number]
    if isinstance(group.rule, CreditsOf):
        return sum(part / need for part, need in zip(have, group.needs, strict=True)) / len(group.needs)
    inner = [(_share(layout, filled, one), _weight(layout, one)) for one in group.inner]
    if isinstance(group.rule, SomeOf):
        best = sorted((share for share, _ in inner), reverse=True)
        return min(1.0, (have[0] + sum(best[: group.rule.at_least - have[0]])) / group.rule.at_least)
    return (have[0] + sum(share * weight for share, weight in inner)) / _weight(layout, number)


def _weight(layout: Layout, number: int) -> int:
    group: Group = layout.groups[number]
    if isinstance(group.rule, CreditsOf):
        return max(1, len(group.names))
    if isinstance(group.rule, SomeOf):
        return group.rule.at_least
    return len(group.names) + sum(_weight(layout, one) for one in group.inner)
