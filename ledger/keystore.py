"""Secrets of 32 bytes in encrypted files: keystore version 3, the format that Ethereum's own tools read and write.

One file holds one secp256k1 key (an operator's account), one Ed25519 seed (an assertion key), one secret that a
webhook's receiver knows too, or one key under which the keys of wallets are sealed. Our own member `cairn` says which,
and whether a demonstration made it: such a key is good for test chains only, and is encrypted lightly so that the first
run is quick.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from ledger.errors import KeystoreError

_SCRYPT_COST = 2**18
_DEMO_SCRYPT_COST = 2**12
_LARGEST_SCRYPT_COST = 2**20
_LARGEST_FILE = 16_384


class KeyKind(StrEnum):
    """What a secret is for."""

    SECP256K1 = "secp256k1"
    ED25519 = "ed25519"
    HMAC_SHA256 = "hmac-sha256"
    AES256_GCM = "aes-256-gcm"


@dataclass(frozen=True)
class Secret:
    """An opened key file. `value` stays out of `repr`. `demo` marks keys that must never leave test chains."""

    value: bytes = field(repr=False)
    kind: KeyKind
    demo: bool


def write_secret(path: Path, secret: bytes, passphrase: str, *, kind: KeyKind, demo: bool = False) -> None:
    """Encrypts the secret into a new file that only its owner may read; the file appears whole or not at all.

    Raises `KeystoreError` (`key_exists`) rather than overwrite a key.
    """
    if path.exists():
        raise KeystoreError("key_exists", f"there is a key at {path} already; it is not overwritten")
    _write_privately(path, encrypted_secret(secret, passphrase, kind=kind, demo=demo))


def encrypted_secret(secret: bytes, passphrase: str, *, kind: KeyKind, demo: bool = False) -> bytes:
    """The content of a key file. Takes a quarter of a gigabyte for a second, unless it is for a demonstration."""
    from eth_keyfile import create_keyfile_json

    if len(secret) != 32:
        raise ValueError("a secret has 32 bytes")
    cost = _DEMO_SCRYPT_COST if demo else _SCRYPT_COST
    document = create_keyfile_json(secret, passphrase.encode(), version=3, kdf="scrypt", iterations=cost)
    if kind is not KeyKind.SECP256K1:
        del document["address"]
    document["cairn"] = {"kind": kind.value, "demo": demo}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def read_secret(path: Path, passphrase: str) -> Secret:
    """Opens a key file. A file of another tool, without our member, is an account's key and no demonstration's.

    Raises `KeystoreError`: `key_missing`, `key_permissions` (others may read it), `key_invalid` (not a keystore),
    `key_locked` (wrong passphrase).
    """
    from eth_keyfile import decode_keyfile_json

    document = _read_document(path)
    ours = document.get("cairn", {"kind": KeyKind.SECP256K1.value, "demo": False})
    try:
        kind, demo = KeyKind(ours["kind"]), ours["demo"]
        cost = document["crypto"]["kdfparams"].get("n", 0)
        if demo not in (True, False) or cost > _LARGEST_SCRYPT_COST or document["version"] != 3:
            raise _invalid(path)
        value = decode_keyfile_json(document, passphrase.encode())
    except (KeyError, TypeError, AttributeError) as error:
        raise _invalid(path) from error
    except ValueError as error:
        if str(error) == "MAC mismatch":
            raise KeystoreError("key_locked", f"the passphrase does not open {path}") from None
        raise _invalid(path) from error
    if len(value) != 32:
        raise _invalid(path)
    return Secret(value, kind, demo)


def read_stated_address(path: Path) -> bytes | None:
    """The account that a key file says it is of, without opening it: a hint, no proof. None if it says nothing.

    Raises `KeystoreError` as `read_secret`, but for `key_locked`.
    """
    stated = _read_document(path).get("address")
    try:
        address = bytes.fromhex(stated.removeprefix("0x")) if isinstance(stated, str) else b""
    except ValueError:
        raise _invalid(path) from None
    return address if len(address) == 20 else None


def _read_document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise KeystoreError("key_permissions", f"others may read the key at {path}; run: chmod 600 {path}")
            document = orjson.loads(file.read(_LARGEST_FILE))
    except FileNotFoundError:
        raise KeystoreError("key_missing", f"there is no key at {path}") from None
    except (IsADirectoryError, ValueError):
        raise _invalid(path) from None
    except OSError as error:
        raise KeystoreError("key_permissions", f"the key at {path} cannot be read: {error.strerror}") from None
    if not isinstance(document, dict):
        raise _invalid(path)
    return document


def _invalid(path: Path) -> KeystoreError:
    return KeystoreError("key_invalid", f"{path} is not a keystore file of version 3 with a secret of 32 bytes")


def _write_privately(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Not by renaming: of two that make the same key at once, one would go on with what is then no key of anything.
        path.hardlink_to(temporary)
    except FileExistsError:
        raise KeystoreError("key_exists", f"there is a key at {path} already; it is not overwritten") from None
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
