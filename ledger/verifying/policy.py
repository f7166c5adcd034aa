"""What a verifier trusts. A document never has a say in it: not in the chain, not in the registry, not in who counts.

There is no default policy. Without registries nothing can be shown to be anchored, without accreditors no issuer is
recognised; both end in a verdict that is not valid, but for `any_issuer`, which asks nobody who the issuer is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from ledger.chain.networks import NetworkKind
from ledger.chain.providers import Providers
from ledger.chain.registry import Address, IssuerId
from ledger.documents.accreditation import AccreditationStatement


@dataclass(frozen=True)
class TrustedRegistry:
    """One registry on one chain that counts, and what kind of network that is, as reports and pages will say."""

    chain_id: int
    registry: Address
    network: NetworkKind
    name: str


@dataclass(frozen=True)
class Policy:
    """The rules of one verification.

    `registries` are the only ones that count. `accreditors` are the accounts whose recognition of an issuer counts, the
    preferred first. `statements` maps the scope of an accreditation (32 bytes) to the statement with that hash: an
    issuer's name is shown as recognised only from there. `documents` holds DID documents, issuers' keys and status
    lists by URL. `doubts` tells, anew for each verification, of which batches (issuer id, root) nothing can be
    said now.

    `min_providers` is how few nodes may agree on what the ledger says, where somebody asked for fewer than usual:
    without it such a reading counts for nothing, and with it the report says so.

    `any_issuer` is unsafe: whoever makes a key can issue what it pleases. A document without an anchor proof is then
    judged by its signature, status and dates alone, and an issuer of a trusted registry needs no accreditor. A document
    with an anchor proof is judged by that as ever, so a registry that is not trusted stays so.

    `fetch` allows to fetch, from the address that a document names, what was not given. It tells that address that
    somebody checks the document, and when.
    """

    registries: tuple[TrustedRegistry, ...]
    accreditors: tuple[Address, ...]
    statements: Mapping[bytes, AccreditationStatement] = field(default_factory=lambda: MappingProxyType({}))
    documents: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    doubts: Callable[[], AbstractSet[tuple[IssuerId, bytes]]] = frozenset
    min_providers: int | None = None
    any_issuer: bool = False
    fetch: bool = False

    def trusted(self, chain_id: int, registry: Address) -> TrustedRegistry | None:
        """The entry for this registry on this chain, if it is trusted."""
        for entry in self.registries:
            if entry.chain_id == chain_id and entry.registry == registry:
                return entry
        return None

    def accepts(self, providers: Providers | None) -> bool:
        """Whether enough nodes agreed on a reading. One that no nodes were asked for is the reader's own word."""
        if providers is None:
            return True
        return len(providers.agreed) >= (providers.usual if self.min_providers is None else self.min_providers)

    def trusts_chain(self, chain_id: int) -> bool:
        return any(entry.chain_id == chain_id for entry in self.registries)
