"""Follows the transaction that deploys the registry until its block is final, and checks what is there then."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ledger.chain.deployment import look, registry_address
from ledger.chain.following import receipt_of
from ledger.chain.reader import Finality, RpcRegistryReader
from ledger.chain.registry import Address, BlockRef, Receipt, SignedTransaction
from ledger.chain.rpc import Transport, as_hex, block_ref, data, members, quantity, request
from ledger.chain.transactions import send
from ledger.errors import RegistryError, RegistryUnreachable, TransactionReverted
from scripts.deployment.record import Deployment
from scripts.deployment.search import find_transaction

POLL_SECONDS = 3.0


@dataclass(frozen=True)
class Sight:
    """One look at a deployment. `receipt` is None while no block holds it."""

    receipt: Receipt | None
    final: BlockRef | None = None
    is_final: bool = False

    def __str__(self) -> str:
        if self.receipt is None or self.final is None:
            return "waiting for a block to take the transaction"
        mined = self.receipt.block.number
        if self.is_final:
            return f"block {mined:,} is final"
        return f"in block {mined:,}; the newest final block is {self.final.number:,}"


class DeploymentWatch:
    """Watches one deployment: that of a signed transaction, or of whoever put the registry there."""

    def __init__(
        self, transport: Transport, chain_id: int, finality: Finality, pending: SignedTransaction | None
    ) -> None:
        self._transport = transport
        self._chain_id = chain_id
        self._reader = RpcRegistryReader([transport], registry_address(), chain_id, finality)
        self._pending = pending
        self._hash = pending.hash if pending else find_transaction(transport)

    def look(self) -> Sight:
        """Where it stands. Sends the transaction again if no block has it: the same bytes, never another one.

        Raises `TransactionReverted` and `RegistryError` (`nonce_taken`) if it will never be, `RegistryUnreachable` if
        it is unknown where it stands.
        """
        receipt = receipt_of(self._transport, self._hash)
        if receipt is None:
            self._send_again()
            return Sight(None)
        if not receipt.succeeded:
            failed = f"the deployment failed in block {receipt.block.number}, and nothing stands there"
            self._follow_another(TransactionReverted("unknown", message=failed))
            return Sight(None)
        final = self._reader.final_block()
        is_final = receipt.block.number <= final.number and self._is_on_the_chain(receipt.block)
        return Sight(receipt, final, is_final)

    def read(self, receipt: Receipt) -> Deployment:
        """What is to be recorded, after the code was read again at a final block and its hash compared."""
        final = self._reader.final_block()
        place = {"blockHash": as_hex(final.hash), "requireCanonical": True}
        if not look(self._transport, self._chain_id, block=place).is_deployed():
            raise RegistryUnreachable(f"{self._transport.name} contradicts itself about block {final.number}")
        told = members(request(self._transport, "eth_getTransactionReceipt", as_hex(receipt.transaction_hash)))
        sender, price = data(told.get("from"), length=20), quantity(told.get("effectiveGasPrice"))
        return Deployment(self._chain_id, Address(sender), receipt, price)

    def _send_again(self) -> None:
        if self._pending is None:
            self._follow_another(RegistryError("deployment_undone", "the chain undid the deployment; run this again"))
            return
        try:
            send(self._transport, self._pending)
        except RegistryError as error:
            if error.code != "nonce_taken":
                raise
            self._follow_another(error)

    def _follow_another(self, trouble: RegistryError) -> None:
        """If the registry stands there all the same, somebody else was faster: theirs is recorded, and is as good."""
        if not look(self._transport, self._chain_id).is_deployed():
            raise trouble
        self._pending = None
        self._hash = find_transaction(self._transport)

    def _is_on_the_chain(self, block: BlockRef) -> bool:
        return block_ref(request(self._transport, "eth_getBlockByNumber", hex(block.number), False)) == block


def await_final(
    watch: DeploymentWatch, *, patience: float, pause: Callable[[float], None], say: Callable[[str], None]
) -> Receipt:
    """Looks until the deployment is final, and says whatever changes. A node that is silent for a while is borne.

    Raises as `DeploymentWatch.look`; `RegistryUnreachable` (`not_final`) after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    said = ""
    while True:
        try:
            sight = watch.look()
            news = str(sight)
        except RegistryUnreachable as error:
            sight, news = Sight(None), f"{error}; asking again"
        if news != said:
            say(news)
            said = news
        if sight.is_final and sight.receipt is not None:
            return sight.receipt
        if time.monotonic() > deadline:
            raise RegistryUnreachable(f"it is not final after {patience / 60:g} minutes ({said})", "not_final")
        pause(POLL_SECONDS)
