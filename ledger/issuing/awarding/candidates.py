"""The queue: who completed a pathway and is proposed to a person, what they rest on, and what was decided of them.

There is one row for a learner and a version of a pathway, for ever: whoever was awarded by it is never proposed again,
and whoever was refused only once what they hold has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import update
from sqlmodel import Session, col, select

from ledger.documents.text import NARRATIVE_LIMIT, text_problem
from ledger.errors import Conflict, DraftError, NotFound, Problem
from ledger.issuing.announcing import Announce, award_proposed, unannounced
from ledger.issuing.awarding.plan import Prospect, Standing
from ledger.issuing.pathways import pathway_row
from ledger.issuing.rows import issuer_row, issuer_value, saved
from ledger.issuing.tables import AwardCandidateRow, CredentialRow, IssuerRow, PathwayRow
from ledger.issuing.values import Awarding, StoredPathway
from ledger.storage import INSERT_CHUNK, Database


class CandidateState(StrEnum):
    PROPOSED = "proposed"
    REFUSED = "refused"  # by a person, until what they hold changes
    LAPSED = "lapsed"  # something they rested on fell before anybody had decided
    DRAFTED = "drafted"  # awarded, as far as their batch has come


@dataclass(frozen=True)
class Candidate:
    """A learner who completed a version of a pathway. `components` are the ids of the credentials that it rests on.

    `batch` holds the award, `reason` says why it was refused or lapsed. Times are Unix seconds.
    """

    id: int
    issuer: str
    pathway_id: str
    title: str
    learner_id: str
    learner_name: str
    state: CandidateState
    components: tuple[str, ...]
    batch: int | None
    reason: str | None
    proposed_at: int
    decided_at: int | None


class Candidates:
    """The candidates of this ledger. Never asks the chain."""

    def __init__(
        self, database: Database, *, announce: Announce = unannounced, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._announce = announce
        self._clock = clock

    def all(
        self,
        issuer: str | None = None,
        *states: CandidateState,
        pathway_id: str | None = None,
        offset: int = 0,
        limit: int = 1000,
    ) -> tuple[Candidate, ...]:
        """Those of an issuer, or of all; in these states, or in any; of one version, or of all; the oldest first."""
        with self._database.reading() as session:
            query = _candidates()
            if issuer is not None:
                query = query.where(PathwayRow.issuer == issuer_row(session, issuer).id)
            if states:
                query = query.where(col(AwardCandidateRow.state).in_(states))
            if pathway_id is not None:
                query = query.where(PathwayRow.pathway_id == pathway_id)
            rows = session.exec(query.order_by(col(AwardCandidateRow.id)).offset(offset).limit(limit)).all()
            return _values(session, rows)

    def candidate(self, candidate_id: int) -> Candidate:
        """Raises NotFound `candidate_unknown`."""
        with self._database.reading() as session:
            return _values(session, [_row(session, candidate_id)])[0]

    def note(self, pathway: StoredPathway, prospects: Sequence[Prospect]) -> None:
        """Proposes those who are entitled now, and lets those lapse who were proposed and are not any more.

        A person is told where one has to decide.
        """
        with self._database.writing(alone=b"candidates") as session:
            owner = pathway_row(session, pathway.pathway_id)
            issuer = issuer_value(session, issuer_row(session, pathway.issuer))
            ids = [one.learner.learner_id for one in prospects]
            known: dict[str, AwardCandidateRow] = {}
            for start in range(0, len(ids), INSERT_CHUNK):
                query = select(AwardCandidateRow).where(
                    AwardCandidateRow.pathway == owner.id,
                    col(AwardCandidateRow.learner_id).in_(ids[start : start + INSERT_CHUNK]),
                )
                known |= {row.learner_id: row for row in session.exec(query).all()}
            for prospect in prospects:
                row = known.get(prospect.learner.learner_id)
                if prospect.standing is not Standing.ENTITLED:
                    if row is not None and row.state == CandidateState.PROPOSED:
                        self._lapse(session, row, prospect)
                elif row is None or _is_to_be_proposed(row, prospect.holder.basis):
                    proposed = self._propose(session, row, saved(owner.id), prospect)
                    if pathway.awarding is Awarding.QUEUE:
                        event = award_proposed(issuer, pathway.pathway_id, saved(proposed.id), prospect.holder.basis)
                        self._announce(session, event)

    def refuse(self, candidate_id: int, reason: str) -> Candidate:
        """Notes that a person refused it, and why. Raises NotFound, Conflict `candidate_decided`; DraftError for a
        reason that is no text."""
        said = reason.strip()
        if problem := text_problem(said, limit=NARRATIVE_LIMIT, lines=True):
            raise DraftError([Problem(problem.code, problem.message, None, "reason")], then="nothing was refused")
        with self._database.writing(alone=b"candidates") as session:
            row, _, _ = _row(session, candidate_id)
            if row.state not in {CandidateState.PROPOSED, CandidateState.REFUSED}:
                raise decided(candidate_id, row.state)
            row.state, row.reason, row.decided_at = CandidateState.REFUSED, said, self._now()
            session.add(row)
        return self.candidate(candidate_id)

    def lapse(self, candidate_id: int, prospect: Prospect | None) -> None:
        """Notes that somebody who was proposed is not entitled any more."""
        with self._database.writing(alone=b"candidates") as session:
            row, _, _ = _row(session, candidate_id)
            if row.state == CandidateState.PROPOSED:
                self._lapse(session, row, prospect)

    def drafted(self, session: Session, pathway_id: str, batch: int) -> None:
        """Notes, in the transaction that drafts their awards, that these candidates are awarded.

        Raises Conflict `candidate_decided` if somebody decided otherwise of one of them meanwhile.
        """
        learners = session.exec(select(CredentialRow.learner_id).where(CredentialRow.batch == batch)).all()
        changed = 0
        for start in range(0, len(learners), INSERT_CHUNK):
            result: Any = session.connection().execute(
                update(AwardCandidateRow)
                .where(
                    col(AwardCandidateRow.pathway) == pathway_row(session, pathway_id).id,
                    col(AwardCandidateRow.learner_id).in_(learners[start : start + INSERT_CHUNK]),
                    col(AwardCandidateRow.state) == CandidateState.PROPOSED,
                )
                .values(state=CandidateState.DRAFTED.value, batch=batch, reason=None, decided_at=self._now())
            )
            changed += int(result.rowcount)
        if changed != len(learners):
            raise Conflict("somebody has decided of a candidate meanwhile; nothing was drafted", "candidate_decided")

    def _propose(
        self, session: Session, row: AwardCandidateRow | None, pathway: int, prospect: Prospect
    ) -> AwardCandidateRow:
        components = orjson.dumps([held.credential_id for held in prospect.evaluation.chosen])
        if row is None:
            row = AwardCandidateRow(
                pathway=pathway,
                learner_id=prospect.learner.learner_id,
                state=CandidateState.PROPOSED,
                basis=b"",
                components=b"",
                proposed_at=0,
            )
        row.state, row.basis, row.components = CandidateState.PROPOSED, prospect.holder.basis, components
        row.reason, row.proposed_at, row.decided_at = None, self._now(), None
        session.add(row)
        session.flush()
        return row

    def _lapse(self, session: Session, row: AwardCandidateRow, prospect: Prospect | None) -> None:
        row.state, row.decided_at = CandidateState.LAPSED, self._now()
        row.reason = why_lapsed(prospect, tuple(orjson.loads(row.components)))[1]
        session.add(row)

    def _now(self) -> int:
        return int(self._clock())


def why_lapsed(prospect: Prospect | None, components: Collection[str]) -> tuple[str, str]:
    """Why somebody who was proposed on these credentials is not entitled any more: a code and a sentence."""
    if prospect is None:
        return "candidate_lapsed", "nothing that the pathway asks for is held any more"
    if prospect.standing is Standing.AWARDED:
        return "already_issued", f"the learner holds the award already: {prospect.award}"
    fallen = next((one for one in prospect.refused if one.credential_id in components), None)
    if fallen is not None:
        return f"component_{fallen.code}", f"“{fallen.title}” ({fallen.credential_id}) does not count: {fallen.reason}"
    return "candidate_lapsed", "; ".join(prospect.evaluation.needs) or "the rule is not met any more"


def decided(candidate_id: int, state: str) -> Conflict:
    how = {
        CandidateState.REFUSED: "was refused",
        CandidateState.LAPSED: "lapsed: something that it rested on does not count any more",
        CandidateState.DRAFTED: "is awarded already",
    }[CandidateState(state)]
    return Conflict(f"candidate {candidate_id} {how}", "candidate_decided")


def _is_to_be_proposed(row: AwardCandidateRow, basis: bytes) -> bool:
    if row.state == CandidateState.LAPSED:
        return True
    return row.state != CandidateState.DRAFTED and row.basis != basis


def _candidates() -> Any:
    return (
        select(AwardCandidateRow, PathwayRow, IssuerRow)
        .join(PathwayRow, col(PathwayRow.id) == AwardCandidateRow.pathway)
        .join(IssuerRow, col(IssuerRow.id) == PathwayRow.issuer)
    )


def _row(session: Session, candidate_id: int) -> tuple[AwardCandidateRow, PathwayRow, IssuerRow]:
    found: tuple[AwardCandidateRow, PathwayRow, IssuerRow] | None = session.exec(
        _candidates().where(AwardCandidateRow.id == candidate_id)
    ).first()
    if found is None:
        raise NotFound("there is no such candidate", "candidate_unknown")
    return found


def _values(session: Session, rows: Sequence[tuple[AwardCandidateRow, PathwayRow, IssuerRow]]) -> tuple[Candidate, ...]:
    names: dict[tuple[int, str], str] = {}
    wanted = sorted({row.learner_id for row, _, _ in rows})
    for start in range(0, len(wanted), INSERT_CHUNK):
        query = select(CredentialRow.issuer, CredentialRow.learner_id, CredentialRow.learner_name).where(
            col(CredentialRow.learner_id).in_(wanted[start : start + INSERT_CHUNK])
        )
        found = session.exec(query.order_by(col(CredentialRow.id))).all()
        names |= {(issuer, learner_id): name for issuer, learner_id, name in found}
    return tuple(
        Candidate(
            id=saved(row.id),
            issuer=owner.slug,
            pathway_id=pathway.pathway_id,
            title=pathway.name,
            learner_id=row.learner_id,
            learner_name=names.get((saved(owner.id), row.learner_id), ""),
            state=CandidateState(row.state),
            components=tuple(orjson.loads(row.components)),
            batch=row.batch,
            reason=row.reason,
            proposed_at=row.proposed_at,
            decided_at=row.decided_at,
        )
        for row, pathway, owner in rows
    )
