"""Reading what is stored: issuers, programmes, batches, credentials and their documents. Never asks the chain.

A document is put together when it is read, from parts that were each written once: the bare body, the issuer's
signatures, the anchor proof. It is the same bytes every time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from ledger.errors import NotFound
from ledger.issuing.rows import (
    accreditation_value,
    accreditor_row,
    accreditor_value,
    batch_row,
    batch_value,
    credential_value,
    issuer_row,
    issuer_value,
    pathway_value,
    programme_value,
    status_change_value,
)
from ledger.issuing.tables import (
    AccreditationRow,
    AccreditorRow,
    AnchorProofRow,
    BatchRow,
    CredentialRow,
    DocumentRow,
    IssuerRow,
    PathwayRow,
    ProgrammeRow,
    SignatureRow,
    StatusCallRow,
    StatusChangeRow,
)
from ledger.issuing.values import (
    Accreditation,
    Accreditor,
    Batch,
    BatchCount,
    BatchState,
    CredentialKind,
    Issuer,
    StatusChange,
    StoredCredential,
    StoredPathway,
    StoredProgramme,
)
from ledger.storage import Database

CHUNK = 500
"""How many documents are held in memory at a time when many are read."""

_LATER = aliased(CredentialRow)
_SUPERSEDED = (  # put together once: that takes far longer than to ask, and every page of a verdict asks
    columns(col(CredentialRow.credential_id), col(CredentialRow.digest), col(_LATER.credential_id))
    .join(_LATER, col(CredentialRow.credential_id) == col(_LATER.supersedes))
    .join(BatchRow, col(BatchRow.id) == col(_LATER.batch))
    .where(col(CredentialRow.credential_id).in_(bindparam("names", expanding=True)))
    .where(col(BatchRow.state) == BatchState.FINAL)
)


class Catalog:
    """What this ledger holds. Every method that names one thing raises NotFound if there is no such thing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- who issues ---

    def issuers(self) -> tuple[Issuer, ...]:
        with self._database.reading() as session:
            rows = session.exec(select(IssuerRow).order_by(col(IssuerRow.id))).all()
            return tuple(issuer_value(session, row) for row in rows)

    def issuer(self, slug: str) -> Issuer:
        with self._database.reading() as session:
            return issuer_value(session, issuer_row(session, slug))

    def accreditors(self) -> tuple[Accreditor, ...]:
        with self._database.reading() as session:
            rows = session.exec(select(AccreditorRow).order_by(col(AccreditorRow.id))).all()
        return tuple(accreditor_value(row) for row in rows)

    def accreditor(self, slug: str) -> Accreditor:
        with self._database.reading() as session:
            return accreditor_value(accreditor_row(session, slug))

    def accreditations(self, issuer: str) -> tuple[Accreditation, ...]:
        """The recognitions that this ledger's accreditors gave the issuer, the oldest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(AccreditationRow, AccreditorRow.slug)
                .join(AccreditorRow, col(AccreditorRow.id) == AccreditationRow.accreditor)
                .where(AccreditationRow.issuer == issuer_row(session, issuer).id)
                .order_by(col(AccreditationRow.id))
            ).all()
        return tuple(accreditation_value(row, accreditor, issuer) for row, accreditor in rows)

    # --- what can be earned ---

    def programmes(self, issuer: str) -> tuple[StoredProgramme, ...]:
        with self._database.reading() as session:
            owner = issuer_row(session, issuer)
            rows = session.exec(
                select(ProgrammeRow).where(ProgrammeRow.issuer == owner.id).order_by(col(ProgrammeRow.id))
            ).all()
            return tuple(programme_value(session, row, issuer) for row in rows)

    def programme(self, issuer: str, code: str) -> StoredProgramme:
        for programme in self.programmes(issuer):
            if programme.code == code:
                return programme
        raise NotFound(f"{issuer} has no programme {code!r}", "programme_unknown")

    def pathways(self, issuer: str) -> tuple[StoredPathway, ...]:
        with self._database.reading() as session:
            owner = issuer_row(session, issuer)
            rows = session.exec(
                select(PathwayRow).where(PathwayRow.issuer == owner.id).order_by(col(PathwayRow.id))
            ).all()
        return tuple(pathway_value(row, issuer) for row in rows)

    def pathway(self, pathway_id: str) -> StoredPathway:
        """The pathway with this id, an address that ends with its version."""
        with self._database.reading() as session:
            found = session.exec(
                select(PathwayRow, IssuerRow.slug)
                .join(IssuerRow, col(IssuerRow.id) == PathwayRow.issuer)
                .where(PathwayRow.pathway_id == pathway_id)
            ).first()
        if found is None:
            raise NotFound("there is no such pathway", "pathway_unknown")
        return pathway_value(*found)

    # --- what was issued ---

    def batches(self, issuer: str | None = None) -> tuple[Batch, ...]:
        """All batches, or those of one issuer, the oldest first."""
        with self._database.reading() as session:
            query = select(BatchRow, IssuerRow.slug).join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer)
            if issuer is not None:
                query = query.where(BatchRow.issuer == issuer_row(session, issuer).id)
            rows = session.exec(query.order_by(col(BatchRow.id))).all()
            return tuple(batch_value(session, row, slug) for row, slug in rows)

    def batch_counts(self) -> tuple[BatchCount, ...]:
        """How many batches there are in each state."""
        finished = col(BatchRow.attached_at).is_not(None)
        since = func.min(func.coalesce(BatchRow.sealed_at, BatchRow.created_at))
        query = select(BatchRow.state, finished, func.count(), since).group_by(col(BatchRow.state), finished)
        with self._database.reading() as session:
            return tuple(BatchCount(BatchState(row[0]), bool(row[1]), row[2], row[3]) for row in session.exec(query))

    def unfinished_batches(self) -> tuple[Batch, ...]:
        """The batches whose proofs are not all attached yet, the oldest first."""
        with self._database.reading() as session:
            query = select(BatchRow, IssuerRow.slug).join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer)
            rows = session.exec(query.where(col(BatchRow.attached_at).is_(None)).order_by(col(BatchRow.id))).all()
            return tuple(batch_value(session, row, slug) for row, slug in rows)

    def batch(self, batch_id: int) -> Batch:
        with self._database.reading() as session:
            row, issuer = batch_row(session, batch_id)
            return batch_value(session, row, issuer.slug)

    def credentials(
        self,
        *,
        batch: int | None = None,
        issuer: str | None = None,
        email: str | None = None,
        learner_id: str | None = None,
        kind: CredentialKind | None = None,
        offset: int = 0,
        limit: int = 1000,
    ) -> tuple[StoredCredential, ...]:
        """Those to which all that is given applies, in the order in which they were drafted."""
        with self._database.reading() as session:
            query = _credentials()
            if issuer is not None:
                query = query.where(CredentialRow.issuer == issuer_row(session, issuer).id)
            address = email.lower() if email is not None else None
            wanted = {"batch": batch, "email": address, "learner_id": learner_id, "kind": kind}
            for name, value in wanted.items():
                if value is not None:
                    query = query.where(getattr(CredentialRow, name) == value)
            rows = session.exec(query.order_by(col(CredentialRow.id)).offset(offset).limit(limit)).all()
            return tuple(credential_value(*row) for row in rows)

    def all_credentials(
        self,
        *,
        issuer: str,
        achievements: Collection[str],
        learner_ids: Collection[str] | None = None,
        page: int = 1000,
    ) -> Iterator[StoredCredential]:
        """Every credential of an issuer for these achievements, or of these learners only, in the order of drafting."""
        last = 0
        while True:
            with self._database.reading() as session:
                query = _credentials().where(
                    CredentialRow.issuer == issuer_row(session, issuer).id,
                    col(CredentialRow.achievement).in_(achievements),
                    col(CredentialRow.id) > last,
                )
                if learner_ids is not None:
                    query = query.where(col(CredentialRow.learner_id).in_(learner_ids))
                rows = session.exec(query.order_by(col(CredentialRow.id)).limit(page)).all()
                found = [(row[0].id, credential_value(*row)) for row in rows]
            if not found:
                return
            last = found[-1][0]
            yield from (credential for _, credential in found)

    def status_indexes_used(self, issuer: str) -> int:
        """How many status indexes the issuer has used: all below this number."""
        with self._database.reading() as session:
            return issuer_row(session, issuer).next_status_index

    def withdrawn_indexes(self, issuer: str, start: int, stop: int) -> tuple[int, ...]:
        """The status indexes in this range whose credentials were withdrawn with their batches."""
        with self._database.reading() as session:
            query = (
                select(CredentialRow.status_index)
                .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
                .where(
                    CredentialRow.issuer == issuer_row(session, issuer).id,
                    col(CredentialRow.status_index) >= start,
                    col(CredentialRow.status_index) < stop,
                    col(BatchRow.withdrawn_at).is_not(None),
                )
            )
            return tuple(session.exec(query).all())

    def credential(self, credential_id: str) -> StoredCredential:
        with self._database.reading() as session:
            row = session.exec(_credentials().where(CredentialRow.credential_id == credential_id)).first()
        if row is None:
            raise NotFound("there is no such credential", "credential_unknown")
        return credential_value(*row)

    def successor(self, credential_id: str, digest: bytes) -> str | None:
        """The id of the final credential that supersedes the one with this id and this digest, if there is one.

        Who knows both holds the document. A correction that is not final yet takes no one's place.
        """
        return self.successors({credential_id: digest}).get(credential_id)

    def successors(self, credentials: Mapping[str, bytes]) -> dict[str, str]:
        """As `successor`, for several credentials at once: the ids of those that were superseded, and by which."""
        with self._database.reading() as session:
            found = session.connection().execute(_SUPERSEDED, {"names": list(credentials)}).all()
        return {name: successor for name, digest, successor in found if credentials[name] == digest}

    def document(self, credential_id: str) -> bytes:
        """The JSON of a credential with the proofs that it has so far: none while its batch is open."""
        for document in self.documents([credential_id]):
            return document
        raise NotFound("there is no such credential", "credential_unknown")

    def documents(self, credential_ids: Sequence[str]) -> Iterator[bytes]:
        """The documents in the order of the ids; ids that do not exist are left out."""
        for start in range(0, len(credential_ids), CHUNK):
            chunk = credential_ids[start : start + CHUNK]
            with self._database.reading() as session:
                found = session.exec(_documents().where(col(CredentialRow.credential_id).in_(chunk))).all()
            composed = {row[0]: compose(row[1], row[2], row[3]) for row in found}
            yield from (composed[name] for name in chunk if name in composed)

    def batch_documents(self, batch_id: int) -> Iterator[tuple[str, bytes]]:
        """Each credential id of the batch and its document, in leaf order."""
        self.batch(batch_id)
        start = 0
        while True:
            with self._database.reading() as session:
                found = session.exec(
                    _documents()
                    .where(
                        CredentialRow.batch == batch_id,
                        col(CredentialRow.position) >= start,
                        col(CredentialRow.position) < start + CHUNK,
                    )
                    .order_by(col(CredentialRow.position))
                ).all()
            if not found:
                return
            yield from ((row[0], compose(row[1], row[2], row[3])) for row in found)
            start += CHUNK

    def status_change(self, call_id: int) -> StatusChange:
        with self._database.reading() as session:
            return status_change_value(session, session.get_one(StatusCallRow, call_id))

    def status_changes(self, credential_id: str) -> tuple[StatusChange, ...]:
        """What was done to the status of one credential, the oldest first."""
        with self._database.reading() as session:
            calls = session.exec(
                select(StatusCallRow)
                .join(StatusChangeRow, col(StatusChangeRow.call) == StatusCallRow.id)
                .join(CredentialRow, col(CredentialRow.id) == StatusChangeRow.credential)
                .where(CredentialRow.credential_id == credential_id)
                .order_by(col(StatusCallRow.id))
            ).all()
            return tuple(status_change_value(session, call) for call in calls)


def compose(body: bytes, proofs: bytes | None, anchor: bytes | None) -> bytes:
    """The document of these parts: a single proof as an object, several as an array."""
    if proofs is None:
        return body
    if anchor is not None:
        secured = proofs[:-1] + b"," + anchor + b"]"
    else:
        secured = proofs if len(orjson.loads(proofs)) > 1 else proofs[1:-1]
    return body[:-1] + b',"proof":' + secured + b"}"


def _documents() -> Any:
    """A query for the parts of documents: credential id, body, signatures, anchor proof."""
    query = select(CredentialRow.credential_id, DocumentRow.body, SignatureRow.proofs, AnchorProofRow.proof)
    query = query.join(DocumentRow, _same_leaf(DocumentRow))
    query = query.outerjoin(SignatureRow, _same_leaf(SignatureRow))
    return query.outerjoin(AnchorProofRow, _same_leaf(AnchorProofRow))


def _same_leaf(table: type[DocumentRow | SignatureRow | AnchorProofRow]) -> Any:
    return and_(col(table.batch) == CredentialRow.batch, col(table.position) == CredentialRow.position)


def _credentials() -> Any:
    return (
        select(CredentialRow, BatchRow, IssuerRow.slug)
        .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
        .join(IssuerRow, col(IssuerRow.id) == CredentialRow.issuer)
    )
