"""Reads one registry through one or several nodes, for verdicts.

A reading takes two round trips, however many credentials it answers for: the first asks each node for its chain and its
newest final block, the second asks the registry at that block, by hash. With several nodes, `quorum` of them must call
the block final (or a later one) and give the same answer to the byte; the rest is outvoted. Whatever is missing,
malformed or contradictory is `RegistryUnreachable`: no answer is ever guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from ledger.chain import abi
from ledger.chain.addresses import caip10, checksum_address, parse_caip10
from ledger.chain.history import read_status_events
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
from ledger.chain.rpc import Call, RpcError, Transport, accepted, as_hex, block_ref, data, quantity, request
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

__all__ = ["Finality", "RpcRegistryReader", "caip10", "parse_caip10"]

Finality = Literal["finalized", "safe", "latest"] | int
"""Which block counts as final: one of the chain's own tags, or the block that many below the newest."""

_QUERIES_IN_ONE_CALL = 1000
_CALLS_IN_ONE_BATCH = 100
_REVERTED = 3

Answer = TypeVar("Answer", bound=Hashable)


@dataclass(frozen=True)
class _Outcome(Generic[Answer]):
    """What one node said, or the trouble with it."""

    transport: Transport
    answer: Answer | None
    trouble: RegistryError | None


