"""Claims: how a learner's credentials come from an issuer's batch into the learner's own wallet.

An issuer makes one claim for each learner of a batch and hands it over, by e-mail for instance. Whoever presents it
first gets the credentials; presenting it again with the same wallet changes nothing.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import insert
from sqlmodel import Session, col, delete, select, update

from api.clock import DAY, Clock, unix_now
from api.tokens import CLAIM, new_token, parse_token
from api.wallets.service import Wallets, keep_all
from api.wallets.tables import ClaimRow, WalletAddressRow
from api.wallets.values import Claim, Held
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.values import StoredCredential
from ledger.storage import Database

PAGE = 1_000


class Claims:
    """One-time claims for (batch, e-mail address)."""

    def __init__(self, database: Database, catalog: Catalog, wallets: Wallets, clock: Clock = unix_now) -> None:
        self._database = database
        self._catalog = catalog
        self._wallets = wallets
        self._clock = clock

    def create(self, issuer: str, batch_id: int, days: int) -> list[Claim]:
        """A fresh claim for each learner of the batch who has not claimed yet; earlier unused ones end.

        Raises Conflict (`batch_not_final`): nothing is handed out as anchored before it is.
        """
        if not self._catalog.batch(batch_id).is_finished:
            raise Conflict("this batch is not final yet; claims can be made once it is", "batch_not_final")
        learners = Counter(credential.email for credential in self._awarded(batch_id))
        now = self._clock()
        with self._database.writing() as session:
            session.exec(delete(ClaimRow).where(col(ClaimRow.batch) == batch_id, col(ClaimRow.wallet).is_(None)))
            done = set(session.exec(select(ClaimRow.email).where(ClaimRow.batch == batch_id)))
            tokens = {email: new_token(CLAIM) for email in learners if email not in done}
            rows = [
                {
                    "token_hash": token.hash,
                    "issuer": issuer,
                    "batch": batch_id,
                    "email": email,
                    "created_at": now,
                    "expires_at": now + days * DAY,
                }
                for email, token in tokens.items()
            ]
            if rows:
                session.connection().execute(insert(ClaimRow), rows)
        return [
            Claim(email=email, token=token.text, credentials=learners[email], expires_at=now + days * DAY)
            for email, token in tokens.items()
        ]

    def take(self, wallet_id: str, token: str) -> list[Held]:
        """The credentials of this claim, now in this wallet.

        Raises NotFound (`claim_unknown`) alike for a token that is unknown, expired, or used by another wallet.
        """
        token_hash = parse_token(CLAIM, token)
        claim = self._open_claim(token_hash, wallet_id) if token_hash else None
        if claim is None:
            raise unknown()
        awarded = self._awarded(claim.batch, claim.email)
        documents = self._catalog.documents([credential.credential_id for credential in awarded])
        arrivals = self._wallets.arrive_together(list(documents))
        now = self._clock()
        with self._database.writing() as session:
            if not mark(session, claim, wallet_id, now):
                raise unknown()
            kept = keep_all(session, wallet_id, arrivals, "claim", now)
            add_address(session, wallet_id, claim.email, now)
        return [held for _, held in kept]

    def waiting_for(self, session: Session, token: str) -> tuple[int, str] | None:
        """The batch and the learner's e-mail address of a claim that nobody has used; None if there is none."""
        token_hash = parse_token(CLAIM, token)
        claim = session.get(ClaimRow, token_hash) if token_hash else None
        if claim is None or claim.wallet is not None or claim.expires_at <= self._clock():
            return None
        return claim.batch, claim.email

    def _open_claim(self, token_hash: bytes, wallet_id: str) -> ClaimRow | None:
        with self._database.reading() as session:
            claim = session.get(ClaimRow, token_hash)
            if claim is None or claim.wallet not in {None, wallet_id}:
                return None
            if claim.wallet is None and claim.expires_at <= self._clock():
                return None
            session.expunge(claim)
            return claim

    def _awarded(self, batch_id: int, email: str | None = None) -> list[StoredCredential]:
        found: list[StoredCredential] = []
        while True:
            page = self._catalog.credentials(batch=batch_id, email=email, offset=len(found), limit=PAGE)
            found += page
            if len(page) < PAGE:
                return [one for one in found if one.kind.is_a_learners and one.email]


def mark(session: Session, claim: ClaimRow, wallet_id: str, now: int) -> bool:
    """Notes who claimed, unless another wallet was faster."""
    if claim.wallet == wallet_id:
        return True
    changed = session.exec(
        update(ClaimRow)
        .where(col(ClaimRow.token_hash) == claim.token_hash, col(ClaimRow.wallet).is_(None))
        .values(wallet=wallet_id, claimed_at=now)
    )
    return changed.rowcount == 1


def add_address(session: Session, wallet_id: str, email: str, now: int) -> None:
    """Notes that this e-mail address belongs to the wallet."""
    if session.get(WalletAddressRow, (wallet_id, email)) is None:
        session.add(WalletAddressRow(wallet=wallet_id, email=email, added_at=now))


def unknown() -> NotFound:
    return NotFound("there is no such claim, or it was used, or it ended", "claim_unknown")
