"""Whether this folder's key files are there, its owner's alone, open with its passphrase, and are the keys that the
ledger and the registry know."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ledger.errors import CairnError, KeystoreError
from ledger.issuing.signer import KeyRing, accreditor_key, issuer_key
from ledger.issuing.values import Accreditor, Issuer


def require_keys(keys: KeyRing, folder: Path, issuers: Sequence[Issuer]) -> None:
    """Raises KeystoreError for the first operator's file that is missing or open to others, or if the passphrase does
    not open the first of them: quick, for the start of a server."""
    for issuer in issuers:
        for part in ("anchoring", "revoking"):
            path = folder / f"{issuer_key(issuer.slug, part)}.json"
            _require_private(path)
    if issuers:
        keys.account(issuer_key(issuers[0].slug, "anchoring"))


def key_problems(
    keys: KeyRing, folder: Path, issuers: Sequence[Issuer], accreditors: Sequence[Accreditor]
) -> Iterator[str]:
    """Everything that is wrong with the files, each opened."""
    for issuer in issuers:
        known = {
            "admin": issuer.admin,
            "anchoring": issuer.anchoring_operator,
            "revoking": issuer.revoking_operator,
        }
        for part, address in known.items():
            yield from _account(keys, folder, issuer_key(issuer.slug, part), address)
        for key in issuer.keys:
            if key.closed_at is None:
                yield from _assertion_key(keys, folder, issuer_key(issuer.slug, f"key-{key.number}"), key.public_key)
    for accreditor in accreditors:
        yield from _account(keys, folder, accreditor_key(accreditor.slug), accreditor.address)


def _account(keys: KeyRing, folder: Path, name: str, address: bytes) -> Iterator[str]:
    try:
        _require_private(folder / f"{name}.json")
        if keys.account(name).address != address:
            yield f"the key {name} is of another account than the one that is registered"
    except CairnError as error:
        yield str(error)


def _assertion_key(keys: KeyRing, folder: Path, name: str, public_key: bytes) -> Iterator[str]:
    try:
        _require_private(folder / f"{name}.json")
        if keys.signer(name).public_key != public_key:
            yield f"the key {name} is not the one that is registered"
    except CairnError as error:
        yield str(error)


def _require_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeystoreError("key_missing", f"there is no key at {path}") from None
    except OSError as error:
        raise KeystoreError("key_permissions", f"the key at {path} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeystoreError("key_permissions", f"others may read the key at {path}; run: chmod 600 {path}")
