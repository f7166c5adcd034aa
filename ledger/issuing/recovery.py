"""Writes down what a chain showed of this ledger's past, where the database does not know it. Each step is repeatable:
what stands there already stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from ledger.chain.events import StatusChanged
from ledger.chain.registry import FOREVER, AccreditationPeriod, Address, Anchor, IssuerId, KeyPeriod, StatusAction
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import (
    AccreditationRow,
    AccreditorRow,
    BatchRow,
    CredentialRow,
    IssuerKeyRow,
    IssuerRow,
    StatusCallRow,
    StatusChangeRow,
)
from ledger.issuing.values import BatchState, CredentialStatus, IssuerKind
from ledger.sending.values import FINAL
from ledger.storage import INSERT_CHUNK, Database, insert_rows

REBUILT = "rebuilt from the chain"
"""The label of batches that are known from the chain alone."""
_WORD = 256


@dataclass(frozen=True)
class FoundIssuer:
    """An issuer as its key files, the chain and the statements tell. `keys` are in the order of the chain; `numbers`
    are those of the key files, by public key."""

    slug: str
    kind: IssuerKind
    name: str
    did: str
    base_url: str
    country: str | None
    issuer_id: IssuerId
    admin: Address
    anchoring: Address
    revoking: Address
    registered_at: int
    keys: tuple[KeyPeriod, ...]
    numbers: Mapping[bytes, int]


class Recovery:
    """Adds to a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accreditor(self, slug: str, name: str, address: Address) -> bool:
        """Whether it was added."""
        with self._database.writing() as session:
            if session.exec(select(AccreditorRow).where(AccreditorRow.address == address)).first() is not None:
                return False
            session.add(AccreditorRow(slug=slug, name=name, address=address))
            return True

    def issuer(self, found: FoundIssuer) -> bool:
        """Adds an issuer, or the keys of one that is known already. Gives whether the issuer was added."""
        with self._database.writing() as session:
            row = session.exec(select(IssuerRow).where(IssuerRow.issuer_id == found.issuer_id)).first()
            is_new = row is None
            if row is None:
                row = IssuerRow(
                    slug=found.slug,
                    kind=found.kind,
                    name=found.name,
                    did=found.did,
                    base_url=found.base_url,
                    country=found.country,
                    issuer_id=found.issuer_id,
                    admin=found.admin,
                    anchoring=found.anchoring,
                    revoking=found.revoking,
                )
                session.add(row)
                session.flush()
            if row.registered_at is None:
                row.registered_at = found.registered_at
            _add_keys(session, saved(row.id), found)
            return is_new

    def accreditations(self, accreditor: Address, issuer_id: IssuerId, periods: Sequence[AccreditationPeriod]) -> int:
        """Adds the recognitions that are not known, and the ends of those that are. Gives how many were added."""
        added = 0
        with self._database.writing() as session:
            by = session.exec(select(AccreditorRow).where(AccreditorRow.address == accreditor)).one()
            whom = session.exec(select(IssuerRow).where(IssuerRow.issuer_id == issuer_id)).one()
            rows = session.exec(
                select(AccreditationRow).where(AccreditationRow.accreditor == by.id, AccreditationRow.issuer == whom.id)
            ).all()
            known = {row.valid_from: row for row in rows}
            for period in periods:
                row = known.get(period.valid_from)
                if row is None:
                    row = AccreditationRow(
                        accreditor=saved(by.id),
                        issuer=saved(whom.id),
                        scope=period.scope,
                        valid_from=period.valid_from,
                        valid_until=period.valid_until,
                    )
                    added += 1
                row.valid_until = period.valid_until
                session.add(row)
        return added

    def batches(self, issuer: str, anchors: Mapping[bytes, Anchor]) -> int:
        """Adds the batches that are not known, without their documents, and notes withdrawals. Gives how many."""
        with self._database.writing() as session:
            owner = saved(issuer_row(session, issuer).id)
            rows = session.exec(select(BatchRow).where(BatchRow.issuer == owner, col(BatchRow.root).is_not(None))).all()
            known = {row.root: row for row in rows}
            new = [(root, anchor) for root, anchor in anchors.items() if root not in known]
            for root, anchor in sorted(new, key=lambda item: (item[1].block_number, item[0])):
                session.add(_batch(owner, root, anchor))
            for root, anchor in anchors.items():
                row = known.get(root)
                if row is not None and row.state == BatchState.FINAL and anchor.withdrawn_at and not row.withdrawn_at:
                    row.withdrawn_at, row.withdrawal_reason = anchor.withdrawn_at, anchor.withdrawal_reason
                    session.add(row)
        return len(new)

    def statuses(self, issuer: str, events: Iterable[StatusChanged]) -> int:
        """Notes every change of a credential's status that is not known as a final call, and what the statuses are now.

        Gives how many credentials got another status.
        """
        with self._database.writing() as session:
            owner = saved(issuer_row(session, issuer).id)
            for event in events:
                _note_change(session, owner, event)
            return _settle(session, owner)


