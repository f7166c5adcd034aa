"""What profiles miss in a file, whatever it holds: a programme, or credentials in any form that Cairn reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ledger.documents.programme import Programme, parse_programme
from ledger.documents.strict_json import JsonObject, parse
from ledger.documents.text import visible
from ledger.errors import DraftError, MalformedDocument
from ledger.stacking.profiles.finding import Finding, Severity
from ledger.stacking.profiles.linting import lint_for, lint_programme

_SEVERITIES = tuple(Severity)


def lint_file(data: bytes, profiles: Sequence[str], *, today: date) -> tuple[Finding, ...]:
    """What these profiles miss in a file, each finding once, errors first.

    In an archive of several, paths begin with the name of the file inside. Raises MalformedDocument for what is not
    readable, DraftError for a programme file with errors, CairnError `profile_unknown`.
    """
    found: dict[Finding, None] = {}
    for name, document, content in _documents_in(data):
        if "achievements" in document and "code" in document:
            programme = _programme_of(content)
            findings = [finding for profile in profiles for finding in lint_programme(programme, profile)]
        else:
            findings = list(lint_for(document, profiles, today=today))
        found |= dict.fromkeys(replace(one, path=f"{name}:{one.path}") if name else one for one in findings)
    return tuple(sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity)))


def _programme_of(content: bytes) -> Programme:
    try:
        return parse_programme(content)
    except DraftError as error:
        raise DraftError(error.problems, then="no profile was asked") from error


def _in_token(content: bytes) -> JsonObject:
    from ledger.proofs.jose import parse_jwt_credential
    from ledger.proofs.sd_jwt_vc import parse_sd_jwt_credential
    from ledger.wrapping.content import sd_jwt

    if sd_jwt(content) is not None:
        return parse_sd_jwt_credential(content).token.document
    return parse_jwt_credential(content).document


def _documents_in(data: bytes) -> list[tuple[str, JsonObject, bytes]]:
    """The documents of a file, each with its name if there are several, and its bytes."""
    from ledger.wrapping.content import is_token
    from ledger.wrapping.unwrapping import Unreadable, unwrap

    items = unwrap(data)
    documents = []
    for item in items:
        name = item.name if len(items) > 1 else ""
        try:
            if isinstance(item, Unreadable):
                raise item.error
            document = _in_token(item.content) if is_token(item.content) else parse(item.content)
        except MalformedDocument as error:
            raise MalformedDocument(error.code, f"{visible(name)}: {error}" if name else str(error)) from error
        documents.append((name, document, item.content))
    return documents
