"""Puts one question to several nodes at once, and takes what a quorum of them says as soon as they have said it.

Nobody is waited for once enough have spoken, but for a moment, so that whoever is about to contradict is heard. What
comes later is still compared: a node that says something else than the quorum at the same block is noted, and so is one
that is behind, keeps silent, or has another chain. One node alone is asked in the caller's own thread.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from ledger.chain.nodes import BLOCKS_BEHIND, Node, as_nodes
from ledger.chain.outcomes import (
    Asked,
    Outcome,
    deadline_in,
    linger,
    next_done,
    note,
    rest_of,
    too_late,
    trouble_of,
    when_heard,
)
from ledger.chain.providers import NoAgreement, Providers, Trouble
from ledger.chain.registry import BlockRef
from ledger.chain.rpc import Transport
from ledger.errors import RegistryError, RegistryUnreachable, WrongChain

A = TypeVar("A", bound=Hashable)

_SETTLING = 0.6
"""The part of its patience after which a question is put at the best block that is known by then."""
_SHORTEST_LINGER, _LONGEST_LINGER = 0.05, 0.25


class BlockMissing(RegistryUnreachable):
    """The node does not have the block that it was asked about, or answers for another one."""


@dataclass(frozen=True)
class Agreed(Generic[A]):
    """What a quorum said, and who: `providers` tells of the others."""

    answer: A
    providers: Providers


class Panel:
    """Some nodes, and how many of them have to agree. Threads may share it."""

    def __init__(self, transports: Sequence[Transport], quorum: int | None = None, *, usual: int | None = None) -> None:
        """`quorum` is by default more than half of the nodes: 1 of 1, 2 of 2, 2 of 3. `usual` is what it is where
        nobody asks for another."""
        self.nodes = as_nodes(transports)
        self.quorum = len(self.nodes) // 2 + 1 if quorum is None else quorum
        self.usual = self.quorum if usual is None else usual
        if not 1 <= self.quorum <= len(self.nodes):
            raise ValueError(f"a quorum of {self.quorum} cannot be reached with {len(self.nodes)} nodes")

    # --- questions ---

    def agree_at(
        self,
        final_of: Callable[[Transport], BlockRef],
        ask: Callable[[Transport, BlockRef], A],
        *,
        patience: float | None = None,
        thorough: bool = False,
    ) -> tuple[BlockRef, Agreed[A]]:
        """Puts a question at the newest block that a quorum calls final (that block, or a later one).

        A node may name a block that nobody else has: then the next candidate is tried. `patience` is how many seconds
        this may take where there are several nodes; None: as long as their transports wait. `thorough` waits for every
        node that long, to find out about each. Raises NoAgreement, a lone node's own trouble, or WrongChain.
        """
        attempt = _Attempt(self, final_of, ask, patience, thorough)
        awake = self.awake()
        if thorough or len(awake) == len(self.nodes):
            return attempt.run(self.nodes)
        try:
            return attempt.run(awake)
        except RegistryError:
            return attempt.run(self.nodes)

    def agree(self, ask: Callable[[Transport], A], *, on: str, patience: float | None = None) -> Agreed[A]:
        """Puts a question that is bound to no block. Raises as `agree_at`. `on` says what the question was about."""
        deadline = deadline_in(patience)
        asked = self.ask_each(self.nodes, ask)
        outcomes: list[Outcome[A]] = []
        while (outcome := next_done(asked, outcomes, deadline)) is not None:
            outcomes.append(outcome)
            if (winner := self.winner(outcomes)) is not None:
                outcomes += linger(asked, outcomes, _SHORTEST_LINGER)
                when_heard(asked, lambda heard: _judge_plain(heard, winner, on))
                return Agreed(winner, self.providers(asked, outcomes, winner))
        for outcome in outcomes:
            note(outcome)
        raise self.disagreement([*outcomes, *too_late(asked, outcomes)])

    def ask_each(self, nodes: Sequence[Node], ask: Callable[[Transport], A]) -> Asked[A]:
        """Asks these nodes at once. Nothing but a mistake of ours is raised from the futures."""

        def outcome(node: Node) -> Outcome[A]:
            try:
                return Outcome(node, ask(node))
            except RegistryError as error:
                return Outcome(node, trouble=error)

        if len(nodes) == 1:
            return {nodes[0]: _done(outcome(nodes[0]))}
        return {node: _beside(node, partial(outcome, node)) for node in nodes}

    def everybody(self, ask: Callable[[Transport], A], *, patience: float) -> list[Outcome[A]]:
        """What each node says; those that rest are asked only if a quorum needs them.

        Whoever takes longer than `patience` seconds is in trouble.
        """
        awake = self.awake()
        outcomes = self._heard(awake, ask, patience)
        if sum(outcome.trouble is None for outcome in outcomes) < self.quorum:
            outcomes += self._heard([node for node in self.nodes if node not in awake], ask, patience)
        return outcomes

    def _heard(self, nodes: Sequence[Node], ask: Callable[[Transport], A], patience: float) -> list[Outcome[A]]:
        asked = self.ask_each(nodes, ask)
        wait(asked.values(), None if len(asked) == 1 else patience)
        done = [future.result() for future in asked.values() if future.done()]
        for outcome in done:
            note(outcome)
        return [*done, *too_late(asked, done)]

    # --- counting ---

    def winner(self, outcomes: Sequence[Outcome[A]]) -> A | None:
        """What a quorum of these say."""
        votes = Counter(outcome.answer for outcome in outcomes if outcome.answer is not None)
        for answer, count in votes.most_common(1):
            if count >= self.quorum:
                return answer
        return None

    def providers(self, asked: Asked[A], outcomes: Sequence[Outcome[A]], winner: A) -> Providers:
        troubles = [trouble_of(outcome, winner) for outcome in [*outcomes, *too_late(asked, outcomes)]]
        resting = [node for node in self.nodes if node not in asked]
        return Providers(
            asked=len(self.nodes),
            agreed=tuple(node.name for node in _agreeing(asked, outcomes, winner)),
            quorum=self.quorum,
            usual=self.usual,
            troubles=(*(one for one in troubles if one), *map(rest_of, resting)),
        )

    def disagreement(self, outcomes: Sequence[Outcome[Any]]) -> RegistryError:
        """Why there is no agreement: one node's own trouble, or what each of several said."""
        errors = [outcome.trouble for outcome in outcomes if outcome.trouble is not None]
        elsewhere = [error for error in errors if isinstance(error, WrongChain)]
        if len(elsewhere) > len(self.nodes) - self.quorum:
            return elsewhere[0]
        if errors and len(self.nodes) == 1:
            return errors[0]
        troubles = tuple(
            Trouble(outcome.node.name, outcome.trouble.code, str(outcome.trouble))
            for outcome in sorted(outcomes, key=lambda one: self.nodes.index(one.node))  # not as they came in
            if outcome.trouble is not None
        )
        providers = Providers(len(self.nodes), (), self.quorum, self.usual, troubles)
        missing = f"fewer than {self.quorum} of {len(self.nodes)} nodes agree"
        if not troubles:
            return NoAgreement(f"{missing}: their answers differ", "providers_disagree", providers)
        named = "; ".join(f"{one.node}: {one.message}" for one in troubles)
        return NoAgreement(f"{missing} ({named})", "no_quorum", providers)

    def awake(self) -> tuple[Node, ...]:
        """The nodes without those that rest, if a quorum is left of them; else all."""
        awake = tuple(node for node in self.nodes if not node.is_resting)
        return awake if len(awake) >= self.quorum else self.nodes


