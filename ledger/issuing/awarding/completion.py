"""Awarding on completion: after each finished batch it is asked who has completed a pathway that awards by itself.

Where a version says `queue`, who completed it is proposed to a person; where it says `auto`, the award is drafted, and
is to be issued. Everything can be asked again after a crash, and by several workers at once: a learner is drafted in
the transaction that notes so, once for each version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import and_, exists
from sqlmodel import Session, col, select

from ledger.documents.recognition import read_recognition
from ledger.errors import Conflict
from ledger.failpoints import reach
from ledger.issuing.awarding.awards import Awards
from ledger.issuing.awarding.candidates import Candidate, Candidates, CandidateState, decided, why_lapsed
from ledger.issuing.awarding.plan import Prospect, Standing
from ledger.issuing.catalog import Catalog
from ledger.issuing.pathways import Pathways, pathway_row
from ledger.issuing.rows import saved
from ledger.issuing.tables import (
    AwardCandidateRow,
    AwardLookRow,
    BatchRow,
    CredentialRow,
    PathwayRow,
    StatusCallRow,
    StatusChangeRow,
)
from ledger.issuing.values import EARNED, Awarding, Batch, BatchState, CredentialKind, StoredPathway
from ledger.sending.values import FINAL
from ledger.storage import Database, insert_rows

BATCH, STATUS = "batch", "status"
AT_ONCE = 500
MOST_IN_A_BATCH = 5_000
News = Sequence[tuple[str, int]]
"""Finished batches and final changes of status, by kind and id."""


class OnCompletion:
    """Proposes and drafts. What it drafts still has to be ordered: `batches` says what."""

    def __init__(self, database: Database, awards: Awards, candidates: Candidates) -> None:
        self._database = database
        self._awards = awards
        self._candidates = candidates
        self._catalog = Catalog(database)
        self._pathways = Pathways(database)

    def look(self) -> None:
        """Goes through what was finished since the last look. Raises RegistryError if the registry does not tell."""
        for pathway in self._pathways.all():
            if pathway.awarding is Awarding.OFF:
                continue
            if news := self._news(pathway):
                learners = sorted(set(self._learners(pathway, news)))
                for start in range(0, len(learners), AT_ONCE):
                    self._note(pathway, learners[start : start + AT_ONCE])
                reach("award.noted")
                self._looked(pathway, news)
            if pathway.awarding is Awarding.AUTO:
                while self._draft_proposed(pathway):
                    continue

    def approve(self, candidate_ids: Sequence[int]) -> tuple[Batch, ...]:
        """Drafts the awards of candidates that a person approves, one batch for each version of a pathway.

        What they rest on is looked at anew. Raises NotFound `candidate_unknown`; Conflict `candidate_decided`,
        `already_issued`, `candidate_lapsed`, and `component_revoked`, `component_suspended`, `component_withdrawn` and
        the like where something fell since they were proposed. Nothing is drafted of a version then.
        """
        wanted: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in map(self._candidates.candidate, dict.fromkeys(candidate_ids)):
            if candidate.state is not CandidateState.PROPOSED:
                raise decided(candidate.id, candidate.state)
            wanted[candidate.pathway_id].append(candidate)
        for pathway_id, candidates in wanted.items():
            self._require_entitled(pathway_id, candidates)
        return tuple(
            batch
            for pathway_id, candidates in wanted.items()
            if (batch := self._draft(self._catalog.pathway(pathway_id), [one.learner_id for one in candidates]))
        )

    def batches(self, *, drafts: bool = False) -> tuple[int, ...]:
        """The batches of approved and automatic awards, the oldest first; with `drafts` those that are drafts still."""
        query = (
            select(AwardCandidateRow.batch)
            .join(BatchRow, col(BatchRow.id) == AwardCandidateRow.batch)
            .where(AwardCandidateRow.state == CandidateState.DRAFTED)
        )
        if drafts:
            query = query.where(BatchRow.state == BatchState.OPEN)
        with self._database.reading() as session:
            return tuple(sorted(saved(batch) for batch in session.exec(query.distinct()).all()))

    # --- who is concerned ---

    def _news(self, pathway: StoredPathway) -> News:
        """What was finished and not looked at for this version: batches, and changes of status."""
        with self._database.reading() as session:
            row = pathway_row(session, pathway.pathway_id)
            batches = select(BatchRow.id).where(
                BatchRow.issuer == row.issuer,
                col(BatchRow.attached_at).is_not(None),
                ~_is_looked_at(row, BATCH, BatchRow.id),
            )
            calls = select(StatusCallRow.id).where(
                StatusCallRow.issuer == row.issuer,
                StatusCallRow.state == FINAL,
                ~_is_looked_at(row, STATUS, StatusCallRow.id),
            )
            found = [(BATCH, saved(one)) for one in session.exec(batches).all()]
            return [*found, *((STATUS, saved(one)) for one in session.exec(calls).all())]

    def _learners(self, pathway: StoredPathway, news: News) -> Iterator[str]:
        """The learners whose credentials are in it, or are recognised by it."""
        with self._database.reading() as session:
            for kind, subject in news:
                query = select(CredentialRow.learner_id, CredentialRow.kind, CredentialRow.credential_id)
                if kind == BATCH:
                    query = query.where(CredentialRow.batch == subject)
                else:
                    changed = select(StatusChangeRow.credential).where(StatusChangeRow.call == subject)
                    query = query.where(col(CredentialRow.id).in_(changed))
                endorsements = []
                for learner_id, what, credential_id in session.exec(query).all():
                    if what in EARNED:
                        yield learner_id
                    elif what == CredentialKind.ENDORSEMENT:
                        endorsements.append(credential_id)
                yield from self._recognised(session, pathway, endorsements)

    def _recognised(self, session: Session, pathway: StoredPathway, endorsements: Sequence[str]) -> Iterator[str]:
        for document in self._catalog.documents(endorsements):
            decision = read_recognition(orjson.loads(document))
            if decision is not None:
                issuer = pathway_row(session, pathway.pathway_id).issuer
                yield from session.exec(
                    select(CredentialRow.learner_id).where(
                        CredentialRow.credential_id == decision.credential_id, CredentialRow.issuer == issuer
                    )
                )

    # --- what becomes of them ---

    def _note(self, pathway: StoredPathway, learners: Collection[str]) -> None:
        plan = self._awards.plan(pathway.issuer, pathway.pathway_id, learner_ids=learners)
        had = self._had_before(pathway, learners)
        told = [p for p in plan.prospects if p.standing is not Standing.ENTITLED or p.learner.learner_id not in had]
        self._candidates.note(pathway, told)

    def _had_before(self, pathway: StoredPathway, learners: Collection[str]) -> set[str]:
        """Those who were ever given the award: what an institution took back, no machine gives again."""
        code = orjson.loads(pathway.content)["award"].rpartition("/achievements/")[2]
        found = self._catalog.all_credentials(issuer=pathway.issuer, achievements=[code], learner_ids=learners)
        return {one.learner_id for one in found if one.kind is CredentialKind.AWARD}

    def _looked(self, pathway: StoredPathway, news: News) -> None:
        with self._database.writing() as session:
            row = pathway_row(session, pathway.pathway_id)
            rows = ((row.id, kind, subject) for kind, subject in news)
            insert_rows(session, AwardLookRow, ("pathway", "kind", "subject"), rows, skip=True)

    def _draft_proposed(self, pathway: StoredPathway) -> bool:
        """Drafts the awards of those who are proposed, and lets those lapse who are not entitled any more.

        Says whether there may be more of them.
        """
        proposed = self._proposed(pathway)
        if not proposed:
            return False
        try:
            drafted = self._draft(pathway, [one.learner_id for one in proposed])
        except Conflict as conflict:
            if conflict.code not in {"already_issued", "candidate_decided", "double_counting"}:
                raise
            return False  # another worker, or a person, was faster: the next look sees what they did
        if drafted is None or drafted.size < len(proposed):
            tried = {one.id for one in proposed}
            self._lapse([one for one in self._proposed(pathway) if one.id in tried])
        return drafted is not None

    def _proposed(self, pathway: StoredPathway) -> tuple[Candidate, ...]:
        return self._candidates.all(
            pathway.issuer, CandidateState.PROPOSED, pathway_id=pathway.pathway_id, limit=MOST_IN_A_BATCH
        )

    def _lapse(self, candidates: Sequence[Candidate]) -> None:
        """Notes of those who are not entitled that they are not."""
        if not candidates:
            return
        plan = self._plan(self._catalog.pathway(candidates[0].pathway_id), candidates)
        for candidate in candidates:
            prospect = plan.get(candidate.learner_id)
            if prospect is None or prospect.standing is not Standing.ENTITLED:
                self._candidates.lapse(candidate.id, prospect)

    def _draft(self, pathway: StoredPathway, learner_ids: Collection[str]) -> Batch | None:
        batch = self._awards.draft(
            pathway.issuer,
            pathway.pathway_id,
            learner_ids=learner_ids,
            then=lambda session, batch: self._candidates.drafted(session, pathway.pathway_id, batch),
        )
        reach("award.drafted")
        return batch

    def _require_entitled(self, pathway_id: str, candidates: Sequence[Candidate]) -> None:
        plan = self._plan(self._catalog.pathway(pathway_id), candidates)
        for candidate in candidates:
            prospect = plan.get(candidate.learner_id)
            if prospect is not None and prospect.standing is Standing.ENTITLED:
                continue
            self._candidates.lapse(candidate.id, prospect)
            code, sentence = why_lapsed(prospect, candidate.components)
            raise Conflict(f"candidate {candidate.id} lapsed: {sentence}; nothing was drafted", code)

    def _plan(self, pathway: StoredPathway, candidates: Sequence[Candidate]) -> dict[str, Prospect]:
        wanted = [one.learner_id for one in candidates]
        plan = self._awards.plan(pathway.issuer, pathway.pathway_id, learner_ids=wanted)
        return {one.learner.learner_id: one for one in plan.prospects}


def _is_looked_at(pathway: PathwayRow, kind: str, subject: object) -> Any:
    return exists().where(
        and_(
            col(AwardLookRow.pathway) == pathway.id,
            col(AwardLookRow.kind) == kind,
            col(AwardLookRow.subject) == subject,
        )
    )
