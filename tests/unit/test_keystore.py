"""Key files: written whole and private, opened with their passphrase only, read by Ethereum's own library too."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.errors import KeystoreError
from ledger.issuing.signer import KeyRing
from ledger.keystore import KeyKind, read_secret, write_secret

SECRET = bytes(range(1, 33))
PASSPHRASE = "correct horse"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "operator.json"
    write_secret(path, SECRET, PASSPHRASE, kind=KeyKind.SECP256K1, demo=True)
    return path


def code_of(path: Path, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(KeystoreError) as caught:
        read_secret(path, passphrase)
    assert SECRET.hex() not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_secret_comes_back_as_it_was_written(tmp_path: Path, kind: KeyKind) -> None:
    path = tmp_path / "key.json"
    write_secret(path, SECRET, "pässphrase \U0001f511", kind=kind, demo=True)
    secret = read_secret(path, "pässphrase \U0001f511")
    assert (secret.value, secret.kind, secret.demo) == (SECRET, kind, True)


def test_only_a_demonstration_key_is_encrypted_lightly(tmp_path: Path) -> None:
    costs = {}
    for demo in (True, False):
        path = tmp_path / f"{demo}.json"
        write_secret(path, SECRET, "x", kind=KeyKind.ED25519, demo=demo)
        costs[demo] = json.loads(path.read_text())["crypto"]["kdfparams"]["n"]
        assert read_secret(path, "x").demo is demo
    assert costs == {True: 2**12, False: 2**18}


def test_the_file_is_private_and_nothing_else_is_left(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert list(key_file.parent.iterdir()) == [key_file]


def test_a_key_is_never_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(KeystoreError) as caught:
        write_secret(key_file, bytes(32), "x", kind=KeyKind.ED25519)
    assert caught.value.code == "key_exists"
    assert key_file.read_bytes() == before


def test_a_secret_does_not_show_itself(key_file: Path) -> None:
    secret = read_secret(key_file, PASSPHRASE)
    assert SECRET.hex() not in repr(secret)
    assert str(SECRET) not in repr(secret)


def test_a_wrong_passphrase_locks(key_file: Path) -> None:
    assert code_of(key_file, "wrong") == "key_locked"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nothing.json") == "key_missing"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_may_open_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert code_of(key_file) == "key_permissions"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"version":3}',
        b'{"version":3,"crypto":[]}',
        b'{"version":4,"crypto":{"kdfparams":{}}}',
        b'{"version":3,"crypto":{"kdf":"scrypt","kdfparams":{"n":1073741824,"r":8,"p":1,"dklen":32,"salt":"00"}}}',
        b'{"version":3,"crypto":{"kdf":"rot13","kdfparams":{}}}',
        b'{"version":3,"cairn":{"kind":"rsa","demo":true},"crypto":{"kdfparams":{}}}',
        b'{"version":3,"cairn":{"kind":"ed25519","demo":"yes"},"crypto":{"kdfparams":{}}}',
    ],
)
def test_a_file_that_is_no_keystore_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(content)
    path.chmod(0o600)
    assert code_of(path) == "key_invalid"


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir(mode=0o700)
    assert code_of(path) == "key_invalid"


def test_other_tools_open_our_files_and_we_open_theirs(tmp_path: Path, key_file: Path) -> None:
    from eth_account import Account

    assert bytes(Account.decrypt(key_file.read_text(), PASSPHRASE)) == SECRET
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps(Account.encrypt(SECRET, "geheim", kdf="pbkdf2", iterations=1000)))
    foreign.chmod(0o600)
    secret = read_secret(foreign, "geheim")
    assert (secret.value, secret.kind, secret.demo) == (SECRET, KeyKind.SECP256K1, False)


def test_of_two_that_make_one_key_at_once_both_have_the_same(tmp_path: Path) -> None:
    rings = [KeyRing(tmp_path, "a passphrase", demo=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda ring: ring.create_shared_secret("webhooks/one"), rings))
    assert made == {KeyRing(tmp_path, "a passphrase", demo=True).shared_secret("webhooks/one")}
    assert [path.name for path in (tmp_path / "webhooks").iterdir()] == ["one.json"]
