"""The last block of a chain at or before a moment, as one node has it: found by its headers, in few round trips."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.chain.registry import BlockRef
from ledger.chain.rpc import RpcError, Transport, as_hex, block_ref, malformed
from ledger.errors import RegistryUnreachable

_MOST_ROUNDS = 64
"""Each round leaves at most half of the blocks, and block numbers have 64 bits."""


def last_block_by(transport: Transport, moment: int, newest: BlockRef) -> BlockRef | None:
    """The last block whose time is not later than `moment` (Unix seconds), if `newest` is later; None if the first
    block of the chain is later too.

    Blocks come at a more or less steady pace, so that a guess by their times leads there in a few rounds; the middle is
    asked for as well, so that no chain and no node can make it many. What a node refuses to show counts as too old.
    Raises RegistryUnreachable: `history_unavailable` if the node does not show the block, `rpc_malformed`.
    """
    low, high = BlockRef(-1, b"", 0), newest
    for _ in range(_MOST_ROUNDS):
        if high.number - low.number <= 1:
            break
        wanted = sorted(_probes(low, high, moment))
        low, high = _narrowed(low, high, moment, wanted, _headers(transport, wanted))
    if low.number < 0:
        return None
    if not low.hash:
        raise RegistryUnreachable(f"{transport.name} does not show its block {low.number}", "history_unavailable")
    return low


def _probes(low: BlockRef, high: BlockRef, moment: int) -> Iterable[int]:
    """Numbers between the two: the middle, and some around where the times say that the block should be."""
    between = high.number - low.number
    middle = low.number + between // 2
    if not low.hash:
        return {0, middle} if low.number < 0 else {middle}
    guess = low.number + (moment - low.time) * between // max(high.time - low.time, 1)
    margin = max(between // 64, 1)
    near = (guess - margin, guess, guess + 1, guess + margin)
    return {middle, *(number for number in near if low.number < number < high.number)}


def _headers(transport: Transport, numbers: list[int]) -> list[BlockRef | None]:
    """The blocks with these numbers, None for those that the node does not show."""
    results = transport.request_batch([("eth_getBlockByNumber", [as_hex(number), False]) for number in numbers])
    found: list[BlockRef | None] = []
    for number, result in zip(numbers, results, strict=True):
        block = None if result is None or isinstance(result, RpcError) else block_ref(result)
        if block is not None and block.number != number:
            raise malformed(f"block {number}", result)
        found.append(block)
    return found


def _narrowed(
    low: BlockRef, high: BlockRef, moment: int, numbers: list[int], blocks: list[BlockRef | None]
) -> tuple[BlockRef, BlockRef]:
    """The nearest known neighbours of the moment, from what is known of blocks in between."""
    for number, block in zip(numbers, blocks, strict=True):
        if block is None:
            low = BlockRef(number, b"", low.time)
        elif not low.time <= block.time <= high.time:
            raise malformed("a block that is no older than those before it", block.time)
        elif block.time <= moment:
            low = block
        else:
            return low, block
    return low, high
