"""Check 11: are these the credentials of one person?

Nobody is asked yet to prove that a document is theirs, so for a single document there is nothing to check. In a record,
credentials whose subjects have different identifiers belong to different people. Names are only noted: one person's
name is spelt in many ways, and changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.dossier import Dossier
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import Kind

_SHOWN = 20
_NOT_ASKED = Check("holder", Outcome.SKIPPED, "not_needed", "Nobody was asked to prove that the document is theirs.")


def check_holder(dossier: Dossier) -> Check:
    """Check 11. Code: `subject_mismatch`."""
    if dossier.kind is not Kind.RECORD:
        return _NOT_ASKED
    documents = [part.document for part in dossier.all()]
    subjects = sorted({subject for document in documents if (subject := _subject_id(document))})
    names: list[JsonValue] = [*sorted({name for document in documents for name in _names(document)})[:_SHOWN]]
    evidence: dict[str, JsonValue] = {"subjects": [*subjects[:_SHOWN]], "names": names}
    if len(subjects) > 1:
        message = "The record mixes credentials of different people."
        return Check("holder", Outcome.INVALID, "subject_mismatch", message, evidence)
    message = "Nobody was asked to prove that the record is theirs."
    if len(names) > 1:
        message += " Its credentials spell the name in more than one way."
    return Check("holder", Outcome.SKIPPED, "not_needed", message, evidence)


def _subject_id(document: JsonObject) -> str | None:
    subject = document.get("credentialSubject")
    identifier = subject.get("id") if isinstance(subject, dict) else None
    return identifier[:300] if isinstance(identifier, str) else None


def _names(document: JsonObject) -> Iterator[str]:
    """The names that are given openly (Open Badges 3.0, IdentityObject)."""
    subject = document.get("credentialSubject")
    identifiers = subject.get("identifier") if isinstance(subject, dict) else None
    for entry in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(entry, dict) and entry.get("identityType") == "name" and not entry.get("hashed"):
            name = entry.get("identityHash")
            if isinstance(name, str):
                yield name[:300]