def _add_keys(session: Session, issuer: int, found: FoundIssuer) -> None:
    rows = session.exec(select(IssuerKeyRow).where(IssuerKeyRow.issuer == issuer)).all()
    known = {row.public_key: row for row in rows}
    taken = {row.number for row in rows} | set(found.numbers.values())
    free = (number for number in range(1, len(found.keys) + len(taken) + 1) if number not in taken)
    for period in found.keys:
        row = known.get(period.key)
        if row is None:
            number = found.numbers[period.key] if period.key in found.numbers else next(free)
            row = IssuerKeyRow(issuer=issuer, number=number, public_key=period.key)
            # The chain does not say why a key was closed; whoever reads no chain must not rely on such a key.
            row.compromised = period.valid_until != FOREVER
        row.opened_at = period.valid_from if row.opened_at is None else row.opened_at
        row.closed_at = None if period.valid_until == FOREVER else period.valid_until
        session.add(row)


def _batch(issuer: int, root: bytes, anchor: Anchor) -> BatchRow:
    return BatchRow(
        issuer=issuer,
        label=REBUILT,
        state=BatchState.FINAL,
        size=anchor.tree_size,
        byte_count=0,
        created_at=anchor.anchored_at,
        root=root,
        anchored_at=anchor.anchored_at,
        anchor_block=anchor.block_number,
        attached_at=anchor.anchored_at,
        withdrawn_at=anchor.withdrawn_at or None,
        withdrawal_reason=anchor.withdrawal_reason if anchor.withdrawn_at else None,
    )


def _note_change(session: Session, issuer: int, event: StatusChanged) -> None:
    """The event as a call, with those credentials here that it is about."""
    indexes = [event.word * _WORD + bit for bit in range(_WORD) if event.changed >> bit & 1]
    ids = session.exec(
        select(CredentialRow.id).where(CredentialRow.issuer == issuer, col(CredentialRow.status_index).in_(indexes))
    ).all()
    if not ids:
        return
    same = (StatusCallRow.issuer == issuer, StatusCallRow.action == event.action, StatusCallRow.state == FINAL)
    noted = (
        select(StatusChangeRow.credential)
        .join(StatusCallRow, col(StatusCallRow.id) == StatusChangeRow.call)
        .where(*same, col(StatusChangeRow.credential).in_(ids))
    )
    if event.action is not StatusAction.REVOKE:  # which is for ever; the others may come again
        noted = noted.where(StatusCallRow.block_number == event.block.number)
    new = sorted({saved(row) for row in ids} - set(session.exec(noted).all()))
    if not new:
        return
    call = session.exec(
        select(StatusCallRow).where(
            *same, StatusCallRow.reason == event.reason, StatusCallRow.block_number == event.block.number
        )
    ).first()
    if call is None:
        call = StatusCallRow(
            issuer=issuer,
            action=event.action,
            reason=event.reason,
            state=FINAL,
            requested_at=event.block.time,
            block_number=event.block.number,
            block_time=event.block.time,
        )
        session.add(call)
        session.flush()
    insert_rows(session, StatusChangeRow, ("call", "credential"), ((call.id, row) for row in new), skip=True)


def _settle(session: Session, issuer: int) -> int:
    """Gives each credential that nothing is asked of the status that its final calls come to."""
    calls = session.exec(
        select(StatusChangeRow.credential, StatusCallRow.action, StatusCallRow.state)
        .join(StatusCallRow, col(StatusCallRow.id) == StatusChangeRow.call)
        .where(StatusCallRow.issuer == issuer)
        .order_by(col(StatusCallRow.block_number), col(StatusCallRow.id))
    ).all()
    status: dict[int, CredentialStatus] = {}
    pending = set()
    for credential, action, state in calls:
        if state != FINAL:
            pending.add(credential)
        elif status.get(credential) is not CredentialStatus.REVOKED:
            status[credential] = {
                StatusAction.REVOKE: CredentialStatus.REVOKED,
                StatusAction.SUSPEND: CredentialStatus.SUSPENDED,
                StatusAction.REINSTATE: CredentialStatus.ACTIVE,
            }[StatusAction(action)]
    withdrawn = session.exec(
        select(CredentialRow.id)
        .join(BatchRow, col(BatchRow.id) == CredentialRow.batch)
        .where(CredentialRow.issuer == issuer, col(BatchRow.withdrawn_at).is_not(None))
    ).all()
    for row in map(saved, withdrawn):
        if status.get(row) is not CredentialStatus.REVOKED:
            status[row] = CredentialStatus.WITHDRAWN
    changed = 0
    for chunk in _chunks([row for row in status if row not in pending]):
        for wanted in {status[row] for row in chunk}:
            result = session.exec(
                update(CredentialRow)
                .where(
                    col(CredentialRow.id).in_([row for row in chunk if status[row] is wanted]),
                    col(CredentialRow.status) != wanted,
                )
                .values(status=wanted.value)
            )
            changed += result.rowcount
    return changed


def _chunks(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), INSERT_CHUNK):
        yield rows[start : start + INSERT_CHUNK]
