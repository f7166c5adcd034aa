"""What a learner's credentials add up to: credits by system, an indicative total in one unit, the same by level.

Callers hand in credentials that are valid. Nothing is counted twice:

- a credential that stands there twice counts once;
- an award that is credit-bearing stands for the credentials that it rests on: its institution has said what the whole
  counts for, so their credits are not added to it;
- an award that is not says nothing of the whole, and adds nothing to those of its components that are there; alone, it
  counts by what it says of itself.

Recognised credits are shown apart, by who recognised them, and are never part of a total: they are another
institution's view of credentials that are counted already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

from ledger.documents.canonical import digest, parse_digest_multibase
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, names_superseded
from ledger.documents.recognition import Recognition
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.stacking.bearing import is_credit_bearing
from ledger.stacking.frameworks import INDICATIVE, STATED, Hours, credits_for, eqf_levels, hours_of, rule_of
from ledger.stacking.profiles.reading import Reading, first_object, objects

DEFAULT_UNIT = "ECTS"
UNITS = ("ECTS", "NZQCF", "MQF", "CATS", "US", "AQF")
NO_LEVEL = "level not stated or not comparable"
BEARINGS: Mapping[bool | None, str] = {True: "credit-bearing", False: "non-credit", None: "not stated"}


@dataclass(frozen=True)
class Counted:
    """What totals need of one valid credential. `components` are the digests of those that an award rests on.

    `credit_bearing` is None where the credential does not say.
    """

    credential_id: str
    digest: bytes
    credits: tuple[tuple[str, float], ...]
    levels: tuple[tuple[str, int], ...]
    hours: Hours | None
    credit_bearing: bool | None
    components: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Range:
    """From `low` to `high` credits of the unit of the totals."""

    low: float
    high: float

    def to_dict(self) -> JsonObject:
        return {"low": round(self.low, 2), "high": round(self.high, 2)}


@dataclass(frozen=True)
class Left:
    """A credential that is not in the total, by its id, and why: `component`, `award`, `twice`, `no_volume`."""

    credential_id: str
    code: str
    reason: str


@dataclass(frozen=True)
class Recognised:
    """What one institution recognised: credits of one system, for so many credentials, in one pathway or in none."""

    recogniser_did: str
    pathway_id: str | None
    framework: str
    credits: float
    credentials: int


@dataclass(frozen=True)
class Totals:
    """The sums. `by_framework` are credits as they are stated; one credential may state them in several systems, so
    these are never added to each other. `by_level` and `by_bearing` each add up to `indicative`.
    """

    unit: str
    counted: int
    by_framework: tuple[tuple[str, float], ...]
    indicative: Range
    rules: tuple[str, ...]
    by_level: tuple[tuple[str, Range], ...]
    by_bearing: tuple[tuple[str, Range], ...]
    left: tuple[Left, ...]
    recognised: tuple[Recognised, ...]

    def to_dict(self) -> JsonObject:
        left: list[JsonValue] = [dict(vars(entry)) for entry in self.left]
        recognised: list[JsonValue] = [
            {
                "recogniser": entry.recogniser_did,
                "pathway": entry.pathway_id,
                "framework": entry.framework,
                "credits": entry.credits,
                "credentials": entry.credentials,
            }
            for entry in self.recognised
        ]
        return {
            "unit": self.unit,
            "counted": self.counted,
            "by_framework": dict(self.by_framework),
            "indicative": self.indicative.to_dict(),
            "rules": list(self.rules),
            "by_level": {label: found.to_dict() for label, found in self.by_level},
            "by_bearing": {label: found.to_dict() for label, found in self.by_bearing},
            "left": left,
            "recognised": recognised,
            "note": INDICATIVE,
        }


def read_counted(document: JsonObject) -> Counted | None:
    """What totals need of a credential; None for what is no credential of an achievement. Never raises."""
    achievement = first_object(first_object(document.get("credentialSubject")).get("achievement"))
    identifier = document.get("id")
    if not achievement or not isinstance(identifier, str):
        return None
    reading = Reading(achievement, document)
    stated: dict[str, float] = {}
    for framework, value, _ in reading.credits:
        if framework and 0 < value <= 1_000:
            stated.setdefault(framework, value)
    return Counted(
        credential_id=identifier,
        digest=digest(document),
        credits=tuple(stated.items()),
        levels=reading.levels,
        hours=reading.stated_hours,
        credit_bearing=is_credit_bearing(reading),
        components=tuple(_components(document)),
    )


def total(
    credentials: Sequence[Counted],
    recognitions: Sequence[Recognition] = (),
    *,
    unit: str = DEFAULT_UNIT,
    on: date | None = None,
) -> Totals:
    """The sums over these credentials, in any order of them. Recognitions count on the day `on`, where it is given.

    Raises ValueError for a unit that is not one of `UNITS`.
    """
    if unit not in UNITS:
        raise ValueError(f"{unit} is not one of {', '.join(UNITS)}")
    once = {credential.digest: credential for credential in credentials}
    amounts = {key: amount for key, one in once.items() if (amount := _amount(one, unit)) is not None}
    below = {key: _below(one, once) for key, one in once.items() if one.components}
    left = _left(once, amounts, below)
    counted = [one for key, one in once.items() if key in amounts and key not in left]
    chosen = [(one, amounts[one.digest]) for one in counted]
    return Totals(
        unit=unit,
        counted=len(counted),
        by_framework=_by_framework(counted),
        indicative=_sum(amount for _, amount in chosen),
        rules=tuple(sorted({rule for _, amount in chosen for rule in amount.rules})),
        by_level=_grouped((_level(one), amount) for one, amount in chosen),
        by_bearing=_grouped((BEARINGS[one.credit_bearing], amount) for one, amount in chosen),
        left=(*sorted(left.values(), key=lambda entry: entry.credential_id), *_twice(credentials)),
        recognised=_recognised(recognitions, once, below, on),
    )


@dataclass(frozen=True)
class _Amount:
    """What one credential counts for in the unit of the totals, and the rules by which that was found."""

    low: float
    high: float
    rules: tuple[str, ...] = ()


def _amount(credential: Counted, unit: str) -> _Amount | None:
    """By the credits where they are stated in the unit, else by the hours, else by the first credits of all."""
    stated = dict(credential.credits)
    if unit in stated:
        return _Amount(stated[unit], stated[unit])
    converted = (hours_of(framework, value) for framework, value in credential.credits)
    hours = credential.hours or next((found for found in converted if found is not None), None)
    found = None if hours is None else credits_for(unit, hours)
    if hours is None or found is None:
        return None
    return _Amount(*found, tuple(sorted({hours.rule, rule_of(unit)} - {STATED})))


def _below(award: Counted, once: Mapping[bytes, Counted]) -> frozenset[bytes]:
    """Those of the credentials at hand that an award rests on, and what those rest on in turn."""
    found: dict[bytes, None] = {}
    left = [key for key in award.components if key in once]
    for key in left:  # grows while it is read
        if key not in found and key != award.digest:
            found[key] = None
            left += [part for part in once[key].components if part in once]
    return frozenset(found)


def _left(
    once: Mapping[bytes, Counted], amounts: Mapping[bytes, _Amount], below: Mapping[bytes, frozenset[bytes]]
) -> dict[bytes, Left]:
    """The credentials that add nothing, each with its reason."""
    left: dict[bytes, Left] = {}
    for key, one in once.items():
        if key not in amounts:
            left[key] = Left(
                one.credential_id, "no_volume", "It states neither credits nor hours that can be compared."
            )
    for key, parts in below.items():
        award = once[key]
        if award.credit_bearing is False and parts & amounts.keys():
            left[key] = Left(award.credential_id, "award", "The credentials that it rests on are counted in its place.")
    for key, parts in below.items():
        if key in amounts and once[key].credit_bearing is not False:
            for part in parts:
                left[part] = Left(once[part].credential_id, "component", "It counts as part of an award.")
    return left


def _twice(credentials: Sequence[Counted]) -> tuple[Left, ...]:
    times = Counter((credential.digest, credential.credential_id) for credential in credentials)
    again = sorted(credential_id for (_, credential_id), count in times.items() if count > 1)
    return tuple(
        Left(credential_id, "twice", "It is there more than once, and counts once.") for credential_id in again
    )


def _by_framework(credentials: Iterable[Counted]) -> tuple[tuple[str, float], ...]:
    stated: dict[str, list[float]] = {}
    for credential in credentials:
        for framework, value in credential.credits:
            stated.setdefault(framework, []).append(value)
    return tuple((framework, fsum(values)) for framework, values in sorted(stated.items()))


def _sum(amounts: Iterable[_Amount]) -> Range:
    found = list(amounts)
    return Range(fsum(amount.low for amount in found), fsum(amount.high for amount in found))


def _grouped(labelled: Iterable[tuple[str, _Amount]]) -> tuple[tuple[str, Range], ...]:
    groups: dict[str, list[_Amount]] = {}
    for label, amount in labelled:
        groups.setdefault(label, []).append(amount)
    return tuple((label, _sum(groups[label])) for label in sorted(groups))


def _level(credential: Counted) -> str:
    """The level on the European framework: as it is stated there, else where the first that can be compared stands."""
    beside = [eqf_levels(framework, level) for framework, level in sorted(credential.levels, key=_european_first)]
    levels = next((found for found in beside if found), ())
    return f"EQF {'–'.join(str(level) for level in levels)}" if levels else NO_LEVEL


def _european_first(level: tuple[str, int]) -> bool:
    return level[0] != "EQF"


def _recognised(
    recognitions: Iterable[Recognition],
    once: Mapping[bytes, Counted],
    below: Mapping[bytes, frozenset[bytes]],
    on: date | None,
) -> tuple[Recognised, ...]:
    """By recogniser, pathway and system. Of several decisions on one credential the latest counts, and what an award
    that is recognised in the same place rests on does not count besides it.
    """
    groups: dict[tuple[str, str, str], dict[bytes, float]] = {}
    for one in sorted(recognitions, key=lambda one: (one.valid_from, one.endorsement_id)):
        over = on is not None and (one.valid_from > on or (one.valid_until is not None and one.valid_until < on))
        if one.credits is not None and one.framework is not None and one.credential_digest in once and not over:
            place = (one.recogniser_did, one.pathway_id or "", one.framework)
            groups.setdefault(place, {})[one.credential_digest] = one.credits
    found = []
    for (recogniser, pathway, framework), decided in sorted(groups.items()):
        covered = frozenset[bytes]().union(*(below.get(key, ()) for key in decided))
        kept = [value for key, value in decided.items() if key not in covered]
        found.append(Recognised(recogniser, pathway or None, framework, fsum(kept), len(kept)))
    return tuple(found)


def _components(document: JsonObject) -> Iterator[bytes]:
    for _, entry in objects(document.get("relatedResource")):
        named = entry.get("digestMultibase")
        if entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE and isinstance(named, str) and not names_superseded(entry):
            try:
                yield parse_digest_multibase(named)
            except MalformedDocument:
                continue