class RpcRegistryReader:
    """Implements `RegistryReader` over JSON-RPC. Safe to use from several threads if its transports are."""

    def __init__(
        self,
        transports: Sequence[Transport],
        registry: Address,
        chain_id: int,
        finality: Finality = "finalized",
        quorum: int | None = None,
    ) -> None:
        """`quorum` is by default more than half of the nodes: 1 of 1, 2 of 2, 2 of 3."""
        quorum = len(transports) // 2 + 1 if quorum is None else quorum
        if not 1 <= quorum <= len(transports):
            raise ValueError(f"a quorum of {quorum} cannot be reached with {len(transports)} nodes")
        if isinstance(finality, int) and finality < 0:
            raise ValueError("the number of confirmations is not negative")
        self._transports = tuple(transports)
        self._registry = registry
        self._chain_id = chain_id
        self._finality = finality
        self._quorum = quorum

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
        block, answers, sources = self.agree(lambda transport, block: self.ask_at(transport, block, calldata))
        issuer_states: dict[IssuerId, IssuerState | None] = {}
        credentials: list[CredentialState] = []
        for answer, issuers, part in zip(answers, issuer_parts, parts, strict=True):
            _, _, found, states = abi.decode_states(answer, issuers, len(part))
            issuer_states |= found
            credentials += states
        return RegistryReading(self._chain_id, self._registry, block, issuer_states, tuple(credentials), sources)

    def status_words(self, issuer_id: IssuerId, words: Sequence[int]) -> tuple[BlockRef, dict[int, tuple[int, int]]]:
        # The first call is there for the block's number and time, which it tells.
        calldata = [abi.encode_states((), (), ()), *(abi.encode_status_word(issuer_id, word) for word in words)]
        block, answers, _ = self.agree(lambda transport, block: self.ask_at(transport, block, calldata))
        return block, dict(zip(words, map(abi.decode_status_word, answers[1:]), strict=True))

    def status_events(self, issuer_id: IssuerId, status_index: int, from_block: int) -> tuple[StatusEvent, ...]:
        def ask(transport: Transport, block: BlockRef) -> tuple[StatusEvent, ...]:
            return read_status_events(
                transport, self._registry, issuer_id, status_index, first=from_block, last=block.number
            )

        return self.agree(ask)[1]

    def is_anchored_in_head(self, issuer_id: IssuerId, root: bytes) -> bool:
        """True if any node has it: heads differ, and "not final yet" condemns nobody."""
        return self._any_head(
            abi.encode_anchor_of(issuer_id, root), lambda data: abi.decode_anchor_of(data) is not None
        )

    def is_nonce_spent(self, operator: Address, nonce: int) -> tuple[BlockRef, bool]:
        calldata = [abi.encode_states((), (), ()), abi.encode_is_nonce_spent(operator, nonce)]
        block, answers, _ = self.agree(lambda transport, block: self.ask_at(transport, block, calldata))
        return block, abi.decode_boolean(answers[1])

    def is_nonce_spent_in_head(self, operator: Address, nonce: int) -> bool:
        """True if any node has it spent."""
        return self._any_head(abi.encode_is_nonce_spent(operator, nonce), abi.decode_boolean)

    def final_block(self) -> BlockRef:
        """The newest block that a quorum of the nodes calls final."""

        def ask(transport: Transport, block: BlockRef) -> BlockRef:
            return block_ref(request(transport, "eth_getBlockByNumber", hex(block.number), False))

        block, confirmed, _ = self.agree(ask)
        if confirmed != block:
            raise RegistryUnreachable("the nodes differ about the final block", "providers_disagree")
        return block

    # --- agreement ---

    def _any_head(self, calldata: bytes, decode: Callable[[bytes], bool]) -> bool:
        """Whether the registry says yes at the newest block of any node, if a quorum answers at all."""
        call = self._call(calldata, "latest")

        def ask(transport: Transport) -> bool:
            chain_id, answer = transport.request_batch([("eth_chainId", []), call])
            self._check_chain(transport, chain_id)
            return decode(self._registry_answer(transport, answer))

        outcomes = self._ask_each(self._transports, ask)
        if sum(outcome.trouble is None for outcome in outcomes) < self._quorum:
            raise self._trouble(outcomes)
        return any(outcome.answer for outcome in outcomes)

    def agree(self, ask: Callable[[Transport, BlockRef], Answer]) -> tuple[BlockRef, Answer, tuple[str, ...]]:
        """Puts a question to the nodes at the newest block that a quorum calls final.

        Returns the block, the answer that a quorum gave, and who gave it. A node may name a block that nobody else
        has: then the next older candidate is tried.
        """
        surveyed = self._ask_each(self._transports, self._final_of)
        finals = [(outcome.transport, outcome.answer) for outcome in surveyed if outcome.answer is not None]
        outcomes: list[_Outcome[Answer]] = []
        for candidate in sorted({block for _, block in finals}, reverse=True):
            voters = [transport for transport, block in finals if block.number >= candidate.number]
            if len(voters) < self._quorum:
                continue
            outcomes = self._vote(voters, ask, candidate)
            given = [(outcome.transport.name, outcome.answer) for outcome in outcomes if outcome.answer is not None]
            for answer, votes in Counter(answer for _, answer in given).most_common(1):
                if votes >= self._quorum:
                    return candidate, answer, tuple(name for name, said in given if said == answer)
        raise self._trouble([*(outcome for outcome in surveyed if outcome.trouble is not None), *outcomes])

    def _vote(
        self, voters: Sequence[Transport], ask: Callable[[Transport, BlockRef], Answer], block: BlockRef
    ) -> list[_Outcome[Answer]]:
        return self._ask_each(voters, lambda transport: ask(transport, block))

    def _ask_each(self, transports: Sequence[Transport], ask: Callable[[Transport], Answer]) -> list[_Outcome[Answer]]:
        def outcome(transport: Transport) -> _Outcome[Answer]:
            try:
                return _Outcome(transport, ask(transport), None)
            except RegistryError as error:
                return _Outcome(transport, None, error)

        if len(transports) == 1:
            return [outcome(transports[0])]
        with ThreadPoolExecutor(len(transports), thread_name_prefix="registry") as pool:
            return list(pool.map(outcome, transports))

    def _trouble(self, outcomes: Sequence[_Outcome[Any]]) -> RegistryError:
        """Why there is no agreement: one node's own trouble, or what each of several said."""
        troubles = [(outcome.transport.name, outcome.trouble) for outcome in outcomes if outcome.trouble is not None]
        errors = [error for _, error in troubles]
        if errors and (len(self._transports) == 1 or all(isinstance(error, WrongChain) for error in errors)):
            return errors[0]
        named = "; ".join(f"{name}: {error}" for name, error in troubles)
        missing = f"fewer than {self._quorum} of {len(self._transports)} nodes agree"
        if not named:
            return RegistryUnreachable(f"{missing}: their answers differ", "providers_disagree")
        return RegistryUnreachable(f"{missing} ({named})", "no_quorum")

    # --- one node ---

    def _final_of(self, transport: Transport) -> BlockRef:
        """A node's newest final block: one round trip, or two where confirmations are counted."""
        if isinstance(self._finality, int):
            chain_id, head = transport.request_batch([("eth_chainId", []), ("eth_blockNumber", [])])
            self._check_chain(transport, chain_id)
            number = quantity(accepted(transport, head), bits=64) - self._finality
            block = request(transport, "eth_getBlockByNumber", hex(max(number, 0)), False)
        else:
            chain_id, block = transport.request_batch(
                [("eth_chainId", []), ("eth_getBlockByNumber", [self._finality, False])]
            )
            self._check_chain(transport, chain_id)
        if block is None or isinstance(block, RpcError):
            raise RegistryUnreachable(f"{transport.name} has no final block yet", "no_final_block")
        return block_ref(block)

    def ask_at(self, transport: Transport, block: BlockRef, calldata: Sequence[bytes]) -> tuple[bytes, ...]:
        """Asks the registry at exactly this block. The first question is `states`, whose answer names the block."""
        place = {"blockHash": as_hex(block.hash), "requireCanonical": True}
        calls = [self._call(single, place) for single in calldata]
        answers: list[bytes] = []
        for start in range(0, len(calls), _CALLS_IN_ONE_BATCH):
            results = transport.request_batch(calls[start : start + _CALLS_IN_ONE_BATCH])
            answers += [self._registry_answer(transport, result) for result in results]
        if abi.decode_block(answers[0]) != (block.number, block.time):
            raise RegistryUnreachable(f"{transport.name} answered for another block", "rpc_malformed")
        return tuple(answers)

    def _call(self, calldata: bytes, block: object) -> Call:
        return "eth_call", [{"to": as_hex(self._registry), "data": as_hex(calldata)}, block]

    def _registry_answer(self, transport: Transport, result: object) -> bytes:
        """The bytes of an answer of the contract. None of its views reverts or answers with nothing."""
        if isinstance(result, RpcError) and result.code == _REVERTED:
            raise WrongChain(f"the code at {checksum_address(self._registry)} is not the registry")
        answer = data(accepted(transport, result))
        if answer:
            return answer
        if data(request(transport, "eth_getCode", as_hex(self._registry), "latest")):
            raise RegistryUnreachable("the registry was deployed, but its block is not final yet", "registry_not_final")
        raise WrongChain(f"there is no contract at {checksum_address(self._registry)} on chain {self._chain_id}")

    def _check_chain(self, transport: Transport, chain_id: object) -> None:
        found = quantity(accepted(transport, chain_id), bits=64)
        if found != self._chain_id:
            raise WrongChain(f"{transport.name} serves chain {found}, not chain {self._chain_id}")
