"""What a learner holds, as far as pathways ask: read from a credential's document, its exact texts.

Whether a credential is genuine and in force is not asked here. Callers hand in those that are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.documents.canonical import digest, parse_digest_multibase
from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, PATHWAY_MEDIA_TYPE, names_recognition, names_superseded
from ledger.documents.result import GRADED, NUMERIC, RUBRIC
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

_LEVEL, _CREDITS = "ext:level", "ext:credits"
_LEVELS = "rubricCriterionLevel"


@dataclass(frozen=True)
class HeldCredential:
    """What evaluation needs of a credential: what it is for, who gave it when, and the 32-byte digest that binds it.

    `credits` and `levels` go by framework, as the credential states them. `result` is the value of its result,
    `result_kind` the type of Open Badges 3.0, and `scale` the values that its issuer gives, from low to high (of a
    number: the least and the most; of a rubric: the names of its levels). An award names its pathway and the digests
    that it rests on.
    """

    achievement_id: str
    credential_id: str
    issuer_did: str
    awarded_on: date
    digest: bytes
    credits: tuple[tuple[str, float], ...] = ()
    levels: tuple[tuple[str, int], ...] = ()
    result: str | None = None
    result_kind: str | None = None
    valid_until: date | None = None
    title: str = ""
    scale: tuple[str, ...] = ()
    has_evidence: bool = False
    pathway_id: str | None = None
    rests_on: tuple[bytes, ...] = ()


def read_held(document: JsonObject) -> HeldCredential | None:
    """What a credential's document says for evaluation, or None if it names no achievement, issuer or date.

    Of what can't be read beyond that, nothing is taken: a level that is no number is no level.
    """
    subject, valid_from = document.get("credentialSubject"), document.get("validFrom")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    achievement_id, credential_id, issuer_did = (
        _identifier(value) for value in (achievement, document, document.get("issuer"))
    )
    awarded_on = _day(valid_from)
    if achievement_id is None or credential_id is None or issuer_did is None or awarded_on is None:
        return None
    described = achievement if isinstance(achievement, dict) else {}
    kind, scale, result = _result(subject if isinstance(subject, dict) else {}, described)
    pathway_id, rests_on = _foundations(document)
    name = document.get("name") or described.get("name")
    return HeldCredential(
        achievement_id=achievement_id,
        credential_id=credential_id,
        issuer_did=issuer_did,
        awarded_on=awarded_on,
        digest=digest(document),
        credits=tuple((framework, float(code)) for framework, code in _aligned(described, _CREDITS) if _plain(code)),
        levels=tuple((framework, int(code)) for framework, code in _aligned(described, _LEVEL) if _whole(code)),
        result=result,
        result_kind=kind,
        valid_until=_day(document.get("validUntil")),
        title=name if isinstance(name, str) else "",
        scale=scale,
        has_evidence=bool(document.get("evidence")),
        pathway_id=pathway_id,
        rests_on=rests_on,
    )


def _aligned(achievement: JsonObject, target_type: str) -> Iterator[tuple[str, str]]:
    """The framework and the code of each alignment of this type."""
    for entry in _objects(achievement.get("alignment")):
        framework, code = entry.get("targetFramework"), entry.get("targetCode")
        if entry.get("targetType") == target_type and isinstance(framework, str) and isinstance(code, str):
            yield framework, code


def _result(subject: JsonObject, achievement: JsonObject) -> tuple[str | None, tuple[str, ...], str | None]:
    """The type, the scale and the value of the first result whose description stands in the achievement."""
    descriptions = {_identifier(entry): entry for entry in _objects(achievement.get("resultDescription"))}
    for result in _objects(subject.get("result")):
        description = descriptions.get(_text(result.get("resultDescription")))
        kind = description.get("resultType") if description else None
        if description is None or not isinstance(kind, str):
            continue
        if kind == RUBRIC:
            levels = {_identifier(level): level.get("name") for level in _objects(description.get(_LEVELS))}
            return kind, _texts(list(levels.values())), _text(levels.get(_text(result.get("achievedLevel"))))
        if kind in GRADED:
            return kind, _texts(description.get("allowedValue")), _text(result.get("value"))
        if kind in NUMERIC:
            ends = [description.get("valueMin"), description.get("valueMax")]
            return kind, _texts(ends), _text(result.get("value"))
        return kind, (), _text(result.get("status") or result.get("value"))
    return None, (), None


def _foundations(document: JsonObject) -> tuple[str | None, tuple[bytes, ...]]:
    """For an award: the id of its pathway, and the digests of the credentials that it rests on."""
    pathway_id, digests = None, []
    for entry in _objects(document.get("relatedResource")):
        kind, named = entry.get("mediaType"), entry.get("digestMultibase")
        if kind == PATHWAY_MEDIA_TYPE:
            pathway_id = _identifier(entry)
        elif kind == CREDENTIAL_MEDIA_TYPE and isinstance(named, str):
            if names_superseded(entry) or names_recognition(entry):
                continue
            try:
                digests.append(parse_digest_multibase(named))
            except MalformedDocument:
                continue
    return pathway_id, tuple(digests)


def _day(value: JsonValue) -> date | None:
    try:
        return parse_date_time_stamp(value).date() if isinstance(value, str) else None
    except MalformedDocument:
        return None


def _objects(value: JsonValue) -> Sequence[JsonObject]:
    return [entry for entry in (value if isinstance(value, list) else [value]) if isinstance(entry, dict)]


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _whole(code: str) -> bool:
    return len(code) <= 3 and code.isascii() and code.isdigit()


def _plain(code: str) -> bool:
    whole, _, fraction = code.partition(".")
    return len(code) <= 12 and code.isascii() and whole.isdigit() and (not fraction or fraction.isdigit())


def _identifier(value: JsonValue) -> str | None:
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None
