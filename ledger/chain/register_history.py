"""What the registry wrote down about recognitions, and how much issuers anchored: read from its events, by a quorum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.chain.artifact import artifact
from ledger.chain.events import Anchored, Withdrawn
from ledger.chain.history import Told, read_told
from ledger.chain.registry import Address, BlockRef, IssuerId
from ledger.chain.rpc import Transport
from ledger.chain.words import address, bytes32

if TYPE_CHECKING:
    from ledger.chain.reader import RpcRegistryReader

PATIENCE = 10.0
"""Seconds, where there are several nodes: events can take many requests."""


def recognition_history(reader: RpcRegistryReader, accreditors: Sequence[Address]) -> tuple[BlockRef, tuple[Told, ...]]:
    """Every `Accredited` and `AccreditationEnded` of these accreditors, oldest first, and the block that it is as of.

    Raises RegistryUnreachable.
    """
    kinds = [artifact().topics[name] for name in ("Accredited", "AccreditationEnded")]
    return told(reader, [kinds, [address(one) for one in accreditors]])


def anchored_documents(reader: RpcRegistryReader, issuers: Sequence[IssuerId]) -> tuple[BlockRef, dict[IssuerId, int]]:
    """How many documents stand anchored of each issuer, without withdrawn batches. Raises RegistryUnreachable."""
    kinds = [artifact().topics[name] for name in ("Anchored", "Withdrawn")]
    block, found = told(reader, [kinds, [bytes32(one) for one in issuers]])
    sizes: dict[tuple[IssuerId, bytes], int] = {}
    for one in found:
        if isinstance(one.event, Anchored):
            sizes[one.event.issuer_id, one.event.root] = one.event.tree_size
        elif isinstance(one.event, Withdrawn):
            sizes.pop((one.event.issuer_id, one.event.root), None)
    return block, {issuer: sum(size for (owner, _), size in sizes.items() if owner == issuer) for issuer in issuers}


def told(reader: RpcRegistryReader, topics: Sequence[Sequence[bytes]]) -> tuple[BlockRef, tuple[Told, ...]]:
    if not all(topics):  # an empty place would stand for anything
        return reader.final_block(), ()

    def ask(node: Transport, block: BlockRef) -> tuple[Told, ...]:
        return read_told(node, reader.registry, topics, first=0, last=block.number)

    block, agreed = reader.vote(ask, patience=PATIENCE)
    return block, agreed.answer
