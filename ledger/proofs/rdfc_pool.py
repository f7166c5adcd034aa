"""RDF canonicalisation of many documents of our own at once, on every processor of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import TypeVar

from ledger.bounded_process import AMPLE
from ledger.documents.strict_json import JsonValue
from ledger.errors import InvalidProof
from ledger.proofs.rdfc_worker import BoundedCanonicalizer

_UNFINISHED = frozenset({"canonicalization_budget", "canonicalization_unavailable"})

T = TypeVar("T")
R = TypeVar("R")


class CanonicalizerPool:
    """Child processes that canonicalise side by side while it is open. `size` of them, one a processor by default."""

    def __init__(self, size: int | None = None) -> None:
        self._children = [BoundedCanonicalizer(AMPLE) for _ in range(size or _processors())]
        self._free: SimpleQueue[BoundedCanonicalizer] = SimpleQueue()
        for child in self._children:
            self._free.put(child)
        self._threads = ThreadPoolExecutor(len(self._children), thread_name_prefix="canonicalize")

    def __enter__(self) -> CanonicalizerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            child.close()

    def canonicalize(self, document: Mapping[str, JsonValue]) -> bytes:
        """As `rdfc.canonicalize_rdf`. What a child cannot finish is done here: our own documents are no traps."""
        child = self._free.get()
        try:
            return child.canonicalize(document)
        except InvalidProof as error:
            if error.code not in _UNFINISHED:
                raise
        finally:
            self._free.put(child)
        from ledger.proofs.rdfc import canonicalize_rdf

        return canonicalize_rdf(document)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """What `work` gives for each item, in their order, some at the same time. It calls `canonicalize`."""
        return self._threads.map(work, items)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
