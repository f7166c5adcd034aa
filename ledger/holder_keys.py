"""The key files of holders: what a wallet hands out, and what `cairn present` signs with.

A key is an Ed25519 seed, in a keystore file under a passphrase or as a JSON Web Key (RFC 8037, section 2), which is not
encrypted. A holder of another DID than the key's own `did:key` says which.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import orjson

from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.did import did_key
from ledger.errors import KeystoreError, MalformedDocument
from ledger.issuing.signer import Ed25519Signer
from ledger.keystore import KeyKind, read_secret
from ledger.proofs.presenting import Holder, holder_of_did_key

_LARGEST_FILE = 16_384


def jwk_file(seed: bytes) -> bytes:
    """The JSON Web Key of an Ed25519 seed, its secret part included and not encrypted."""
    public_key = Ed25519Signer.from_seed(seed).public_key
    did = did_key(public_key)
    return orjson.dumps(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "kid": f"{did}#{did.removeprefix('did:key:')}",
            "x": encode_base64url(public_key),
            "d": encode_base64url(seed),
        },
        option=orjson.OPT_INDENT_2,
    )


def read_holder(path: Path, passphrase: Callable[[], str], *, method: str | None = None) -> Holder:
    """The holder whose key is in a file: of either kind, and its owner's alone. Only a keystore needs a passphrase.

    `method` is the URL of the key in a DID of the holder's own, as did:web:me.example#key-1; without one the DID is the
    key's `did:key`. Raises KeystoreError as `read_secret`, and `key_kind`, `did_malformed`.
    """
    signer = Ed25519Signer.from_seed(_seed(path, passphrase))
    if method is None:
        return holder_of_did_key(did_key(signer.public_key), signer)
    did, separator, fragment = method.partition("#")
    if not did.startswith("did:") or not separator or not fragment:
        raise KeystoreError("did_malformed", "a key of a DID of your own is named as in did:web:me.example#key-1")
    return Holder(did, method, signer)


def _seed(path: Path, passphrase: Callable[[], str]) -> bytes:
    key = _read_jwk(path)
    if key is None:
        secret = read_secret(path, passphrase())
        if secret.kind is not KeyKind.ED25519:
            raise KeystoreError("key_kind", f"the key in {path} is none to present with: it is no Ed25519 key")
        return secret.value
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519":
        raise KeystoreError("key_kind", f"the key in {path} is none to present with: it is no Ed25519 key")
    try:
        seed, public_key = (decode_base64url(str(key.get(name))) for name in ("d", "x"))
    except MalformedDocument:
        seed = public_key = b""
    if len(seed) != 32 or Ed25519Signer.from_seed(seed).public_key != public_key:
        raise KeystoreError("key_invalid", f"{path} is not a JSON Web Key with its secret part")
    return seed


def _read_jwk(path: Path) -> dict[str, object] | None:
    """The JSON Web Key in a file; None for any other file, which `read_secret` judges."""
    try:
        with path.open("rb") as file:
            others_read = os.fstat(file.fileno()).st_mode & 0o077
            found = orjson.loads(file.read(_LARGEST_FILE))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or "kty" not in found:
        return None
    if others_read:
        raise KeystoreError("key_permissions", f"others may read the key at {path}; run: chmod 600 {path}")
    return found
