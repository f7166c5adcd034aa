"""What a document says about one achievement, in the terms that profiles ask in. Reads ours and any Open Badge 3.0.

Values of code lists are alignments. They are known by the `ext:` type that Cairn writes, or by the address of the
published European list, whatever their type is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.stacking.frameworks import STATED, Hours, eqf_levels, hours_of

_EUROPEAN_LISTS = {
    "http://data.europa.eu/snb/eqf/": "level",
    "http://data.europa.eu/snb/learning-assessment/": "participation",
    "http://data.europa.eu/snb/assessment/": "assessment",
    "http://data.europa.eu/snb/supervision-verification/": "supervision",
    "http://data.europa.eu/snb/accreditation/": "qualityAssurance",
    "http://data.europa.eu/snb/education-credit/": "credits",
}
_OTHER_NAMES = {
    "eqflevel": "level", "eqf": "level", "nqflevel": "level", "qualificationlevel": "level",
    "ects": "credits", "creditpoints": "credits", "notionalworkload": "workload", "studyload": "workload",
    "typeofassessment": "assessment", "formofparticipation": "participation", "mode": "participation",
    "accreditation": "qualityAssurance", "idverification": "supervision", "outcome": "learningOutcome",
}  # fmt: skip
_FRAMEWORKS = {
    "european qualifications framework": "EQF", "eqf": "EQF", "qf-ehea": "QF-EHEA", "mqf": "MQF",
    "malaysian qualifications framework": "MQF", "nzqf": "NZQCF", "nzqcf": "NZQCF", "fheq": "FHEQ", "aqf": "AQF",
    "ects": "ECTS", "cats": "CATS", "us": "US",
}  # fmt: skip
_OUTCOME_TYPES = frozenset({"CFItem", "ceasn:Competency", "ESCOSkill"})
_FIRST_LINE = "The successful learner can:"
_DURATION = re.compile(r"P(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,6}(?:\.[0-9]{1,3})?)H)?(?:([0-9]{1,6})M)?)?", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_LAST_NUMBER = re.compile(r"([0-9]{1,2})\s*$", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One alignment: its kind, its members as text, and its JSON Pointer below the achievement."""

    kind: str
    framework: str
    code: str
    name: str
    url: str
    description: str
    path: str


@dataclass(frozen=True)
class Reading:
    """One achievement and, where there is one, the credential that carries it. `today` is known to some callers."""

    achievement: JsonObject
    credential: JsonObject | None = None
    today: date | None = None

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        found = objects(self.achievement.get("alignment"))
        return tuple(_entry(value, f"/alignment/{place}") for place, value in found)

    def of_kind(self, *kinds: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    @property
    def subject(self) -> JsonObject:
        return first_object(self.credential.get("credentialSubject")) if self.credential is not None else {}

    @property
    def issuer(self) -> JsonObject:
        issuer = self.credential.get("issuer") if self.credential is not None else None
        return {"id": issuer} if isinstance(issuer, str) else first_object(issuer)

    @property
    def types(self) -> tuple[str, ...]:
        return texts(self.achievement.get("achievementType"))

    @property
    def titles(self) -> tuple[tuple[str, str], ...]:
        """Every title that the achievement bears, in every language, each with its JSON Pointer."""
        named = [(title, "/name") for title in texts(self.achievement.get("name"))]
        return (*named, *((entry.name, f"{entry.path}/targetName") for entry in self.of_kind("translation")))

    @property
    def description(self) -> str:
        return text(self.achievement.get("description"))

    @cached_property
    def outcomes(self) -> tuple[tuple[str, str], ...]:
        """The learning outcomes, each with its JSON Pointer; of older documents those that the criteria list."""
        entries = self.of_kind("learningOutcome") or self.of_kind(*_OUTCOME_TYPES)
        if entries:
            return tuple((entry.name, f"{entry.path}/targetName") for entry in entries if entry.name)
        first, _, rest = text(first_object(self.achievement.get("criteria")).get("narrative")).partition("\n")
        lines = rest.partition("\n\n")[0].split("\n") if first == _FIRST_LINE else []
        return tuple((line[2:], "/criteria/narrative") for line in lines if line.startswith("- "))

    @cached_property
    def levels(self) -> tuple[tuple[str, int], ...]:
        """Framework and level, as far as a level is a number."""
        found = ((entry.framework, _level(entry)) for entry in self.of_kind("level"))
        return tuple((framework, level) for framework, level in found if level is not None)

    @property
    def eqf_levels(self) -> frozenset[int]:
        """The European levels that the levels stand beside."""
        return frozenset(equal for framework, level in self.levels for equal in eqf_levels(framework, level))

    @cached_property
    def credits(self) -> tuple[tuple[str, float, str], ...]:
        """System (empty where it is not named), number and JSON Pointer of each statement of credits."""
        entries = [(entry.framework, _number(entry.code), entry.path) for entry in self.of_kind("credits")]
        named = tuple((framework, value, path) for framework, value, path in entries if value is not None)
        available = self.achievement.get("creditsAvailable")
        if not named and isinstance(available, int | float) and not isinstance(available, bool):
            return (("", float(available), "/creditsAvailable"),)
        return named

    def credits_in(self, framework: str) -> float | None:
        return next((value for name, value, _ in self.credits if name == framework), None)

    @cached_property
    def stated_hours(self) -> Hours | None:
        """The workload where it is said in hours."""
        found = [hours for entry in self.of_kind("workload") if (hours := duration(entry.code)) is not None]
        return Hours(found[0], found[0], STATED) if found and found[0] > 0 else None

    @cached_property
    def hours(self) -> Hours | None:
        """The workload in hours: as it is stated, else by the credits."""
        if self.stated_hours is not None:
            return self.stated_hours
        found = (hours_of(framework, value) for framework, value, _ in self.credits if value > 0)
        return next((hours for hours in found if hours is not None), None)

    @property
    def dates(self) -> tuple[date, ...]:
        """The date of the award, or of its validity: `awardedDate`, `validFrom` or `issuanceDate`."""
        credential = self.credential or {}
        names = ("awardedDate", "validFrom", "issuanceDate")
        return tuple(found for name in names if (found := day(credential.get(name))) is not None)[:1]

    @property
    def results(self) -> tuple[JsonObject, ...]:
        return tuple(result for _, result in objects(self.subject.get("result")))

    @property
    def identifiers(self) -> tuple[JsonObject, ...]:
        return tuple(identity for _, identity in objects(self.subject.get("identifier")))


def text(value: JsonValue) -> str:
    """A text, or the first of a list or a language map; empty if there is none."""
    if isinstance(value, str):
        return value.strip()
    return next(iter(texts(value)), "")


def texts(value: JsonValue) -> tuple[str, ...]:
    """All texts of a text, a list or a language map that are not empty."""
    parts: Sequence[JsonValue] = [value]
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, list):
        parts = [inner for item in value for inner in (item.values() if isinstance(item, dict) else [item])]
    return tuple(stripped for part in parts if isinstance(part, str) and (stripped := part.strip()))


