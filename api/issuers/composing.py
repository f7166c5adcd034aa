"""Signing what a caller composed itself, once it is sure that the signature will cover all of it."""

from __future__ import annotations

from collections.abc import Callable

from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.issuing.composed import Composed
from ledger.issuing.values import StoredCredential
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.dossier import lay_out
from ledger.verifying.report import Outcome


class Composing:
    """Signs composed credentials and has them anchored. Threads may share it."""

    def __init__(self, composed: Composed, approve: Callable[[str, int], object]) -> None:
        self._composed = composed
        self._approve = approve
        self._canonicalizer = BoundedCanonicalizer()

    def issue(self, issuer: str, document: JsonObject) -> StoredCredential:
        """Raises DraftError, InvalidProof or MalformedDocument for what cannot be issued; nothing is stored then."""
        prepared = self._composed.prepare(issuer, document)
        structure = lay_out(prepared).structure
        if structure.outcome is not Outcome.VALID:
            raise MalformedDocument(structure.code, structure.message)
        # What a signature would not cover must not be found only when it is being signed.
        self._canonicalizer.canonicalize(prepared)
        stored = self._composed.issue(issuer, prepared)
        self._approve(issuer, stored.batch_id)
        return stored

    def close(self) -> None:
        self._canonicalizer.close()
