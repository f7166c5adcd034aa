"""Rules with their sources, and what is found by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ledger.documents.strict_json import JsonObject
from ledger.stacking.profiles.reading import Reading


class Severity(StrEnum):
    """ERROR: the profile is not met. WARNING: met in the letter or in part. NOTE: optional, and not there."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Source:
    """Where a rule stands: the document, the part of it, and its year."""

    document: str
    part: str
    year: int

    def __str__(self) -> str:
        return f"{self.document} ({self.year}), {self.part}"


@dataclass(frozen=True)
class Gap:
    """One thing that a rule misses: a sentence, and a JSON Pointer below the part that was read, if it is known."""

    message: str
    path: str | None = None


Check = Callable[[Reading], Iterator[Gap]]


@dataclass(frozen=True)
class Rule:
    """One rule. `demand` is what it asks for, in a sentence; `path` where its answer would stand.

    `path` is a JSON Pointer below the achievement or, for a rule `of_credential`, below the credential; such a rule is
    left out where there is an achievement only. `member` is what supplies the answer in a programme file.
    """

    id: str
    severity: Severity
    demand: str
    source: Source
    check: Check
    path: str
    member: str | None = None
    of_credential: bool = False


@dataclass(frozen=True)
class Finding:
    """What a rule found. `rule` is stable; `path` is a JSON Pointer into the document that was checked."""

    rule: str
    severity: Severity
    message: str
    path: str
    source: Source
    member: str | None = None

    def to_dict(self) -> JsonObject:
        source: JsonObject = {"document": self.source.document, "part": self.source.part, "year": self.source.year}
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "message": self.message,
            "path": self.path,
            "source": source,
        }