def objects(value: JsonValue) -> list[tuple[int, JsonObject]]:
    """The objects of a list, or the one that stands for a list of one, each with its place."""
    listed = value if isinstance(value, list) else [value]
    return [(place, item) for place, item in enumerate(listed) if isinstance(item, dict)]


def first_object(value: JsonValue) -> JsonObject:
    return next((item for _, item in objects(value)), {})


def named(profile: Mapping[str, JsonValue]) -> str:
    return text(profile.get("name"))


def country_of(profile: JsonObject) -> str:
    """The country or region in the address of an organisation, or of the one that it belongs to."""
    for organisation in (profile, first_object(profile.get("parentOrg"))):
        address = first_object(organisation.get("address"))
        for member in ("addressCountryCode", "addressCountry", "addressRegion"):
            if found := text(address.get(member)):
                return found
    return ""


def day(value: JsonValue) -> date | None:
    """The date of a date-time, or of a plain date."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value) if len(value) == 10 else parse_date_time_stamp(value).date()
    except (ValueError, MalformedDocument):
        return None


def duration(value: str) -> float | None:
    """Hours of an ISO 8601 duration of days, hours and minutes."""
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (float(part or 0) for part in match.groups())
    return days * 24 + hours + minutes / 60


def _entry(value: JsonObject, path: str) -> Entry:
    target = text(value.get("targetType")).removeprefix("ext:")
    url = text(value.get("targetUrl"))
    published = next((kind for prefix, kind in _EUROPEAN_LISTS.items() if url.startswith(prefix)), None)
    framework = text(value.get("targetFramework"))
    return Entry(
        kind=published or _OTHER_NAMES.get(target.lower(), target),
        framework=_FRAMEWORKS.get(framework.lower(), framework),
        code=text(value.get("targetCode")),
        name=text(value.get("targetName")),
        url=url,
        description=text(value.get("targetDescription")),
        path=path,
    )


def _level(entry: Entry) -> int | None:
    for written in (entry.code, entry.url, entry.name):
        if (found := _LAST_NUMBER.search(written)) is not None:
            return int(found[1])
    return None


def _number(written: str) -> float | None:
    return float(written) if _NUMBER.fullmatch(written) else None


def readings_in(document: Mapping[str, JsonValue], today: date | None = None) -> Iterator[tuple[str, Reading]]:
    """Every achievement of a document, with the JSON Pointer of what was read: a credential, or an achievement alone.

    Records and presentations are opened, three deep and at most 1,000 credentials.
    """
    left = [("", dict(document), 0)]
    for seen, (pointer, part, depth) in enumerate(left):  # grows while it is read
        if seen > _MAX_PARTS:
            return
        if "credentialSubject" not in part and "verifiableCredential" not in part:
            if _looks_like_achievement(part):
                yield pointer, Reading(part, None, today)
            continue
        nested = [(f"{pointer}{at}", held, depth + 1) for at, held in _nested(part)]
        left += nested if depth < _MAX_DEPTH else []
        achievement = first_object(first_object(part.get("credentialSubject")).get("achievement"))
        if achievement and not nested:
            yield pointer, Reading(achievement, part, today)


_MAX_DEPTH = 3
_MAX_PARTS = 1_000


def _nested(part: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for place, held in objects(part.get("verifiableCredential")):
        yield f"/verifiableCredential/{place}", held
    for place, held in objects(first_object(part.get("credentialSubject")).get("verifiableCredential")):
        yield f"/credentialSubject/verifiableCredential/{place}", held


def _looks_like_achievement(part: Mapping[str, JsonValue]) -> bool:
    return "Achievement" in texts(part.get("type")) or ("criteria" in part and "name" in part)
