"""What awards rest on, as rows: so that it is found which awards a credential counts towards, and none counts twice.

An award's document and evidence say the same. The rows are written in the transaction that drafts the award; for awards
that came in otherwise, from an archive or from before there were rows, `index_awards` writes them later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, or_
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from ledger.documents.canonical import parse_digest_multibase
from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE, names_recognition, names_superseded
from ledger.documents.strict_json import JsonObject
from ledger.errors import Conflict, InvalidProof, MalformedDocument
from ledger.issuing.evidence import anchor_proof_of, decode_evidence
from ledger.issuing.tables import (
    AnchorProofRow,
    AwardComponentRow,
    AwardEvidenceRow,
    CredentialRow,
    DocumentRow,
)
from ledger.issuing.values import CredentialKind, CredentialStatus
from ledger.proofs.anchor_proof import AwardEvidence
from ledger.stacking.pathway import parse_pathway
from ledger.storage import INSERT_CHUNK, Database, insert_rows

GONE = (CredentialStatus.REVOKED, CredentialStatus.WITHDRAWN)
_COLUMNS = ("batch", "position", "number", "component", "digest", "issuer_id", "root", "status_index", "exclusive")
Row = tuple[int, int, int, str, bytes, bytes, bytes, int, bool]


@dataclass(frozen=True)
class Counted:
    """An award that counts a credential. `exclusive`: its pathway lets the credential count nowhere else."""

    award: str
    name: str
    exclusive: bool


def component_rows(batch: int, position: int, document: JsonObject, evidence: AwardEvidence) -> Iterator[Row]:
    """The rows of one award, from its document and its evidence, which name what it rests on in the same order.

    The recognition decisions by which components count come last. They are not counted themselves, so nothing reserves
    them.
    """
    exclusive = parse_pathway(evidence.pathway).no_double_counting
    for number, (entry, place) in enumerate(zip(_named(document), evidence.components, strict=False)):
        digest = parse_digest_multibase(str(entry["digestMultibase"]))
        root, reserved = place.root_for(digest), exclusive and not names_recognition(entry)
        identifier = str(entry["id"])
        yield batch, position, number, identifier, digest, place.issuer_id, root, place.status_index, reserved


def store_components(session: Session, rows: Iterable[Row]) -> None:
    insert_rows(session, AwardComponentRow, _COLUMNS, rows, skip=True)


def refuse_double_counting(session: Session, batch: int) -> None:
    """Raises Conflict `double_counting` if an award of this batch counts what a pathway reserves for another award."""
    mine, other = aliased(AwardComponentRow), aliased(AwardComponentRow)
    is_another = or_(col(other.batch) != mine.batch, col(other.position) != mine.position)
    found = session.exec(
        select(mine.component, CredentialRow.credential_id, CredentialRow.name)
        .join(other, and_(col(other.digest) == mine.digest, is_another))
        .join(CredentialRow, _same_leaf(other))
        .where(
            mine.batch == batch,
            or_(col(mine.exclusive).is_(True), col(other.exclusive).is_(True)),
            col(CredentialRow.status).not_in(GONE),
        )
        .limit(1)
    ).first()
    if found is not None:
        component, award, name = found
        raise Conflict(f"{component} {counted_sentence(award, name)}; nothing was drafted", "double_counting")


def counted_sentence(award: str, name: str) -> str:
    return f"counts towards “{name}” ({award}) already, and may count once only"


def counted(database: Database, digests: Iterable[bytes]) -> Mapping[bytes, tuple[Counted, ...]]:
    """For each of the credentials with these digests the awards of this ledger that count it, and stand."""
    wanted, found = list(dict.fromkeys(digests)), dict[bytes, tuple[Counted, ...]]()
    with database.reading() as session:
        for start in range(0, len(wanted), INSERT_CHUNK):
            rows = session.exec(
                select(
                    AwardComponentRow.digest,
                    CredentialRow.credential_id,
                    CredentialRow.name,
                    AwardComponentRow.exclusive,
                )
                .join(CredentialRow, _same_leaf(AwardComponentRow))
                .where(
                    col(AwardComponentRow.digest).in_(wanted[start : start + INSERT_CHUNK]),
                    col(CredentialRow.status).not_in(GONE),
                )
            ).all()
            for digest, award, name, exclusive in rows:
                found[digest] = (*found.get(digest, ()), Counted(award, name, exclusive))
    return found


def index_awards(database: Database) -> int:
    """Writes the rows of the awards that have none, and says for how many. What cannot be read is left out."""
    has_rows = select(AwardComponentRow.batch).where(
        AwardComponentRow.batch == CredentialRow.batch, AwardComponentRow.position == CredentialRow.position
    )
    query: Any = (
        sa_select(
            col(CredentialRow.batch),
            col(CredentialRow.position),
            col(DocumentRow.body),
            col(AwardEvidenceRow.evidence),
            col(AnchorProofRow.proof),
        )
        .join(DocumentRow, _same_leaf(DocumentRow))
        .outerjoin(AwardEvidenceRow, _same_leaf(AwardEvidenceRow))
        .outerjoin(AnchorProofRow, _same_leaf(AnchorProofRow))
        .where(col(CredentialRow.kind) == CredentialKind.AWARD, ~has_rows.exists())
        .order_by(col(CredentialRow.id))
    )
    with database.reading() as session:
        missing = session.exec(query).all()
    rows: list[Row] = []
    for batch, position, body, kept, proof in missing:
        try:
            evidence = decode_evidence(kept) if kept else _carried(proof)
            if evidence is not None:
                rows += component_rows(batch, position, orjson.loads(body), evidence)
        except (InvalidProof, MalformedDocument):
            continue
    if rows:
        with database.writing(alone=b"awards") as session:
            store_components(session, rows)
    return len({row[:2] for row in rows})


def _carried(proof: bytes | None) -> AwardEvidence | None:
    """The evidence in an award's anchor proof."""
    return None if proof is None else anchor_proof_of({"proof": orjson.loads(proof)}).evidence


def _named(document: JsonObject) -> list[JsonObject]:
    """The entries of what an award rests on: its components in order, then the recognition decisions."""
    related = document.get("relatedResource")
    found = [
        entry
        for entry in (related if isinstance(related, list) else [related])
        if isinstance(entry, dict) and entry.get("mediaType") == CREDENTIAL_MEDIA_TYPE and not names_superseded(entry)
    ]
    return sorted(found, key=names_recognition)


def _same_leaf(table: type[AwardComponentRow | DocumentRow | AwardEvidenceRow | AnchorProofRow]) -> Any:
    return and_(col(table.batch) == CredentialRow.batch, col(table.position) == CredentialRow.position)
