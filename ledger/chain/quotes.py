"""What a transaction does, what it is signed with, and what it would take: values alone."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.chain.addresses import Address, checksum_address
from ledger.chain.amounts import money
from ledger.chain.fees import USUAL_FEES, Fees, Market
from ledger.errors import RegistryError

GAS_MARGIN = 1.1
"""How much more gas a transaction may use than was estimated."""


@dataclass(frozen=True)
class Terms:
    """What a transaction is signed with, beside what it does. Another bid for a nonce differs in these alone."""

    nonce: int
    gas_limit: int
    fees: Fees


@dataclass(frozen=True)
class Payload:
    """What a transaction does: a call of `to`, or a payment of `value` wei."""

    to: Address
    data: bytes = b""
    value: int = 0


@dataclass(frozen=True)
class Quote:
    """What a transaction would take, as its node says now. Fees are in wei for a unit of gas, `balance` is in wei.

    `nonce` counts what waits in the node's pool, `mined_nonce` only what blocks hold.
    """

    chain_id: int
    payload: Payload
    sender: Address
    nonce: int
    mined_nonce: int
    gas: int
    base_fee: int
    priority_fee: int
    balance: int

    @property
    def market(self) -> Market:
        return Market(self.base_fee, self.priority_fee)

    @property
    def gas_limit(self) -> int:
        """What may be used at most: what is left is not paid for."""
        return int(self.gas * GAS_MARGIN)

    @property
    def fee_limit(self) -> int:
        """What may be paid for a unit under the usual policy."""
        return self.fees.max_fee

    @property
    def fees(self) -> Fees:
        """What is bid under the usual policy."""
        return USUAL_FEES.first(self.market)

    @property
    def cost(self) -> int:
        """What it costs in wei if nothing changes."""
        return self.payload.value + self.gas * (self.base_fee + self.priority_fee)

    @property
    def cost_limit(self) -> int:
        """What the account must hold before a node takes the transaction, in wei."""
        return self.payload.value + self.gas_limit * self.fee_limit

    @property
    def is_affordable(self) -> bool:
        return self.balance >= self.cost_limit

    def require_funds(self, limit: int | None = None) -> None:
        """Raises `RegistryError` (`funds_low`) with both figures if the account cannot pay so much, in wei."""
        limit = self.cost_limit if limit is None else limit
        if self.balance < limit:
            raise RegistryError(
                "funds_low",
                f"the account {checksum_address(self.sender)} holds {money(self.balance, self.chain_id)}, "
                f"and must hold {money(limit, self.chain_id)} to pay for this",
            )
