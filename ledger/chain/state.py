"""All that a registry stores, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.chain.registry import AccreditationPeriod, Address, Anchor, IssuerId, KeyPeriod, Role


@dataclass(frozen=True)
class IssuerRecord:
    """An issuer as it is registered. `did` is bytes: nothing on chain checks that they are text."""

    admin: Address
    registered_at: int
    pending_admin: Address
    did: bytes


@dataclass(frozen=True)
class OperatorPeriod:
    """What an account may do for an issuer, and when; all zero once it was removed."""

    roles: Role
    valid_from: int
    valid_until: int


@dataclass(frozen=True)
class RegistryState:
    """A registry's storage as of the end of the block before `next_block`.

    `keys` and `accreditations` are in the order in which they were made; `status` holds the revoked and the suspended
    bits by issuer and word. Nobody changes the mappings: `rebuild.fold` makes new ones.
    """

    next_block: int = 0
    issuers: Mapping[IssuerId, IssuerRecord] = field(default_factory=dict)
    operators: Mapping[tuple[IssuerId, Address], OperatorPeriod] = field(default_factory=dict)
    keys: Mapping[IssuerId, tuple[KeyPeriod, ...]] = field(default_factory=dict)
    accreditations: Mapping[tuple[IssuerId, Address], tuple[AccreditationPeriod, ...]] = field(default_factory=dict)
    anchors: Mapping[tuple[IssuerId, bytes], Anchor] = field(default_factory=dict)
    status: Mapping[tuple[IssuerId, int], tuple[int, int]] = field(default_factory=dict)
    spent_nonces: frozenset[tuple[Address, int]] = frozenset()

    def counts(self) -> dict[str, int]:
        """How much there is of everything."""
        return {
            "issuers": len(self.issuers),
            "operators": len(self.operators),
            "keys": sum(map(len, self.keys.values())),
            "accreditations": sum(map(len, self.accreditations.values())),
            "batches": len(self.anchors),
            "withdrawn": sum(anchor.withdrawn_at != 0 for anchor in self.anchors.values()),
            "status_words": len(self.status),
            "spent_nonces": len(self.spent_nonces),
        }
