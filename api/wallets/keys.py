"""The DIDs of wallets, and their keys.

Each wallet has a `did:key` of its own, made when it is first asked for, until its learner puts a DID of their own in
its place. The Ed25519 seed is kept sealed with AES-256-GCM, under one key of the data folder that lies encrypted among
its other keys; what is sealed is bound to its DID. A copy of the database alone opens no wallet's key.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, col, select, update

from api.clock import Clock, unix_now
from api.wallets.tables import WalletKeyRow, WalletRow
from ledger.documents.did import did_key
from ledger.errors import Conflict, KeystoreError, NotFound
from ledger.issuing.signer import Ed25519Signer, KeyRing, wallets_key
from ledger.storage import Database

MAX_DIDS = 20
"""DIDs of one wallet, those that are no longer in use included."""

_NONCE = 12


@dataclass(frozen=True)
class WalletDid:
    """A DID of a wallet. `is_own`: the learner keeps its key, we never see it. `in_use`: it is the one of now."""

    did: str
    is_own: bool
    in_use: bool
    added_at: int


@dataclass(frozen=True)
class WalletSeed:
    """The secret of a wallet's `did:key`: an Ed25519 seed of 32 bytes."""

    did: str
    seed: bytes = field(repr=False)


class WalletKeys:
    """The DIDs of wallets. A wallet that is not there raises NotFound `wallet_unknown`."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock = unix_now) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    def did(self, wallet_id: str) -> str:
        """The wallet's DID: its own `did:key`, made now if need be, or the one that the learner put in its place."""
        with self._database.reading() as session:
            row = in_use(session, wallet_id)
            if row is not None:
                return row.did
        return self._make(wallet_id)

    def dids(self, wallet_id: str) -> list[WalletDid]:
        """All DIDs that the wallet has or had, the newest first."""
        with self._database.reading() as session:
            rows = session.exec(
                select(WalletKeyRow)
                .where(WalletKeyRow.wallet == wallet_id)
                .order_by(col(WalletKeyRow.in_use).desc(), col(WalletKeyRow.added_at).desc(), col(WalletKeyRow.did))
            )
            return [WalletDid(row.did, row.sealed is None, row.in_use, row.added_at) for row in rows]

    def seed(self, wallet_id: str, did: str | None = None) -> WalletSeed:
        """The secret of one of the wallet's DIDs; of the one in use, if none is named.

        Raises NotFound `did_unknown`, Conflict `key_elsewhere` for a DID whose key only the learner has, KeystoreError.
        """
        named = did or self.did(wallet_id)
        with self._database.reading() as session:
            row = session.get(WalletKeyRow, (wallet_id, named))
            if row is None:
                raise NotFound("this wallet has no such DID", "did_unknown")
            if row.sealed is None:
                raise Conflict("only you have the key of this DID; sign with it by: cairn present", "key_elsewhere")
            return WalletSeed(named, self._open(row.sealed, named))

    def signer(self, wallet_id: str, did: str | None = None) -> tuple[str, Ed25519Signer]:
        """A DID of the wallet and who signs for it. Raises as `seed`."""
        secret = self.seed(wallet_id, did)
        return secret.did, Ed25519Signer.from_seed(secret.seed)

    def require(self, wallet_id: str, did: str) -> None:
        """Raises NotFound `did_unknown` unless the wallet has, or had, this DID."""
        with self._database.reading() as session:
            if session.get(WalletKeyRow, (wallet_id, did)) is None:
                raise NotFound("this wallet has no such DID", "did_unknown")

    def bind(self, wallet_id: str, did: str) -> None:
        """Puts a DID in use whose control the learner has shown. The one before stays known, for what names it.

        Raises Conflict `too_many_dids`.
        """
        with self._database.writing(alone=wallet_id.encode()) as session:
            require_wallet(session, wallet_id)
            known = session.exec(select(WalletKeyRow.did).where(WalletKeyRow.wallet == wallet_id)).all()
            if did not in known and len(known) >= MAX_DIDS:
                raise Conflict(f"a wallet has at most {MAX_DIDS} DIDs", "too_many_dids")
            put_in_use(session, wallet_id, did, sealed=None, now=self._clock())

    def _make(self, wallet_id: str) -> str:
        seed = os.urandom(32)
        did = did_key(Ed25519Signer.from_seed(seed).public_key)
        sealed = self._seal(seed, did)
        with self._database.writing(alone=wallet_id.encode()) as session:
            require_wallet(session, wallet_id)
            row = in_use(session, wallet_id)
            if row is not None:  # somebody else was faster
                return row.did
            put_in_use(session, wallet_id, did, sealed=sealed, now=self._clock())
        return did

    def _seal(self, seed: bytes, did: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._sealing_key()).encrypt(nonce, seed, did.encode())

    def _open(self, sealed: bytes, did: str) -> bytes:
        try:
            return AESGCM(self._sealing_key()).decrypt(sealed[:_NONCE], sealed[_NONCE:], did.encode())
        except InvalidTag:
            raise KeystoreError("key_locked", "the data folder's key for wallets does not open this one") from None

    def _sealing_key(self) -> bytes:
        return self._keys.sealing_key(wallets_key())


def in_use(session: Session, wallet_id: str) -> WalletKeyRow | None:
    """The row of the DID that the wallet uses now."""
    return session.exec(
        select(WalletKeyRow)
        .where(WalletKeyRow.wallet == wallet_id, col(WalletKeyRow.in_use).is_(True))
        .order_by(col(WalletKeyRow.added_at).desc())
    ).first()


def put_in_use(session: Session, wallet_id: str, did: str, *, sealed: bytes | None, now: int) -> None:
    """Makes a DID the one that the wallet uses. One that it has had already keeps its key."""
    session.exec(update(WalletKeyRow).where(col(WalletKeyRow.wallet) == wallet_id).values(in_use=False))
    row = session.get(WalletKeyRow, (wallet_id, did), populate_existing=True)
    if row is None:
        row = WalletKeyRow(wallet=wallet_id, did=did, sealed=sealed, in_use=True, added_at=now)
    row.in_use = True
    session.add(row)


def move_dids(session: Session, source: str, target: str) -> None:
    """Gives a wallet's DIDs to another one, as DIDs that are not in use: what names them stays the learner's."""
    known = set(session.exec(select(WalletKeyRow.did).where(WalletKeyRow.wallet == target)))
    for row in session.exec(select(WalletKeyRow).where(WalletKeyRow.wallet == source)).all():
        if row.did not in known:
            session.add(
                WalletKeyRow(wallet=target, did=row.did, sealed=row.sealed, in_use=False, added_at=row.added_at)
            )


def require_wallet(session: Session, wallet_id: str) -> None:
    if session.get(WalletRow, wallet_id) is None:
        raise NotFound("there is no such wallet", "wallet_unknown")
