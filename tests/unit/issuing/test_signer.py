"""Keys of a data folder: made once, opened only as what they are, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.chain.registry import Address
from ledger.errors import KeystoreError
from ledger.issuing.signer import Ed25519Signer, KeyRing


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path, "a passphrase", demo=True)


def test_a_signature_verifies_under_the_public_key(keys: KeyRing) -> None:
    signer = keys.create_signer("issuers/usm/key-1")

    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signer.sign(b"message"), b"message")


def test_a_key_is_made_once(keys: KeyRing, tmp_path: Path) -> None:
    first = keys.create_signer("issuers/usm/key-1")
    again = KeyRing(tmp_path, "a passphrase", demo=True)

    assert again.create_signer("issuers/usm/key-1").public_key == first.public_key
    assert again.signer("issuers/usm/key-1").public_key == first.public_key


def test_a_key_never_shows_in_its_repr() -> None:
    signer = Ed25519Signer.from_seed(bytes(range(32)))

    assert bytes(range(32)).hex() not in repr(signer)
    assert "PrivateKey" not in repr(signer)


def test_a_key_opens_only_as_what_it_is(keys: KeyRing) -> None:
    keys.create_account("issuers/usm/admin")
    keys.create_signer("issuers/usm/key-1")

    for open_wrongly in (
        lambda: keys.signer("issuers/usm/admin"),
        lambda: keys.account("issuers/usm/key-1"),
    ):
        with pytest.raises(KeystoreError) as caught:
            open_wrongly()
        assert caught.value.code == "key_kind"


def test_a_wrong_passphrase_and_a_missing_file_say_so(keys: KeyRing, tmp_path: Path) -> None:
    keys.create_account("admin")

    with pytest.raises(KeystoreError) as locked:
        KeyRing(tmp_path, "another", demo=True).account("admin")
    with pytest.raises(KeystoreError) as missing:
        keys.account("nobody")
    assert (locked.value.code, missing.value.code) == ("key_locked", "key_missing")


def test_an_account_is_found_by_its_address(keys: KeyRing, tmp_path: Path) -> None:
    made = [keys.create_account(f"issuers/{slug}/anchoring") for slug in ("usm", "um")]
    keys.create_signer("issuers/usm/key-1")
    opened_anew = KeyRing(tmp_path, "a passphrase", demo=True)

    found = [opened_anew.find_account(account.address) for account in made]

    assert [account and account.address for account in found] == [account.address for account in made]
    assert opened_anew.find_account(Address(bytes(20))) is None
