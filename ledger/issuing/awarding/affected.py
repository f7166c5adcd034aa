"""Awards whose foundation fell: a credential that one rests on was revoked, suspended or withdrawn after it was given.

The registry says so, whoever issued the credential. The award's issuer is told: a finding is stored, and an event goes
out in the same transaction. Verifiers find the same by themselves (check 10).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from ledger.chain.registry import BlockRef, CredentialState, IssuerId, Registry, StateQuery, StatusAction
from ledger.errors import RegistryError
from ledger.issuing.announcing import Announce, award_affected, award_restored, unannounced
from ledger.issuing.awarding.components import GONE, index_awards
from ledger.issuing.catalog import Catalog
from ledger.issuing.rows import issuer_row, issuer_value
from ledger.issuing.tables import AwardComponentRow, AwardFindingRow, BatchRow, CredentialRow, IssuerRow
from ledger.issuing.values import BatchState
from ledger.storage import Database

REVOKED, SUSPENDED, WITHDRAWN = "revoked", "suspended", "withdrawn"
_CODE = b"award-findings"
_ACTIONS = {REVOKED: StatusAction.REVOKE, SUSPENDED: StatusAction.SUSPEND}


@dataclass(frozen=True)
class Finding:
    """An award that stands, and a credential that it rests on and that does not. `what` is what became of that.

    `reason` is the registry's number, if it is known; `found_at` Unix seconds, `block` the final block that showed it.
    """

    award: str
    name: str
    learner_id: str
    issuer: str
    component: str
    what: str
    reason: int | None
    found_at: int
    block: int


@dataclass(frozen=True)
class _Rests:
    """That an award rests on a credential, and where that is anchored."""

    award: str
    issuer: int
    component: str
    issuer_id: bytes
    root: bytes
    status_index: int


class AffectedAwards:
    """Finds them. `look` asks the registry; what it found is kept."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        *,
        announce: Announce = unannounced,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._registry = registry
        self._announce = announce
        self._clock = clock
        self._catalog = Catalog(database)
        self._seen: tuple[int, int] | None = None

    def findings(self, issuer: str | None = None) -> tuple[Finding, ...]:
        """What holds as of the last look, the oldest first; of one issuer's awards or of all. Raises NotFound."""
        with self._database.reading() as session:
            query: Any = (
                select(AwardFindingRow, IssuerRow.slug, CredentialRow.name, CredentialRow.learner_id)
                .join(IssuerRow, col(IssuerRow.id) == AwardFindingRow.issuer)
                .join(CredentialRow, col(CredentialRow.credential_id) == AwardFindingRow.award)
                .where(col(AwardFindingRow.ended_at).is_(None))
            )
            if issuer is not None:
                query = query.where(AwardFindingRow.issuer == issuer_row(session, issuer).id)
            rows = session.exec(query.order_by(col(AwardFindingRow.id))).all()
        return tuple(
            Finding(
                award=row.award,
                name=name,
                learner_id=learner_id,
                issuer=slug,
                component=row.component,
                what=row.what,
                reason=row.reason,
                found_at=row.found_at,
                block=row.block_number,
            )
            for row, slug, name, learner_id in rows
        )

    def look(self) -> None:
        """Asks the registry about all that this ledger's awards rest on, unless nothing can have changed.

        Raises RegistryError: then nothing is known, and nothing noted.
        """
        index_awards(self._database)
        resting = self._resting()
        if not resting and self._seen is None and not self.findings():
            return
        block = self._registry.final_block()
        if (block.number, len(resting)) == self._seen:
            return
        block, fallen = self._fallen(resting, block)
        reasons = {place: self._reason(place, what, state) for place, (what, state) in fallen.items()}
        self._note(resting, {place: what for place, (what, _) in fallen.items()}, reasons, block)
        self._seen = block.number, len(resting)

    def _resting(self) -> list[_Rests]:
        """What the awards rest on that are final and stand."""
        query: Any = (
            sa_select(
                col(CredentialRow.credential_id),
                col(CredentialRow.issuer),
                col(AwardComponentRow.component),
                col(AwardComponentRow.issuer_id),
                col(AwardComponentRow.root),
                col(AwardComponentRow.status_index),
            )
            .join(BatchRow, col(BatchRow.id) == AwardComponentRow.batch)
            .join(
                CredentialRow,
                (col(CredentialRow.batch) == AwardComponentRow.batch)
                & (col(CredentialRow.position) == AwardComponentRow.position),
            )
            .where(col(BatchRow.state) == BatchState.FINAL, col(CredentialRow.status).not_in(GONE))
        )
        with self._database.reading() as session:
            return [_Rests(*row) for row in session.connection().execute(query).all()]

    def _fallen(
        self, resting: Sequence[_Rests], block: BlockRef
    ) -> tuple[BlockRef, dict[_Place, tuple[str, CredentialState]]]:
        """What of it does not stand, and the newest block that was read. Bits by the word first: most of them are 0."""
        indexes: dict[bytes, set[int]] = defaultdict(set)
        for one in resting:
            indexes[one.issuer_id].add(one.status_index)
        suspect: set[tuple[bytes, int]] = set()
        for issuer_id, wanted in indexes.items():
            block, words = self._registry.status_words(IssuerId(issuer_id), sorted({index >> 8 for index in wanted}))
            for index in wanted:
                if any(bits >> (index & 255) & 1 for bits in words[index >> 8]):
                    suspect.add((issuer_id, index))
        # A withdrawal shows at the root: one question for each batch, and one for each credential that fell.
        asked = {_Place(one.issuer_id, one.root, one.status_index) for one in resting}
        first = {(place.issuer_id, place.root): place for place in sorted(asked)}
        questions = sorted({*first.values(), *(p for p in asked if (p.issuer_id, p.status_index) in suspect)})
        states = self._states(questions)
        withdrawn = {key for key, place in first.items() if _what(states[place]) == WITHDRAWN}
        found = {}
        for place in asked:
            if (place.issuer_id, place.root) in withdrawn:
                found[place] = (WITHDRAWN, states[first[place.issuer_id, place.root]])
            elif place in states and (what := _what(states[place])) is not None:
                found[place] = (what, states[place])
        return block, found

    def _states(self, places: Sequence[_Place]) -> dict[_Place, CredentialState]:
        if not places:
            return {}
        queries = [StateQuery(IssuerId(place.issuer_id), place.root, place.status_index) for place in places]
        return dict(zip(places, self._registry.read([], queries, []).credentials, strict=True))

    def _reason(self, place: _Place, what: str, state: CredentialState) -> int | None:
        """Why it fell, as the registry tells it; None where its history is not to be had."""
        if what == WITHDRAWN:
            return state.anchor.withdrawal_reason if state.anchor else None
        try:
            first = state.anchor.block_number if state.anchor else 0
            events = self._registry.status_events(IssuerId(place.issuer_id), place.status_index, first)
        except RegistryError:
            return None
        return next((event.reason for event in reversed(events) if event.action is _ACTIONS[what]), None)

    def _note(
        self,
        resting: Iterable[_Rests],
        fallen: Mapping[_Place, str],
        reasons: Mapping[_Place, int | None],
        block: BlockRef,
    ) -> None:
        """Stores what is new, and ends what holds no longer."""
        resting = list(resting)
        stands = {(one.award, one.component) for one in resting}
        now = {
            (one.award, one.component): (one, place)
            for one in resting
            if (place := _Place(one.issuer_id, one.root, one.status_index)) in fallen
        }
        with self._database.writing(alone=_CODE) as session:
            standing = {
                (row.award, row.component): row
                for row in session.exec(select(AwardFindingRow).where(col(AwardFindingRow.ended_at).is_(None))).all()
            }
            for key, row in standing.items():
                if key not in now or fallen[now[key][1]] != row.what:
                    self._end(session, row, block, announced=key in stands - now.keys())
            session.flush()
            for key, (one, place) in now.items():
                if key not in standing or standing[key].ended_at is not None:
                    self._begin(session, one, fallen[place], reasons[place], block)

    def _begin(self, session: Session, one: _Rests, what: str, reason: int | None, block: BlockRef) -> None:
        session.add(
            AwardFindingRow(
                award=one.award,
                issuer=one.issuer,
                component=one.component,
                what=what,
                reason=reason,
                found_at=int(self._clock()),
                block_number=block.number,
            )
        )
        issuer = issuer_value(session, session.get_one(IssuerRow, one.issuer))
        self._announce(session, award_affected(issuer, one.award, one.component, what, reason, block))

    def _end(self, session: Session, row: AwardFindingRow, block: BlockRef, *, announced: bool) -> None:
        row.ended_at = int(self._clock())
        session.add(row)
        if announced:
            issuer = issuer_value(session, session.get_one(IssuerRow, row.issuer))
            self._announce(session, award_restored(issuer, row.award, row.component, block))


@dataclass(frozen=True, order=True)
class _Place:
    """Where a credential is anchored, and its status index there."""

    issuer_id: bytes
    root: bytes
    status_index: int


def _what(state: CredentialState) -> str | None:
    """What became of a credential; None if it is in force."""
    if state.anchor is not None and state.anchor.withdrawn_at:
        return WITHDRAWN
    if state.revoked:
        return REVOKED
    return SUSPENDED if state.suspended else None
