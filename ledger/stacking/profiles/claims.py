"""What keeps a programme or a credential from being drafted: claims that don't hold, and titles that are reserved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from ledger.documents.programme import Programme
from ledger.documents.strict_json import JsonObject
from ledger.errors import Problem
from ledger.stacking.profiles import mqa
from ledger.stacking.profiles.finding import Finding, Severity
from ledger.stacking.profiles.linting import apply, described, lint, lint_programme, place_in_programme
from ledger.stacking.profiles.reading import Reading, readings_in

MALAYSIA = "MY"


def programme_problems(programme: Programme, *, country: str | None) -> list[Problem]:
    """What the profiles that a programme claims call errors, and titles that its issuer may not give.

    In Malaysia no micro-credential bears the title of a qualification, whatever is claimed; what is a qualification
    itself does.
    """
    found = [finding for profile in programme.profiles for finding in _errors(lint_programme(programme, profile))]
    if country == MALAYSIA and "mqa" not in programme.profiles:
        for index, achievement in enumerate(programme.achievements):
            reserved = _reserved_titles(described(achievement), "")
            found += [replace(finding, path=place_in_programme(index, finding)) for finding in reserved]
    return _problems(found)


def document_problems(
    document: JsonObject, profiles: Sequence[str], *, country: str | None, today: date, row: int | None = None
) -> list[Problem]:
    """The same for one credential as it will be signed; `row` is where it comes from."""
    found = [finding for profile in profiles for finding in _errors(lint(document, profile, today=today))]
    if country == MALAYSIA and "mqa" not in profiles:
        for pointer, reading in readings_in(document):
            found += _reserved_titles(reading, pointer)
    return _problems(found, row)


def _reserved_titles(reading: Reading, pointer: str) -> list[Finding]:
    return [] if mqa.QUALIFICATIONS.intersection(reading.types) else list(apply(mqa.NAMING, reading, pointer))


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _problems(findings: Iterable[Finding], row: int | None = None) -> list[Problem]:
    """Findings as problems of a file, each once."""
    listed = [
        Problem("profile_unmet", f"{found.message} [{found.rule}; {found.source}]", row, found.path)
        for found in findings
    ]
    return list(dict.fromkeys(listed))
