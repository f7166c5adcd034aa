"""What a document says, in the few facts that reports and pages show.

Reads our own documents and those of others: any object that the strict loader has let in. It never raises and never
judges: all that it returns is a claim of the document, and as safe to show as text can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.documents.codecs import format_timestamp, parse_date_time_stamp
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, names_superseded
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.text import NARRATIVE_LIMIT, url_problem, visible
from ledger.errors import MalformedDocument

KINDS = {
    "AchievementCredential": "achievement",
    "OpenBadgeCredential": "achievement",
    "ClrCredential": "record",
    "EndorsementCredential": "endorsement",
}
_MAX_DEPTH = 3
_LINE = 300


@dataclass(frozen=True)
class Fact:
    """One described property: an `Alignment` of the achievement. `kind` is its `targetType` without `ext:`."""

    kind: str
    framework: str | None
    code: str | None
    name: str
    url: str | None
    description: str | None = None


@dataclass(frozen=True)
class Titled:
    """What a credential is called and how it is described, in one language (a BCP 47 tag), if it is known which."""

    language: str | None
    title: str | None
    description: str | None


@dataclass(frozen=True)
class Shown:
    """Evidence that the document names: where it is, what it is called, what it shows, and its kind."""

    url: str | None
    name: str | None
    narrative: str | None
    genre: str | None


@dataclass(frozen=True)
class Summary:
    """What one credential claims. `kind` is achievement, record, endorsement or other.

    `issuer_name` is how the document calls its issuer: claimed, not accredited. `awarding_body` is who awarded, if that
    is another than the issuer. `facts` are the alignments in their order; `levels`, `credits`, `stacks_into`,
    `outcomes` and `translations` are those of one kind. `components` are the ids of the credentials that an award
    names; `members` the credentials inside a record. `supersedes` is the id of the credential that this one corrects,
    `correction` what it says about why; `comment` is what an endorsement says.
    """

    kind: str
    id: str | None = None
    name: str | None = None
    description: str | None = None
    issuer_id: str | None = None
    issuer_name: str | None = None
    issuer_url: str | None = None
    issuer_country: str | None = None
    awarding_body: str | None = None
    awarding_country: str | None = None
    learner_name: str | None = None
    achievement_id: str | None = None
    achievement_name: str | None = None
    achievement_type: str | None = None
    criteria: str | None = None
    language: str | None = None
    image: str | None = None
    result: str | None = None
    credits_earned: int | float | None = None
    narrative: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    evidence: tuple[Shown, ...] = ()
    tags: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    components: tuple[str, ...] = ()
    supersedes: str | None = None
    correction: str | None = None
    comment: str | None = None
    members: tuple[Summary, ...] = ()

    @property
    def levels(self) -> tuple[Fact, ...]:
        return self._of_kind("level")

    @property
    def credits(self) -> tuple[Fact, ...]:
        return self._of_kind("credits")

    @property
    def stacks_into(self) -> tuple[Fact, ...]:
        return self._of_kind("stacksInto")

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What the successful learner knows and can do."""
        return tuple(fact.name for fact in self._of_kind("learningOutcome"))

    @property
    def translations(self) -> tuple[Fact, ...]:
        """Title and description in other languages: `code` is the language, `name` the title."""
        return self._of_kind("translation")

    def in_language(self, wanted: Sequence[str]) -> Titled:
        """Title and description in the first of the `wanted` languages that there is, else as the document has them.

        `ms` fits `ms-MY` and the other way round.
        """
        own = Titled(self.language, self.name, self.description)
        known = [
            own,
            *(Titled(fact.code, fact.name, fact.description or own.description) for fact in self.translations),
        ]
        for language in wanted:
            for titled in sorted(known, key=lambda entry: (entry.language or "").lower() != language.lower()):
                if titled.language and titled.language.partition("-")[0].lower() == language.partition("-")[0].lower():
                    return titled
        return own

    def to_dict(self) -> JsonObject:
        """The summary as JSON, without what is empty. Times are UTC timestamps."""
        document: JsonObject = {}
        for name, value in vars(self).items():
            if value is None or value == ():
                continue
            if isinstance(value, datetime):
                document[name] = format_timestamp(value)
            elif name in ("facts", "evidence"):
                document[name] = [_without_nothing(vars(entry)) for entry in value]
            elif name == "members":
                document[name] = [member.to_dict() for member in self.members]
            else:
                document[name] = list(value) if isinstance(value, tuple) else value
        return document

    def _of_kind(self, kind: str) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.kind == kind)


