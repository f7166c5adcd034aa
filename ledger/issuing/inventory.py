"""What this ledger holds that its registry should hold too, as one value: one side of a comparison. Asks no chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from ledger.chain.registry import IssuerId, StatusAction
from ledger.errors import WorkspaceError
from ledger.issuing.leaves import Leaves
from ledger.issuing.rows import (
    accreditation_value,
    accreditor_value,
    anchor_purpose,
    issuer_row,
    issuer_value,
    saved,
)
from ledger.issuing.tables import (
    AccreditationRow,
    AccreditorRow,
    BatchRow,
    CredentialRow,
    IssuerRow,
    SponsoredActRow,
    StatusCallRow,
    StatusChangeRow,
)
from ledger.issuing.values import (
    Accreditation,
    Accreditor,
    BatchState,
    CredentialStatus,
    Issuer,
)
from ledger.sending.rows import final_blocks, final_transactions, first_block, open_purposes
from ledger.sending.values import FINAL, LOST, Transaction
from ledger.storage import Database

NEWEST_TRANSACTIONS = 200


@dataclass(frozen=True)
class HeldBatch:
    """A batch as the database has it. `issuer` is the slug."""

    id: int
    issuer: str
    issuer_id: IssuerId
    state: BatchState
    size: int
    root: bytes | None
    created_at: int
    anchored_at: int | None
    anchor_block: int | None
    is_finished: bool
    withdrawn_at: int | None
    withdrawal_reason: int | None


@dataclass
class HeldStatus:
    """The status bits of one issuer by word: what is final here, and what was asked for and is not."""

    revoked: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    suspended: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    pending: dict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True)
class Inventory:
    """Everything at one moment. `statuses` is by slug; `purposes` are those of everything that is on its way."""

    issuers: tuple[Issuer, ...]
    accreditors: tuple[Accreditor, ...]
    accreditations: tuple[Accreditation, ...]
    batches: tuple[HeldBatch, ...]
    statuses: Mapping[str, HeldStatus]
    transactions: tuple[Transaction, ...]
    purposes: frozenset[str]
    first_block: int


class Inventories:
    """Takes stock of a database, and puts right what a chain shows to be too low in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self) -> Inventory:
        """What is there now: all of it but the newest 200 final transactions alone."""
        with self._database.reading() as session:
            issuers = tuple(issuer_value(session, row) for row in session.exec(select(IssuerRow)).all())
            accreditors = session.exec(select(AccreditorRow).order_by(col(AccreditorRow.id))).all()
            first = first_block(session)
            return Inventory(
                issuers=issuers,
                accreditors=tuple(map(accreditor_value, accreditors)),
                accreditations=_accreditations(session),
                batches=_batches(session),
                statuses={issuer.slug: _status(session, issuer.slug) for issuer in issuers},
                transactions=final_transactions(session, newest=NEWEST_TRANSACTIONS),
                purposes=_purposes(session),
                first_block=first or 0,
            )

    def take_batches(self) -> tuple[HeldBatch, ...]:
        """The batches alone."""
        with self._database.reading() as session:
            return _batches(session)

    def anchor_blocks(self, batches: Collection[int]) -> dict[int, tuple[int, bytes]]:
        """Number and hash of the block that a transaction of ours anchored each of these batches in, once final."""
        purposes = {anchor_purpose(batch): batch for batch in batches}
        with self._database.reading() as session:
            return {purposes[purpose]: block for purpose, block in final_blocks(session, purposes).items()}

    def known_indexes(self, issuer: str, indexes: Collection[int]) -> frozenset[int]:
        """Those of these status indexes that a credential here has."""
        with self._database.reading() as session:
            row = issuer_row(session, issuer)
            wanted = list(indexes)
            found: set[int] = set()
            for start in range(0, len(wanted), 500):
                found |= set(
                    session.exec(
                        select(CredentialRow.status_index).where(
                            CredentialRow.issuer == row.id,
                            col(CredentialRow.status_index).in_(wanted[start : start + 500]),
                        )
                    ).all()
                )
        return frozenset(found)

    def drafted_roots(self, issuer: str, sizes: Collection[int]) -> dict[bytes, int]:
        """The roots that open batches of these sizes will have, with their ids: signing does not change them."""
        with self._database.reading() as session:
            owner = issuer_row(session, issuer).id
            rows = session.exec(
                select(BatchRow.id, BatchRow.size).where(
                    BatchRow.issuer == owner, BatchRow.state == BatchState.OPEN, col(BatchRow.size).in_(list(sizes))
                )
            ).all()
        roots = {}
        for batch_id, size in rows:
            try:
                roots[Leaves(self._database, saved(batch_id), size).tree()[0].root] = saved(batch_id)
            except WorkspaceError:  # discarded meanwhile
                continue
        return roots

    def raise_status_index(self, issuer: str, least: int) -> int | None:
        """Has the next credential of an issuer take a status index of at least `least`.

        Gives the index that was next before, None if it was as high already.
        """
        with self._database.writing() as session:
            row = issuer_row(session, issuer, locked=True)
            before = row.next_status_index
            if before >= least:
                return None
            row.next_status_index = least
            session.add(row)
            return before


