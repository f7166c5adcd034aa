"""Database against chain, both ways, and what follows: drift stops issuing until a person accepts it.

Nothing is put right by itself but one thing: a database that is older than the chain never gives out a status index
that may have been used already.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from ledger.chain.registry import Anchor, BlockRef, IssuerId
from ledger.chain.state import RegistryState
from ledger.errors import WrongChain
from ledger.issuing.inventory import HeldBatch, Inventories, Inventory
from ledger.issuing.values import BatchState
from ledger.keeping.chain_view import ChainView
from ledger.keeping.comparison import ChainSide, Difference, compare, unknown_anchors
from ledger.keeping.event_book import EventBook, Progress
from ledger.keeping.holds import DRIFT, Hold, Holds, put_hold
from ledger.keeping.indexes import Raised, raise_index
from ledger.keeping.tables import DifferenceRow, HoldRow
from ledger.keeping.unowned import UnownedStatuses
from ledger.storage import Database, insert_rows

PATIENCE_WITH_BATCHES = 24 * 3600
"""After so many seconds a batch that is signed and not finished is told of."""
_AT_ONCE = 200
_RECEIPTS_KEPT = 50_000
"""For so many blocks every node is expected to keep receipts."""

Roots = Mapping[tuple[IssuerId, bytes], int]


@dataclass(frozen=True)
class Reconciliation:
    """What was found at one final block.

    `differences` are those that nobody accepted yet, `accepted` the others; `overdue` the batches that wait for too
    long. `is_complete` is False if there was no time to look at everything: what the chain holds and the database does
    not know is left out first, then the older batches, then statuses. `holds` is all that stops issuing now.
    """

    block: BlockRef
    differences: tuple[Difference, ...]
    accepted: tuple[Difference, ...]
    overdue: tuple[HeldBatch, ...]
    raised: tuple[Raised, ...]
    is_complete: bool
    holds: tuple[Hold, ...]


class Reconciler:
    """Compares. `confirm` is how many seconds later differences are looked at again before they count."""

    def __init__(
        self,
        database: Database,
        chain: ChainView,
        *,
        confirm: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._chain = chain
        self._holds = Holds(database)
        self._confirm = confirm
        self._sleep = sleep
        self._inventories = Inventories(database)
        self._unowned = UnownedStatuses(database)
        self._book = EventBook(database, chain)

    def run(self, *, within: float = inf, progress: Progress = lambda *_: None) -> Reconciliation:
        """Compares everything, as far as it can be read in so many seconds, and notes what was found.

        Raises RegistryUnreachable if the nodes do not answer, WrongChain if other code stands where the registry was:
        nothing is known then, and nothing is noted.
        """
        started = time.monotonic()
        found, side, held, roots = self._look(started + within, progress)
        is_complete = side.is_complete
        if found:
            patience = max(within, time.monotonic() - started)
            self._sleep(self._confirm)
            again, side, held, roots = self._look(time.monotonic() + patience, progress)
            found, is_complete = found & again, is_complete and side.is_complete
        raised = self._raise_indexes(held, side, roots)
        accepted = self._accepted()
        new = tuple(sorted(found - accepted))
        self._note(new)
        return Reconciliation(
            block=side.block,
            differences=new,
            accepted=tuple(sorted(found & accepted)),
            overdue=_overdue(held),
            raised=raised,
            is_complete=is_complete,
            holds=self._holds.open(),
        )

    def _look(self, deadline: float, progress: Progress) -> tuple[frozenset[Difference], ChainSide, Inventory, Roots]:
        """One comparison. The database is read before and after the chain, and what differs must differ both times."""
        before = self._take()
        side = self._chain_side(before, deadline, progress)
        after = self._take()
        roots = self._drafted(after, side)
        return compare(before, side, roots) & compare(after, side, roots), side, after, roots

    def _take(self) -> Inventory:
        return self._unowned.add_to(self._inventories.take())

    # --- the chain's side ---

    def _chain_side(self, held: Inventory, deadline: float, progress: Progress) -> ChainSide:
        match self._chain.code_is():
            case "none":  # the chain began anew without it
                return self._empty_side(held)
            case "other":
                raise WrongChain("the code at the registry's address is not the registry of this version")
        is_same = self._is_same_chain(held)
        if not is_same:
            self._book.forget()
        reading = self._book.catch_up(
            [issuer.issuer_id for issuer in held.issuers],
            first_block=(held.first_block or None) if is_same else 0,
            registered=[issuer.issuer_id for issuer in held.issuers if issuer.registered_at is not None],
            deadline=deadline,
            progress=progress,
        )
        state = self._book.state(reading) if reading.is_complete else None
        places = [(b.issuer_id, b.root) for b in held.batches if b.state is BatchState.FINAL and b.root is not None]
        block, anchors = self._anchors(places, deadline, progress)
        words = self._words(held, state, deadline, progress)
        return ChainSide(
            block=block,
            anchors=anchors,
            words=words,
            state=state,
            missing=self._missing(held, block),
            is_behind=is_same,
            is_complete=state is not None and time.monotonic() < deadline,
        )

    def _anchors(
        self, places: Sequence[tuple[IssuerId, bytes]], deadline: float, progress: Progress
    ) -> tuple[BlockRef, dict[tuple[IssuerId, bytes], Anchor | None]]:
        """The anchors of these batches, the newest first, as far as there is time; the first part in any case."""
        newest_first = places[::-1]
        block, found = self._chain.anchors(newest_first[:_AT_ONCE])
        anchors = dict(zip(newest_first, found, strict=False))
        for start in range(_AT_ONCE, len(places), _AT_ONCE):
            if time.monotonic() > deadline:
                break
            progress("batches", start, len(places))
            part = newest_first[start : start + _AT_ONCE]
            anchors |= dict(zip(part, self._chain.anchors(part)[1], strict=True))
        return block, anchors

    def _empty_side(self, held: Inventory) -> ChainSide:
        places = [(b.issuer_id, b.root) for b in held.batches if b.root is not None]
        words = {
            (issuer.issuer_id, word): (0, 0)
            for issuer in held.issuers
            for word in held.statuses[issuer.slug].revoked.keys() | held.statuses[issuer.slug].suspended.keys()
        }
        missing = frozenset(transaction.hash for transaction in held.transactions)
        return ChainSide(self._chain.final(), dict.fromkeys(places), words, RegistryState(), missing)

    def _is_same_chain(self, held: Inventory) -> bool:
        """Whether any block that this ledger knows is still there: nodes that lag are not a chain that began anew."""
        known = {t.block_number: t.block_hash for t in held.transactions if t.block_number is not None and t.block_hash}
        known |= self._book.landmarks()
        if not known:
            return True
        _, found = self._chain.hashes(sorted({min(known), *sorted(known)[-20:]}))
        return any(found[number] == known[number] for number in found)

    def _words(
        self, held: Inventory, state: RegistryState | None, deadline: float, progress: Progress
    ) -> dict[tuple[IssuerId, int], tuple[int, int]]:
        """The status words in which either side has a bit, as far as there is time."""
        wanted: dict[IssuerId, set[int]] = defaultdict(set)
        for issuer in held.issuers:
            status = held.statuses[issuer.slug]
            wanted[issuer.issuer_id] |= status.revoked.keys() | status.suspended.keys() | status.pending.keys()
        for issuer_id, word in state.status if state is not None else ():
            if issuer_id in wanted:
                wanted[issuer_id].add(word)
        found: dict[tuple[IssuerId, int], tuple[int, int]] = {}
        for issuer_id, words in wanted.items():
            in_order = sorted(words)
            for start in range(0, len(in_order), _AT_ONCE):
                if time.monotonic() > deadline:
                    return found
                progress("statuses", start, len(in_order))
                bits = self._chain.words(issuer_id, in_order[start : start + _AT_ONCE])
                found |= {(issuer_id, word): both for word, both in bits.items()}
        return found

    def _missing(self, held: Inventory, block: BlockRef) -> frozenset[bytes]:
        """Those of the final transactions that are in no block. Nodes may have dropped the receipts of old ones."""
        recent = range(block.number - _RECEIPTS_KEPT, block.number + 1)
        return self._chain.without_receipt([t.hash for t in held.transactions if t.block_number in recent])

    # --- what the chain shows of the past ---

    def _drafted(self, held: Inventory, side: ChainSide) -> Roots:
        """The roots of open batches that may be on chain: a database that is older than the chain has them unsigned."""
        sizes: dict[IssuerId, set[int]] = defaultdict(set)
        for (issuer_id, _), anchor in unknown_anchors(held, side, {}).items():
            sizes[issuer_id].add(anchor.tree_size)
        slugs = {issuer.issuer_id: issuer.slug for issuer in held.issuers}
        return {
            (issuer_id, root): batch
            for issuer_id, found in sizes.items()
            for root, batch in self._inventories.drafted_roots(slugs[issuer_id], found).items()
        }

    def _raise_indexes(self, held: Inventory, side: ChainSide, roots: Roots) -> tuple[Raised, ...]:
        if side.state is None:
            return ()
        lacking = unknown_anchors(held, side, roots).keys()
        found = [
            raise_index(self._inventories, issuer.slug, issuer.issuer_id, side.state, lacking)
            for issuer in held.issuers
        ]
        return tuple(raised for raised in found if raised is not None)

    # --- notes ---

    def _accepted(self) -> frozenset[Difference]:
        return self._noted(col(HoldRow.accepted_at).is_not(None))

    def _noted(self, condition: ColumnElement[bool]) -> frozenset[Difference]:
        with self._database.reading() as session:
            rows = session.exec(
                select(DifferenceRow).join(HoldRow, col(HoldRow.id) == DifferenceRow.hold).where(condition)
            ).all()
        return frozenset(Difference(row.subject, row.here, row.on_chain) for row in rows)

    def _note(self, differences: Sequence[Difference]) -> None:
        """Stops issuing for those of these differences that no open hold names yet."""
        new = sorted(set(differences) - self._noted(col(HoldRow.accepted_at).is_(None)))
        if not new:
            return
        subject = hashlib.sha256("\n".join(map(str, new)).encode()).hexdigest()[:16]
        detail = f"{counted(len(new))} between database and chain, the first: {new[0]}"
        with self._database.writing() as session:
            hold = put_hold(session, DRIFT, subject, detail)
            rows = ((hold.id, one.subject, one.here, one.on_chain) for one in new)
            insert_rows(session, DifferenceRow, ("hold", "subject", "here", "on_chain"), rows, skip=True)


def counted(differences: int) -> str:
    """A number of differences, for people."""
    return f"{differences:,} difference{'' if differences == 1 else 's'}"


def _overdue(held: Inventory) -> tuple[HeldBatch, ...]:
    """The batches that were signed and are not finished for too long. A draft may wait for ever."""
    late = time.time() - PATIENCE_WITH_BATCHES
    return tuple(
        batch
        for batch in held.batches
        if not batch.is_finished and batch.state is not BatchState.OPEN and batch.created_at < late
    )
