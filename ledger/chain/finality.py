"""Which block of a chain counts as final, as one node has it."""

from __future__ import annotations

from typing import Literal

from ledger.chain.registry import BlockRef
from ledger.chain.rpc import RpcError, Transport, accepted, block_ref, quantity, request
from ledger.errors import RegistryUnreachable, WrongChain

Finality = Literal["finalized", "safe", "latest"] | int
"""Which block counts as final: one of the chain's own tags, or the block that many below the newest."""


def final_block_of(transport: Transport, chain_id: int, finality: Finality) -> BlockRef:
    """A node's newest final block: one round trip, or two where confirmations are counted.

    Raises WrongChain if the node serves another chain, RegistryUnreachable `no_final_block` if it has none yet.
    """
    if isinstance(finality, int):
        served, head = transport.request_batch([("eth_chainId", []), ("eth_blockNumber", [])])
        check_chain(transport, chain_id, served)
        number = quantity(accepted(transport, head), bits=64) - finality
        block = request(transport, "eth_getBlockByNumber", hex(max(number, 0)), False)
    else:
        served, block = transport.request_batch([("eth_chainId", []), ("eth_getBlockByNumber", [finality, False])])
        check_chain(transport, chain_id, served)
    if block is None or isinstance(block, RpcError):
        raise RegistryUnreachable(f"{transport.name} has no final block yet", "no_final_block")
    return block_ref(block)


def check_chain(transport: Transport, chain_id: int, served: object) -> None:
    """Raises WrongChain unless what the node answered to `eth_chainId` is this chain."""
    found = quantity(accepted(transport, served), bits=64)
    if found != chain_id:
        raise WrongChain(f"{transport.name} serves chain {found}, not chain {chain_id}")
