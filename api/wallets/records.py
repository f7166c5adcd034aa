"""Records: what a learner chose, put together, signed by this ledger's publisher and anchored with its next batch.

A learner's record comes in versions; each names the digest of the one before. A selection that is made to be shared is
a record too, but no version: it says nothing about what else the learner holds. Nor is one that the learner signs
alone, which is not kept here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from threading import Lock

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from api.clock import Clock, unix_now
from api.wallets.holdings import Holding, Holdings
from api.wallets.keys import WalletKeys
from api.wallets.ownership import subject_of
from api.wallets.service import Wallets
from api.wallets.tables import WalletRecordRow
from api.wallets.values import Record, Version
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.record import PreviousVersion, Subject, previous_version
from ledger.documents.strict_json import parse
from ledger.documents.text import NAME_LIMIT, visible
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.gathering import Gathering
from ledger.issuing.record_associations import associations_of
from ledger.issuing.records import Records as Publishing
from ledger.issuing.records import in_record, self_published
from ledger.issuing.values import IssuerKind, StoredCredential
from ledger.storage import Database
from ledger.verifying.structure import Kind, kind_of
from ledger.wrapping.content import is_token, sd_jwt

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
        keys: WalletKeys,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._wallets = wallets
        self._publishing = publishing
        self._issue_batch = issue_batch
        self._keys = keys
        self._holdings = Holdings(wallets, keys)
        self._gathering = Gathering(database)
        self._clock = clock
        self._lock = Lock()

    def make(self, wallet_id: str, held_ids: Sequence[str], *, name: str, selection: bool = False) -> Record:
        """A record of these credentials, in this order: the next version, or a selection that is none.

        Where the latest version has the same name and holds the same, that is the answer, and nothing is made.

        Raises NotFound for a credential that the wallet does not hold, Conflict (`record_invalid`, `no_publisher`,
        `too_many_records`, `not_yours`, `token_in_record`, `form_in_record`, `record_busy`).
        """
        chosen = self._chosen(wallet_id, held_ids)
        with self._lock:
            latest = None if selection else self._latest(wallet_id)
            if latest is not None and latest.name == name and self._holds(latest, chosen):
                return record_value(latest, self._stored(latest))
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
            try:
                with self._database.writing() as session:
                    session.add(row)
            except IntegrityError as error:  # another process of this site made the same version
                message = "another version of this record was made in this moment; ask again"
                raise Conflict(message, "record_busy") from error
        for batch_id in set(self._gathering.due()) & {issued.batch_id}:
            self._issue_batch(batch_id)
        return record_value(row, issued)

    def own(self, wallet_id: str, held_ids: Sequence[str], *, name: str) -> bytes:
        """A record of these credentials that the learner signs alone, with the key of the wallet's `did:key`.

        It is neither kept nor anchored, and no version. Raises as `make`, and Conflict `key_elsewhere` where only the
        learner has the key.
        """
        chosen = self._chosen(wallet_id, held_ids)
        did, signer = self._keys.signer(wallet_id)
        record = self_published(
            did,
            signer,
            name=name,
            learner=learner_of(chosen, did),
            documents=[holding.held.document for holding in chosen],
            associations=associations_of([holding.document for holding in chosen]),
        )
        return canonicalize(record)

    def records(self, wallet_id: str) -> list[Record]:
        """The records of the wallet, the newest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletRecordRow)
                .where(WalletRecordRow.wallet == wallet_id)
                .order_by(col(WalletRecordRow.created_at).desc(), col(WalletRecordRow.version).desc())
            ).all()
            return [record_value(row, self._stored(row)) for row in rows]

    def record(self, wallet_id: str, record_id: str) -> Record:
        with self._database.reading() as session:
            row = record_row(session, wallet_id, record_id)
            return record_value(row, self._stored(row))

    def history(self, wallet_id: str) -> list[Version]:
        """The wallet's own versions, the oldest first, each with whether it follows the one before it."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletRecordRow)
                .where(
                    WalletRecordRow.wallet == wallet_id,
                    WalletRecordRow.chain == "",
                    col(WalletRecordRow.version).is_not(None),
                )
                .order_by(col(WalletRecordRow.version))
            ).all()
            records = [record_value(row, self._stored(row)) for row in rows]
        found: list[Version] = []
        before: PreviousVersion | None = None
        for record in records:
            document = self._catalog.document(record.credential_id)
            parsed = parse(document)
            follows = digest(parsed) == record.digest and previous_version(parsed) == before
            found.append(Version(record, follows, document))
            before = PreviousVersion(record.credential_id, record.digest)
        return found

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

    def _chosen(self, wallet_id: str, held_ids: Sequence[str]) -> list[Holding]:
        """These credentials, in this order. Raises Conflict (`not_yours`, `token_in_record`, `form_in_record`)."""
        if len(set(held_ids)) != len(held_ids):
            raise Conflict("one credential is named twice", "chosen_twice")
        holdings = {holding.held.id: holding for holding in self._holdings.all(wallet_id)}
        if missing := [held_id for held_id in held_ids if held_id not in holdings]:
            self._wallets.credential(wallet_id, missing[0])  # raises what there is to say of it
        chosen = [holdings[held_id] for held_id in held_ids]
        for holding in chosen:
            if holding.whose == "other":
                name = visible(holding.held.name, limit=NAME_LIMIT)
                how = "if it is yours, prove the address or identifier that it names"
                raise Conflict(f"“{name}” names somebody else, so it can't stand in this record; {how}", "not_yours")
            if sd_jwt(holding.held.document) is not None:
                message = "a credential with members kept back cannot stand in a record; share it by itself"
                raise Conflict(message, "token_in_record")
            if not is_for_records(holding):
                name = visible(holding.held.name, limit=NAME_LIMIT)
                message = f"“{name}” is in a form that CLR 2.0 lets no record hold; share it by itself"
                raise Conflict(message, "form_in_record")
        return chosen

    def _issue(
        self, wallet_id: str, chosen: list[Holding], name: str, latest: WalletRecordRow | None
    ) -> StoredCredential:
        previous = None
        if latest is not None:
            before = self._catalog.credential(latest.credential_id)
            previous = PreviousVersion(before.credential_id, before.digest)
        self._refuse_too_many(wallet_id)
        return self._publishing.issue(
            self.require_publisher(),
            name=name,
            learner=learner_of(chosen, self._keys.did(wallet_id)),
            documents=[holding.held.document for holding in chosen],
            associations=associations_of([holding.document for holding in chosen]),
            previous=previous,
            wallet=wallet_id,
        )

    def _holds(self, row: WalletRecordRow, chosen: list[Holding]) -> bool:
        """Whether a record holds exactly these documents, in this order."""
        subject = parse(self._catalog.document(row.credential_id))["credentialSubject"]
        inside = subject.get("verifiableCredential") if isinstance(subject, dict) else None
        return inside == [in_record(holding.held.document) for holding in chosen]

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

    def _stored(self, row: WalletRecordRow) -> StoredCredential:
        return self._catalog.credential(row.credential_id)


def is_for_records(holding: Holding) -> bool:
    """Whether 1EdTech's schema for CLR 2.0 has a place for it: not for Blockcerts, nor for VCDM 1.1 but in a token."""
    if is_token(holding.held.document):
        return True
    return kind_of(holding.document) is not Kind.OTHER and "validFrom" in holding.document


