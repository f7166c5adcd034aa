"""The services that act on the chain for an issuer, all through one courier."""

from __future__ import annotations

from ledger.chain.registry import Registry
from ledger.issuing.couriers import Courier
from ledger.issuing.pipeline import Pipeline
from ledger.issuing.revocation import Revocation
from ledger.issuing.signer import KeyRing
from ledger.issuing.withdrawal import Withdrawal
from ledger.storage import Database


class Desk:
    """`courier` brings to the chain what `pipeline`, `revocation` and `withdrawal` ask for."""

    def __init__(self, database: Database, registry: Registry, courier: Courier, keys: KeyRing, *, poll: float) -> None:
        self.courier = courier
        self.pipeline = Pipeline(database, registry, courier, keys, poll=poll)
        self.revocation = Revocation(database, registry, courier, keys, poll=poll)
        self.withdrawal = Withdrawal(database, registry, courier, keys, poll=poll)
