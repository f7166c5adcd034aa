"""The versions of a record: each names the one before by digest, so that none can be changed once a later one is out.

The versions that are handed in together are compared; a version that was not handed in can't be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.documents.record import previous_version
from ledger.documents.strict_json import JsonValue
from ledger.errors import MalformedDocument
from ledger.verifying.dossier import Dossier
from ledger.verifying.report import shown_bytes
from ledger.verifying.structure import Kind


@dataclass(frozen=True)
class Fault:
    """What is wrong with the history of a record."""

    code: str
    message: str


@dataclass(frozen=True)
class Versions:
    """The records that were handed in: their digests by id, and by the id of each that one names as its predecessor
    the digests of those that do.
    """

    digests: Mapping[str, frozenset[bytes]]
    successors: Mapping[str, frozenset[bytes]]

    def facts(self, record: Dossier) -> dict[str, JsonValue]:
        """Which version the record says that it follows, and whether that was handed in too."""
        previous = _previous(record)
        if previous is None or isinstance(previous, Fault):
            return {}
        name, digest = previous
        shown = digest in self.digests.get(name, ())
        return {"previous": {"id": name[:200], "digest": shown_bytes(digest), "handed_in": shown}}

    def fault(self, record: Dossier) -> Fault | None:
        """Codes `stack_malformed`, `previous_mismatch`, `history_forked`."""
        if len(self.digests.get(str(record.document.get("id")), ())) > 1:
            return Fault("history_forked", "Two different records that were handed in have one id.")
        previous = _previous(record)
        if previous is None or isinstance(previous, Fault):
            return previous
        name, digest = previous
        handed_in = self.digests.get(name, frozenset())
        if handed_in and digest not in handed_in:
            message = "The version before this one, as it was handed in, is not the one that this record follows."
            return Fault("previous_mismatch", f"{message} One of the two is not what was published.")
        if len(self.successors.get(name, ())) > 1:
            message = "Two different records that were handed in both follow the same version: there are two histories."
            return Fault("history_forked", message)
        return None


def versions_of(documents: Iterable[Dossier]) -> Versions:
    """The versions among documents that were handed in."""
    digests: dict[str, set[bytes]] = {}
    successors: dict[str, set[bytes]] = {}
    for record in documents:
        if record.kind is not Kind.RECORD or not record.is_readable:
            continue
        digests.setdefault(str(record.document.get("id")), set()).add(record.digest)
        if isinstance(previous := _previous(record), tuple):
            successors.setdefault(previous[0], set()).add(record.digest)
    return Versions(_frozen(digests), _frozen(successors))


def _previous(record: Dossier) -> tuple[str, bytes] | Fault | None:
    try:
        found = previous_version(record.document)
    except MalformedDocument:
        return Fault("stack_malformed", "The record does not name the version before it as it should.")
    return None if found is None else (found.record_id, found.digest)


def _frozen(found: Mapping[str, set[bytes]]) -> dict[str, frozenset[bytes]]:
    return {name: frozenset(digests) for name, digests in found.items()}
