"""Wallets: what a learner holds. Every query starts from one wallet, so that nobody can name another's rows.

A document, JSON or a compact JWS, is read by the strict loader, checked once on arrival, and kept byte for byte; what
it came in is not. Whether it still counts is asked again each time that it is shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, func, or_, select

from api.clock import Clock, unix_now
from api.tokens import WALLET, Token, hash_token, new_token, parse_token, same
from api.wallets.copies import replace_held, replaces
from api.wallets.tables import WalletAddressRow, WalletCredentialRow, WalletRecordRow, WalletRow
from api.wallets.values import Held, Wallet
from ledger.documents.codecs import format_timestamp
from ledger.documents.recognition import is_recognition
from ledger.errors import Conflict, MalformedDocument, NotFound
from ledger.storage import Database
from ledger.verifying.report import VerificationReport

MAX_HELD = 2_000
"""Credentials in one wallet."""

KEPT_KINDS = frozenset({"achievement", "other"})
"""What a wallet keeps, by `Summary.kind`: single credentials, of Open Badges or of another make, as Blockcerts are."""

Verify = Callable[[Sequence[bytes]], Sequence[VerificationReport | MalformedDocument]]
Kept = Literal["added", "replaced", "unchanged"]
Source = Literal["claim", "import", "ledger"]


@dataclass(frozen=True)
class Arrival:
    """A document that was read and checked, and is about to be kept."""

    document: bytes
    report: VerificationReport


class Wallets:
    """Wallets and the credentials in them. What a wallet does not have raises NotFound, whoever else has it."""

    def __init__(self, database: Database, verify: Verify, clock: Clock = unix_now) -> None:
        self._database = database
        self._verify = verify
        self._clock = clock

    def create(self, address: str | None = None) -> tuple[str, Token]:
        """A new wallet: its id, and its token, which is known only now.

        With an address it is one that the operator makes for whoever has that.
        """
        token, now = new_token(WALLET), self._clock()
        with self._database.writing() as session:
            wallet_id = new_wallet(session, now=now, token=token)
            if address is not None:
                session.add(WalletAddressRow(wallet=wallet_id, email=address, added_at=now, by_operator=True))
        return wallet_id, token

    def owner(self, token: str) -> str | None:
        """The id of the wallet that a token opens, if it opens one."""
        presented = parse_token(WALLET, token)
        if presented is None:
            return None
        with self._database.reading() as session:
            owner = session.exec(select(WalletRow).where(WalletRow.token_hash == presented)).first()
        if owner is None or not same(owner.token_hash, hash_token(token)):
            return None
        return owner.id

    def wallet(self, wallet_id: str) -> Wallet:
        with self._database.reading() as session:
            row = session.get(WalletRow, wallet_id)
            if row is None:
                raise NotFound("there is no such wallet", "wallet_unknown")
            return Wallet(
                id=row.id,
                created_at=row.created_at,
                addresses=tuple(
                    session.exec(
                        select(WalletAddressRow.email)
                        .where(WalletAddressRow.wallet == wallet_id)
                        .order_by(col(WalletAddressRow.added_at))
                    )
                ),
                credentials=count(session, WalletCredentialRow, wallet_id),
                records=count(session, WalletRecordRow, wallet_id),
            )

    def proven_addresses(self, wallet_id: str) -> frozenset[str]:
        """The e-mail addresses that the wallet has shown to be its own."""
        with self._database.reading() as session:
            proven = (WalletAddressRow.wallet == wallet_id, col(WalletAddressRow.proven_at).is_not(None))
            return frozenset(session.exec(select(WalletAddressRow.email).where(*proven)))

    def with_address(self, email: str) -> str | None:
        """The wallet that has shown this e-mail address to be its own, or else the oldest one of the operator's for it.

        Never one that an issuer's claim alone connects with it: whoever awards somebody something could hold that.
        """
        with self._database.reading() as session:
            return session.exec(
                select(WalletAddressRow.wallet)
                .where(
                    WalletAddressRow.email == email,
                    or_(col(WalletAddressRow.proven_at).is_not(None), col(WalletAddressRow.by_operator).is_(True)),
                )
                .order_by(col(WalletAddressRow.proven_at).is_(None), col(WalletAddressRow.added_at))
            ).first()

    # --- credentials ---

    def arrive_together(self, documents: list[bytes]) -> list[Arrival]:
        """Reads and checks documents that are to be kept, with one look at the registry.

        Raises MalformedDocument for the first that is no credential.
        """
        arrivals = self.arrivals(documents)
        if error := next((one for one in arrivals if isinstance(one, MalformedDocument)), None):
            raise error
        return [one for one in arrivals if isinstance(one, Arrival)]

    def arrivals(self, documents: Sequence[bytes]) -> list[Arrival | MalformedDocument]:
        """As `arrive_together`, with an error in the place of what cannot be kept."""
        return [arrived(document, result) for document, result in zip(documents, self._verify(documents), strict=True)]

    def keep(self, wallet_id: str, arrivals: list[Arrival], source: Source) -> list[tuple[Kept, Held]]:
        """Puts documents into the wallet, all or none. Of two with one issuer and id, the newer stays."""
        with self._database.writing() as session:
            return keep_all(session, wallet_id, arrivals, source, self._clock())

    def credentials(self, wallet_id: str) -> list[Held]:
        """Everything that the wallet holds, the newest award first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletCredentialRow)
                .where(WalletCredentialRow.wallet == wallet_id)
                .order_by(col(WalletCredentialRow.valid_from).desc(), col(WalletCredentialRow.added_at))
            )
            return [held_value(row) for row in rows]

    def credential(self, wallet_id: str, held_id: str) -> Held:
        with self._database.reading() as session:
            return held_value(held_row(session, wallet_id, held_id))

    def chosen(self, wallet_id: str, held_ids: list[str]) -> list[Held]:
        """These credentials, in this order."""
        if len(set(held_ids)) != len(held_ids):
            raise Conflict("one credential is named twice", "chosen_twice")
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletCredentialRow).where(
                    WalletCredentialRow.wallet == wallet_id, col(WalletCredentialRow.id).in_(held_ids)
                )
            )
            found = {row.id: held_value(row) for row in rows}
        if len(found) < len(held_ids):
            raise no_such_credential()
        return [found[held_id] for held_id in held_ids]

    def remove(self, wallet_id: str, held_id: str) -> None:
        """Takes a credential out of the wallet, and ends the links to it. Records that hold it stay as they are."""
        with self._database.writing() as session:
            session.delete(held_row(session, wallet_id, held_id))