class _Attempt(Generic[A]):
    """One question at a final block: first which block, then the question itself."""

    def __init__(
        self,
        panel: Panel,
        final_of: Callable[[Transport], BlockRef],
        ask: Callable[[Transport, BlockRef], A],
        patience: float | None,
        thorough: bool,
    ) -> None:
        self._panel = panel
        self._final_of = final_of
        self._ask = ask
        self._deadline = deadline_in(patience)
        self._settle_by = deadline_in(None if patience is None else patience * _SETTLING)
        self._thorough = thorough

    def run(self, nodes: Sequence[Node]) -> tuple[BlockRef, Agreed[A]]:
        survey = self._panel.ask_each(nodes, self._final_of)
        surveyed = self._survey(survey)
        outcomes: list[Outcome[Any]] = []
        tried: set[BlockRef] = set()
        while (block := self._candidate(surveyed, tried)) is not None:
            tried.add(block)
            begun = time.monotonic()
            asked = self._vote(survey, block)
            outcomes = []
            while (outcome := next_done(asked, outcomes, self._deadline)) is not None:
                outcomes.append(outcome)
                if (winner := self._panel.winner(outcomes)) is not None:
                    return block, self._agreed(survey, asked, outcomes, block, winner, time.monotonic() - begun)
            surveyed = [future.result() for future in survey.values() if future.done()]
        silent = [*too_late(survey, surveyed), *(too_late(asked, outcomes) if tried else ())]
        for one in [*surveyed, *outcomes, *silent]:
            note(one)
        heard = [*(one for one in surveyed if one.trouble), *outcomes, *silent]
        raise self._panel.disagreement(list({one.node: one for one in heard}.values()))

    def _survey(self, survey: Asked[BlockRef]) -> list[Outcome[BlockRef]]:
        """What the nodes call final, until that is settled: a quorum is about as far as the furthest.

        If it is not settled soon, whoever is silent is left out of it, so that time is left for the question itself.
        """
        surveyed: list[Outcome[BlockRef]] = []
        for deadline in (self._settle_by, self._deadline):
            while (outcome := next_done(survey, surveyed, deadline)) is not None:
                surveyed.append(outcome)
                if self._is_settled(surveyed):
                    return surveyed
            if self._candidate(surveyed, set()) is not None:
                break
        return surveyed

    def _is_settled(self, surveyed: Sequence[Outcome[BlockRef]]) -> bool:
        block = self._candidate(surveyed, set())
        furthest = max((one.answer.number for one in surveyed if one.answer is not None), default=0)
        return block is not None and furthest - block.number <= BLOCKS_BEHIND

    def _candidate(self, surveyed: Sequence[Outcome[BlockRef]], tried: set[BlockRef]) -> BlockRef | None:
        """The newest block not tried yet that a quorum may call final."""
        finals = [outcome.answer for outcome in surveyed if outcome.answer is not None]
        for block in sorted(set(finals) - tried, reverse=True):
            if sum(final.number >= block.number for final in finals) >= self._panel.quorum:
                return block
        return None

    def _vote(self, survey: Asked[BlockRef], block: BlockRef) -> Asked[A]:
        """Asks each node that calls the block final, or a later one; those still surveyed, once they have."""

        def ask(node: Node) -> A | None:
            # Whoever asks in a lane comes after the survey in the same lane, so that this wait has an end.
            final = survey[node].result().answer
            return self._ask(node, block) if final is not None and final.number >= block.number else None

        return self._panel.ask_each(tuple(survey), ask)  # type: ignore[arg-type]

    def _agreed(
        self,
        survey: Asked[BlockRef],
        asked: Asked[A],
        outcomes: list[Outcome[A]],
        block: BlockRef,
        winner: A,
        seconds: float,
    ) -> Agreed[A]:
        patience = min(max(seconds, _SHORTEST_LINGER), _LONGEST_LINGER)
        if self._thorough:
            patience = max(0.0, (self._deadline or 0.0) - time.monotonic())
        outcomes += linger(asked, outcomes, patience)
        if self._thorough:
            for silent in too_late(asked, outcomes):
                note(silent)
        for node, future in survey.items():
            future.add_done_callback(lambda done, node=node: _judge_final(node, done.result(), block))  # type: ignore[misc]
        when_heard(asked, lambda heard: _judge(heard, survey[heard.node].result(), block, winner))
        return Agreed(winner, self._panel.providers(asked, self._told(survey, outcomes), winner))

    def _told(self, survey: Asked[BlockRef], outcomes: Sequence[Outcome[A]]) -> list[Outcome[A]]:
        """The outcomes, with the trouble of those who could not even name a block."""
        told: list[Outcome[A]] = []
        for outcome in outcomes:
            silent = outcome.answer is None and outcome.trouble is None
            told.append(Outcome(outcome.node, trouble=survey[outcome.node].result().trouble) if silent else outcome)
        return told


