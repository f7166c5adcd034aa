"""Says in words what a choice of credentials still lacks, and why credentials that were not chosen can't count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ledger.stacking.admission import Refusal
from ledger.stacking.choosing import Option
from ledger.stacking.completion import Filled, filled_by, is_met
from ledger.stacking.pathway import Component, Pathway
from ledger.stacking.places import BESIDE, HUNDREDTHS, Layout
from ledger.stacking.rules import AllOf, CreditsOf, Demands, Item, OutsideLimit, SomeOf, age_in_months

NOTHING_OUTSIDE = "nothing may come from other institutions"
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def missing_in(pathway: Pathway, layout: Layout, taken: Mapping[str, Option]) -> tuple[Component, ...]:
    """The components that could complete what is lacking."""
    components = {component.achievement_id: component for component in pathway.components}
    lacking = dict.fromkeys((*_lacking(layout, filled_by(layout, taken), 0), *_beside(pathway, layout)))
    return tuple(components[name] for name in lacking if name in components and name not in taken)


def needs_in(pathway: Pathway, layout: Layout, taken: Mapping[str, Option]) -> tuple[str, ...]:
    """What would complete it, one sentence for each part."""
    return tuple(_Needs(pathway, layout, taken).sentences())


def refused_by_choice(
    pathway: Pathway, layout: Layout, options: Mapping[str, Sequence[Option]], taken: Mapping[str, Option]
) -> Iterator[Refusal]:
    """Why options that were left can't be added to what was taken. Nothing of those that are only not needed."""
    is_open = not is_met(layout, filled_by(layout, taken))
    for name, found in options.items():
        for option in found:
            credential = option.candidate.credential
            if later := _later(layout, option, taken):
                before = later.candidate.credential
                reason = (
                    f"it was awarded on {credential.awarded_on}, before “{before.title or before.achievement_id}” on "
                    f"{before.awarded_on}, which must come first"
                )
                yield Refusal(credential, "out_of_order", reason)
            elif name not in taken and (refusal := _unfit(pathway, layout, option, taken, is_open=is_open)):
                yield refusal


def _later(layout: Layout, option: Option, taken: Mapping[str, Option]) -> Option | None:
    """What was taken that must come before this option, and was awarded after it: the last of that."""
    if not (ahead := layout.behind.get(option.place)):
        return None
    later = [other for other in taken.values() if other.place in ahead and other.day > option.day]
    return max(later, key=lambda other: other.day, default=None)


def _unfit(
    pathway: Pathway, layout: Layout, option: Option, taken: Mapping[str, Option], *, is_open: bool
) -> Refusal | None:
    """Why an option of an entry that was not taken does not go with what was."""
    credential = option.candidate.credential
    for name in sorted(layout.after.get(option.entry, ())):
        if name not in taken:
            reason = f"“{pathway.component(name).name}” has to be held before it"
            return Refusal(credential, "prerequisite_missing", reason)
    for other in (other.candidate.credential for other in taken.values()):
        if (other.issuer_did, other.achievement_id) == (credential.issuer_did, credential.achievement_id):
            return Refusal(credential, "counted_already", "another credential for the same achievement counts already")
        if credential.digest in other.rests_on or other.digest in credential.rests_on:
            return Refusal(credential, "counted_already", f"“{other.title}” counts already, which is bound up with it")
    if is_open and option.room < 0 and (limit := pathway.outside_limit) is not None:
        said = _limit_in_words(limit)
        used_up = "" if said == NOTHING_OUTSIDE else ", and that is used up"
        return Refusal(credential, "outside_limit", f"{said}{used_up}")
    return None