def new_wallet(session: Session, *, now: int, token: Token | None = None) -> str:
    """Adds an empty wallet and gives its id. Without a token there is none that opens it."""
    wallet_id = secrets.token_hex(16)
    token_hash = token.hash if token is not None else secrets.token_bytes(32)
    session.add(WalletRow(id=wallet_id, token_hash=token_hash, has_token=token is not None, created_at=now))
    session.flush()
    return wallet_id


def arrived(document: bytes, result: VerificationReport | MalformedDocument) -> Arrival | MalformedDocument:
    """A document that can be kept: a single credential, or what an institution recognised of one, with an id and an
    issuer, whatever its verdict."""
    if isinstance(result, MalformedDocument):
        return result
    summary = result.summary
    if summary is None:
        return MalformedDocument("schema_credential", result.message)
    if summary.kind not in KEPT_KINDS and not recognises(result):
        return MalformedDocument("schema_kind", "a wallet takes single credentials; import those inside one by one")
    if not summary.id or not result.issuer.did:
        return MalformedDocument("schema_id", "the credential has no id of its own, or does not name its issuer")
    return Arrival(document, result)


def recognises(report: VerificationReport) -> bool:
    """Whether the document is a recognition decision."""
    return report.document is not None and is_recognition(report.document)


def keep_all(
    session: Session, wallet_id: str, arrivals: list[Arrival], source: Source, now: int
) -> list[tuple[Kept, Held]]:
    """Puts documents into a wallet within a session that is open already."""
    kept = [keep_one(session, wallet_id, arrival, source, now) for arrival in arrivals]
    session.flush()
    if count(session, WalletCredentialRow, wallet_id) > MAX_HELD:
        raise Conflict(f"a wallet holds at most {MAX_HELD:,} credentials", "wallet_full")
    return kept


def keep_one(session: Session, wallet_id: str, arrival: Arrival, source: Source, now: int) -> tuple[Kept, Held]:
    row = row_of(wallet_id, arrival, source, now)
    held = session.exec(
        select(WalletCredentialRow).where(
            WalletCredentialRow.wallet == wallet_id,
            WalletCredentialRow.issuer == row.issuer,
            WalletCredentialRow.credential_id == row.credential_id,
        )
    ).first()
    if held is None:
        session.add(row)
        return "added", held_value(row)
    if not replaces(row, held):
        return "unchanged", held_value(held)
    replace_held(held, row)
    session.add(held)
    return "replaced", held_value(held)


def row_of(wallet_id: str, arrival: Arrival, source: Source, now: int) -> WalletCredentialRow:
    report, summary = arrival.report, arrival.report.summary
    if summary is None:
        raise ValueError("an arrival has a summary")
    return WalletCredentialRow(
        id=secrets.token_hex(16),
        wallet=wallet_id,
        issuer=report.issuer.did or "",
        credential_id=summary.id or "",
        kind="recognition" if recognises(report) else "award" if summary.components else "credential",
        name=summary.name or summary.achievement_name or "Credential",
        issuer_name=report.issuer.accredited_name,
        learner_name=summary.learner_name,
        valid_from=format_timestamp(summary.valid_from) if summary.valid_from else None,
        source=source,
        added_at=now,
        verdict=report.verdict.value,
        code=report.code,
        document=arrival.document,
    )


def held_row(session: Session, wallet_id: str, held_id: str) -> WalletCredentialRow:
    row = session.exec(
        select(WalletCredentialRow).where(WalletCredentialRow.wallet == wallet_id, WalletCredentialRow.id == held_id)
    ).first()
    if row is None:
        raise no_such_credential()
    return row


def no_such_credential() -> NotFound:
    return NotFound("there is no such credential in this wallet", "credential_unknown")


def held_value(row: WalletCredentialRow) -> Held:
    return Held(
        id=row.id,
        issuer=row.issuer,
        credential_id=row.credential_id,
        kind=row.kind,
        name=row.name,
        issuer_name=row.issuer_name,
        learner_name=row.learner_name,
        valid_from=row.valid_from,
        source=row.source,
        added_at=row.added_at,
        verdict=row.verdict,
        code=row.code,
        document=row.document,
    )


def count(session: Session, table: type[WalletCredentialRow] | type[WalletRecordRow], wallet_id: str) -> int:
    return session.exec(select(func.count()).select_from(table).where(col(table.wallet) == wallet_id)).one()
