"""What a registry said at a moment of the past, under the same quorum as every other reading.

Anchors, keys and recognitions are stored with their times, so that the newest final block tells them for every moment
before. Only status bits have none: a node that keeps the state of old blocks is asked at the last block of that moment;
one that does not gives the status events since then, and the bits of now are turned back by them. Both ways give the
same answer, so that nodes of both kinds can agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ledger.chain import abi
from ledger.chain.block_search import last_block_by
from ledger.chain.events import StatusChanged
from ledger.chain.history import read_status_changes
from ledger.chain.networks import DEVELOPMENT_CHAINS
from ledger.chain.providers import Providers
from ledger.chain.registry import (
    Address,
    BlockRef,
    CredentialState,
    IssuerId,
    RegistryReading,
    StateQuery,
    StatusAction,
    StatusEvent,
)
from ledger.chain.rpc import Transport, block_ref, malformed, request
from ledger.errors import RegistryError, RegistryUnreachable

if TYPE_CHECKING:
    from ledger.chain.reader import RpcRegistryReader

PATIENCE = 20.0
"""Seconds for a question about the past, where there are several nodes: events can take many requests."""

_QUERIES_IN_ONE_CALL = 1000
_REMEMBERED = 512
_ATTEMPTS = 3

Bits = tuple[bool, bool]
"""Whether a credential is revoked, and whether it is suspended."""


@dataclass(frozen=True)
class PastReading:
    """A registry at the end of a moment (Unix seconds), and as it is now.

    `block` is the last one of that moment, None if the chain began later. `then` holds the credentials as they were, in
    the order of the queries. `newest` is the reading of the newest final block: issuers and their keys are taken from
    there, since what is known of a key now counts. `changes` are the status events since, as far as they could be read,
    of credentials that have another status now.
    """

    moment: int
    block: BlockRef | None
    newest: RegistryReading
    then: tuple[CredentialState, ...]
    changes: Mapping[tuple[IssuerId, int], tuple[StatusEvent, ...]]
    providers: Providers | None = None


def state_then(state: CredentialState, moment: int, bits: Bits) -> CredentialState:
    """What stood at a moment, from what stands now and the status bits of then."""
    anchor = state.anchor
    if anchor is None or anchor.anchored_at > moment:
        return CredentialState(None, *bits, None)
    if anchor.withdrawn_at > moment:
        anchor = replace(anchor, withdrawn_at=0, withdrawal_reason=0)
    return replace(state, anchor=anchor, revoked=bits[0], suspended=bits[1])


def _stood(state: CredentialState, moment: int, block: BlockRef | None) -> bool:
    """Whether the batch was anchored by then. Its time and the number of its block have to say the same."""
    if state.anchor is None:
        return False
    by_time = state.anchor.anchored_at <= moment
    if by_time != (block is not None and state.anchor.block_number <= block.number):
        raise malformed("a block at the time that the registry noted", state.anchor.block_number)
    return by_time


class PastReads:
    """Reads one registry as of moments of the past. Remembers which block belongs to a moment. Threads may share it."""

    def __init__(self, reader: RpcRegistryReader) -> None:
        self._reader = reader
        self._blocks: dict[int, BlockRef | None] = {}

    def read(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> PastReading:
        """As `RegistryReader.read_on`."""
        newest = self._settled(moment, issuer_ids, queries, accreditors)
        heard = [newest.providers] if newest.providers else []
        block: BlockRef | None = newest.block
        if moment < newest.block.time:
            block = self._block_on(moment, newest.block, heard)
        states = list(newest.credentials)
        stood = [at for at, state in enumerate(states) if _stood(state, moment, block)]
        now: Sequence[Bits] = [(states[at].revoked, states[at].suspended) for at in stood]
        found = now
        if block is not None and block != newest.block and stood:
            found = self._bits_at(moment, block, newest, [queries[at] for at in stood], now, heard)
        bits = dict(zip(stood, found, strict=True))
        then = tuple(state_then(state, moment, bits.get(at, (False, False))) for at, state in enumerate(states))
        changed = [queries[at] for at, was, is_now in zip(stood, found, now, strict=True) if was != is_now]
        changes = self._changes(changed, block, newest.block) if block is not None and changed else {}
        fewest = min(heard, key=lambda one: len(one.agreed), default=None)
        return PastReading(moment, block, newest, then, changes, fewest)

    # --- which block ---

    def _settled(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        """The newest reading, if nothing can be added any more to what had happened by then."""
        newest = self._reader.read(issuer_ids, queries, accreditors)
        for _ in range(_ATTEMPTS):
            if self._is_settled(moment, newest.block):
                return newest
            before, newest = newest.block, self._reader.read(issuer_ids, queries, accreditors)
            if newest.block == before:
                break
        raise RegistryUnreachable("what had happened by that moment is not final yet", "not_final")

    def _is_settled(self, moment: int, newest: BlockRef) -> bool:
        """Whether no block after the newest final one can be of that moment.

        A later moment is settled only on a chain that makes no block but at the time of a transaction, while none
        follows: on any other, a block with an earlier time may still come.
        """
        if moment < newest.time:
            return True
        if moment > newest.time and self._reader.chain_id not in DEVELOPMENT_CHAINS:
            return False

        def ask(node: Transport, _: BlockRef) -> bool:
            following = request(node, "eth_getBlockByNumber", hex(newest.number + 1), False)
            return following is None or newest.time == moment < block_ref(following).time

        return self._reader.agree(ask)[1]

    def _block_on(self, moment: int, newest: BlockRef, heard: list[Providers]) -> BlockRef | None:
        if moment not in self._blocks:
            _, agreed = self._reader.vote(lambda node, _: (last_block_by(node, moment, newest),), patience=PATIENCE)
            heard.append(agreed.providers)
            if len(self._blocks) >= _REMEMBERED:
                self._blocks.clear()
            self._blocks[moment] = agreed.answer[0]
        return self._blocks.get(moment)

    # --- status bits ---

    def _bits_at(
        self,
        moment: int,
        block: BlockRef,
        newest: RegistryReading,
        queries: Sequence[StateQuery],
        now: Sequence[Bits],
        heard: list[Providers],
    ) -> Sequence[Bits]:
        """The status of each query at a block, as a quorum of the nodes has it, each in its own way."""

        def ask(node: Transport, _: BlockRef) -> tuple[Bits, ...]:
            try:
                return self._kept(node, block, queries)
            except RegistryError as first:
                try:
                    return self._turned_back(node, block, newest.block, queries, now)
                except RegistryError as second:
                    message = (
                        f"{node.name} has neither the state of block {block.number} ({first}) nor events ({second})"
                    )
                    raise RegistryUnreachable(message, "history_unavailable") from second

        try:
            _, agreed = self._reader.vote(ask, patience=PATIENCE)
        except RegistryError:
            # Should the block not be the chain's any more, it is looked for again the next time.
            self._blocks.pop(moment, None)
            raise
        heard.append(agreed.providers)
        return agreed.answer

    def _kept(self, node: Transport, block: BlockRef, queries: Sequence[StateQuery]) -> tuple[Bits, ...]:
        """From the state of the block, which its hash names."""
        parts = [queries[at : at + _QUERIES_IN_ONE_CALL] for at in range(0, len(queries), _QUERIES_IN_ONE_CALL)]
        answers = self._reader.ask_at(node, block, [abi.encode_states((), part, ()) for part in parts])
        states: list[CredentialState] = []
        for part, answer in zip(parts, answers, strict=True):
            states += abi.decode_states(answer, (), len(part))[3]
        if any(state.anchor is None for state in states):
            raise malformed("the state of an anchored batch", None)
        return tuple((state.revoked, state.suspended) for state in states)

    def _turned_back(
        self, node: Transport, block: BlockRef, newest: BlockRef, queries: Sequence[StateQuery], now: Sequence[Bits]
    ) -> tuple[Bits, ...]:
        """From the bits of now: each event since turned some bits, and turning them again undoes it."""
        if block_ref(request(node, "eth_getBlockByNumber", hex(block.number), False)) != block:
            raise RegistryUnreachable(f"{node.name} has another block {block.number}", "providers_disagree")
        turned: dict[tuple[IssuerId, int, bool], int] = {}
        for event in read_status_changes(
            node, self._reader.registry, _places(queries), first=block.number + 1, last=newest.number
        ):
            kind = (event.issuer_id, event.word, event.action is StatusAction.REVOKE)
            if event.action is StatusAction.REVOKE and turned.get(kind, 0) & event.changed:
                raise RegistryUnreachable(f"{node.name} has a credential revoked twice", "events_contradict")
            turned[kind] = turned.get(kind, 0) ^ event.changed
        bits = []
        for query, (revoked, suspended) in zip(queries, now, strict=True):
            was_revoked, was_suspended = (
                bool(turned.get((query.issuer_id, query.status_index >> 8, kind), 0) >> (query.status_index & 255) & 1)
                for kind in (True, False)
            )
            if was_revoked and not revoked:
                raise RegistryUnreachable(f"{node.name} has a revocation that does not stand", "events_contradict")
            bits.append((revoked != was_revoked, suspended != was_suspended))
        return tuple(bits)

    def _changes(
        self, queries: Sequence[StateQuery], block: BlockRef, newest: BlockRef
    ) -> Mapping[tuple[IssuerId, int], tuple[StatusEvent, ...]]:
        """The events since a block about each credential; none where they can't be read, as no verdict rests on it."""

        def ask(node: Transport, _: BlockRef) -> tuple[StatusChanged, ...]:
            places = _places(queries)
            return read_status_changes(
                node, self._reader.registry, places, first=block.number + 1, last=newest.number, dated=True
            )

        try:
            _, agreed = self._reader.vote(ask, patience=PATIENCE)
        except RegistryError:
            return {}
        return {
            (query.issuer_id, query.status_index): tuple(
                StatusEvent(event.action, event.reason, event.block)
                for event in agreed.answer
                if (event.issuer_id, event.word) == (query.issuer_id, query.status_index >> 8)
                and event.changed >> (query.status_index & 255) & 1
            )
            for query in queries
        }


def _places(queries: Iterable[StateQuery]) -> frozenset[tuple[IssuerId, int]]:
    """The issuers and words of the status indexes."""
    return frozenset((query.issuer_id, query.status_index >> 8) for query in queries)
