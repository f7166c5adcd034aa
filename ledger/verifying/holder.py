"""Check 11: are these the credentials of one person?

Nobody is asked yet to prove that a document is theirs, so for a single document there is nothing to check. In a record,
credentials whose subjects have different identifiers belong to different people. Different names alone prove nothing,
since one person's name is spelt in many ways, and changes; but then nothing shows that the record is one person's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import combinations

from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.dossier import Dossier
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import Kind

_SHOWN = 20
_NOT_ASKED = Check("holder", Outcome.SKIPPED, "not_needed", "Nobody was asked to prove that the document is theirs.")


def check_holder(dossier: Dossier) -> Check:
    """Check 11. Codes: invalid `subject_mismatch`, indeterminate `subject_uncertain`."""
    if dossier.kind is not Kind.RECORD:
        return _NOT_ASKED
    documents = [part.document for part in dossier.all()]
    subjects = sorted({subject for document in documents if (subject := _subject_id(document))})
    names = sorted({name for document in documents for name in _names(document)})
    evidence: dict[str, JsonValue] = {"subjects": [*subjects[:_SHOWN]], "names": [*names[:_SHOWN]]}
    if len(subjects) > 1:
        message = "The record mixes credentials of different people."
        return Check("holder", Outcome.INVALID, "subject_mismatch", message, evidence)
    if not subjects and not _may_be_one_person(names):
        message = "The record names different people, and nothing shows that all its credentials are one person's."
        return Check("holder", Outcome.INDETERMINATE, "subject_uncertain", message, evidence)
    return Check("holder", Outcome.SKIPPED, "not_needed", "Nobody was asked to prove that it is theirs.", evidence)


def _may_be_one_person(names: list[str]) -> bool:
    """Whether of any two names one is the other with words left out or cut to initials: order, case, accents apart."""
    words = {frozenset(_plain(name).split()) for name in names}
    return all(_is_short_for(one, other) or _is_short_for(other, one) for one, other in combinations(words, 2))


def _is_short_for(short: frozenset[str], full: frozenset[str]) -> bool:
    return all(word in full or (len(word) == 1 and any(w.startswith(word) for w in full)) for word in short)


def _plain(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c if c.isalnum() else " " for c in parts if not unicodedata.combining(c))


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
