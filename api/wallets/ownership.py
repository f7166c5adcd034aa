"""Whose is it? What a credential says of its learner, against what the wallet has shown to be its own.

    shown       it names an e-mail address that the wallet has proved, openly or hashed, or one of the wallet's DIDs;
                or it was handed over to this learner, by an issuer's claim or by the operator of the ledger
    not_shown   it names nobody but by name, or an address that nobody has proved yet
    other       it names somebody else: a DID or an open address that is not the wallet's; or a hashed address that is
                not, together with a name that does not fit the names on the credentials that are shown to be its own

What is another's is kept, and counts for nothing: it stands in no record, in no total and in no pathway. The mark is
not stored. Who proves the address or the DID has it changed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.documents.credential import identity_hash
from ledger.documents.strict_json import JsonObject
from ledger.verifying.subjects import may_be_one_name

Whose = Literal["shown", "not_shown", "other"]

WORDS: Mapping[Whose, str] = {
    "shown": "It names an address or identifier that this wallet has shown to be its own, or was handed over to it.",
    "not_shown": "It names its learner in no way that this wallet has shown to be its own.",
    "other": "It names somebody else, so it stands in no record and counts for nothing. If it is yours, prove the "
    "address or identifier that it names.",
}


@dataclass(frozen=True)
class Proved:
    """What a wallet has shown to be its own: e-mail addresses in lower case, and DIDs."""

    addresses: frozenset[str]
    dids: frozenset[str]


@dataclass(frozen=True)
class _Named:
    """How a credential names its learner. `hashed` are (hash, salt) of e-mail addresses."""

    subject: str | None
    open: tuple[str, ...]
    hashed: tuple[tuple[str, str], ...]
    name: str | None


def whose_all(documents: Sequence[JsonObject], proved: Proved, handed_over: Sequence[bool]) -> list[Whose]:
    """The mark of each credential, in order. `handed_over`: it was given to this learner by somebody who knew whom."""
    named = [_named(document) for document in documents]
    shown = [was or _is_shown(one, proved) for one, was in zip(named, handed_over, strict=True)]
    names = {one.name for one, is_shown in zip(named, shown, strict=True) if is_shown and one.name}
    return [
        "shown" if is_shown else "other" if _is_others(one, proved, names) else "not_shown"
        for one, is_shown in zip(named, shown, strict=True)
    ]


def subject_of(document: JsonObject) -> str | None:
    """The identifier of the credential's subject."""
    return _named(document).subject


def _is_shown(named: _Named, proved: Proved) -> bool:
    if named.subject in proved.dids or any(address in proved.addresses for address in _addresses(named)):
        return True
    return any(identity_hash(address, salt) == value for value, salt in named.hashed for address in proved.addresses)


def _is_others(named: _Named, proved: Proved, names: set[str]) -> bool:
    if named.subject is not None and named.subject.startswith("did:"):
        return True
    if proved.addresses and any(True for _ in _addresses(named)):
        return True
    does_not_fit = bool(names and named.name) and not any(may_be_one_name(named.name or "", name) for name in names)
    return bool(proved.addresses and named.hashed) and does_not_fit


def _addresses(named: _Named) -> Iterator[str]:
    """The e-mail addresses that it names openly, in lower case."""
    if named.subject is not None and named.subject.startswith("mailto:"):
        yield named.subject.removeprefix("mailto:").lower()
    yield from (address.lower() for address in named.open)


def _named(document: JsonObject) -> _Named:
    subject = document.get("credentialSubject")
    if isinstance(subject, list):
        subject = subject[0] if subject else None
    if not isinstance(subject, dict):
        return _Named(None, (), (), None)
    identifier, entries = subject.get("id"), subject.get("identifier")
    opened, hashed = [], []
    name = subject.get("name")
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or not isinstance(value := entry.get("identityHash"), str):
            continue
        if entry.get("identityType") == "name" and not entry.get("hashed"):
            name = value
        elif entry.get("identityType") == "emailAddress" and entry.get("hashed"):
            salt = entry.get("salt")
            hashed.append((value, salt if isinstance(salt, str) else ""))
        elif entry.get("identityType") == "emailAddress":
            opened.append(value)
    return _Named(
        identifier if isinstance(identifier, str) else None,
        tuple(opened),
        tuple(hashed),
        name if isinstance(name, str) else None,
    )
