"""Does the runs that wait, one after another: finds the documents, reads each registry once, judges row by row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from api.bulk.queue import Gone, Job, Queue
from api.bulk.resolving import Resolved, Resolver, Trouble
from api.bulk.values import Found
from api.sharing.receipts import Receipts
from ledger.bulk.given import GivenKind
from ledger.bulk.results import could_not_check, duplicates, result_of, without_contents
from ledger.bulk.uploads import Entry
from ledger.errors import MalformedDocument
from ledger.verifying.report import VerificationReport

NOTED_SECONDS = 0.5
"""How often a run says how far it is."""
MAX_SECONDS = 15 * 60.0
"""How long one run may take; what is not judged by then could not be checked."""
RDF_SECONDS = 120.0
"""How long the RDF canonicalisation of all documents of one list may take."""
MAX_DOCUMENTS = 5_000
"""Documents that may stand behind the rows of one list."""
FILES_AT_ONCE = 50
"""Files that are read from the database together."""
SWEEP_SECONDS = 300.0
PURPOSE = "a list that somebody checks"

STOPPED = ("list_stopped", "the check of the list was stopped before this row")
TOO_LONG = ("list_time", "the list took too long, and this row was not reached; check it by itself")
TOO_MANY = ("list_large", "too many documents stand behind the rows of this list; divide it")

Judge = Callable[[Sequence[bytes]], Iterator[VerificationReport | MalformedDocument]]


class ListWork:
    """The work that is left, in rounds, for the background."""

    def __init__(
        self,
        queue: Queue,
        resolver: Resolver,
        judge: Judge,
        receipts: Receipts,
        sweep: Callable[[], int],
        is_ending: Callable[[], bool],
    ) -> None:
        """`sweep` erases what has ended; `is_ending` says that this process is to end."""
        self._queue = queue
        self._resolver = resolver
        self._judge = judge
        self._receipts = receipts
        self._sweep = sweep
        self._is_ending = is_ending
        self._swept = -SWEEP_SECONDS

    def work(self) -> bool:
        """Does one run, and says whether another may wait."""
        if time.monotonic() - self._swept > SWEEP_SECONDS:
            self._sweep()
            self._swept = time.monotonic()
        job = self._queue.take()
        if job is None:
            return False
        with suppress(Gone):
            _Run(self._queue, self._resolver, self._judge, self._receipts, self._is_ending, job).do()
        return True


class _Run:
    """One run, from its documents to its results."""

    def __init__(
        self,
        queue: Queue,
        resolver: Resolver,
        judge: Judge,
        receipts: Receipts,
        is_ending: Callable[[], bool],
        job: Job,
    ) -> None:
        self._queue = queue
        self._resolver = resolver
        self._judge = judge
        self._receipts = receipts
        self._is_ending = is_ending
        self._job = job
        self._begun = self._noted = time.monotonic()
        self._why_not: tuple[str, str] | None = None
        self._done = 0

    def do(self) -> None:
        """Raises Gone."""
        resolved = self._resolve_all(self._job.upload.entries)
        reports = self._judge(self._documents_of(resolved))
        found: list[Found] = []
        for entry, one in zip(self._job.upload.entries, resolved, strict=True):
            found.append(self._found(entry, one, reports))
            self._done = len(found)
            self._may_go_on()
        if self._is_ending():
            return self._queue.give_back(self._job)
        marks = [mark_of(entry, one) for entry, one in zip(self._job.upload.entries, found, strict=True)]
        found = [replace(one, same_as=same) for one, same in zip(found, duplicates(marks), strict=True)]
        return self._queue.finish(self._job, found, stopped=self._why_not == STOPPED)

    def _resolve_all(self, entries: Sequence[Entry]) -> list[Resolved | Trouble]:
        links = [entry.given.text for entry in entries if entry.given.kind is GivenKind.LINK]
        fetched = self._resolver.fetch(links, self._may_go_on)
        resolved: list[Resolved | Trouble] = []
        files: dict[int, bytes] = {}
        for place, entry in enumerate(entries):
            if not self._may_go_on():
                resolved.append(Trouble(*(self._why_not or STOPPED)))
                continue
            if place % FILES_AT_ONCE == 0:
                files = self._queue.files(self._job, place, place + FILES_AT_ONCE)
            resolved.append(self._resolver.resolve(entry.given, files.get(place, b""), fetched))
        opened = {one.link for one in resolved if isinstance(one, Resolved) and one.link}
        self._receipts.note_all(opened, "json", PURPOSE)
        return resolved

    def _documents_of(self, resolved: list[Resolved | Trouble]) -> list[bytes]:
        """All documents in their order. Rows beyond what one list may hold become troubles."""
        documents: list[bytes] = []
        for place, one in enumerate(resolved):
            if isinstance(one, Resolved):
                if len(documents) + len(one.documents) > MAX_DOCUMENTS:
                    resolved[place] = Trouble(*TOO_MANY)
                else:
                    documents += one.documents
        return documents

    def _found(
        self, entry: Entry, one: Resolved | Trouble, reports: Iterator[VerificationReport | MalformedDocument]
    ) -> Found:
        now = datetime.now(UTC)
        if isinstance(one, Trouble):
            return Found(could_not_check(one.code, one.message, now))
        if self._why_not is not None:
            return Found(could_not_check(*self._why_not, now))
        judged = [next(reports) for _ in one.documents]
        result = result_of(judged, now)
        if one.is_id:
            return Found(without_contents(result, entry.given.text))
        return Found(result, reports=tuple(report for report in judged if isinstance(report, VerificationReport)))

    def _may_go_on(self) -> bool:
        """Says, now and then, how far this is; and whether to go on."""
        now = time.monotonic()
        if self._why_not is None and now - self._begun > MAX_SECONDS:
            self._why_not = TOO_LONG
        if self._why_not is None and (self._is_ending() or now - self._noted >= NOTED_SECONDS):
            self._noted = now
            if not self._queue.go_on(self._job, self._done) or self._is_ending():
                self._why_not = STOPPED
        return self._why_not is None


def mark_of(entry: Entry, found: Found) -> str:
    """What two rows have in common that are about the same thing; empty for what cannot be compared."""
    if found.result.digest or entry.given.kind is GivenKind.FILE:
        return found.result.digest
    return entry.given.text
