"""Another e-mail address for a learner to whom mail did not come through."""

from __future__ import annotations

from sqlmodel import col, select, update

from ledger.documents.text import email_problem
from ledger.errors import Conflict, DraftError, NotFound, Problem
from ledger.issuing.rows import issuer_row
from ledger.issuing.tables import BatchRow, CredentialRow
from ledger.issuing.values import BatchState
from ledger.storage import Database


def readdress(database: Database, issuer: str, credential_id: str, email: str) -> tuple[str, ...]:
    """Has a learner of one issuer written to at another address, and gives the ids of the credentials concerned.

    Those are all of the same learner that went to the same address, and are final. The documents stay as they were
    signed. Raises DraftError `email_*`, NotFound `credential_unknown`, Conflict `not_final_yet`.
    """
    if problem := email_problem(email):
        raise DraftError([Problem(problem.code, problem.message, column="email")])
    with database.writing() as session:
        owner = issuer_row(session, issuer)
        row = session.exec(
            select(CredentialRow).where(CredentialRow.issuer == owner.id, CredentialRow.credential_id == credential_id)
        ).first()
        if row is None:
            raise NotFound("there is no such credential", "credential_unknown")
        finished = select(BatchRow.id).where(BatchRow.issuer == owner.id, BatchRow.state == BatchState.FINAL)
        same = (
            col(CredentialRow.issuer) == owner.id,
            col(CredentialRow.learner_id) == row.learner_id,
            col(CredentialRow.email) == row.email,
            col(CredentialRow.batch).in_(finished),
        )
        names = tuple(session.exec(select(CredentialRow.credential_id).where(*same)))
        if credential_id not in names:
            message = "this is not issued yet; discard the draft and import it with the right address"
            raise Conflict(message, "not_final_yet")
        session.exec(update(CredentialRow).where(*same).values(email=email.lower()))
    return names
