"""The accounts on a chain that an issuer publishes as its own, for documents that were anchored instead of signed.

They stand in the document at the issuer's address or DID, never in the proof. Two forms are in use: verification
methods with a secp256k1 key or an account (DID documents and newer issuer profiles of Blockcerts), and the list
`publicKey` of an issuer profile of Blockcerts, whose entries say from when until when an account was the issuer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.chain.addresses import keccak, parse_address
from ledger.documents.codecs import decode_base58_within, decode_base64url, parse_date_time_stamp
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

MAX_ACCOUNTS = 200

_PROFILE_KEY = "ecdsa-koblitz-pubkey:"
_ETHEREUM = _PROFILE_KEY + "0x"
_SECP256K1_HEADER = b"\xe7\x01"
_POINT_SIZE = 33


@dataclass(frozen=True)
class PublishedAccount:
    """An account of the issuer's. `name` is the method's absolute id, or None for an entry of the list `publicKey`.

    `address` is written as `Inscription.sender`. It counts from `begins` until just before `ends` (Unix seconds).
    """

    name: str | None
    address: str
    begins: float | None = None
    ends: float | None = None

    def covers(self, moment: int) -> bool:
        return (self.begins is None or self.begins <= moment) and (self.ends is None or moment < self.ends)


def published_accounts(document: JsonObject, issuer: str, chain: str) -> tuple[PublishedAccount, ...]:
    """The accounts on a chain of Ethereum's kind (by its CAIP-2 name) that the document at an issuer's address names.

    What is of another kind or for another use is left out. Raises MalformedDocument `issuer_document_malformed` for a
    document of somebody else's, and for one whose accounts or times are badly written.
    """
    if document.get("id") != issuer:
        raise _malformed("it is that of another issuer")
    methods = [*_objects(document, "verificationMethod")]
    assertions = document.get("assertionMethod", [])
    if not isinstance(assertions, list) or len(assertions) > MAX_ACCOUNTS or len(methods) > MAX_ACCOUNTS:
        raise _malformed("its methods are no list, or too many")
    listed = {_absolute(issuer, each) for each in assertions if isinstance(each, str)}
    embedded = [each for each in assertions if isinstance(each, dict)]
    found = [account for method in embedded for account in _of_method(method, issuer, chain)]
    for method in methods:
        found += (account for account in _of_method(method, issuer, chain) if account.name in listed)
    for entry in _objects(document, "publicKey"):
        found += _of_entry(entry)
    return tuple(found)


def _of_method(method: JsonObject, issuer: str, chain: str) -> Iterator[PublishedAccount]:
    name, controller = method.get("id"), method.get("controller")
    if not isinstance(name, str) or controller != issuer:
        return
    address = _address_of_method(method, chain)
    if address is not None:
        ends = [end for end in (_moment(method, "expires"), _moment(method, "revoked")) if end is not None]
        yield PublishedAccount(_absolute(issuer, name), address, ends=min(ends, default=None))


def _address_of_method(method: JsonObject, chain: str) -> str | None:
    """The account of a method on this chain, None if it is of another kind or on another chain."""
    account, plain = method.get("blockchainAccountId"), method.get("ethereumAddress")
    if isinstance(account, str):
        name, _, address = account.rpartition(":")
        return _address(address) if name == chain else None
    if isinstance(plain, str):
        return _address(plain)
    jwk, multikey = method.get("publicKeyJwk"), method.get("publicKeyMultibase")
    if isinstance(jwk, dict) and multikey is None:
        point = _point_of_jwk(jwk)
    elif isinstance(multikey, str) and jwk is None:
        point = _point_of_multikey(multikey)
    else:
        return None
    return None if point is None else "0x" + keccak(point)[12:].hex()


def _of_entry(entry: JsonObject) -> Iterator[PublishedAccount]:
    name = entry.get("id")
    if not isinstance(name, str) or not name.startswith(_ETHEREUM):
        return  # or an account on Bitcoin, which begins without 0x
    ends = [end for end in (_moment(entry, "expires"), _moment(entry, "revoked")) if end is not None]
    address = _address(name.removeprefix(_PROFILE_KEY))
    yield PublishedAccount(None, address, _moment(entry, "created"), min(ends, default=None))


# --- keys ---


def _point_of_jwk(jwk: JsonObject) -> bytes | None:
    """The uncompressed point of a secp256k1 key, without its first byte; None for a key of another kind."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "secp256k1"):
        return None
    x, y = jwk.get("x"), jwk.get("y")
    if not isinstance(x, str) or not isinstance(y, str) or "d" in jwk:
        raise _malformed("a key in it is badly written")
    try:
        point = decode_base64url(x) + decode_base64url(y)
    except MalformedDocument as error:
        raise _malformed("a key in it is badly written") from error
    return _checked_point(b"\x04" + point)


def _point_of_multikey(text: str) -> bytes | None:
    try:
        data = decode_base58_within(text[1:], limit=2048) if text.startswith("z") else b""
    except MalformedDocument as error:
        raise _malformed("a key in it is badly written") from error
    if not data.startswith(_SECP256K1_HEADER):
        return None
    point = data.removeprefix(_SECP256K1_HEADER)
    if len(point) != _POINT_SIZE:
        raise _malformed("a key in it is badly written")
    return _checked_point(point)


def _checked_point(encoded: bytes) -> bytes:
    from coincurve import PublicKey

    try:
        return PublicKey(encoded).format(compressed=False)[1:]
    except ValueError:
        raise _malformed("a key in it is no point of its curve") from None


def _address(text: str) -> str:
    try:
        return "0x" + parse_address(text).hex()
    except MalformedDocument as error:
        raise _malformed("an account in it is badly written") from error


# --- members ---


def _objects(document: JsonObject, member: str) -> list[JsonObject]:
    value = document.get(member, [])
    if not isinstance(value, list) or len(value) > MAX_ACCOUNTS:
        raise _malformed(f"{member} is no list, or too long")
    return [entry for entry in value if isinstance(entry, dict)]


def _absolute(issuer: str, reference: str) -> str:
    return issuer + reference if reference.startswith("#") else reference


def _moment(entry: JsonObject, member: str) -> float | None:
    """A time as Unix seconds. `revoked` may be true in place of a time: then it counted never."""
    value: JsonValue = entry.get(member)
    if value is None or value == "":
        return None
    if value is True and member == "revoked":
        return 0.0
    try:
        if isinstance(value, str):
            return parse_date_time_stamp(value).timestamp()
    except MalformedDocument:
        pass
    raise _malformed("a time in it is not a date and time with a time zone")


def _malformed(reason: str) -> MalformedDocument:
    return MalformedDocument("issuer_document_malformed", f"the document of the issuer can't be relied on: {reason}")
