"""The two-way check of an issuer: what it publishes under its DID, and what the registry holds under its name.

The registry's entry names a DID, and anyone may register any DID: only the document that lies under it, on the issuer's
own domain, says that the entry is the issuer's. The document says too which keys sign; the registry says since when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.chain.addresses import keccak
from ledger.chain.registry import IssuerState
from ledger.documents.did import DidDocument
from ledger.issuing.values import Issuer


@dataclass(frozen=True)
class IdentityProblem:
    """What one side says and the other does not. `code` is stable."""

    code: str
    message: str


def identity_problems(
    issuer: Issuer, published: DidDocument, state: IssuerState | None, registry_caip10: str
) -> tuple[IdentityProblem, ...]:
    """Where the published document, the registry's entry (None if it has none) and this ledger do not agree."""
    return (*_registry_problems(issuer, state), *_document_problems(issuer, published, registry_caip10))


def _registry_problems(issuer: Issuer, state: IssuerState | None) -> Iterator[IdentityProblem]:
    if state is None:
        yield IdentityProblem("issuer_unknown", "the registry has no entry for this issuer")
        return
    if state.did_hash != keccak(issuer.did.encode()):
        yield IdentityProblem("did_mismatch", "the registry's entry is one for another DID")
    listed = {period.key for period in state.keys}
    for key in issuer.keys:
        if key.opened_at is not None and key.public_key not in listed:
            yield IdentityProblem("key_not_registered", f"the registry does not list #key-{key.number}")


def _document_problems(issuer: Issuer, published: DidDocument, registry_caip10: str) -> Iterator[IdentityProblem]:
    if published.id != issuer.did:
        yield IdentityProblem("did_mismatch", f"the document is one of {published.id}, not of {issuer.did}")
        return
    if published.registry is None:
        yield IdentityProblem("registry_missing", "the document names no registry")
    elif (published.registry[0].lower(), published.registry[1]) != (registry_caip10.lower(), issuer.issuer_id):
        yield IdentityProblem("registry_mismatch", "the document names another registry or another entry in it")
    keys = dict(published.keys)
    for key in issuer.keys:
        name = f"{issuer.did}#key-{key.number}"
        found = keys.pop(name, None)
        if key.is_compromised and found is not None:
            yield IdentityProblem("key_compromised", f"the document still lists #key-{key.number}, a compromised key")
        elif not key.is_compromised and key.opened_at is not None and found is None:
            yield IdentityProblem("key_missing", f"the document does not list #key-{key.number}")
        elif found is not None and found != key.public_key:
            yield IdentityProblem("key_mismatch", f"the document has another key under the name #key-{key.number}")
    for name in keys:
        yield IdentityProblem("key_foreign", f"the document lists a key that this ledger does not have: {name}")
