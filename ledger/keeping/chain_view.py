"""What the chain says, as keeping asks for it: whatever a quorum of the nodes agrees on, at final blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain.artifact import artifact
from ledger.chain.events import RegistryEvent
from ledger.chain.history import read_events
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import Address, Anchor, BlockRef, IssuerId, StateQuery
from ledger.chain.rpc import Transport, accepted, as_hex, block_ref, request

_AT_ONCE = 100


@dataclass(frozen=True)
class EventPart:
    """The events of the blocks up to `through`, whose hash is `last_hash`. `follows` is whether the block before the
    first of them has the hash that was expected; if it has not, there are no events."""

    follows: bool
    through: int
    last_hash: bytes
    events: tuple[RegistryEvent, ...]


class ChainView:
    """Questions about one registry. Every method raises `RegistryError` rather than guess."""

    def __init__(self, reader: RpcRegistryReader) -> None:
        self._reader = reader

    @property
    def chain_id(self) -> int:
        return self._reader.chain_id

    @property
    def registry(self) -> Address:
        return self._reader.registry

    def final(self) -> BlockRef:
        """The newest final block."""
        return self._reader.final_block()

    def code_is(self) -> str:
        """`ours` if this version's registry stands at its address, `none` if nothing does, else `other`."""
        code = self._reader.code()
        return "none" if not code else "ours" if code == artifact().deployed_bytecode else "other"

    def anchors(self, places: Sequence[tuple[IssuerId, bytes]]) -> tuple[BlockRef, list[Anchor | None]]:
        """The anchor of each (issuer id, root), all at one block."""
        queries = [StateQuery(issuer_id, root, 0) for issuer_id, root in places]
        reading = self._reader.read([], queries, [])
        return reading.block, [state.anchor for state in reading.credentials]

    def words(self, issuer_id: IssuerId, words: Sequence[int]) -> dict[int, tuple[int, int]]:
        """For each word the (revoked, suspended) bits."""
        return self._reader.status_words(issuer_id, words)[1] if words else {}

    def without_receipt(self, transactions: Sequence[bytes]) -> frozenset[bytes]:
        """Those of these transactions, by hash, that are in no block."""

        def look(transport: Transport, _block: BlockRef) -> tuple[bool, ...]:
            found: list[bool] = []
            for start in range(0, len(transactions), _AT_ONCE):
                part = transactions[start : start + _AT_ONCE]
                answers = transport.request_batch([("eth_getTransactionReceipt", [as_hex(one)]) for one in part])
                found += [accepted(transport, answer) is None for answer in answers]
            return tuple(found)

        missing = self._reader.agree(look)[1] if transactions else ()
        return frozenset(one for one, is_missing in zip(transactions, missing, strict=True) if is_missing)

    def hashes(self, numbers: Sequence[int]) -> tuple[BlockRef, dict[int, bytes | None]]:
        """The newest final block, and the hash of each of these blocks; None for those that are later than it."""

        def look(transport: Transport, block: BlockRef) -> tuple[tuple[int, bytes | None], ...]:
            there = sorted({number for number in numbers if number <= block.number})
            found: list[tuple[int, bytes | None]] = []
            for start in range(0, len(there), _AT_ONCE):
                part = there[start : start + _AT_ONCE]
                answers = transport.request_batch([("eth_getBlockByNumber", [hex(n), False]) for n in part])
                found += [(n, block_ref(accepted(transport, a)).hash) for n, a in zip(part, answers, strict=True)]
            return tuple(found)

        block, found, _ = self._reader.agree(look)
        hashes: dict[int, bytes | None] = dict.fromkeys(numbers)
        return block, hashes | dict(found)

    def events(self, first: int, window: int, after: bytes | None) -> EventPart | None:
        """The events of up to `window` blocks from `first` on; None if none of them is final yet.

        `after` is the hash that the block before `first` is expected to have, if anything is known of it.
        """

        def look(transport: Transport, block: BlockRef) -> EventPart | None:
            if first > block.number:
                return None
            if after is not None and _hash_of(transport, first - 1) != after:
                return EventPart(False, first - 1, b"", ())
            through = min(first + window - 1, block.number)
            parts = read_events(transport, self.registry, first=first, last=through)
            found = tuple(event for _, events in parts for event in events)
            return EventPart(True, through, _hash_of(transport, through), found)

        return self._reader.agree(lambda transport, block: (look(transport, block),))[1][0]


def _hash_of(transport: Transport, number: int) -> bytes:
    return block_ref(request(transport, "eth_getBlockByNumber", hex(number), False)).hash
