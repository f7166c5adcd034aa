"""Several nodes as if they were one, for all that is quoted, sent, or looked up by hash.

What can be compared is asked of every node and merged (`merging.py`): a transaction counts as mined once a quorum has
it in the same block. A signed transaction is handed to every node; it is sent once one of them has it. Anything else
goes to the healthiest node, and to the next if that one fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.chain.addresses import keccak
from ledger.chain.merging import LOOKUPS, MERGES, UNSETTLED, check_form, merge_call
from ledger.chain.outcomes import Outcome, deadline_in, linger, listen, next_done, note, too_late, when_heard
from ledger.chain.panel import Panel
from ledger.chain.rpc import Call, RpcError, Transport, data, quantity
from ledger.errors import RegistryError, WrongChain

PATIENCE = 5.5
_LINGER = 0.1
_SEND = "eth_sendRawTransaction"
_OLD_NEWS = ("already known", "known transaction", "alreadyknown", "already imported")


@dataclass(frozen=True, eq=False)
class _Reply:
    """The results of one node."""

    results: list[object]


class Switchboard:
    """Implements `Transport` over several nodes of one chain. Threads may share it."""

    def __init__(self, transports: Sequence[Transport], chain_id: int, quorum: int | None = None) -> None:
        """`quorum` as for `Panel`. Raises ValueError if it cannot be reached."""
        self._panel = Panel(transports, quorum)
        self._chain_id = chain_id

    @property
    def name(self) -> str:
        return ", ".join(node.name for node in self._panel.nodes)

    def request_batch(self, calls: Sequence[Call]) -> list[object]:
        """As `Transport`. Raises NoAgreement if too few nodes answer, WrongChain if those that do serve another."""
        methods = {method for method, _ in calls}
        if not calls:
            return []
        if _SEND in methods:
            if len(calls) > 1:
                raise ValueError("a transaction is sent alone")
            return [self._send(calls[0])]
        return self._merged(calls) if methods <= MERGES.keys() else self._in_turn(calls)

    # --- asking all ---

    def _merged(self, calls: Sequence[Call]) -> list[object]:
        def ask(transport: Transport) -> _Reply:
            results = transport.request_batch(calls)
            for (method, parameters), result in zip(calls, results, strict=True):
                check_form(method, parameters, result)
            self._check_chain(transport, calls, results)
            return _Reply(results)

        asked = self._panel.ask_each(self._panel.awake(), ask)
        outcomes: list[Outcome[_Reply]] = []
        deadline = deadline_in(PATIENCE)
        while (outcome := next_done(asked, outcomes, deadline)) is not None:
            outcomes.append(outcome)
            if UNSETTLED not in self._merge(calls, outcomes):
                outcomes += linger(asked, outcomes, _LINGER)
                break
        when_heard(asked, note)
        merged = self._merge(calls, outcomes)
        for (method, _), result in zip(calls, merged, strict=True):
            if result is UNSETTLED and (method not in LOOKUPS or len(_replies(outcomes)) < self._panel.quorum):
                raise self._panel.disagreement([*outcomes, *too_late(asked, outcomes)])
        return [None if result is UNSETTLED else result for result in merged]

    def _merge(self, calls: Sequence[Call], outcomes: Sequence[Outcome[_Reply]]) -> list[object]:
        replies, quorum = _replies(outcomes), self._panel.quorum
        if len(replies) < quorum:
            return [UNSETTLED] * len(calls)
        columns = zip(*(reply.results for reply in replies), strict=True)
        return [
            merge_call(method, parameters, column, quorum)
            for (method, parameters), column in zip(calls, columns, strict=True)
        ]

    # --- sending ---

    def _send(self, call: Call) -> object:
        """Hands a transaction to every node. The result is that of a node that took it, else the most telling."""
        asked = self._panel.ask_each(self._panel.nodes, lambda transport: _Reply(transport.request_batch([call])))
        expected = keccak(data(call[1][0]))
        listen(asked, lambda heard: _judge_sent(heard, expected))
        outcomes: list[Outcome[_Reply]] = []
        deadline = deadline_in(PATIENCE)
        while (outcome := next_done(asked, outcomes, deadline)) is not None:
            outcomes.append(outcome)
            if outcome.answer is not None and _is_hash(outcome.answer.results[0], expected):
                return outcome.answer.results[0]
        said = [reply.results[0] for reply in _replies(outcomes)]
        if not said:
            raise self._panel.disagreement([*outcomes, *too_late(asked, outcomes)])
        return min(said, key=_rank_of_refusal)

    # --- asking one after another ---

    def _in_turn(self, calls: Sequence[Call]) -> list[object]:
        """The first answer without a refusal in it; else the first refusal."""
        refused: list[object] | None = None
        outcomes: list[Outcome[_Reply]] = []
        for node in sorted(self._panel.nodes, key=lambda one: one.rank):
            try:
                results = node.request_batch(calls)
                self._check_chain(node, calls, results)
            except RegistryError as error:
                outcomes.append(Outcome(node, trouble=error))
                note(outcomes[-1])
                continue
            node.note_answer()
            if not any(isinstance(result, RpcError) for result in results):
                return results
            refused = refused or results
        if refused is None:
            raise self._panel.disagreement(outcomes)
        return refused

    def _check_chain(self, transport: Transport, calls: Sequence[Call], results: Sequence[object]) -> None:
        for (method, _), result in zip(calls, results, strict=True):
            if method == "eth_chainId" and not isinstance(result, RpcError):
                found = quantity(result, bits=64)
                if found != self._chain_id:
                    raise WrongChain(f"{transport.name} serves chain {found}, not chain {self._chain_id}")


def _replies(outcomes: Sequence[Outcome[_Reply]]) -> list[_Reply]:
    return [outcome.answer for outcome in outcomes if outcome.answer is not None]


def _judge_sent(outcome: Outcome[_Reply], expected: bytes) -> None:
    note(outcome)
    result = outcome.answer.results[0] if outcome.answer is not None else None
    if outcome.answer is not None and not isinstance(result, RpcError) and not _is_hash(result, expected):
        outcome.node.note_outvoted("the hash of a transaction")


def _is_hash(result: object, expected: bytes) -> bool:
    return isinstance(result, str) and result.lower() == f"0x{expected.hex()}"


def _rank_of_refusal(result: object) -> int:
    """What to report of a transaction that nobody took: rather that it is known, then why not, then a wrong hash."""
    if not isinstance(result, RpcError):
        return 2
    return 0 if any(phrase in result.message.lower() for phrase in _OLD_NEWS) else 1
