"""Reads what a transaction put on a chain that is not the registry's: the roots of other people's proofs.

A transaction is asked for by its hash, at the newest block that the nodes call final, as `reader.py` does it: with
several nodes a quorum has to give the same answer to the byte. Nothing that a document says is believed here but the
hash and the name of the chain, and only chains for which the caller named a node are ever asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.chain.finality import Finality, final_block_of
from ledger.chain.panel import Panel
from ledger.chain.registry import BlockRef
from ledger.chain.rpc import HttpTransport, Transport, accepted, as_hex, block_ref, data, members, quantity, request
from ledger.errors import RegistryUnreachable

PATIENCE = 5.5
"""Seconds for one transaction, where there are several nodes."""

_PREFIX = "eip155:"
_HASH_SIZE = 32
_ADDRESS_SIZE = 20


@dataclass(frozen=True, order=True)
class Inscription:
    """What a transaction put on a chain, and who sent it.

    `sender` is the account's address, on Ethereum's kind of chain `0x` and lower-case digits. `block` is None while the
    transaction waits for one, and `is_final` says whether the block counts as final. Without `succeeded` it was undone.
    """

    content: bytes
    sender: str
    block: BlockRef | None
    succeeded: bool
    is_final: bool


class InscriptionReader(Protocol):
    """Answers for one chain."""

    def read(self, transaction: bytes) -> Inscription | None:
        """What a transaction put on the chain, by its hash of 32 bytes; None if the nodes do not know of it.

        Raises RegistryError: the chain could not be read, or the nodes differ.
        """
        ...


class EvmInscriptions:
    """Implements `InscriptionReader` over JSON-RPC, for chains of Ethereum's kind. Threads may share it."""

    def __init__(
        self,
        transports: Sequence[Transport],
        chain_id: int,
        finality: Finality = "finalized",
        quorum: int | None = None,
    ) -> None:
        """`quorum` is by default more than half of the nodes: 1 of 1, 2 of 2, 2 of 3."""
        self._panel = Panel(transports, quorum)
        self._chain_id = chain_id
        self._finality = finality

    def read(self, transaction: bytes) -> Inscription | None:
        if len(transaction) != _HASH_SIZE:
            raise ValueError(f"the hash of a transaction has {_HASH_SIZE} bytes")

        def ask(transport: Transport, final: BlockRef) -> tuple[Inscription, ...]:
            return _inscription(transport, transaction, final)

        _, agreed = self._panel.agree_at(self._final_of, ask, patience=PATIENCE)
        return agreed.answer[0] if agreed.answer else None

    def _final_of(self, transport: Transport) -> BlockRef:
        return final_block_of(transport, self._chain_id, self._finality)


def _inscription(transport: Transport, transaction: bytes, final: BlockRef) -> tuple[Inscription, ...]:
    """What one node says: nothing or one thing. A block that is not in the chain is as if there were none."""
    name = as_hex(transaction)
    results = transport.request_batch([("eth_getTransactionByHash", [name]), ("eth_getTransactionReceipt", [name])])
    found, receipt = (accepted(transport, result) for result in results)
    if found is None:
        return ()
    sent = members(found)
    _check(transport, data(sent.get("hash"), length=_HASH_SIZE) == transaction)
    content = data(sent.get("input"))
    sender = as_hex(data(sent.get("from"), length=_ADDRESS_SIZE))
    if receipt is None:
        return (Inscription(content, sender, None, succeeded=True, is_final=False),)
    outcome = members(receipt)
    _check(transport, data(outcome.get("transactionHash"), length=_HASH_SIZE) == transaction)
    _check(transport, data(outcome.get("from"), length=_ADDRESS_SIZE) == data(sent.get("from")))
    number = quantity(outcome.get("blockNumber"), bits=64)
    block = block_ref(request(transport, "eth_getBlockByNumber", hex(number), False))
    if block.hash != data(outcome.get("blockHash"), length=_HASH_SIZE):
        return (Inscription(content, sender, None, succeeded=True, is_final=False),)
    _check(transport, block.number == number)
    succeeded = quantity(outcome.get("status"), bits=8) == 1
    return (Inscription(content, sender, block, succeeded, is_final=number <= final.number),)


def _check(transport: Transport, fits: bool) -> None:
    if not fits:
        raise RegistryUnreachable(f"{transport.name} answered for another transaction", "rpc_malformed")


def inscription_readers(
    nodes: Mapping[str, Sequence[str]], finality: Finality = "finalized"
) -> dict[str, InscriptionReader]:
    """A reader for each chain, by its CAIP-2 name, from the addresses of its nodes."""
    readers: dict[str, InscriptionReader] = {}
    for chain, urls in nodes.items():
        chain_id = int(chain.removeprefix(_PREFIX))
        readers[chain] = EvmInscriptions([HttpTransport(url) for url in urls], chain_id, finality)
    return readers
