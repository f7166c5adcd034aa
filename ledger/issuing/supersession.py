"""Which credential takes the place of which: checked and noted in the transaction that drafts the correction.

The earlier one stays in force until the correction is final; only then its revocation is asked for. From the draft on
the correction stands in its place among what the learner holds, so that nothing else can.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from ledger.chain.registry import Reason, StatusAction
from ledger.documents.credential import Learner
from ledger.errors import Problem
from ledger.failpoints import reach
from ledger.issuing.rows import batch_row, saved
from ledger.issuing.status_requests import GONE, PENDING, Placing, ask
from ledger.issuing.tables import BatchRow, CredentialRow, IssuerRow, StatusCallRow, StatusChangeRow
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus
from ledger.storage import INSERT_CHUNK, Database

COLUMN = "supersedes"
"""Where a file names the credential that a row corrects."""


@dataclass(frozen=True)
class Superseding:
    """What a correction says: for whom and for what it is, which credential it corrects, and where that stands."""

    supersedes: str
    achievement: str
    learner: Learner
    row: int | None = None


def superseding_problems(session: Session, owner: IssuerRow, wanted: Sequence[Superseding]) -> Iterator[Problem]:
    """Why these corrections cannot be drafted now. Locks the earlier credentials until the transaction ends.

    Codes: `credential_unknown`, `correction_kind`, `not_issued`, `not_final`, `already_revoked`, `already_superseded`,
    `correction_achievement`, `correction_learner`.
    """
    rows: dict[str, tuple[CredentialRow, str]] = {}
    names = sorted({one.supersedes for one in wanted})
    for start in range(0, len(names), INSERT_CHUNK):
        found = session.exec(
            select(CredentialRow, BatchRow.state)
            .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
            .where(
                CredentialRow.issuer == saved(owner.id),
                col(CredentialRow.credential_id).in_(names[start : start + INSERT_CHUNK]),
            )
            .order_by(col(CredentialRow.id))
            .with_for_update(of=CredentialRow)
        ).all()
        rows |= {row.credential_id: (row, state) for row, state in found}
    for one in wanted:
        known = rows.get(one.supersedes)
        if known is None:
            yield Problem("credential_unknown", f"{owner.slug} has issued no credential of this id", one.row, COLUMN)
        elif problem := _problem(one, *known):
            code, message = problem
            column = {"correction_achievement": "achievement", "correction_learner": "learner_id"}.get(code, COLUMN)
            yield Problem(code, message, one.row, column)


def _problem(one: Superseding, earlier: CredentialRow, state: str) -> tuple[str, str] | None:
    """Why this credential cannot be corrected by that row: a code and a phrase."""
    if earlier.kind != CredentialKind.ACHIEVEMENT:
        return "correction_kind", f"is {_a(earlier.kind)}; revoke it and make another instead"
    if state == BatchState.OPEN:
        return "not_issued", "is a draft; discard its batch and import the right rows instead"
    if earlier.status in {CredentialStatus.REVOKED, CredentialStatus.REVOKING}:
        return "already_revoked", "is revoked; what is issued in its place is no correction"
    if earlier.status == CredentialStatus.WITHDRAWN:
        return "already_revoked", "was withdrawn with its batch; what is issued in its place is no correction"
    if state != BatchState.FINAL:
        return "not_final", "is not final yet; correct it once it is"
    if earlier.superseded_by is not None:
        return "already_superseded", f"is superseded by {earlier.superseded_by} already; correct that one"
    if earlier.achievement != one.achievement:
        return "correction_achievement", f"is not what {earlier.credential_id} was given for"
    if earlier.learner_id != one.learner.learner_id and earlier.email != one.learner.email:
        return "correction_learner", "belongs to somebody else: neither learner_id nor email is that of the credential"
    return None


def take_places(session: Session, pairs: Mapping[str, str]) -> None:
    """Notes by which correction each credential is superseded: ids of corrections by those of the earlier ones."""
    if pairs:
        statement = update(CredentialRow).where(col(CredentialRow.credential_id) == bindparam("earlier"))
        values = [{"earlier": earlier, "correction": correction} for earlier, correction in pairs.items()]
        session.connection().execute(statement.values(superseded_by=bindparam("correction")), values)


def superseded_by_batch(session: Session, batch_id: int) -> list[str]:
    """The ids of the credentials that those of a batch supersede."""
    query = select(CredentialRow.supersedes).where(
        CredentialRow.batch == batch_id, col(CredentialRow.supersedes).is_not(None)
    )
    return [name for name in session.exec(query).all() if name is not None]


def give_places_back(session: Session, superseded: Sequence[str]) -> None:
    """Undoes `take_places`, once the drafts that were to supersede these are deleted."""
    for start in range(0, len(superseded), INSERT_CHUNK):
        chunk = superseded[start : start + INSERT_CHUNK]
        session.exec(
            update(CredentialRow).where(col(CredentialRow.credential_id).in_(chunk)).values(superseded_by=None)
        )


def settle(database: Database, batch_id: int, placing: Placing | None = None) -> None:
    """Asks for the revocation, as superseded, of all that the credentials of a final batch take the place of.

    Does nothing for a batch that is not final, and nothing twice. Nothing is signed or sent: what is asked for is
    pending then, and `Revocation.advance` brings it about.
    """
    with database.writing() as session:
        batch, _ = batch_row(session, batch_id)
        if batch.state != BatchState.FINAL:
            return
        superseded = superseded_by_batch(session, batch_id)
        reasons = dict.fromkeys(superseded, int(Reason.SUPERSEDED))
        asked = ask(session, StatusAction.REVOKE, reasons, placing=placing)
    if asked:
        reach("status.stored")


def pending_revocations(database: Database, batches: Sequence[int]) -> tuple[int, ...]:
    """The status calls that are not final and revoke what the credentials of these batches supersede."""
    later = aliased(CredentialRow)
    with database.reading() as session:
        query = (
            select(StatusCallRow.id)
            .join(StatusChangeRow, col(StatusChangeRow.call) == StatusCallRow.id)
            .join(CredentialRow, col(CredentialRow.id) == StatusChangeRow.credential)
            .join(later, col(later.supersedes) == CredentialRow.credential_id)
            .where(col(later.batch).in_(batches), StatusCallRow.state == PENDING)
            .distinct()
        )
        return tuple(sorted(saved(call) for call in session.exec(query).all()))


def unsettled(database: Database) -> tuple[int, ...]:
    """The final batches whose corrections have not had the earlier credentials revoked. For checks: there are none."""
    earlier = select(CredentialRow.superseded_by).where(
        col(CredentialRow.superseded_by).is_not(None), col(CredentialRow.status).not_in(GONE)
    )
    with database.reading() as session:
        query = (
            select(CredentialRow.batch)
            .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
            .where(col(CredentialRow.credential_id).in_(earlier), BatchRow.state == BatchState.FINAL)
            .distinct()
        )
        return tuple(sorted(session.exec(query).all()))


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
