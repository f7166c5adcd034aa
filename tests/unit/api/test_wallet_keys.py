"""The DIDs of wallets: made once, kept sealed, exchanged for the learner's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.wallets.keys import MAX_DIDS, WalletKeys, move_dids
from api.wallets.tables import WalletKeyRow
from ledger.documents.did import did_key, resolve_did_key
from ledger.errors import CairnError, Conflict, KeystoreError, NotFound
from ledger.issuing.signer import Ed25519Signer, KeyRing
from ledger.storage import Database

OWN = did_key(Ed25519Signer.from_seed(b"\7" * 32).public_key)


@dataclass
class Desk:
    folder: Path
    database: Database

    def keys(self, name: str = "keys") -> WalletKeys:
        return WalletKeys(self.database, KeyRing(self.folder / name, "a passphrase", demo=True), lambda: 1_800_000_000)

    def a_wallet(self, wallet_id: str = "a" * 32) -> str:
        from api.wallets.tables import WalletRow

        with self.database.writing() as session:
            session.add(WalletRow(id=wallet_id, token_hash=wallet_id.encode(), created_at=1))
        return wallet_id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    return Desk(tmp_path, database)


def code_of(error: pytest.ExceptionInfo[CairnError]) -> str:
    return error.value.code


def test_a_wallet_has_one_did_and_its_key_signs_for_it(desk: Desk) -> None:
    wallet = desk.a_wallet()
    did = desk.keys().did(wallet)

    assert did.startswith("did:key:z6Mk")
    assert desk.keys().did(wallet) == did
    named, signer = desk.keys().signer(wallet)
    assert named == did
    (public_key,) = resolve_did_key(did).keys.values()
    Ed25519PublicKey.from_public_bytes(public_key).verify(signer.sign(b"message"), b"message")


def test_many_who_ask_at_once_get_one_did(desk: Desk) -> None:
    wallet = desk.a_wallet()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(desk.keys().did, [wallet] * 24))

    assert len(found) == 1
    assert [entry.did for entry in desk.keys().dids(wallet)] == list(found)


def test_the_database_alone_opens_no_key(desk: Desk) -> None:
    wallet = desk.a_wallet()
    seed = desk.keys().seed(wallet).seed

    assert all(seed not in path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())
    assert seed.hex() not in repr(desk.keys().seed(wallet))
    with pytest.raises(KeystoreError) as error:
        desk.keys("other").seed(wallet)
    assert code_of(error) == "key_locked"


def test_a_sealed_key_is_of_no_use_in_the_row_of_another_did(desk: Desk) -> None:
    mine, theirs = desk.a_wallet("a" * 32), desk.a_wallet("b" * 32)
    keys = desk.keys()
    my_did, their_did = keys.did(mine), keys.did(theirs)
    with desk.database.writing() as session:
        source, target = session.get(WalletKeyRow, (theirs, their_did)), session.get(WalletKeyRow, (mine, my_did))
        assert source is not None
        assert target is not None
        target.sealed = source.sealed

    with pytest.raises(KeystoreError):
        keys.signer(mine)


def test_a_did_of_ones_own_takes_the_place_and_the_one_before_stays_known(desk: Desk) -> None:
    wallet, keys = desk.a_wallet(), desk.keys()
    made = keys.did(wallet)
    keys.bind(wallet, OWN)

    assert keys.did(wallet) == OWN
    assert [(entry.did, entry.is_own, entry.in_use) for entry in keys.dids(wallet)] == [
        (OWN, True, True),
        (made, False, False),
    ]
    with pytest.raises(Conflict) as error:
        keys.signer(wallet)
    assert code_of(error) == "key_elsewhere"
    assert keys.signer(wallet, made)[0] == made

    keys.bind(wallet, made)
    assert keys.did(wallet) == made
    assert keys.signer(wallet)[0] == made


def test_a_wallet_has_no_more_dids_than_the_limit(desk: Desk) -> None:
    wallet, keys = desk.a_wallet(), desk.keys()
    for number in range(MAX_DIDS):
        keys.bind(wallet, f"did:web:learner{number}.example")

    with pytest.raises(Conflict) as error:
        keys.bind(wallet, OWN)
    assert code_of(error) == "too_many_dids"
    keys.bind(wallet, "did:web:learner0.example")
    assert keys.did(wallet) == "did:web:learner0.example"


def test_what_is_not_there_has_no_did(desk: Desk) -> None:
    for ask in (desk.keys().did, desk.keys().seed, lambda wallet: desk.keys().bind(wallet, OWN)):
        with pytest.raises(NotFound) as error:
            ask("c" * 32)
        assert code_of(error) == "wallet_unknown"
    with pytest.raises(NotFound) as error:
        desk.keys().seed(desk.a_wallet(), OWN)
    assert code_of(error) == "did_unknown"


def test_a_merged_wallets_did_still_signs_but_is_not_the_one_in_use(desk: Desk) -> None:
    source, target, keys = desk.a_wallet("a" * 32), desk.a_wallet("b" * 32), desk.keys()
    moved, kept = keys.did(source), keys.did(target)
    with desk.database.writing() as session:
        move_dids(session, source, target)

    assert keys.did(target) == kept
    assert {entry.did for entry in keys.dids(target)} == {moved, kept}
    assert keys.signer(target, moved)[0] == moved