# --- asking ---


def _beside(node: Node, ask: Callable[[], Outcome[A]]) -> Future[Outcome[A]]:
    """Asks on a thread of the node's own."""
    try:
        return node.submit(ask)
    except RegistryUnreachable as error:
        return _done(Outcome(node, trouble=error))


def _done(outcome: Outcome[A]) -> Future[Outcome[A]]:
    future: Future[Outcome[A]] = Future()
    future.set_result(outcome)
    return future


# --- judging ---


def _judge_plain(outcome: Outcome[A], winner: A, on: str) -> None:
    note(outcome)
    if outcome.answer is not None and outcome.answer != winner:
        outcome.node.note_outvoted(on)


def _judge_final(node: Node, surveyed: Outcome[BlockRef], block: BlockRef) -> None:
    note(surveyed)
    if surveyed.answer is not None:
        node.note_final(surveyed.answer.number, behind=block.number - surveyed.answer.number)


def _judge(outcome: Outcome[A], surveyed: Outcome[BlockRef], block: BlockRef, winner: A) -> None:
    """Compares what a node said at a block, and what it called final, with what a quorum said."""
    node, final = outcome.node, surveyed.answer
    if outcome.answer == winner:
        node.note_answer()
        node.note_agreed()
        if final is not None and final.number == block.number and final != block:
            node.note_outvoted(f"the hash or the time of its final block {final.number}")
    elif isinstance(outcome.trouble, BlockMissing):
        node.note_missing(outcome.trouble)
    elif isinstance(outcome.trouble, WrongChain) or outcome.answer is not None:
        node.note_outvoted(f"the answer at block {block.number}")
    else:
        note(outcome)


def _agreeing(asked: Asked[A], outcomes: Sequence[Outcome[A]], winner: A) -> list[Node]:
    agreeing = {outcome.node for outcome in outcomes if outcome.answer == winner}
    return [node for node in asked if node in agreeing]
