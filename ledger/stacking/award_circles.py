"""Finds pathways whose awards need each other, so that nobody could earn the first of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ledger.errors import Problem
from ledger.stacking.pathway import Pathway


def circular_awards(pathway: Pathway, others: Sequence[Pathway]) -> Iterator[Problem]:
    """An award that counts towards something that counts towards the award, through any number of pathways."""
    newest: dict[str, Pathway] = {}
    for other in sorted((*others, pathway), key=lambda other: (other.version, other == pathway)):
        newest[_series(other)] = pathway if _series(other) == _series(pathway) else other
    rests_on: dict[str, set[str]] = {}
    for other in newest.values():
        rests_on.setdefault(other.award_id, set()).update(_counting(other))
    for index, component in enumerate(pathway.components):
        path = _way(component.achievement_id, pathway.award_id, rests_on)
        if path:
            through = " → ".join(f"“{name.rpartition('/')[2]}”" for name in (pathway.award_id, *path))
            message = f"is an award that rests on this one: each would need the other first ({through})"
            yield Problem("pathway_cycle", message, column=f"components[{index}]")


def _way(start: str, end: str, rests_on: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Achievements from `start` to `end`, of which each counts the next."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    pending = [start]
    while pending:
        name = pending.pop()
        if name == end:
            return ways[name]
        for inner in sorted(rests_on.get(name, ())):
            if inner not in ways:
                ways[inner] = (*ways[name], inner)
                pending.append(inner)
    return ()


def _counting(pathway: Pathway) -> Iterator[str]:
    for component in pathway.components:
        yield component.achievement_id
        yield from (substitute.achievement_id for substitute in component.substitutes)


def _series(pathway: Pathway) -> str:
    """What the versions of a pathway have in common."""
    return pathway.id.rpartition("/")[0]
