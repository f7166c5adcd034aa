"""The DID documents and status lists that the caller handed over with the policy. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.documents.did import DidDocument, document_url, parse_did_document
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.verifying.readings import Unknown


class GivenDocuments:
    """Reads what was given, each document once."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = documents
        self._parsed: dict[str, JsonObject | Unknown] = {}
        self._dids: dict[str, DidDocument | Unknown | None] = {}

    def json(self, url: str) -> JsonObject | Unknown | None:
        """The document at `url`; None if it was not given, Unknown (`document_unreadable`) if it can't be read."""
        if url not in self._documents:
            return None
        if url not in self._parsed:
            try:
                self._parsed[url] = parse(self._documents[url])
            except MalformedDocument:
                self._parsed[url] = Unknown(
                    "document_unreadable", "A file that was given for this check is not readable."
                )
        return self._parsed[url]

    def did_document(self, did: str) -> DidDocument | Unknown | None:
        """The document that was given for a did:web; None if none was, Unknown if it can't be read."""
        if did not in self._dids:
            self._dids[did] = self._read_did_document(did)
        return self._dids[did]

    def _read_did_document(self, did: str) -> DidDocument | Unknown | None:
        try:
            document = self.json(did if did in self._documents else document_url(did))
        except MalformedDocument:
            return None  # not a did:web, or one that no URL stands for: nothing can have been given for it
        try:
            return parse_did_document(document) if isinstance(document, dict) else document
        except MalformedDocument:
            return Unknown("document_unreadable", "The identity document that was given is not readable.")
