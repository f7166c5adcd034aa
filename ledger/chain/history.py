"""The history of one status index, from the registry's events: when it changed, how and why."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.chain import abi
from ledger.chain.registry import Address, BlockRef, IssuerId, StatusEvent
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, data, malformed, members, quantity
from ledger.errors import RegistryUnreachable

_MOST_REQUESTS = 256


def read_status_events(
    transport: Transport, registry: Address, issuer_id: IssuerId, status_index: int, *, first: int, last: int
) -> tuple[StatusEvent, ...]:
    """What one node says about the blocks from `first` to `last`, both included; oldest first.

    Raises `RegistryUnreachable`, with `logs_refused` if the node does not give the events.
    """
    topics = [as_hex(topic) for topic in abi.status_topics(issuer_id, status_index)]
    bit = 1 << (status_index & 255)
    changes = []
    for log in _logs(transport, registry, topics, first, last):
        action, reason, changed = abi.decode_status_changed(data(log.get("data")))
        if changed & bit:
            block_hash = data(log.get("blockHash"), length=32)
            changes.append((_place(log), block_hash, action, reason))
    changes.sort(key=lambda change: change[0])
    blocks = _blocks(transport, [block_hash for _, block_hash, _, _ in changes])
    return tuple(StatusEvent(action, reason, blocks[block_hash]) for _, block_hash, action, reason in changes)


def _logs(
    transport: Transport, registry: Address, topics: list[str], first: int, last: int
) -> list[Mapping[str, object]]:
    """All logs of a range of blocks, asked for in smaller ranges where the node finds it too wide."""
    ranges = [(first, last)] if first <= last else []
    found: list[Mapping[str, object]] = []
    for _ in range(_MOST_REQUESTS):
        if not ranges:
            return found
        low, high = ranges.pop()
        query = {"address": as_hex(registry), "topics": topics, "fromBlock": hex(low), "toBlock": hex(high)}
        result = transport.request_batch([("eth_getLogs", [query])])[0]
        if isinstance(result, RpcError) and low < high:
            middle = (low + high) // 2
            ranges += [(middle + 1, high), (low, middle)]
            continue
        if isinstance(result, RpcError):
            break
        if not isinstance(result, list):
            raise malformed("a list of logs", result)
        found += [_checked(members(log), as_hex(registry), topics, low, high) for log in result]
    raise RegistryUnreachable(f"{transport.name} does not give the events of the registry", "logs_refused")


def _checked(log: Mapping[str, object], registry: str, topics: list[str], low: int, high: int) -> Mapping[str, object]:
    """The log itself if it is one of those that were asked for."""
    found = log.get("topics")
    fits = isinstance(found, list) and [str(topic).lower() for topic in found] == topics
    if not fits or str(log.get("address")).lower() != registry or log.get("removed") is True:
        raise malformed("a log of the registry", log)
    if not low <= quantity(log.get("blockNumber"), bits=64) <= high:
        raise malformed("a log of the blocks that were asked for", log)
    return log


def _place(log: Mapping[str, object]) -> tuple[int, int]:
    return quantity(log.get("blockNumber"), bits=64), quantity(log.get("logIndex"), bits=64)


def _blocks(transport: Transport, hashes: list[bytes]) -> dict[bytes, BlockRef]:
    wanted = list(dict.fromkeys(hashes))
    results = transport.request_batch([("eth_getBlockByHash", [as_hex(wanted_hash), False]) for wanted_hash in wanted])
    blocks = {}
    for wanted_hash, result in zip(wanted, results, strict=True):
        block = block_ref(accepted(transport, result))
        if block.hash != wanted_hash:
            raise malformed("the block that was asked for", block.hash.hex())
        blocks[wanted_hash] = block
    return blocks
