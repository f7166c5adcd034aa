"""From rows to values, and finding a row by the name that people use. Shared by the services of this package."""

from __future__ import annotations

from sqlmodel import Session, col, select

from ledger.chain.registry import Address, IssuerId, StatusAction
from ledger.errors import NotFound
from ledger.issuing.tables import (
    AccreditationRow,
    AccreditorRow,
    AchievementRow,
    BatchRow,
    CredentialRow,
    IssuerKeyRow,
    IssuerRow,
    PathwayRow,
    ProgrammeRow,
    SponsoredActRow,
    StatusCallRow,
    StatusChangeRow,
)
from ledger.issuing.values import (
    Accreditation,
    Accreditor,
    Awarding,
    Batch,
    BatchState,
    CredentialKind,
    CredentialStatus,
    Issuer,
    IssuerKey,
    IssuerKind,
    SponsoredAct,
    StatusChange,
    StoredCredential,
    StoredPathway,
    StoredProgramme,
)
from ledger.sending.rows import standing_transaction
from ledger.sending.values import LOST


def anchor_purpose(batch_id: int) -> str:
    return f"anchor:{batch_id}"


def status_purpose(call_id: int) -> str:
    return f"status:{call_id}"


def withdrawal_purpose(batch_id: int) -> str:
    return f"withdraw:{batch_id}"


def saved(row_id: int | None) -> int:
    """The id of a row that the database has given one to."""
    if row_id is None:
        raise ValueError("the row was never saved")
    return row_id


def issuer_row(session: Session, slug: str, *, locked: bool = False) -> IssuerRow:
    """The issuer. `locked` keeps others from changing it before the transaction ends (SQLite locks all anyway)."""
    query = select(IssuerRow).where(IssuerRow.slug == slug)
    row = session.exec(query.with_for_update() if locked else query).first()
    if row is None:
        raise NotFound(f"there is no issuer {slug!r}", "issuer_unknown")
    return row


def accreditor_row(session: Session, slug: str) -> AccreditorRow:
    row = session.exec(select(AccreditorRow).where(AccreditorRow.slug == slug)).first()
    if row is None:
        raise NotFound(f"there is no accreditor {slug!r}", "accreditor_unknown")
    return row


def batch_row(session: Session, batch_id: int) -> tuple[BatchRow, IssuerRow]:
    found = session.exec(
        select(BatchRow, IssuerRow).join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer).where(BatchRow.id == batch_id)
    ).first()
    if found is None:
        raise NotFound(f"there is no batch {batch_id}", "batch_unknown")
    return found


def live_act(session: Session, purpose: str) -> SponsoredActRow | None:
    """The act in a sponsor's hands that stands for this purpose."""
    return session.exec(
        select(SponsoredActRow).where(SponsoredActRow.purpose == purpose, SponsoredActRow.state != LOST)
    ).one_or_none()


def issuer_value(session: Session, row: IssuerRow) -> Issuer:
    keys = session.exec(
        select(IssuerKeyRow).where(IssuerKeyRow.issuer == row.id).order_by(col(IssuerKeyRow.number))
    ).all()
    return Issuer(
        slug=row.slug,
        kind=IssuerKind(row.kind),
        name=row.name,
        did=row.did,
        base_url=row.base_url,
        url=row.url,
        country=row.country,
        issuer_id=IssuerId(row.issuer_id),
        admin=Address(row.admin),
        anchoring_operator=Address(row.anchoring),
        revoking_operator=Address(row.revoking),
        registered_at=row.registered_at,
        keys=tuple(
            IssuerKey(key.number, key.public_key, key.opened_at, key.closed_at, key.compromised) for key in keys
        ),
    )


def accreditor_value(row: AccreditorRow) -> Accreditor:
    return Accreditor(row.slug, row.name, Address(row.address), row.url, row.country)


def accreditation_value(row: AccreditationRow, accreditor: str, issuer: str) -> Accreditation:
    return Accreditation(accreditor, issuer, row.scope, row.valid_from, row.valid_until)


def programme_value(session: Session, row: ProgrammeRow, issuer: str) -> StoredProgramme:
    codes = session.exec(
        select(AchievementRow.code).where(AchievementRow.programme == row.id).order_by(col(AchievementRow.id))
    ).all()
    return StoredProgramme(issuer, row.code, row.name, row.content, tuple(codes))


def pathway_value(row: PathwayRow, issuer: str) -> StoredPathway:
    awarding = Awarding(row.awarding)
    return StoredPathway(issuer, row.code, row.version, row.name, row.pathway_id, row.content, awarding)


def act_value(row: SponsoredActRow) -> SponsoredAct:
    return SponsoredAct(
        id=saved(row.id),
        purpose=row.purpose,
        state=row.state,
        operator=Address(row.operator),
        nonce=int.from_bytes(row.nonce, "big"),
        deadline=row.deadline,
        document=row.document,
        sponsor=row.sponsor,
        said=row.said,
        block_number=row.block_number,
        block_time=row.block_time,
    )


def batch_value(session: Session, row: BatchRow, issuer: str) -> Batch:
    batch_id = saved(row.id)
    transaction = standing_transaction(session, anchor_purpose(batch_id))
    act = live_act(session, anchor_purpose(batch_id))
    return Batch(
        id=batch_id,
        issuer=issuer,
        label=row.label,
        state=BatchState(row.state),
        size=row.size,
        byte_count=row.byte_count,
        created_at=row.created_at,
        suites=tuple(row.suites.split()) if row.suites else (),
        verification_method=row.verification_method,
        root=row.root,
        sealed_at=row.sealed_at,
        anchored_at=row.anchored_at,
        anchor_block=row.anchor_block,
        attached_at=row.attached_at,
        withdrawn_at=row.withdrawn_at,
        withdrawal_reason=row.withdrawal_reason,
        transaction=transaction,
        act=act_value(act) if act else None,
        is_gathering=bool(row.gathers_until),
    )


def credential_value(row: CredentialRow, batch: BatchRow, issuer: str) -> StoredCredential:
    return StoredCredential(
        credential_id=row.credential_id,
        kind=CredentialKind(row.kind),
        issuer=issuer,
        batch_id=row.batch,
        batch_state=BatchState(batch.state),
        leaf_index=row.position,
        status_index=row.status_index,
        achievement=row.achievement,
        name=row.name,
        email=row.email,
        learner_name=row.learner_name,
        learner_id=row.learner_id,
        digest=row.digest,
        status=CredentialStatus(row.status),
        is_attached=batch.attached_at is not None,
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
    )


def status_change_value(session: Session, row: StatusCallRow) -> StatusChange:
    call_id = saved(row.id)
    issuer = session.get_one(IssuerRow, row.issuer).slug
    ids = session.exec(
        select(CredentialRow.credential_id)
        .join(StatusChangeRow, col(StatusChangeRow.credential) == CredentialRow.id)
        .where(StatusChangeRow.call == call_id)
        .order_by(col(CredentialRow.id))
    ).all()
    transaction = standing_transaction(session, status_purpose(call_id))
    act = live_act(session, status_purpose(call_id))
    return StatusChange(
        id=call_id,
        issuer=issuer,
        action=StatusAction(row.action),
        reason=row.reason,
        credential_ids=tuple(ids),
        is_final=row.state == "final",
        requested_at=row.requested_at,
        block_number=row.block_number,
        block_time=row.block_time,
        transaction=transaction,
        act=act_value(act) if act else None,
    )
