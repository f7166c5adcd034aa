"""Finding credentials of an issuer by what people know of them: a number, a name, an address, an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, select

from ledger.issuing.key_ends import batches_of_ended_keys
from ledger.issuing.rows import credential_value, issuer_row, saved
from ledger.issuing.tables import BatchRow, CredentialRow, IssuerRow
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus, StoredCredential
from ledger.storage import Database

MOST_COUNTED = 10_000
"""Beyond so many nobody needs to know how many there are."""
_URN = "urn:uuid:"
_ACTIVE = CredentialStatus.ACTIVE
_CHANGING = (CredentialStatus.REVOKING, CredentialStatus.SUSPENDING, CredentialStatus.REINSTATING)
_UNDER_WAY = (BatchState.SEALED, BatchState.PLANNED, BatchState.SENT, BatchState.MINED, BatchState.SAFE)


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is empty does not matter. `text` may stand in a name, a number or an address, or be
    an id; `state` is one that `_in_state` knows."""

    text: str = ""
    achievement: str = ""
    state: str = ""
    batch: int | None = None


@dataclass(frozen=True)
class Found:
    """One page of what was found, and how many there are; `MOST_COUNTED` stands for as many, or more."""

    credentials: tuple[StoredCredential, ...]
    count: int


class Search:
    """Searches the credentials of one ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, issuer: str, wanted: Wanted, *, offset: int = 0, limit: int = 50) -> Found:
        """What an issuer drafted or issued and is wanted, the latest first; of one batch in the order of its rows."""
        with self._database.reading() as session:
            owner = saved(issuer_row(session, issuer).id)
            asked = [
                CredentialRow.issuer == owner,
                CredentialRow.kind != CredentialKind.RECORD,
                *_conditions(wanted, owner),
            ]
            query = (
                select(CredentialRow, BatchRow, IssuerRow.slug)
                .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
                .join(IssuerRow, col(IssuerRow.id) == CredentialRow.issuer)
                .where(*asked)
            )
            number = col(CredentialRow.id)
            ordered = query.order_by(number if wanted.batch is not None else number.desc())
            rows = session.exec(ordered.offset(offset).limit(limit)).all()
            counted = (
                select(CredentialRow.id).join(BatchRow, col(BatchRow.id) == CredentialRow.batch).where(*asked)
            ).limit(MOST_COUNTED)
            count = session.exec(select(func.count()).select_from(counted.subquery())).one()
            return Found(tuple(credential_value(*row) for row in rows), count)

    def of_ended_keys(self, issuer: str) -> frozenset[int]:
        """The batches of an issuer whose credentials verifiers refuse, as the key that signed them had ended."""
        with self._database.reading() as session:
            found = session.exec(batches_of_ended_keys(saved(issuer_row(session, issuer).id))).all()
        return frozenset(map(saved, found))


def _conditions(wanted: Wanted, owner: int) -> list[Any]:
    found: list[Any] = []
    if wanted.batch is not None:
        found.append(CredentialRow.batch == wanted.batch)
    if wanted.achievement:
        found.append(CredentialRow.achievement == wanted.achievement)
    if text := wanted.text.strip():
        name = text if text.startswith(_URN) else _URN + text.lower()
        texts = (CredentialRow.learner_name, CredentialRow.learner_id, CredentialRow.email)
        found.append(
            or_(col(CredentialRow.credential_id) == name, *(col(one).icontains(text, autoescape=True) for one in texts))
        )
    return [*found, *_in_state(wanted.state, owner)]


def _in_state(state: str, owner: int) -> list[Any]:
    match state:
        case "draft":
            return [BatchRow.state == BatchState.OPEN]
        case "under_way":
            return [col(BatchRow.state).in_(_UNDER_WAY)]
        case "final":
            has_key = col(BatchRow.id).not_in(batches_of_ended_keys(owner))
            return [BatchRow.state == BatchState.FINAL, CredentialRow.status == _ACTIVE, has_key]
        case "key_ended":
            return [CredentialRow.status == _ACTIVE, col(BatchRow.id).in_(batches_of_ended_keys(owner))]
        case "changing":
            return [col(CredentialRow.status).in_(_CHANGING)]
        case "suspended" | "revoked" | "withdrawn":
            return [CredentialRow.status == state]
        case _:
            return []
