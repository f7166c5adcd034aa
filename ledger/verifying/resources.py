"""What others publish and a verification needs: DID documents, issuers' profiles, keys, status lists.

The caller hands it over with the policy. Where the policy allows it, what was not handed over is fetched, from the
address that the document names, by a fetcher that guards against where such addresses may lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ledger.documents.did import DidDocument, document_url, parse_did_document
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.verifying.readings import Unknown
from ledger.verifying.report import Consulted

MAX_FETCHES = 8
"""Addresses that one verification may ask, however many documents it has."""

_UNREADABLE = Unknown("document_unreadable", "A document that was given or fetched for this check is not readable.")
_TOO_MANY = Unknown("limit_fetches", f"More than {MAX_FETCHES} documents would have to be fetched for this check.")


class Fetcher(Protocol):
    """Reads what an address that a stranger named holds."""

    def fetch(self, url: str) -> bytes | Unknown:
        """The bytes at an https address, or why there are none: `fetch_refused`, `fetch_failed`."""
        ...


@dataclass(frozen=True)
class Resource:
    """The bytes behind an address, and how we came by them."""

    url: str
    content: bytes
    how: Literal["given", "fetched"]

    @property
    def consulted(self) -> Consulted:
        return Consulted(self.url, self.how)


class Resources:
    """The documents of one verification, each read once. None stands for what was neither given nor may be fetched."""

    def __init__(self, given: Mapping[str, bytes], now: datetime, fetcher: Fetcher | None = None) -> None:
        self._given = given
        self._now = now
        self._fetcher = fetcher
        self._fetched: dict[str, Resource | Unknown] = {}

    def at(self, url: str, *, may_fetch: bool = True) -> Resource | Unknown | None:
        """What is at an address, its fragment left out unless it was given with it."""
        for name in (url, url.partition("#")[0]):
            if name in self._given:
                return Resource(name, self._given[name], "given")
        if self._fetcher is None or not may_fetch or not url.startswith("https://"):
            return None
        name = url.partition("#")[0]
        if name not in self._fetched:
            if len(self._fetched) >= MAX_FETCHES:
                return _TOO_MANY
            content = self._fetcher.fetch(name)
            self._fetched[name] = content if isinstance(content, Unknown) else Resource(name, content, "fetched")
        return self._fetched[name]

    def json_at(self, url: str) -> tuple[JsonObject, Resource] | Unknown | None:
        """The JSON object at an address; Unknown also if it can't be read."""
        resource = self.at(url)
        if not isinstance(resource, Resource):
            return resource
        try:
            return parse(resource.content), resource
        except MalformedDocument:
            return _UNREADABLE

    def did_document(
        self, did: str, *, may_fetch: bool = True, purpose: str = "assertionMethod"
    ) -> tuple[DidDocument, Resource] | Unknown | None:
        """The document of a DID: given under the DID itself or, for a did:web, found where that says."""
        try:
            address = did if did in self._given else document_url(did)
        except MalformedDocument:
            return None  # not a did:web, or one that no URL stands for
        resource = self.at(address, may_fetch=may_fetch)
        if not isinstance(resource, Resource):
            return resource
        try:
            return parse_did_document(parse(resource.content), self._now, purpose=purpose), resource
        except MalformedDocument:
            return _UNREADABLE