class _Needs:
    """The sentences on one choice."""

    def __init__(self, pathway: Pathway, layout: Layout, taken: Mapping[str, Option]) -> None:
        self._pathway = pathway
        self._layout = layout
        self._taken = taken
        self._filled = filled_by(layout, taken)
        self._components = {component.achievement_id: component for component in pathway.components}

    def sentences(self) -> Iterator[str]:
        yield from self._group(0)
        for name in sorted(self._layout.required):
            is_beside = self._layout.places[name] == [BESIDE] and name not in self._taken
            if is_beside and name == self._pathway.capstone:
                yield f"{self._name(name)} as the last step, once the rest is held."
            elif is_beside:
                yield f"A credential for {self._name(name)}, which has to come before others."
        limit = self._pathway.outside_limit
        if limit is not None and any(option.room < 0 for option in self._taken.values()):
            yield f"What comes from {self._pathway.issuer_did} itself: {_limit_in_words(limit)}."

    def _group(self, number: int) -> Iterator[str]:
        if is_met(self._layout, self._filled, number):
            return
        group = self._layout.groups[number]
        if isinstance(group.rule, CreditsOf):
            yield from self._sum(number, group.rule)
        elif isinstance(group.rule, SomeOf):
            yield self._some(number, group.rule)
        else:
            for name in group.names:
                if name not in self._taken:
                    yield f"A credential for {self._name(name)}{_in_words(group.demands)}{self._again(name)}."
                elif self._taken[name].group != number:
                    yield f"{self._name(name)} once more: it counts in another part of the rule, and only in one."
            for inner in group.inner:
                yield from self._group(inner)

    def _some(self, number: int, rule: SomeOf) -> str:
        group = self._layout.groups[number]
        met = [inner for inner in group.inner if is_met(self._layout, self._filled, inner)]
        have = self._filled[number][0] + len(met)
        left = [self._name(name) for name in group.names if name not in self._taken]
        left += [self._whole(self._layout.groups[inner].rule) for inner in group.inner if inner not in met]
        more = " more" if have else ""
        count = _count(rule.at_least - have)
        source = ", ".join(left) or "what is left of the list, where nothing is: each counts in one part of the rule"
        return f"{count.capitalize()}{more} of: {source}{_in_words(group.demands)}."

    def _sum(self, number: int, rule: CreditsOf) -> Iterator[str]:
        group, have = self._layout.groups[number], self._filled[number]
        left = [self._name(name) for name in group.names if name in self._components and name not in self._taken]
        if rule.recognised:
            left.append("what is recognised for it")
        source = f" out of: {', '.join(left)}" if left else ""
        lacks = [(need - part) / HUNDREDTHS for need, part in zip(group.needs, have, strict=True)]
        for lack, part in zip(lacks[1:], rule.of_which, strict=True):
            if lack > 0:
                # The level of a portion is the higher one; what else is asked of every credential holds for these too.
                rest = [replace(demand, minimum_level=None) for demand in group.demands]
                yield f"{_more(lack, rule)} at {part.minimum_level} or above{_in_words(rest)}{source}."
        if lacks[0] > max(lacks[1:], default=0):
            yield f"{_more(lacks[0], rule)}{_in_words(group.demands)}{source}."

    def _whole(self, item: Item) -> str:
        """A rule of which nothing is said in detail."""
        if isinstance(item, str):
            return self._name(item)
        inner = ", ".join(self._whole(one) for one in item.items)
        if isinstance(item, AllOf):
            return f"all of ({inner})"
        if isinstance(item, SomeOf):
            return f"{_count(item.at_least)} of ({inner})"
        return f"{item.at_least:g} {item.framework} credits of ({inner})"

    def _again(self, name: str) -> str:
        """What would have to be awarded again, since it must come after what is missing."""
        places = {(name, group) for group in self._layout.places[name]}
        behind = self._layout.behind
        late = [self._name(one) for one, option in self._taken.items() if behind.get(option.place, set()) & places]
        return f"; after it again: {', '.join(late)}" if late else ""

    def _name(self, name: str) -> str:
        component = self._components.get(name)
        if component is None:
            return "recognised credits"
        return f"“{component.name}”{_in_words((component.demands,))}"


def _lacking(layout: Layout, filled: Filled, number: int) -> Iterator[str]:
    if not is_met(layout, filled, number):
        yield from layout.groups[number].names
        for inner in layout.groups[number].inner:
            yield from _lacking(layout, filled, inner)


def _beside(pathway: Pathway, layout: Layout) -> Iterator[str]:
    """What is required beside the rule, the capstone last."""
    yield from (name for name in layout.entries if name in layout.required and name != pathway.capstone)
    if pathway.capstone is not None:
        yield pathway.capstone


def _in_words(demands: Sequence[Demands]) -> str:
    """What every credential must fulfil, as it follows a name."""
    words = []
    for demand in demands:
        if demand.minimum_level is not None:
            words.append(f" at {demand.minimum_level} or above")
        if demand.minimum_grades:
            words.append(f" with {' or '.join(f'{one.result_type} {one.value}' for one in demand.minimum_grades)}")
        if demand.maximum_age is not None:
            words.append(f" not older than {_duration(demand.maximum_age)}")
    return ",".join(dict.fromkeys(words))


def _more(lack: float, rule: CreditsOf) -> str:
    return f"{lack:g} more {rule.framework} credit{'' if lack == 1 else 's'}"


def _limit_in_words(limit: OutsideLimit) -> str:
    if not (limit.number or limit.credits or limit.percent):
        return NOTHING_OUTSIDE
    if limit.number is not None:
        return f"at most {_count(limit.number)} may come from other institutions"
    if limit.credits is not None:
        return f"at most {limit.credits:g} {limit.framework} credits may come from other institutions"
    return f"at most {limit.percent:g} % of the {limit.framework} credits may come from other institutions"


def _duration(age: str) -> str:
    months = age_in_months(age)
    count, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _count(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
