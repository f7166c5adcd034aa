"""The registry's events as one node gives them: all of a range of blocks, or those of some status indexes.

Providers bound what they give at once, each in another way: a range that one refuses is asked for in smaller parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ledger.chain import abi
from ledger.chain.events import RegistryEvent, StatusChanged, decode_event
from ledger.chain.registry import Address, BlockRef, IssuerId, StatusEvent
from ledger.chain.rpc import RpcError, Transport, accepted, as_hex, block_ref, data, malformed, members, quantity
from ledger.errors import RegistryUnreachable

_MOST_REQUESTS = 256
"""How often a verification asks: it must not take for ever because a node is stingy."""
_FIRST_WINDOW = 10_000
_FEW_LOGS = 1_000
"""After an answer with fewer logs than this, the next range is twice as wide."""
_BLOCKS_IN_ONE_BATCH = 100
_MOST_ALTERNATIVES = 500
"""Values for one topic; nodes refuse a thousand and more. Where there are more, all are asked for."""

Topics = Sequence[Sequence[bytes]]
"""What will do in each place; nothing means anything."""


@dataclass(frozen=True)
class _Log:
    block_number: int
    log_index: int
    block_hash: bytes
    topics: tuple[bytes, ...]
    data: bytes
    transaction_hash: bytes


@dataclass(frozen=True)
class Told:
    """An event and the transaction that wrote it; empty where the node does not say which."""

    event: RegistryEvent
    transaction_hash: bytes


def read_status_events(
    transport: Transport, registry: Address, issuer_id: IssuerId, status_index: int, *, first: int, last: int
) -> tuple[StatusEvent, ...]:
    """What one node says about one status index in the blocks from `first` to `last`, both included; oldest first.

    Raises `RegistryUnreachable`, with `logs_refused` if the node does not give the events.
    """
    topics = [[topic] for topic in abi.status_topics(issuer_id, status_index)]
    bit = 1 << (status_index & 255)
    window = max(last + 1 - first, 1)
    changes = [
        event
        for _, logs in _windows(transport, registry, topics, first, last, window, most_requests=_MOST_REQUESTS)
        for event in map(_undated, logs)
        if isinstance(event, StatusChanged) and event.changed & bit
    ]
    blocks = _blocks(transport, changes)
    return tuple(StatusEvent(change.action, change.reason, blocks[change.block.number]) for change in changes)


def read_status_changes(
    transport: Transport,
    registry: Address,
    places: Collection[tuple[IssuerId, int]],
    *,
    first: int,
    last: int,
    dated: bool = False,
) -> tuple[StatusChanged, ...]:
    """All changes of these status words, each of an issuer, in the blocks from `first` to `last`; oldest first.

    However many words there are, they are asked for together. The times of the blocks are there if `dated`. Raises
    `RegistryUnreachable`, with `logs_refused` if the node does not give the events.
    """
    named = [abi.status_topics(issuer_id, word << 8) for issuer_id, word in places]
    topics = [sorted(set(column)) for column in zip(*named, strict=True)]
    topics = [column if len(column) <= _MOST_ALTERNATIVES else [] for column in topics]
    window = max(last + 1 - first, 1)
    changes = [
        event
        for _, logs in _windows(transport, registry, topics, first, last, window, most_requests=_MOST_REQUESTS)
        for event in map(_undated, logs)
        if isinstance(event, StatusChanged) and (event.issuer_id, event.word) in places
    ]
    if not dated:
        return tuple(changes)
    blocks = _blocks(transport, changes)
    return tuple(replace(change, block=blocks[change.block.number]) for change in changes)


def read_events(
    transport: Transport, registry: Address, *, first: int, last: int
) -> Iterator[tuple[int, list[RegistryEvent]]]:
    """All events in the blocks from `first` to `last`, both included, oldest first, in parts: each with the block that
    it goes up to. Reading can go on from there.

    Raises `RegistryUnreachable`, with `logs_refused` if the node does not give the events.
    """
    for through, logs in _windows(transport, registry, [], first, last, _FIRST_WINDOW):
        events = [_undated(log) for log in logs]
        blocks = _blocks(transport, events)
        yield through, [replace(event, block=blocks[event.block.number]) for event in events]


def read_told(transport: Transport, registry: Address, topics: Topics, *, first: int, last: int) -> tuple[Told, ...]:
    """The events with these topics in the blocks from `first` to `last`, both included, with times and transactions;
    oldest first.

    Raises `RegistryUnreachable`, with `logs_refused` if the node does not give the events.
    """
    window = max(last + 1 - first, 1)
    logs = [
        log
        for _, found in _windows(transport, registry, topics, first, last, window, most_requests=_MOST_REQUESTS)
        for log in found
    ]
    events = [_undated(log) for log in logs]
    blocks = _blocks(transport, events)
    return tuple(
        Told(replace(event, block=blocks[event.block.number]), log.transaction_hash)
        for event, log in zip(events, logs, strict=True)
    )


def _windows(
    transport: Transport,
    registry: Address,
    topics: Topics,
    first: int,
    last: int,
    window: int,
    most_requests: int | None = None,
) -> Iterator[tuple[int, list[_Log]]]:
    """The logs of a range, `window` blocks at a time; fewer where the node refuses, more where there is little."""
    refused = window * 2**64
    requests = 0
    while first <= last:
        through = min(first + window - 1, last)
        result = _ask(transport, registry, topics, first, through)
        requests += 1
        if isinstance(result, RpcError):
            if first == through or requests == most_requests:
                raise RegistryUnreachable(f"{transport.name} does not give the events of the registry", "logs_refused")
            refused = through + 1 - first
            window = refused // 2
            continue
        yield through, result
        if len(result) < _FEW_LOGS and 2 * window < refused:
            window *= 2
        first = through + 1


def _ask(transport: Transport, registry: Address, topics: Topics, first: int, last: int) -> list[_Log] | RpcError:
    query: dict[str, object] = {"address": as_hex(registry), "fromBlock": hex(first), "toBlock": hex(last)}
    if topics:
        query["topics"] = [_choices(column) for column in topics]
    result = transport.request_batch([("eth_getLogs", [query])])[0]
    if isinstance(result, RpcError):
        return result
    if not isinstance(result, list):
        raise malformed("a list of logs", result)
    logs = sorted((_log(members(one), registry) for one in result), key=_place)
    for before, log in zip([None, *logs], logs, strict=False):
        fits = first <= log.block_number <= last and _fits(log, topics)
        if not fits or (before is not None and _place(before) == _place(log)):
            raise malformed("the logs that were asked for", log)
    return logs


def _choices(topics: Sequence[bytes]) -> object:
    """One place of a filter: any topic, this one, or one of these."""
    if not topics:
        return None
    return as_hex(topics[0]) if len(topics) == 1 else [as_hex(topic) for topic in topics]


def _fits(log: _Log, topics: Topics) -> bool:
    return len(log.topics) >= len(topics) and all(
        not column or topic in column for topic, column in zip(log.topics, topics, strict=False)
    )


def _log(log: Mapping[str, object], registry: Address) -> _Log:
    topics = log.get("topics")
    if not isinstance(topics, list) or data(log.get("address")) != registry or log.get("removed") is True:
        raise malformed("a log of the registry", log)
    return _Log(
        quantity(log.get("blockNumber"), bits=64),
        quantity(log.get("logIndex"), bits=64),
        data(log.get("blockHash"), length=32),
        tuple(data(topic, length=32) for topic in topics),
        data(log.get("data")),
        data(log["transactionHash"], length=32) if "transactionHash" in log else b"",
    )


def _place(log: _Log) -> tuple[int, int]:
    return log.block_number, log.log_index


def _undated(log: _Log) -> RegistryEvent:
    """The event that a log is, at no time yet: that is what its block tells."""
    return decode_event(log.topics, log.data, BlockRef(log.block_number, log.block_hash, 0), log.log_index)


def _blocks(transport: Transport, events: Sequence[RegistryEvent]) -> dict[int, BlockRef]:
    """The blocks of these events, by number."""
    blocks: dict[int, BlockRef] = {}
    hashes = list(dict.fromkeys(event.block.hash for event in events))
    for at in range(0, len(hashes), _BLOCKS_IN_ONE_BATCH):
        wanted = hashes[at : at + _BLOCKS_IN_ONE_BATCH]
        results = transport.request_batch([("eth_getBlockByHash", [as_hex(one), False]) for one in wanted])
        for block_hash, result in zip(wanted, results, strict=True):
            block = block_ref(accepted(transport, result))
            if block.hash != block_hash:
                raise malformed("the block that was asked for", block.hash.hex())
            blocks[block.number] = block
    for event in events:
        if event.block.number not in blocks or blocks[event.block.number].hash != event.block.hash:
            raise malformed("an event of the block that it names", event)
    return blocks
