"""What the registry's own events tell of recognitions and anchors, kept until there is another final block."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from api.clock import unix_now
from ledger.chain.events import AccreditationEnded, Accredited
from ledger.chain.history import Told
from ledger.chain.register_history import anchored_documents, recognition_history
from ledger.chain.registry import Address, BlockRef, IssuerId
from ledger.errors import RegistryError
from ledger.issuing.values import Accreditor, Issuer
from ledger.workspace import Workspace

KEPT = 100
SMALL = 5
"""Counts below this are not told: they could point to single learners."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Change:
    """One event of the registry about a recognition. `name` is the issuer's here, empty for one of another ledger.

    `valid_from` is None for an end. `scope` is empty for an end too.
    """

    accreditor: Accreditor
    issuer_id: IssuerId
    slug: str
    name: str
    is_end: bool
    valid_from: int | None
    valid_until: int
    scope: bytes
    block: BlockRef
    transaction_hash: bytes


@dataclass(frozen=True)
class History:
    """All changes, the latest first, as of a block."""

    block: BlockRef
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Anchored:
    """How many documents of an issuer stand anchored. None: fewer than five, and more than none."""

    issuer: Issuer
    count: int | None


class RegistryEvents:
    """Reads the events of one registry. Raises RegistryUnreachable where nobody gives them. Threads share it."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._told: Kept[tuple[BlockRef, tuple[Told, ...]]] = Kept()
        self._counts: Kept[tuple[BlockRef, dict[IssuerId, int]]] = Kept()

    def now(self) -> int:
        """The time by which recognitions are in force: of the newest final block, which may be ahead of our clock."""
        try:
            return max(unix_now(), self._final().time)
        except RegistryError:
            return unix_now()

    def history(self, accreditor: Accreditor) -> History:
        """What an accreditor recognised and ended."""
        block, told = self._told.value(
            (accreditor.address, self._final().hash),
            lambda: recognition_history(self._workspace.reader, [Address(accreditor.address)]),
        )
        issuers = {issuer.issuer_id: issuer for issuer in self._workspace.catalog.issuers()}
        changes = [change_of(one, accreditor, issuers) for one in told]
        return History(block, tuple(reversed([change for change in changes if change is not None])))

    def known_history(self, accreditor: Accreditor) -> History | None:
        """As `history`; None where nobody gives the events now, which a page then says."""
        try:
            return self.history(accreditor)
        except RegistryError:
            return None

    def _final(self) -> BlockRef:
        return self._workspace.reader.final_block()

    def anchored(self, issuers: list[Issuer]) -> tuple[BlockRef, list[Anchored]]:
        """How many documents of each issuer stand anchored; small numbers are kept back."""
        ids = tuple(issuer.issuer_id for issuer in issuers)
        block, counts = self._counts.value(
            (ids, self._final().hash), lambda: anchored_documents(self._workspace.reader, ids)
        )
        return block, [Anchored(issuer, suppressed(counts[issuer.issuer_id])) for issuer in issuers]


class Kept(Generic[Value]):
    """Values that were made, by what they depend on. Threads share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[Hashable, Value] = {}

    def value(self, key: Hashable, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                return self._values[key]
        made = make()
        with self._lock:
            if len(self._values) >= KEPT:
                self._values.clear()
            self._values[key] = made
        return made


def suppressed(count: int) -> int | None:
    return None if 0 < count < SMALL else count


def change_of(told: Told, accreditor: Accreditor, issuers: dict[IssuerId, Issuer]) -> Change | None:
    event = told.event
    if not isinstance(event, Accredited | AccreditationEnded):
        return None
    is_end = isinstance(event, AccreditationEnded)
    issuer = issuers.get(event.issuer_id)
    return Change(
        accreditor=accreditor,
        issuer_id=event.issuer_id,
        slug=issuer.slug if issuer is not None else "",
        name=issuer.name if issuer is not None else "",
        is_end=is_end,
        valid_from=event.valid_from if isinstance(event, Accredited) else None,
        valid_until=event.valid_until,
        scope=event.scope if isinstance(event, Accredited) else b"",
        block=event.block,
        transaction_hash=told.transaction_hash,
    )