def summarize(document: Mapping[str, JsonValue]) -> Summary:
    """The claims of a document that the strict loader has let in. Never raises."""
    return _summarize(document, depth=0)


def _summarize(document: Mapping[str, JsonValue], *, depth: int) -> Summary:
    subject = _first_object(document.get("credentialSubject"))
    achievement = _first_object(subject.get("achievement"))
    issuer = document.get("issuer")
    profile: Mapping[str, JsonValue] = {"id": issuer} if isinstance(issuer, str) else _first_object(issuer)
    nested = _objects(subject.get("verifiableCredential")) if depth < _MAX_DEPTH else ()
    superseded = _superseded(document)
    awarding = _awarding_body(subject, achievement, profile)
    return Summary(
        kind=_kind(document.get("type")),
        id=_text(document.get("id")),
        name=_text(document.get("name")) or _text(achievement.get("name")),
        description=_text(document.get("description"), NARRATIVE_LIMIT)
        or _text(achievement.get("description"), NARRATIVE_LIMIT),
        issuer_id=_text(profile.get("id")),
        issuer_name=_text(profile.get("name")),
        issuer_url=_url(profile.get("url")),
        issuer_country=_text(_first_object(profile.get("address")).get("addressCountryCode")),
        awarding_body=_text(awarding.get("name")),
        awarding_country=_text(_first_object(awarding.get("address")).get("addressCountryCode")),
        learner_name=_learner_name(subject),
        achievement_id=_text(achievement.get("id")),
        achievement_name=_text(achievement.get("name")),
        achievement_type=_text(achievement.get("achievementType")),
        criteria=_text(_first_object(achievement.get("criteria")).get("narrative"), NARRATIVE_LIMIT),
        language=_text(achievement.get("inLanguage")),
        image=_url(_identifier(achievement.get("image"))),
        result=_result(subject),
        credits_earned=_number(subject.get("creditsEarned")),
        narrative=_text(subject.get("narrative"), NARRATIVE_LIMIT),
        valid_from=_moment(document.get("validFrom", document.get("issuanceDate"))),
        valid_until=_moment(document.get("validUntil", document.get("expirationDate"))),
        evidence=tuple(_shown(document, subject)),
        tags=tuple(text for tag in _items(achievement.get("tag")) if (text := _text(tag))),
        facts=tuple(fact for entry in _objects(achievement.get("alignment")) if (fact := _fact(entry))),
        components=tuple(_components(document)),
        supersedes=_text(superseded.get("id")),
        correction=_text(superseded.get("description"), NARRATIVE_LIMIT),
        comment=_text(subject.get("endorsementComment"), NARRATIVE_LIMIT),
        members=tuple(_summarize(credential, depth=depth + 1) for credential in nested),
    )


def _kind(value: JsonValue) -> str:
    for name in _items(value):
        if isinstance(name, str) and name in KINDS:
            return KINDS[name]
    return "other"


def _learner_name(subject: Mapping[str, JsonValue]) -> str | None:
    for identity in _objects(subject.get("identifier")):
        if identity.get("identityType") == "name" and identity.get("hashed") is False:
            return _text(identity.get("identityHash"))
    return _text(subject.get("name"))