def _accreditations(session: Session) -> tuple[Accreditation, ...]:
    rows = session.exec(
        select(AccreditationRow, AccreditorRow.slug, IssuerRow.slug)
        .join(AccreditorRow, col(AccreditorRow.id) == AccreditationRow.accreditor)
        .join(IssuerRow, col(IssuerRow.id) == AccreditationRow.issuer)
        .order_by(col(AccreditationRow.id))
    ).all()
    return tuple(accreditation_value(*row) for row in rows)


def _batches(session: Session) -> tuple[HeldBatch, ...]:
    rows = session.exec(
        select(BatchRow, IssuerRow.slug, IssuerRow.issuer_id)
        .join(IssuerRow, col(IssuerRow.id) == BatchRow.issuer)
        .order_by(col(BatchRow.id))
    ).all()
    return tuple(
        HeldBatch(
            id=saved(row.id),
            issuer=slug,
            issuer_id=IssuerId(issuer_id),
            state=BatchState(row.state),
            size=row.size,
            root=row.root,
            created_at=row.created_at,
            anchored_at=row.anchored_at,
            anchor_block=row.anchor_block,
            is_finished=row.attached_at is not None,
            withdrawn_at=row.withdrawn_at,
            withdrawal_reason=row.withdrawal_reason,
        )
        for row, slug, issuer_id in rows
    )


def _status(session: Session, issuer: str) -> HeldStatus:
    """What the final calls come to, and what the credentials themselves say."""
    owner = issuer_row(session, issuer).id
    status = HeldStatus()
    changes = session.exec(
        select(CredentialRow.status_index, StatusCallRow.action, StatusCallRow.state)
        .join(StatusChangeRow, col(StatusChangeRow.credential) == CredentialRow.id)
        .join(StatusCallRow, col(StatusCallRow.id) == StatusChangeRow.call)
        .where(CredentialRow.issuer == owner)
        .order_by(col(StatusCallRow.id))
    ).all()
    for index, action, state in changes:
        word, bit = index >> 8, 1 << (index & 255)
        if state != FINAL:
            status.pending[word] |= bit
        elif action == StatusAction.REVOKE:
            status.revoked[word] |= bit
        elif action == StatusAction.SUSPEND:
            status.suspended[word] |= bit
        else:
            status.suspended[word] &= ~bit
    revoked = session.exec(
        select(CredentialRow.status_index).where(
            CredentialRow.issuer == owner, CredentialRow.status == CredentialStatus.REVOKED
        )
    ).all()
    for index in revoked:
        status.revoked[index >> 8] |= 1 << (index & 255)
    return status


def _purposes(session: Session) -> frozenset[str]:
    """The purposes of transactions and acts that are not final, and not replaced by others."""
    acts = session.exec(select(SponsoredActRow.purpose).where(col(SponsoredActRow.state).not_in((FINAL, LOST)))).all()
    return frozenset([*open_purposes(session), *acts])
