"""The rules of pathways, as values: which credentials add up, how many of them, and what each of them must fulfil.

A rule is a tree. Its items are components, by the id of their achievement, or rules again:

    {"allOf": ["…/a", "…/b", {"someOf": …}], "inOrder": true}
    {"someOf": ["…/c", "…/d", "…/e"], "atLeast": 2}
    {"creditsOf": ["…/f", "…/g"], "atLeast": 60, "framework": "NZQCF",
     "ofWhich": [{"atLeast": 45, "minimumLevel": {"framework": "NZQCF", "level": 8}}],
     "recognised": true}

Each rule, and each component, may make demands on every credential that counts in it: `minimumLevel`, `minimumGrade`,
`maximumAge`. A component counts in one place of the rule only, and for one credential.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ledger.documents.strict_json import JsonObject, JsonValue


@dataclass(frozen=True)
class MinimumLevel:
    """A level of a qualifications framework that a credential must state, or be recognised at, or be above."""

    framework: str
    level: int

    def to_dict(self) -> JsonObject:
        return {"framework": self.framework, "level": self.level}

    def __str__(self) -> str:
        return f"{self.framework} level {self.level}"


@dataclass(frozen=True)
class MinimumGrade:
    """A result of one type of Open Badges 3.0 (`Percent`, `LetterGrade`, …) that must be reached, on its own scale."""

    result_type: str
    value: str

    def to_dict(self) -> JsonObject:
        return {"type": self.result_type, "value": self.value}


@dataclass(frozen=True)
class Demands:
    """What every credential that counts must fulfil. `maximum_age` is a duration such as `P5Y` or `P18M`.

    Of several grades a credential must reach the one of its own type of result.
    """

    minimum_level: MinimumLevel | None = None
    minimum_grades: tuple[MinimumGrade, ...] = ()
    maximum_age: str | None = None

    def members(self) -> JsonObject:
        """The members that a rule or a component has for these demands."""
        members: JsonObject = {}
        if self.minimum_level is not None:
            members["minimumLevel"] = self.minimum_level.to_dict()
        if self.minimum_grades:
            members["minimumGrade"] = [grade.to_dict() for grade in self.minimum_grades]
        if self.maximum_age is not None:
            members["maximumAge"] = self.maximum_age
        return members


NO_DEMANDS = Demands()


def age_in_months(duration: str) -> int:
    """The months of a duration in years or months."""
    return int(duration[1:-1]) * (12 if duration.endswith("Y") else 1)


@dataclass(frozen=True)
class AllOf:
    """Every item is held; `in_order`: nothing of an item was awarded before anything of the items ahead of it."""

    items: tuple[Item, ...]
    in_order: bool = False
    demands: Demands = NO_DEMANDS

    @property
    def achievement_ids(self) -> tuple[str, ...]:
        """The components that the rule names, in its order."""
        return tuple(named_in(self.items))

    def to_dict(self) -> JsonObject:
        members: JsonObject = {"allOf": _written(self.items), "inOrder": self.in_order}
        return members | self.demands.members()


@dataclass(frozen=True)
class SomeOf:
    """At least so many of the items are held."""

    items: tuple[Item, ...]
    at_least: int
    demands: Demands = NO_DEMANDS

    @property
    def achievement_ids(self) -> tuple[str, ...]:
        """The components that the rule names, in its order."""
        return tuple(named_in(self.items))

    def to_dict(self) -> JsonObject:
        members: JsonObject = {"someOf": _written(self.items), "atLeast": self.at_least}
        return members | self.demands.members()


@dataclass(frozen=True)
class Portion:
    """So many of the credits of a sum have to be at this level or above."""

    at_least: float
    minimum_level: MinimumLevel

    def to_dict(self) -> JsonObject:
        return {"atLeast": self.at_least, "minimumLevel": self.minimum_level.to_dict()}


@dataclass(frozen=True)
class CreditsOf:
    """The components of the list that are held give at least so many credits of the framework.

    With `recognised`, credits count too that an authority of the pathway recognised for it without saying for which
    component.
    """

    items: tuple[str, ...]
    at_least: float
    framework: str
    of_which: tuple[Portion, ...] = ()
    recognised: bool = False
    demands: Demands = NO_DEMANDS

    @property
    def achievement_ids(self) -> tuple[str, ...]:
        """The components that the rule names, in its order."""
        return self.items

    def to_dict(self) -> JsonObject:
        members: JsonObject = {
            "creditsOf": list(self.items),
            "atLeast": self.at_least,
            "framework": self.framework,
        }
        if self.of_which:
            members["ofWhich"] = [portion.to_dict() for portion in self.of_which]
        if self.recognised:
            members["recognised"] = True
        return members | self.demands.members()


Rule: TypeAlias = AllOf | SomeOf | CreditsOf
Item: TypeAlias = str | Rule
KINDS: Mapping[type[Rule], str] = {AllOf: "allOf", SomeOf: "someOf", CreditsOf: "creditsOf"}
"""The member by which a rule of each kind is known."""


@dataclass(frozen=True)
class OutsideLimit:
    """How much may come from other institutions than the pathway's, what was recognised included. One is given.

    `number` counts credentials, `credits` those of the framework, `percent` is of all credits that are counted.
    """

    number: int | None = None
    credits: float | None = None
    percent: float | None = None
    framework: str | None = None

    def to_dict(self) -> JsonObject:
        members: dict[str, JsonValue] = {
            "number": self.number,
            "credits": self.credits,
            "percent": self.percent,
            "framework": self.framework,
        }
        return {name: value for name, value in members.items() if value is not None}


def named_in(items: tuple[Item, ...]) -> Iterator[str]:
    """The components that items name, those inside of rules too, in order."""
    for item in items:
        if isinstance(item, str):
            yield item
        else:
            yield from item.achievement_ids


def _written(items: tuple[Item, ...]) -> list[JsonValue]:
    return [item if isinstance(item, str) else item.to_dict() for item in items]