def _awarding_body(
    subject: Mapping[str, JsonValue], achievement: Mapping[str, JsonValue], issuer: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """Who assessed on behalf of the issuer, with what the achievement says of its creator; empty if the issuer did."""
    source, creator = _first_object(subject.get("source")), _first_object(achievement.get("creator"))
    found = {**(creator if not source or creator.get("id") == source.get("id") else {}), **source}
    return {} if found.get("id") is not None and found.get("id") == issuer.get("id") else found


def _shown(document: Mapping[str, JsonValue], subject: Mapping[str, JsonValue]) -> Iterator[Shown]:
    for entry in _objects(document.get("evidence")) + _objects(subject.get("evidence")):
        shown = Shown(
            url=_url(entry.get("id")),
            name=_text(entry.get("name")),
            narrative=_text(entry.get("narrative"), NARRATIVE_LIMIT)
            or _text(entry.get("description"), NARRATIVE_LIMIT),
            genre=_text(entry.get("genre")),
        )
        if shown.url or shown.name or shown.narrative:
            yield shown


def _result(subject: Mapping[str, JsonValue]) -> str | None:
    for result in _objects(subject.get("result")):
        value = _text(result.get("value")) or _text(result.get("status")) or _level_name(subject, result)
        if value is not None:
            return value
    return None


def _level_name(subject: Mapping[str, JsonValue], result: Mapping[str, JsonValue]) -> str | None:
    """What the level of a rubric is called that a result names by its id only."""
    achieved = result.get("achievedLevel")
    for description in _objects(_first_object(subject.get("achievement")).get("resultDescription")):
        for level in _objects(description.get("rubricCriterionLevel")):
            if isinstance(achieved, str) and level.get("id") == achieved:
                return _text(level.get("name"))
    return None


def _fact(entry: Mapping[str, JsonValue]) -> Fact | None:
    name = _text(entry.get("targetName"))
    if name is None:
        return None
    return Fact(
        kind=(_text(entry.get("targetType")) or "alignment").removeprefix("ext:"),
        framework=_text(entry.get("targetFramework")),
        code=_text(entry.get("targetCode")),
        name=name,
        url=_url(entry.get("targetUrl")),
        description=_text(entry.get("targetDescription"), NARRATIVE_LIMIT),
    )


def _components(document: Mapping[str, JsonValue]) -> Iterator[str]:
    if _kind(document.get("type")) != "achievement":
        return
    for entry in _objects(document.get("relatedResource")):
        identifier = _text(entry.get("id"))
        if identifier is None or names_superseded(entry):
            continue
        if entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE:
            yield identifier


def _superseded(document: Mapping[str, JsonValue]) -> JsonObject:
    """What the document names as superseded by it; empty unless that is one credential."""
    found = [entry for entry in _objects(document.get("relatedResource")) if names_superseded(entry)]
    return found[0] if len(found) == 1 else {}


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _objects(value: JsonValue) -> list[JsonObject]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _identifier(value: JsonValue) -> JsonValue:
    return value.get("id") if isinstance(value, dict) else value


def _without_nothing(members: Mapping[str, JsonValue]) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None}


def _first_object(value: JsonValue) -> JsonObject:
    return next(iter(_objects(value)), {})


def _text(value: JsonValue, limit: int = _LINE) -> str | None:
    """A text to show: of a list its first text, of a language map the English one or the first."""
    if isinstance(value, str):
        return visible(value, limit=limit).strip() or None
    if isinstance(value, list):
        return next((text for item in value if (text := _text(item, limit))), None)
    if isinstance(value, dict):
        values = [value.get("@value"), value.get("en"), *value.values()]
        return next((visible(text, limit=limit) for text in values if isinstance(text, str) and text), None)
    return None


def _url(value: JsonValue) -> str | None:
    """An address that a page may link to. `http:` is for the published European lists only, which have no other."""
    if not isinstance(value, str):
        return None
    checked = value.replace("http://", "https://", 1) if value.startswith("http://data.europa.eu/") else value
    return None if url_problem(checked) else value


def _number(value: JsonValue) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(value: JsonValue) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_date_time_stamp(value)
    except MalformedDocument:
        return None
