"""The keys under which issuers of this ledger may have signed receipts, with what is known here of those given up."""

from __future__ import annotations

from ledger.issuing.catalog import Catalog
from ledger.receipts.signature import PublisherKey


def kept_receipt_keys(catalog: Catalog, did: str) -> dict[str, PublisherKey] | None:
    """The keys of the issuer with this DID; None if there is none here."""
    for issuer in catalog.issuers():
        if issuer.did == did:
            return {
                issuer.verification_method(key): PublisherKey(key.public_key, key.is_compromised) for key in issuer.keys
            }
    return None
