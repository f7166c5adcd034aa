"""A pathway laid out for the search: where a credential can count, how much that takes, and what has to come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.stacking.order import arranged
from ledger.stacking.pathway import Pathway
from ledger.stacking.rules import AllOf, CreditsOf, Demands, Item, Rule, SomeOf

HUNDREDTHS = 100
"""Credits are counted in hundredths, so that sums are exact."""

Place: TypeAlias = "tuple[str, int]"
"""An entry in a group. `BESIDE` stands for no group: for a capstone, or for what only comes before another."""
BESIDE = -1


@dataclass(frozen=True)
class Group:
    """One rule of the tree. `names` are the entries directly in it, `inner` the groups directly in it.

    `needs` are the counters to fill: one for its entries, or for a sum its total and then each portion. `demands` are
    its own and those of the rules around it.
    """

    rule: Rule
    names: tuple[str, ...]
    inner: tuple[int, ...]
    needs: tuple[int, ...]
    demands: tuple[Demands, ...]


@dataclass
class Layout:
    """The groups, the root first, and the entries in a sequence that fits every order.

    An entry is a component, or credits that were recognised without saying for which. `behind` has for each place the
    places that come before it, if they are taken; `after` for each entry those that must be held before it; `required`
    the entries without which the pathway can't be met.
    """

    groups: list[Group] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    behind: dict[Place, frozenset[Place]] = field(default_factory=dict)
    after: dict[str, frozenset[str]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    entries: tuple[str, ...] = ()


def lay_out(pathway: Pathway, at_large: Sequence[str] = ()) -> Layout:
    """The layout of a sound pathway. `at_large` names the entries for credits that were recognised at large."""
    layout = Layout(after={component.achievement_id: frozenset(component.after) for component in pathway.components})
    _Builder(layout, tuple(at_large)).add(pathway.rule, (), frozenset(), required=True)
    for name in sorted({name for ahead in layout.after.values() for name in ahead}):
        layout.places.setdefault(name, []).append(BESIDE)
    if pathway.capstone is not None:
        everything = [(name, group) for name, groups in layout.places.items() for group in groups]
        layout.behind[pathway.capstone, BESIDE] = frozenset(everything) - {(pathway.capstone, BESIDE)}
        layout.places.setdefault(pathway.capstone, [BESIDE])
        layout.required.add(pathway.capstone)
    _add_prerequisites(layout)
    before: dict[str, set[str]] = {name: set() for name in layout.places}
    for (name, _), ahead in layout.behind.items():
        before[name] |= {other for other, _ in ahead}
    layout.entries = arranged(before)
    return layout


def _add_prerequisites(layout: Layout) -> None:
    """What an entry must come after goes into `behind`, and is required where the entry is."""
    for name, groups in layout.places.items():
        ahead = frozenset((other, group) for other in layout.after.get(name, ()) for group in layout.places[other])
        for group in groups:
            layout.behind[name, group] = layout.behind.get((name, group), frozenset()) | ahead
    pending = list(layout.required)
    while pending:
        more = layout.after.get(pending.pop(), frozenset()) - layout.required
        layout.required |= more
        pending += more


@dataclass
class _Builder:
    layout: Layout
    at_large: tuple[str, ...]

    def add(self, rule: Rule, demands: tuple[Demands, ...], behind: frozenset[Place], *, required: bool) -> set[Place]:
        """Adds a rule with all inside of it; gives its places. `behind` are the places that come before all of them."""
        layout, number = self.layout, len(self.layout.groups)
        demands, required = (*demands, rule.demands), required and isinstance(rule, AllOf)
        layout.groups.append(Group(rule, (), (), (), demands))
        items: tuple[Item, ...] = rule.items
        if isinstance(rule, CreditsOf) and rule.recognised:
            items = (*items, *self.at_large)
        taken: set[Place] = set()
        names, inner = [], []
        for item in items:
            ahead = behind | taken if isinstance(rule, AllOf) and rule.in_order else behind
            if isinstance(item, str):
                names.append(item)
                taken.add((item, number))
                layout.places.setdefault(item, []).append(number)
                layout.behind[item, number] = frozenset(ahead)
                if required:
                    layout.required.add(item)
            else:
                inner.append(len(layout.groups))
                taken |= self.add(item, demands, frozenset(ahead), required=required)
        layout.groups[number] = Group(rule, tuple(names), tuple(inner), _needs(rule, names), demands)
        return taken


def _needs(rule: Rule, names: Sequence[str]) -> tuple[int, ...]:
    if isinstance(rule, CreditsOf):
        portions = (portion.at_least for portion in rule.of_which)
        return tuple(hundredths(number) for number in (rule.at_least, *portions))
    return (min(rule.at_least, len(names)) if isinstance(rule, SomeOf) else len(names),)


def hundredths(credits_given: float) -> int:
    """A number of credits in the unit that sums are made in."""
    return round(credits_given * HUNDREDTHS)
