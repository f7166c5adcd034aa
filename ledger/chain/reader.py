"""Reads one registry through one or several nodes, for verdicts.

A reading takes two round trips, however many credentials it answers for: the first asks each node for its chain and its
newest final block, the second asks the registry at that block, by hash. With several nodes, `quorum` of them must call
the block final (or a later one) and give the same answer to the byte; the rest is outvoted, and nobody waits for it
(`panel.py`). Whatever is missing, malformed or contradictory is `RegistryUnreachable`: no answer is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from ledger.chain import abi
from ledger.chain.addresses import caip10, checksum_address, parse_caip10
from ledger.chain.finality import Finality, final_block_of
from ledger.chain.history import read_status_events
from ledger.chain.nodes import NodeHealth
from ledger.chain.panel import Agreed, BlockMissing, Panel
from ledger.chain.registry import (
    Address,
    BlockRef,
    CredentialState,
    IssuerId,
    IssuerState,
    RegistryReading,
    StateQuery,
    StatusEvent,
)
from ledger.chain.rpc import Call, RpcError, Transport, accepted, as_hex, block_ref, check_chain, data, request
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

if TYPE_CHECKING:
    from ledger.chain.past import PastReading, PastReads

__all__ = ["Finality", "RpcRegistryReader", "caip10", "parse_caip10"]

PATIENCE = 5.5
"""Seconds for a question that takes no more than one batch, where there are several nodes."""

_INSPECTION = 5.0
_QUERIES_IN_ONE_CALL = 1000
_CALLS_IN_ONE_BATCH = 100
_REVERTED = 3
_OF_BLOCKS = ("block", "header", "canonical", "state", "trie node", "not found", "pruned")
"""Words with which nodes say that they do not have a block, not yet or not any more."""

Answer = TypeVar("Answer", bound=Hashable)


class RpcRegistryReader:
    """Implements `RegistryReader` over JSON-RPC. Safe to use from several threads if its transports are."""

    def __init__(
        self,
        transports: Sequence[Transport],
        registry: Address,
        chain_id: int,
        finality: Finality = "finalized",
        quorum: int | None = None,
        *,
        usual_quorum: int | None = None,
    ) -> None:
        """`quorum` is by default more than half of the nodes: 1 of 1, 2 of 2, 2 of 3. `usual_quorum` is what it is
        where nobody asks for another, if somebody did."""
        if isinstance(finality, int) and finality < 0:
            raise ValueError("the number of confirmations is not negative")
        self._panel = Panel(transports, quorum, usual=usual_quorum)
        self._registry = registry
        self._chain_id = chain_id
        self._finality = finality
        self._past: PastReads | None = None

    def with_quorum(self, quorum: int) -> RpcRegistryReader:
        """Reads through the same nodes, where somebody asks for fewer or more of them to agree. Readings say so."""
        panel = self._panel
        return RpcRegistryReader(
            panel.nodes, self._registry, self._chain_id, self._finality, quorum, usual_quorum=panel.usual
        )

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def registry(self) -> Address:
        return self._registry

    # --- questions ---

    def read(
        self, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        parts = [queries[at : at + _QUERIES_IN_ONE_CALL] for at in range(0, len(queries), _QUERIES_IN_ONE_CALL)] or [()]
        issuer_parts = [issuer_ids, *([()] * (len(parts) - 1))]
        calldata = [
            abi.encode_states(issuers, part, accreditors) for issuers, part in zip(issuer_parts, parts, strict=True)
        ]
        block, agreed = self._agree_on_calls(calldata)
        issuer_states: dict[IssuerId, IssuerState | None] = {}
        credentials: list[CredentialState] = []
        for answer, issuers, part in zip(agreed.answer, issuer_parts, parts, strict=True):
            _, _, found, states = abi.decode_states(answer, issuers, len(part))
            issuer_states |= found
            credentials += states
        providers = agreed.providers
        return RegistryReading(
            self._chain_id, self._registry, block, issuer_states, tuple(credentials), providers.agreed, providers
        )

    def read_on(
        self, moment: int, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> PastReading:
        from ledger.chain.past import PastReads

        if self._past is None:
            self._past = PastReads(self)
        return self._past.read(moment, issuer_ids, queries, accreditors)

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        # The first call is there for the block's number and time, which it tells.
        calldata = [abi.encode_states((), (), ()), *(abi.encode_status_word(issuer_id, word) for word in words)]
        block, agreed = self._agree_on_calls(calldata)
        return block, dict(zip(words, map(abi.decode_status_word, agreed.answer[1:]), strict=True))

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        def ask(transport: Transport, block: BlockRef) -> tuple[StatusEvent, ...]:
            return read_status_events(
                transport, self._registry, issuer_id, status_index, first=from_block, last=block.number
            )

        return self._panel.agree_at(self._final_of, ask, patience=PATIENCE)[1].answer

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        """True if any node that is asked has it: heads differ, and "not final yet" condemns nobody."""
        return self._any_head(
            abi.encode_anchor_of(issuer_id, root), lambda data: abi.decode_anchor_of(data) is not None
        )

    def is_nonce_spent(self, operator: Address, nonce: int) -> tuple[BlockRef, bool]:
        calldata = [abi.encode_states((), (), ()), abi.encode_is_nonce_spent(operator, nonce)]
        block, agreed = self._agree_on_calls(calldata)
        return block, abi.decode_boolean(agreed.answer[1])

    def is_nonce_spent_in_head(self, operator: Address, nonce: int) -> bool:
        """True if any node has it spent."""
        return self._any_head(abi.encode_is_nonce_spent(operator, nonce), abi.decode_boolean)

    def final_block(self) -> BlockRef:
        """The newest block that a quorum of the nodes calls final."""

        def ask(transport: Transport, block: BlockRef) -> BlockRef:
            return block_ref(request(transport, "eth_getBlockByNumber", hex(block.number), False))

        block, agreed = self._panel.agree_at(self._final_of, ask, patience=PATIENCE)
        if agreed.answer != block:
            raise RegistryUnreachable("the nodes differ about the final block", "providers_disagree")
        return block

    def code(self) -> bytes:
        """The code at the registry's address, as a quorum of the nodes has it in its newest block."""
        address = as_hex(self._registry)

        def ask(transport: Transport) -> bytes:
            chain_id, code = transport.request_batch([("eth_chainId", []), ("eth_getCode", [address, "latest"])])
            check_chain(transport, chain_id, self._chain_id)
            return data(accepted(transport, code))

        return self._panel.agree(ask, on="the code of the registry", patience=PATIENCE).answer

    # --- the nodes ---

    def health(self) -> tuple[NodeHealth, ...]:
        """What is known of each node by now. Asks nobody."""
        return tuple(node.health() for node in self._panel.nodes)

    def inspect(
        self, issuer_ids: Sequence[IssuerId] = (), queries: Sequence[StateQuery] = ()
    ) -> tuple[BlockRef | None, tuple[NodeHealth, ...]]:
        """Puts one question to every node, in five seconds at most, and says what is known of each then.

        The block is the one at which a quorum agrees, None if none does. The more the question asks for, the more lies
        come out. Raises nothing for what a node does: the trouble is in what is returned.
        """
        calldata = [abi.encode_states(issuer_ids, queries, ())]

        def ask(transport: Transport, block: BlockRef) -> tuple[bytes, ...]:
            return self.ask_at(transport, block, calldata)

        block = None
        with suppress(RegistryError):
            block, _ = self._panel.agree_at(self._final_of, ask, patience=_INSPECTION, thorough=True)
        return block, self.health()

    # --- agreement ---

    def _any_head(self, calldata: bytes, decode: Callable[[bytes], bool]) -> bool:
        """Whether the registry says yes at the newest block of any node, if a quorum answers at all."""
        call = self._call(calldata, "latest")

        def ask(transport: Transport) -> bool:
            chain_id, answer = transport.request_batch([("eth_chainId", []), call])
            check_chain(transport, chain_id, self._chain_id)
            return decode(self._registry_answer(transport, answer))

        outcomes = self._panel.everybody(ask, patience=PATIENCE)
        if sum(outcome.trouble is None for outcome in outcomes) < self._panel.quorum:
            raise self._panel.disagreement(outcomes)
        return any(outcome.answer for outcome in outcomes)

    def agree(self, ask: Callable[[Transport, BlockRef], Answer]) -> tuple[BlockRef, Answer, tuple[str, ...]]:
        """Puts a question of any length to the nodes at the newest block that a quorum calls final.

        Returns the block, the answer that a quorum gave, and who gave it.
        """
        block, agreed = self.vote(ask)
        return block, agreed.answer, agreed.providers.agreed

    def vote(
        self, ask: Callable[[Transport, BlockRef], Answer], *, patience: float | None = None
    ) -> tuple[BlockRef, Agreed[Answer]]:
        """As `agree`, with all that is known of who answered. `patience` is how many seconds it may take where there
        are several nodes."""
        return self._panel.agree_at(self._final_of, ask, patience=patience)

    def _agree_on_calls(self, calldata: Sequence[bytes]) -> tuple[BlockRef, Agreed[tuple[bytes, ...]]]:
        batches = -(-len(calldata) // _CALLS_IN_ONE_BATCH)
        return self._panel.agree_at(
            self._final_of,
            lambda transport, block: self.ask_at(transport, block, calldata),
            patience=PATIENCE * batches,
        )

    # --- one node ---

    def _final_of(self, transport: Transport) -> BlockRef:
        return final_block_of(transport, self._chain_id, self._finality)

    def ask_at(self, transport: Transport, block: BlockRef, calldata: Sequence[bytes]) -> tuple[bytes, ...]:
        """Asks the registry at exactly this block. The first question is `states`, whose answer names the block."""
        place = {"blockHash": as_hex(block.hash), "requireCanonical": True}
        calls = [self._call(single, place) for single in calldata]
        answers: list[bytes] = []
        for start in range(0, len(calls), _CALLS_IN_ONE_BATCH):
            results = transport.request_batch(calls[start : start + _CALLS_IN_ONE_BATCH])
            answers += [self._registry_answer(transport, result) for result in results]
        if abi.decode_block(answers[0]) != (block.number, block.time):
            raise BlockMissing(f"{transport.name} answered for another block", "rpc_malformed")
        return tuple(answers)

    def _call(self, calldata: bytes, block: object) -> Call:
        return "eth_call", [{"to": as_hex(self._registry), "data": as_hex(calldata)}, block]

    def _registry_answer(self, transport: Transport, result: object) -> bytes:
        """The bytes of an answer of the contract. None of its views reverts or answers with nothing."""
        if isinstance(result, RpcError) and result.code == _REVERTED:
            raise WrongChain(f"the code at {checksum_address(self._registry)} is not the registry")
        if isinstance(result, RpcError) and any(word in result.message.lower() for word in _OF_BLOCKS):
            raise BlockMissing(f"{transport.name} refused: {result.message} ({result.code})", "rpc_refused")
        answer = data(accepted(transport, result))
        if answer:
            return answer
        if data(request(transport, "eth_getCode", as_hex(self._registry), "latest")):
            raise RegistryUnreachable("the registry was deployed, but its block is not final yet", "registry_not_final")
        raise WrongChain(f"there is no contract at {checksum_address(self._registry)} on chain {self._chain_id}")
