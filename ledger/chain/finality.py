"""Which block of a chain counts as final, as one node has it."""

from __future__ import annotations

from typing import Literal

from ledger.chain.registry import BlockRef
from ledger.chain.rpc import RpcError, Transport, accepted, block_ref, check_chain, quantity, request
from ledger.errors import RegistryUnreachable

Finality = Literal["finalized", "safe", "latest"] | int
"""Which block counts as final: one of the chain's own tags, or the block that many below the newest."""


def final_block_of(transport: Transport, chain_id: int, finality: Finality) -> BlockRef:
    """A node's newest final block: one round trip, or two where confirmations are counted.

    Raises WrongChain if the node serves another chain, RegistryUnreachable `no_final_block` if it has none yet.
    """
    if isinstance(finality, int):
        served, head = transport.request_batch([("eth_chainId", []), ("eth_blockNumber", [])])
        check_chain(transport, served, chain_id)
        number = quantity(accepted(transport, head), bits=64) - finality
        block = request(transport, "eth_getBlockByNumber", hex(max(number, 0)), False)
    else:
        served, block = transport.request_batch([("eth_chainId", []), ("eth_getBlockByNumber", [finality, False])])
        check_chain(transport, served, chain_id)
    if block is None or isinstance(block, RpcError):
        raise RegistryUnreachable(f"{transport.name} has no final block yet", "no_final_block")
    return block_ref(block)
