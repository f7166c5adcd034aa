"""Accounts sign, show no key, and stay on test chains where a demonstration made them."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_account import Account

from ledger.chain.accounts import KeystoreAccount, dev_account
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.errors import KeystoreError, WrongChain
from ledger.keystore import KeyKind, write_secret

SECRET = bytes(range(1, 33))
TRANSACTION: dict[str, object] = {
    "type": 2,
    "nonce": 0,
    "to": bytes(20),
    "value": 0,
    "data": b"",
    "gas": 21_000,
    "maxFeePerGas": 1,
    "maxPriorityFeePerGas": 1,
}


def opened(tmp_path: Path, *, kind: KeyKind = KeyKind.SECP256K1, demo: bool = True) -> KeystoreAccount:
    path = tmp_path / "key.json"
    write_secret(path, SECRET, "open", kind=kind, demo=demo)
    return KeystoreAccount.open(path, "open")


def test_a_keystore_account_signs_as_its_key(tmp_path: Path) -> None:
    account = opened(tmp_path)
    raw = account.sign_transaction(TRANSACTION | {"chainId": EMBEDDED_CHAIN_ID})
    expected = Account.from_key(SECRET)
    assert account.address == bytes.fromhex(expected.address[2:])
    assert Account.recover_transaction(raw) == expected.address


def test_no_account_shows_its_key(tmp_path: Path) -> None:
    for shown in (repr(opened(tmp_path)), str(vars(opened(tmp_path / "b"))), repr(dev_account(0))):
        assert SECRET.hex() not in shown
        assert str(SECRET) not in shown
        assert "ac0974bec39a17e3" not in shown


@pytest.mark.parametrize("chain_id", [1, 11155111, 0, None, "0x436169726e"])
def test_a_demonstrations_key_signs_for_test_chains_only(tmp_path: Path, chain_id: object) -> None:
    for account in (opened(tmp_path), dev_account(0)):
        for allowed in (EMBEDDED_CHAIN_ID, ANVIL_CHAIN_ID):
            assert account.sign_transaction(TRANSACTION | {"chainId": allowed})
        with pytest.raises(WrongChain):
            account.sign_transaction(TRANSACTION | {"chainId": chain_id})


def test_an_operators_own_key_signs_for_any_chain(tmp_path: Path) -> None:
    assert opened(tmp_path, demo=False).sign_transaction(TRANSACTION | {"chainId": 1})


def test_a_key_that_signs_credentials_is_no_account(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError) as caught:
        opened(tmp_path, kind=KeyKind.ED25519)
    assert caught.value.code == "key_kind"


def test_there_are_ten_development_accounts() -> None:
    assert len({dev_account(index).address for index in range(10)}) == 10
    for index in (-1, 10):
        with pytest.raises(ValueError, match="counted from 0"):
            dev_account(index)
