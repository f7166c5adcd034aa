"""The keys of a data folder: operators' accounts and assertion keys, each in its own encrypted file.

A signer is a port (`ledger.proofs.data_integrity.Signer`): a KMS or HSM can stand where a file stands here.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from ledger.errors import KeystoreError
from ledger.keystore import KeyKind, read_secret, read_stated_address, write_secret

if TYPE_CHECKING:
    from ledger.chain.registry import Account, Address


_DID_FILE = "did.txt"


@dataclass(frozen=True)
class Ed25519Signer:
    """Signs with an Ed25519 key that stays in memory and out of `repr`."""

    public_key: bytes
    _secret_key: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> Ed25519Signer:
        """The signer for a seed of 32 bytes (RFC 8032)."""
        return cls(*crypto_sign_seed_keypair(seed))

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return crypto_sign(message, self._secret_key)[:crypto_sign_BYTES]


class KeyRing:
    """The key files under one folder, named as in `issuers/usm/admin`. Each file is decrypted once.

    Every method raises KeystoreError (`key_missing`, `key_permissions`, `key_locked`, `key_invalid`, `key_kind`).
    """

    def __init__(self, folder: Path, passphrase: str, *, demo: bool) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._demo = demo
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._signers: dict[str, Ed25519Signer] = {}
        self._shared: dict[str, bytes] = {}
        self._sealing: dict[str, bytes] = {}

    def holds(self, name: str) -> bool:
        """Whether there is a key file of this name."""
        return self._path(name).exists()

    def account(self, name: str) -> Account:
        """The account whose key is in this file."""
        from ledger.chain.accounts import KeystoreAccount

        with self._lock:
            if name not in self._accounts:
                self._accounts[name] = KeystoreAccount.open(self._path(name), self._passphrase)
            return self._accounts[name]

    def signer(self, name: str) -> Ed25519Signer:
        """The signer whose assertion key is in this file."""
        with self._lock:
            if name not in self._signers:
                secret = read_secret(self._path(name), self._passphrase)
                if secret.kind is not KeyKind.ED25519:
                    raise KeystoreError("key_kind", f"the key {name} is an account's, not one that signs credentials")
                self._signers[name] = Ed25519Signer.from_seed(secret.value)
            return self._signers[name]

    def shared_secret(self, name: str) -> bytes:
        """The 32 bytes in this file, which somebody else knows too."""
        with self._lock:
            if name not in self._shared:
                secret = read_secret(self._path(name), self._passphrase)
                if secret.kind is not KeyKind.HMAC_SHA256:
                    raise KeystoreError("key_kind", f"the key {name} is no secret to be shared")
                self._shared[name] = secret.value
            return self._shared[name]

    def sealing_key(self, name: str) -> bytes:
        """The 32 bytes in this file, under which other secrets are sealed; a new key if there is no file yet."""
        with self._lock:
            if name not in self._sealing:
                self._create(name, KeyKind.AES256_GCM)
                secret = read_secret(self._path(name), self._passphrase)
                if secret.kind is not KeyKind.AES256_GCM:
                    raise KeystoreError("key_kind", f"the key {name} is none to seal others with")
                self._sealing[name] = secret.value
            return self._sealing[name]

    def find_account(self, address: Address) -> Account | None:
        """The account of this address, if its key is here. Key files say whose they are; what they say is checked."""
        with self._lock:
            opened = next((account for account in self._accounts.values() if account.address == address), None)
        if opened is not None:
            return opened
        for path in sorted(self._folder.rglob("*.json")):
            if read_stated_address(path) == address:
                found = self.account(str(path.relative_to(self._folder).with_suffix("")))
                if found.address == address:
                    return found
        return None

    def create_account(self, name: str) -> Account:
        """The account of this name; a new key if there is no file yet."""
        self._create(name, KeyKind.SECP256K1)
        return self.account(name)

    def hand_on(self, name: str, successor: str) -> None:
        """Puts the account of the file `successor` in the place of the one of `name`, whose file is kept beside it.

        Broken off, it goes on where it stopped; done before, it changes nothing.
        """
        place, next_one = self._path(name), self._path(successor)
        with self._lock:
            if next_one.exists():
                former = place.with_name(f"former-{place.stem}-{(read_stated_address(place) or b'').hex()[:8]}.json")
                if place.exists() and not former.exists():
                    former.hardlink_to(place)
                next_one.replace(place)
            self._accounts.pop(name, None)
            self._accounts.pop(successor, None)

    def create_signer(self, name: str) -> Ed25519Signer:
        """The signer of this name; a new key if there is no file yet."""
        self._create(name, KeyKind.ED25519)
        return self.signer(name)

    def create_shared_secret(self, name: str) -> bytes:
        """The shared secret of this name; a new one if there is no file yet."""
        self._create(name, KeyKind.HMAC_SHA256)
        return self.shared_secret(name)

    def keep_did(self, slug: str, did: str) -> None:
        """Keeps the DID that an issuer has of its own beside its keys: with them it finds its place in the registry."""
        path = self._folder / "issuers" / slug / _DID_FILE
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(did + "\n")

    def kept_did(self, slug: str) -> str | None:
        """The DID of its own that an issuer has; None if it has the one of its address here."""
        path = self._folder / "issuers" / slug / _DID_FILE
        return path.read_text().strip() if path.exists() else None

    def _create(self, name: str, kind: KeyKind) -> None:
        path = self._path(name)
        if not path.exists():
            try:
                # Random bytes are no valid secp256k1 key once in 2^128 times; the account would not open then.
                write_secret(path, os.urandom(32), self._passphrase, kind=kind, demo=self._demo)
            except KeystoreError as error:
                if error.code != "key_exists":  # another process was faster: its key counts
                    raise

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def issuer_key(slug: str, part: str) -> str:
    """The name of an issuer's key file: `admin`, `anchoring`, `revoking`, or `key-1`, `key-2`, … for assertion keys."""
    return f"issuers/{slug}/{part}"


def webhook_key(webhook_id: str) -> str:
    return f"webhooks/{webhook_id}"


def wallets_key() -> str:
    """The key under which the keys of all wallets are sealed."""
    return "wallets/sealing"


def accreditor_key(slug: str) -> str:
    return f"accreditors/{slug}"
