"""Many documents, one read: everything that any of them, or any credential inside them, wants to know of a registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ledger.errors import MalformedDocument
from ledger.verifying.anchoring import Place
from ledger.verifying.dossier import Dossier
from ledger.verifying.readings import Questions, RegistryKey
from ledger.verifying.stack import component_queries

MAX_QUERIES = 5_000
"""Questions that one document may raise: enough for a record of 500 credentials with nine components each."""


def questions_of(dossier: Dossier) -> dict[RegistryKey, Questions]:
    """What the registries have to be asked for one document and all that it holds.

    Raises MalformedDocument `limit_bundle` for a document that rests on more than can be asked at once.
    """
    questions: dict[RegistryKey, Questions] = {}
    for part in dossier.all():
        if not isinstance(part.anchor, Place):
            continue
        asked = questions.setdefault(part.anchor.registry, Questions())
        asked.add(part.anchor.query, *component_queries(part.document, part.anchor.proof))
    if sum(len(asked.queries) for asked in questions.values()) > MAX_QUERIES:
        raise MalformedDocument("limit_bundle", f"the document rests on more than {MAX_QUERIES:,} credentials")
    return questions


def merge(questions: Iterable[Mapping[RegistryKey, Questions]]) -> dict[RegistryKey, Questions]:
    """The questions of many documents as one list for each registry."""
    merged: dict[RegistryKey, Questions] = {}
    for of_one_document in questions:
        for key, asked in of_one_document.items():
            merged.setdefault(key, Questions()).add(*asked.queries)
    return merged
