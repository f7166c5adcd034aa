"""Records: what a learner chose, put together, signed by this ledger's publisher and anchored.

A learner's record comes in versions; each names the digest of the one before. A selection that is made to be shared is
a record too, but no version: it says nothing about what else the learner holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from threading import Lock

from sqlmodel import Session, col, func, select

from api.clock import Clock, unix_now
from api.wallets.service import Wallets
from api.wallets.tables import WalletRecordRow
from api.wallets.values import Held, Record
from ledger.documents.record import Association, PreviousVersion, Subject, award_associations
from ledger.documents.strict_json import parse
from ledger.documents.summary import Summary, summarize
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.records import Records as Publishing
from ledger.issuing.values import IssuerKind, StoredCredential
from ledger.storage import Database
from ledger.wrapping.content import is_token

MAX_RECORDS = 1_000
"""Records of one wallet."""

IssueBatch = Callable[[int], None]
"""Has a batch anchored and proved, some other time."""


class Records:
    """The records of wallets."""

    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        wallets: Wallets,
        publishing: Publishing,
        issue_batch: IssueBatch,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._wallets = wallets
        self._publishing = publishing
        self._issue_batch = issue_batch
        self._clock = clock
        self._lock = Lock()

    def make(self, wallet_id: str, held_ids: Sequence[str], *, name: str, selection: bool = False) -> Record:
        """A record of these credentials, in this order: the next version, or a selection that is none.

        Where the latest version has the same name and holds the same, that is the answer, and nothing is made.

        Raises NotFound for a credential that the wallet does not hold, Conflict (`record_invalid`, `no_publisher`,
        `too_many_records`, `jwt_in_record`).
        """
        chosen = self._wallets.chosen(wallet_id, list(held_ids))
        refuse_jwts(chosen)
        with self._lock:
            latest = None if selection else self._latest(wallet_id)
            if latest is not None and latest.name == name and self._holds(latest, chosen):
                return record_value(latest, self._state(latest))
            issued = self._issue(wallet_id, chosen, name, latest)
            row = WalletRecordRow(
                id=secrets.token_hex(16),
                wallet=wallet_id,
                version=None if selection else (latest.version or 0) + 1 if latest else 1,
                previous=latest.id if latest else None,
                name=name,
                credential_id=issued.credential_id,
                size=len(chosen),
                created_at=self._clock(),
            )
            with self._database.writing() as session:
                session.add(row)
        return record_value(row, issued.state)

    def records(self, wallet_id: str) -> list[Record]:
        """The records of the wallet, the newest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletRecordRow)
                .where(WalletRecordRow.wallet == wallet_id)
                .order_by(col(WalletRecordRow.created_at).desc(), col(WalletRecordRow.version).desc())
            ).all()
            return [record_value(row, self._state(row)) for row in rows]

    def record(self, wallet_id: str, record_id: str) -> Record:
        with self._database.reading() as session:
            row = record_row(session, wallet_id, record_id)
            return record_value(row, self._state(row))

    def document(self, wallet_id: str, record_id: str) -> bytes:
        """The record itself, with the proofs that it has so far."""
        with self._database.reading() as session:
            row = record_row(session, wallet_id, record_id)
            return self._catalog.document(row.credential_id)

    def owner(self, record_id: str) -> str:
        """The wallet that a record belongs to: for the operator of this ledger, who may name any."""
        with self._database.reading() as session:
            row = session.get(WalletRecordRow, record_id)
            if row is None:
                raise NotFound("there is no such record", "record_unknown")
            return row.wallet

    def _issue(self, wallet_id: str, chosen: list[Held], name: str, latest: WalletRecordRow | None) -> StoredCredential:
        previous = None
        if latest is not None:
            before = self._catalog.credential(latest.credential_id)
            previous = PreviousVersion(before.credential_id, before.digest)
        self._refuse_too_many(wallet_id)
        issued = self._publishing.issue(
            self.require_publisher(),
            name=name,
            learner=Subject((learner_name(chosen),)),
            documents=[held.document for held in chosen],
            associations=associations([summarize(parse(held.document)) for held in chosen]),
            previous=previous,
            wallet=wallet_id,
        )
        self._issue_batch(issued.batch_id)
        return issued

    def _holds(self, row: WalletRecordRow, chosen: list[Held]) -> bool:
        """Whether a record holds exactly these documents, in this order."""
        subject = parse(self._catalog.document(row.credential_id))["credentialSubject"]
        inside = subject.get("verifiableCredential") if isinstance(subject, dict) else None
        return inside == [parse(held.document) for held in chosen]

    def require_publisher(self) -> str:
        """Who assembles records here. Raises Conflict `no_publisher`."""
        for issuer in self._catalog.issuers():
            if issuer.kind is IssuerKind.PUBLISHER and issuer.registered_at is not None:
                return issuer.slug
        make = "its operator makes one with: cairn issuer register NAME --publisher"
        raise Conflict(f"this ledger has no publisher for records yet; {make}", "no_publisher")

    def _latest(self, wallet_id: str) -> WalletRecordRow | None:
        with self._database.reading() as session:
            row = session.exec(
                select(WalletRecordRow)
                .where(
                    WalletRecordRow.wallet == wallet_id,
                    WalletRecordRow.chain == "",
                    col(WalletRecordRow.version).is_not(None),
                )
                .order_by(col(WalletRecordRow.version).desc())
            ).first()
            if row is not None:
                session.expunge(row)
            return row

    def _refuse_too_many(self, wallet_id: str) -> None:
        with self._database.reading() as session:
            query = select(func.count()).select_from(WalletRecordRow).where(WalletRecordRow.wallet == wallet_id)
            if session.exec(query).one() >= MAX_RECORDS:
                raise Conflict(f"a wallet has at most {MAX_RECORDS:,} records", "too_many_records")

    def _state(self, row: WalletRecordRow) -> str:
        return self._catalog.credential(row.credential_id).state


def learner_name(chosen: Sequence[Held]) -> str:
    """The name that the newest of these credentials gives the learner."""
    named = [held for held in chosen if held.learner_name]
    return max(named, key=lambda held: held.valid_from or "").learner_name or "" if named else "Learner"


def associations(summaries: Sequence[Summary]) -> list[Association]:
    """How the achievements belong together, as far as an award among them names its components."""
    achievements = {summary.id: summary.achievement_id for summary in summaries}
    found: dict[tuple[str, str, str], Association] = {}
    for summary in summaries:
        components = [achievement for name in summary.components if (achievement := achievements.get(name))]
        if summary.achievement_id is None or not components:
            continue
        for association in award_associations(summary.achievement_id, components, in_order=True):
            found[association.kind, association.source_id, association.target_id] = association
    return list(found.values())


def record_row(session: Session, wallet_id: str, record_id: str) -> WalletRecordRow:
    row = session.exec(
        select(WalletRecordRow).where(WalletRecordRow.wallet == wallet_id, WalletRecordRow.id == record_id)
    ).first()
    if row is None:
        raise NotFound("there is no such record in this wallet", "record_unknown")
    return row


def refuse_jwts(chosen: Sequence[Held]) -> None:
    """A record holds its credentials as they were signed, in JSON; the signature of a token is over its own text."""
    if any(is_token(held.document) for held in chosen):
        message = "a credential that is signed as a JWT cannot stand in a record; share it by itself"
        raise Conflict(message, "jwt_in_record")


def record_value(row: WalletRecordRow, state: str) -> Record:
    return Record(
        id=row.id,
        version=row.version,
        previous=row.previous,
        name=row.name,
        credential_id=row.credential_id,
        size=row.size,
        created_at=row.created_at,
        state=state,
    )
