"""What has to come before what in a pathway, and a sequence that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ledger.stacking.rules import AllOf, Item, named_in

if TYPE_CHECKING:
    from ledger.stacking.pathway import Pathway

Before = Mapping[str, frozenset[str]]
"""For each component, by achievement id, those that have to come before it."""


def prerequisites(pathway: Pathway) -> Before:
    """What the components themselves say that they come after."""
    return {component.achievement_id: frozenset(component.after) for component in pathway.components}


def predecessors(pathway: Pathway) -> Before:
    """All that has to come before a component: its prerequisites, what an order puts ahead, all for the capstone."""
    before = {name: set(ahead) for name, ahead in prerequisites(pathway).items()}
    _add_orders(before, pathway.rule)
    if pathway.capstone is not None:
        before[pathway.capstone] |= before.keys() - {pathway.capstone}
    return {name: frozenset(ahead) for name, ahead in before.items()}


def circle(before: Before) -> tuple[str, ...]:
    """Components of which each has to come before the next, and the last before the first; none if there are none."""
    left = dict(before)
    while ready := [name for name, ahead in left.items() if not ahead & left.keys()]:
        for name in ready:
            del left[name]
    if not left:
        return ()
    path = [next(iter(left))]
    while (ahead := min(left[path[-1]] & left.keys())) not in path:
        path.append(ahead)
    return tuple(reversed(path[path.index(ahead) :]))


def arranged(before: Mapping[str, AbstractSet[str]]) -> tuple[str, ...]:
    """The names, each after all that has to come before it; as they are given where nothing else says.

    Raises ValueError if there is a circle.
    """
    placed: dict[str, None] = {}
    left = dict(before)
    while left:
        count = len(left)
        for name in tuple(left):
            if left[name] <= placed.keys():
                placed[name] = None
                del left[name]
        if len(left) == count:
            raise ValueError("the names have no order: each comes before the next in a circle")
    return tuple(placed)


def _add_orders(before: Mapping[str, set[str]], item: Item) -> None:
    if isinstance(item, str):
        return
    ahead: set[str] = set()
    for inner in item.items:
        names = set(named_in((inner,)))
        if isinstance(item, AllOf) and item.in_order:
            for name in names:
                before[name] |= ahead
            ahead |= names
        _add_orders(before, inner)
