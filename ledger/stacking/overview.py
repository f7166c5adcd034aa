"""A learner's credentials at a glance: what they add up to, when they came, what they show, and what they lead to.

Pure: whether a credential is genuine and in force was asked before, and comes in with it. What is not, is listed with
the reason, and counts nowhere: not in the totals, not among skills and levels, not for a pathway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ledger.documents.code_lists import SKILL_FRAMEWORKS
from ledger.documents.codecs import format_timestamp
from ledger.documents.recognition import Recognition
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.documents.summary import Fact, Summary, summarize
from ledger.stacking.held import HeldCredential, read_held
from ledger.stacking.pathway import Pathway
from ledger.stacking.progress import pathways_of
from ledger.stacking.totals import DEFAULT_UNIT, Counted, read_counted, total

_SKILLS = frozenset(
    kind.removeprefix("ext:") for framework in SKILL_FRAMEWORKS.values() for kind in framework.targets.values()
)
_ESCO = ("http://data.europa.eu/esco/", "https://data.europa.eu/esco/")


@dataclass(frozen=True)
class Entry:
    """A credential, and what is known of it: its verdict with the code that decided, and the issuer's accredited name.

    `key` is the caller's name for it. `whose` is None where nobody asked whose it is; `other` never counts.
    """

    key: str
    document: JsonObject
    verdict: str
    code: str
    issuer_name: str | None = None
    whose: str | None = None

    @property
    def counts(self) -> bool:
        return self.verdict == "valid" and self.whose != "other"

    @cached_property
    def summary(self) -> Summary:
        return summarize(self.document)

    @cached_property
    def held(self) -> HeldCredential | None:
        return read_held(self.document)

    @cached_property
    def counted(self) -> Counted | None:
        return read_counted(self.document)

    @property
    def kind(self) -> str:
        """achievement, award, endorsement or record."""
        return "award" if self.summary.components else self.summary.kind


def overview(
    entries: Sequence[Entry],
    pathways: Sequence[Pathway] = (),
    recognitions: Sequence[Recognition] = (),
    *,
    on: date,
    unit: str = DEFAULT_UNIT,
) -> JsonObject:
    """All of it as JSON. `recognitions` are decisions that hold; they are no credentials of their own."""
    earned = [entry for entry in entries if entry.summary.kind in ("achievement", "other")]
    counting = [entry for entry in earned if entry.counts]
    counted = [entry.counted for entry in counting if entry.counted is not None]
    held = [entry.held for entry in counting if entry.held is not None]
    return {
        "as_of": on.isoformat(),
        "credentials": len(earned),
        "counted": len(counting),
        "not_counted": [_left_out(entry) for entry in earned if not entry.counts],
        "totals": total(counted, recognitions, unit=unit, on=on).to_dict(),
        "levels": _levels(counting),
        "timeline": [_moment(entry) for entry in sorted(earned, key=_when)],
        "skills": [*_skills(counting)],
        "tags": [*_tags(counting)],
        "issuers": [*_issuers(earned)],
        "pathways": [*pathways_of(pathways, held, recognitions, on)],
        "associations": [*_associations(earned)],
    }


def _left_out(entry: Entry) -> JsonObject:
    return {"key": entry.key, **_named(entry), "verdict": entry.verdict, "code": entry.code, "whose": entry.whose}


def _named(entry: Entry) -> JsonObject:
    return {"id": entry.summary.id, "name": entry.summary.name or entry.summary.achievement_name}


def _when(entry: Entry) -> tuple[str, bool, str]:
    beginning = entry.summary.valid_from
    return format_timestamp(beginning) if beginning else "", entry.kind == "award", entry.summary.id or ""


def _moment(entry: Entry) -> JsonObject:
    """One line of the timeline."""
    summary, counted = entry.summary, entry.counted
    until = summary.valid_until
    return {
        "key": entry.key,
        **_named(entry),
        "kind": entry.kind,
        "issuer": {"did": summary.issuer_id, "name": entry.issuer_name, "claimed_name": summary.issuer_name},
        "from": format_timestamp(summary.valid_from) if summary.valid_from else None,
        "until": format_timestamp(until) if until else None,
        "result": summary.result,
        "levels": dict(counted.levels) if counted else {},
        "credits": dict(counted.credits) if counted else {},
        "credit_bearing": counted.credit_bearing if counted else None,
        "counted": entry.counts,
        "verdict": entry.verdict,
    }


def _levels(entries: Sequence[Entry]) -> JsonObject:
    """How many credentials there are at each level of each framework."""
    found: dict[str, dict[str, int]] = {}
    for entry in entries:
        for framework, level in entry.counted.levels if entry.counted else ():
            levels = found.setdefault(framework, {})
            levels[str(level)] = levels.get(str(level), 0) + 1
    return {
        framework: dict(sorted(found[framework].items(), key=lambda one: int(one[0]))) for framework in sorted(found)
    }


def _skills(entries: Sequence[Entry]) -> Iterator[JsonObject]:
    """The entries of published frameworks that the credentials are aligned to, each once, with what shows it."""
    shown_by: dict[tuple[str, str], list[JsonValue]] = {}
    facts: dict[tuple[str, str], Fact] = {}
    for entry in entries:
        for fact in entry.summary.facts:
            if fact.kind in _SKILLS or (fact.url or "").startswith(_ESCO):
                place = (fact.code or "", fact.name) if fact.url is None else (fact.url, "")
                facts.setdefault(place, fact)
                if entry.key not in (known := shown_by.setdefault(place, [])):
                    known.append(entry.key)
    for place, fact in facts.items():
        named: JsonObject = {"name": fact.name, "framework": fact.framework, "code": fact.code, "url": fact.url}
        yield named | {"kind": fact.kind, "credentials": shown_by[place]}


def _tags(entries: Sequence[Entry]) -> Iterator[JsonObject]:
    found: dict[str, list[JsonValue]] = {}
    for entry in entries:
        for tag in dict.fromkeys(entry.summary.tags):
            found.setdefault(tag, []).append(entry.key)
    for tag, keys in sorted(found.items()):
        yield {"tag": tag, "credentials": keys}


def _issuers(entries: Sequence[Entry]) -> Iterator[JsonObject]:
    """Who issued: by its accredited name where a credential that counts has one."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.summary.issuer_id or "", []).append(entry)
    for did, issued in found.items():
        names = [entry.issuer_name for entry in issued if entry.counts and entry.issuer_name]
        yield {
            "did": did,
            "name": names[0] if names else None,
            "claimed_name": issued[0].summary.issuer_name,
            "credentials": len(issued),
            "counted": sum(entry.counts for entry in issued),
        }


def _associations(entries: Sequence[Entry]) -> Iterator[JsonObject]:
    """Which credential rests on which, as far as both are here: awards on larger awards too."""
    by_digest = {entry.held.digest: entry for entry in entries if entry.held is not None}
    for entry in entries:
        for digest in entry.held.rests_on if entry.held else ():
            if digest in by_digest:
                yield {"award": entry.key, "component": by_digest[digest].key}
