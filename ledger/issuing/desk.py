"""The services that act on the chain for an issuer, all through one courier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.chain.registry import Registry
from ledger.issuing.announcing import Announce, unannounced
from ledger.issuing.couriers import Courier
from ledger.issuing.pipeline import Pipeline, nothing
from ledger.issuing.revocation import Revocation
from ledger.issuing.signer import KeyRing
from ledger.issuing.withdrawal import Withdrawal
from ledger.storage import Database


@dataclass(frozen=True)
class Hooks:
    """Who is asked and told. `may_sign` raises if no batch may be signed now; revoking is never held up.

    `correct` is told of each final batch, `announce` of whatever others are to hear of.
    """

    may_sign: Callable[[], None] = nothing
    correct: Callable[[int], None] = nothing
    announce: Announce = unannounced


class Desk:
    """`courier` brings to the chain what `pipeline`, `revocation` and `withdrawal` ask for."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        courier: Courier,
        keys: KeyRing,
        *,
        poll: float,
        hooks: Hooks | None = None,
    ) -> None:
        asked = hooks or Hooks()
        self.courier = courier
        self.pipeline = Pipeline(
            database,
            registry,
            courier,
            keys,
            poll=poll,
            may_sign=asked.may_sign,
            correct=asked.correct,
            announce=asked.announce,
        )
        self.revocation = Revocation(database, registry, courier, keys, poll=poll, announce=asked.announce)
        self.withdrawal = Withdrawal(database, registry, courier, keys, poll=poll, announce=asked.announce)
