"""The keys under which a publisher signs receipts: from its DID document, given by whoever checks, or fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from ledger.receipts.signature import PublisherKeys, keys_in
from ledger.verifying.readings import Unknown
from ledger.verifying.resources import Resources

_UNKNOWN = Unknown(
    "key_unknown", "The publisher's key is not known here, so it could not be checked who signed this receipt."
)
_OF_ANOTHER = Unknown("document_unreadable", "The document that was given for the publisher's keys is another's.")


def published_receipt_keys(did: str, documents: Mapping[str, bytes], *, fetch: bool) -> PublisherKeys | Unknown:
    """The keys of a did:web. `documents` are those at hand, by their addresses or by the DID.

    Unknown `key_unknown` where there is none and nothing may be fetched, `document_unreadable`, and the codes of
    fetching.
    """
    fetcher = None
    if fetch:
        from ledger.verifying.fetching import GuardedFetcher

        fetcher = GuardedFetcher()
    found = Resources(documents, datetime.now(UTC), fetcher).did_document(did)
    if not isinstance(found, tuple):
        return found or _UNKNOWN
    document, _ = found
    return keys_in(document) if document.id == did else _OF_ANOTHER
