"""Verdicts that are remembered for as long as a fresh check could come to no other.

A verdict follows from the document, the policy, the block at which the registry is read, and the clock. So it is kept
for one document under one policy, while the newest final block is the one that it names, no batch has come into doubt,
and no date of the document has passed. Each request asks for the newest final block; those that wait at the same time
share one answer. What could not be found out, or depends on blocks that are not final, is never kept.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from ledger.documents.codecs import parse_date_time_stamp
from ledger.documents.strict_json import JsonValue
from ledger.errors import MalformedDocument, RegistryError, WorkspaceError
from ledger.verifying.report import Outcome, VerificationReport
from ledger.wrapping.content import is_token

KEPT = 200
"""Reports that are remembered; one of a large record takes some megabytes."""
TOKEN_SECONDS = 5
"""How long the verdict on a token is kept: its own times are inside it, and not in the report."""

_STAYS_OPEN = frozenset({"no_anchor_proof", "subject_uncertain"})
"""Codes of what nobody can find out, however often they ask: the documents alone leave it open."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20}")

Verify = Callable[[bytes], VerificationReport]
VerifyMany = Callable[[Sequence[bytes]], Sequence[VerificationReport | MalformedDocument]]
Key = tuple[bytes, Hashable]
"""A document, whose hash Python keeps, and what stands for the policy."""
State = tuple[bytes, Hashable]
"""The hash of the newest final block, and whatever else may change the verdict on an unchanged document."""
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Kept:
    """A report, the state that it was made in, and the Unix time from which the clock might say something else."""

    report: VerificationReport
    state: State
    until: float


class Together(Generic[Answer]):
    """Asks one question for all who want its answer at the same time. An answer is never older than its question."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._next: Future[Answer] | None = None
        self._turn = Lock()

    def answer(self) -> Answer:
        """The answer to a question that was put after this call began. Raises what asking raises."""
        with self._lock:
            mine = self._next
            is_first = mine is None
            if mine is None:
                mine = self._next = Future()
        if is_first:
            with self._turn:
                with self._lock:
                    self._next = None  # who comes from now on is too late for this question
                try:
                    mine.set_result(self._ask())
                except Exception as error:  # noqa: BLE001 (each who waits is told)
                    mine.set_exception(error)
        return mine.result()


class Remembered:
    """Reports by document and policy. Threads share it."""

    def __init__(self, state: Callable[[], State], clock: Callable[[], float]) -> None:
        """`state` asks for the state of this moment. `clock` gives Unix seconds."""
        self._state = Together(state)
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._under_way: dict[tuple[Key, State], Lock] = {}

    def report(self, document: bytes, policy: Hashable, verify: Verify) -> VerificationReport:
        """The report on a document as of now, under the policy that `policy` stands for.

        Raises MalformedDocument if the document can't be read.
        """
        try:
            state = self._state.answer()
        except (RegistryError, WorkspaceError):
            return verify(document)
        key = (document, policy)
        if (found := self._find(key, state)) is not None:
            return found
        with self._alone(key, state):
            if (found := self._find(key, state)) is not None:
                return found
            report = verify(document)
            self._keep(key, state, report)
            return report

    def reports(
        self, documents: Sequence[bytes], policy: Hashable, verify: VerifyMany
    ) -> list[VerificationReport | MalformedDocument]:
        """As `report`, for several: those that are not remembered are checked together."""
        try:
            state = self._state.answer()
        except (RegistryError, WorkspaceError):
            return list(verify(documents))
        found: dict[bytes, VerificationReport | MalformedDocument] = {}
        for document in documents:
            if (report := self._find((document, policy), state)) is not None:
                found[document] = report
        missing = list(dict.fromkeys(document for document in documents if document not in found))
        for document, made in zip(missing, verify(missing) if missing else (), strict=True):
            found[document] = made
            if isinstance(made, VerificationReport):
                self._keep((document, policy), state, made)
        return [found[document] for document in documents]

    def _find(self, key: Key, state: State) -> VerificationReport | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.state != state or kept.until <= self._clock():
                return None
            self._kept.move_to_end(key)
            return kept.report

    def _keep(self, key: Key, state: State, report: VerificationReport) -> None:
        block = report.chain.block if report.chain else None
        if block is None or block.hash != state[0] or not is_settled(report):
            return
        now = self._clock()
        until = min((moment for moment in moments_of(report) if moment >= now), default=float("inf"))
        if is_token(key[0]):
            until = min(until, now + TOKEN_SECONDS)
        with self._lock:
            self._kept[key] = _Kept(report, state, until)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _alone(self, key: Key, state: State) -> Lock:
        """The lock of those who want the same report: one makes it, the others find it."""
        with self._lock:
            if len(self._under_way) > 4 * KEPT:
                self._under_way.clear()
            return self._under_way.setdefault((key, state), Lock())


def is_settled(report: VerificationReport) -> bool:
    """Whether a report rests on the documents and final blocks alone, so that the next one would be the same."""
    for check in report.checks:
        if check.outcome is Outcome.INDETERMINATE and check.code not in _STAYS_OPEN:
            return False
        if check.id == "inclusion" and check.outcome is Outcome.INVALID:  # the next block may hold it
            return False
    return all(is_settled(part) for part in report.components)


def moments_of(report: VerificationReport) -> Iterator[float]:
    """Every time that a document or a part of it names, as Unix seconds: at each of them the verdict might change."""
    pending: list[JsonValue] = [report.document] if report.document is not None else []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str) and (moment := _moment(value)) is not None:
            yield moment.timestamp()


def _moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return parse_date_time_stamp(text)
    except MalformedDocument:
        return None
