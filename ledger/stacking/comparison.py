"""The calculator: a number of credits, and a level, of one system as they would look in the others."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import CairnError
from ledger.stacking.frameworks import (
    CREDITS_IN_A_YEAR,
    HOURS_IN_A_CREDIT,
    HOURS_IN_A_YEAR,
    INDICATIVE,
    LEVEL_SOURCES,
    SOURCES,
    STATED,
    Hours,
    credits_for,
    eqf_levels,
    levels_beside,
    rule_of,
)

HOURS = "hours"
FRAMEWORKS = tuple(SOURCES)
MAX_AMOUNT = 100_000


@dataclass(frozen=True)
class Amount:
    """So many credits of a system, from `low` to `high`; of the Australian one, years of full-time study.

    `by_year` is what the same share of a full-time year would count there: institutions use that rule too, and it can
    give another number than the hours do. None where a system fixes no such year.
    """

    framework: str
    unit: str
    low: float
    high: float
    rule: str
    source: str
    by_year: float | None

    def to_dict(self) -> JsonObject:
        return {
            "framework": self.framework,
            "unit": self.unit,
            "low": round(self.low, 2),
            "high": round(self.high, 2),
            "rule": self.rule,
            "source": self.source,
            "by_full_time_year": None if self.by_year is None else round(self.by_year, 2),
        }


@dataclass(frozen=True)
class Beside:
    """The levels of a framework beside which a level stands, none where nobody has said so."""

    framework: str
    levels: tuple[int, ...]
    source: str

    def to_dict(self) -> JsonObject:
        return {"framework": self.framework, "levels": list(self.levels), "source": self.source}


@dataclass(frozen=True)
class Comparison:
    """What was given, the hours behind it, and how it would look elsewhere; `note` says what that is not."""

    amount: float
    framework: str
    hours: Hours
    amounts: tuple[Amount, ...]
    level: tuple[str, int] | None = None
    levels: tuple[Beside, ...] = ()
    note: str = INDICATIVE

    def to_dict(self) -> JsonObject:
        level: JsonValue = None if self.level is None else {"framework": self.level[0], "level": self.level[1]}
        return {
            "amount": self.amount,
            "framework": self.framework,
            "hours": {"low": round(self.hours.low, 2), "high": round(self.hours.high, 2), "rule": self.hours.rule},
            "credits": [amount.to_dict() for amount in self.amounts],
            "level": level,
            "levels": [beside.to_dict() for beside in self.levels],
            "note": self.note,
        }


def compare(
    amount: float, framework: str, *, level: int | None = None, level_framework: str | None = None
) -> Comparison:
    """An amount of a system's credits, or of `hours`, in all the others; and a level beside theirs.

    Of `AQF` the amount is years of full-time study, since it has no credits. A level is of the framework of the credits
    where no other is named (of FHEQ for CATS, of EQF for ECTS). Raises CairnError `framework_unknown`,
    `amount_range`, `level_range`.
    """
    if framework not in (*FRAMEWORKS, HOURS):
        raise CairnError("framework_unknown", f"there is no such system; there are {', '.join((*FRAMEWORKS, HOURS))}")
    if not 0 < amount <= MAX_AMOUNT:
        raise CairnError("amount_range", f"an amount is above 0, and at most {MAX_AMOUNT:,}")
    hours = _hours(amount, framework)
    amounts = tuple(_amount(name, hours, amount, framework) for name in FRAMEWORKS if name != framework)
    if level is None:
        return Comparison(amount, framework, hours, amounts)
    given = level_framework or _LEVELS_OF.get(framework, framework)
    if given not in LEVEL_FRAMEWORKS:
        known = ", ".join(LEVEL_FRAMEWORKS)
        raise CairnError("framework_unknown", f"say of which framework the level is; there are {known}")
    if not 1 <= level <= LEVEL_FRAMEWORKS[given].highest:
        raise CairnError("level_range", f"{given} has levels 1 to {LEVEL_FRAMEWORKS[given].highest}")
    levels = tuple(
        Beside(name, levels_beside(given, level, name), LEVEL_SOURCES[name])
        for name in LEVEL_FRAMEWORKS
        if name != given
    )
    return Comparison(amount, framework, hours, amounts, (given, level), levels)


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """The comparison in words, the sentence last that says what it is not."""
    given = f"{comparison.amount:g} {unit_of(comparison.framework, comparison.amount)}"
    because = "" if comparison.framework == HOURS else f" ({comparison.hours.rule})"
    lines = [f"{given} = {comparison.hours}{because}" if because else f"{given} of learning"]
    for amount in comparison.amounts:
        differs = amount.by_year is not None and not amount.low == amount.high == amount.by_year
        other = f"; by the share of a full-time year, {amount.by_year:.4g}" if differs else ""
        lines.append(f"  {_between(amount.low, amount.high)} {amount.unit} ({amount.rule}{other})")
    if comparison.level is not None:
        framework, level = comparison.level
        eqf = "–".join(str(one) for one in eqf_levels(framework, level)) or "none that was published"
        lines.append(f"{framework} level {level} stands beside EQF level {eqf}, and so beside")
        lines += [f"  {one.framework} {_listed(one)}" for one in comparison.levels if one.framework != "EQF"]
    return (*lines, comparison.note)


def unit_of(framework: str, amount: float) -> str:
    """What the amount of a system counts, in the singular for one."""
    plural = "" if amount == 1 else "s"
    if framework == HOURS:
        return f"hour{plural}"
    if framework in CREDIT_FRAMEWORKS:
        return f"{CREDIT_FRAMEWORKS[framework].unit}{plural}"
    return f"year{plural} of full-time study ({framework})"


_LEVELS_OF = {"ECTS": "EQF", "CATS": "FHEQ"}


def _hours(amount: float, framework: str) -> Hours:
    if framework == HOURS:
        return Hours(amount, amount, STATED)
    if framework in HOURS_IN_A_YEAR:
        found = amount * HOURS_IN_A_YEAR[framework]
        return Hours(found, found, rule_of(framework))
    low, high = HOURS_IN_A_CREDIT[framework]
    return Hours(amount * low, amount * high, rule_of(framework))


def _amount(framework: str, hours: Hours, given: float, given_framework: str) -> Amount:
    low, high = credits_for(framework, hours) or (0.0, 0.0)
    year, other = CREDITS_IN_A_YEAR.get(given_framework), CREDITS_IN_A_YEAR.get(framework)
    by_year = None if year is None or other is None else given * other / year
    return Amount(framework, unit_of(framework, high), low, high, rule_of(framework), SOURCES[framework], by_year)


def _between(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def _listed(beside: Beside) -> str:
    levels = " or ".join(str(level) for level in beside.levels)
    return f"{LEVEL_FRAMEWORKS[beside.framework].unit} {levels}" if levels else "none that was published"