def learner_of(chosen: Sequence[Holding], did: str) -> Subject:
    """Whose record it is: every name and identifier by which a credential that is shown to be theirs calls them.

    Names of credentials that nothing shows to be theirs are not given as theirs, but where there are no others: a
    publisher's word may count for them.
    """
    newest = sorted(chosen, key=lambda holding: holding.held.valid_from or "", reverse=True)
    shown = [holding for holding in newest if holding.whose == "shown"]
    names = [holding.held.learner_name for holding in shown if holding.held.learner_name]
    fallback = [holding.held.learner_name for holding in newest if holding.held.learner_name][:1] or ["Learner"]
    subjects = {subject for holding in shown if (subject := subject_of(holding.document))}
    return Subject(tuple(dict.fromkeys(names or fallback)), did, tuple(sorted(subjects - {did})))


def record_row(session: Session, wallet_id: str, record_id: str) -> WalletRecordRow:
    row = session.exec(
        select(WalletRecordRow).where(WalletRecordRow.wallet == wallet_id, WalletRecordRow.id == record_id)
    ).first()
    if row is None:
        raise NotFound("there is no such record in this wallet", "record_unknown")
    return row


def record_value(row: WalletRecordRow, stored: StoredCredential) -> Record:
    return Record(
        id=row.id,
        version=row.version,
        previous=row.previous,
        name=row.name,
        credential_id=row.credential_id,
        size=row.size,
        created_at=row.created_at,
        digest=stored.digest,
        state=stored.state,
    )
