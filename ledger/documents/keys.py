"""Public keys of every kind that a credential may be signed with, from each form in which documents write them.

Multikey (W3C Controlled Identifiers 1.0, section 2.2.2, with the multicodec table), `publicKeyJwk` (RFC 7517, 7518 and
8037) and `publicKeyBase58` (Ed25519VerificationKey2018). One key has one `PublicKey`, whichever form it was read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.documents.codecs import (
    check_ed25519_key,
    decode_base58,
    decode_base58_within,
    decode_base64url,
    encode_base58,
)
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
"""A larger modulus makes one signature cost as much as hundreds of others."""

_MAX_RSA_EXPONENT_BITS = 32
_MAX_MULTIKEY_BYTES = MAX_RSA_BITS // 8 + 32


class KeyKind(StrEnum):
    """The kinds of keys whose signatures Cairn checks."""

    ED25519 = "Ed25519"
    P256 = "P-256"
    P384 = "P-384"
    RSA = "RSA"


@dataclass(frozen=True)
class PublicKey:
    """A public key that was found fit for use.

    `data`: 32 bytes for Ed25519; for the NIST curves the compressed point of SEC 1 (33 or 49 bytes); for RSA the
    SubjectPublicKeyInfo in DER.
    """

    kind: KeyKind
    data: bytes


# Multicodec numbers as varints: ed25519-pub 0xed, p256-pub 0x1200, p384-pub 0x1201, rsa-pub 0x1205.
_MULTICODECS = {
    b"\xed\x01": KeyKind.ED25519,
    b"\x80\x24": KeyKind.P256,
    b"\x81\x24": KeyKind.P384,
    b"\x85\x24": KeyKind.RSA,
}
_MULTIKEY_STARTS = ("z6Mk", "zDn", "z82")
_JWK_CURVES = {"P-256": (KeyKind.P256, 32), "P-384": (KeyKind.P384, 48)}
_JWK_ALGORITHMS = {
    KeyKind.ED25519: ("EdDSA", "Ed25519"),
    KeyKind.P256: ("ES256",),
    KeyKind.P384: ("ES384",),
    KeyKind.RSA: ("RS256",),
}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def ed25519_key(data: bytes) -> PublicKey:
    """The key of these 32 bytes. Raises MalformedDocument `key_malformed` or `key_weak`."""
    return PublicKey(KeyKind.ED25519, check_ed25519_key(data))


def encode_multikey(key: PublicKey) -> str:
    """`z6Mk…`, `zDn…`, `z82…`, `z4MX…`: the key with its multicodec header, in base58btc."""
    header = next(header for header, kind in _MULTICODECS.items() if kind is key.kind)
    data = _pkcs1(key) if key.kind is KeyKind.RSA else key.data
    return "z" + encode_base58(header + data)


def parse_multikey(text: str) -> PublicKey:
    """The key of a Multikey in base58btc, the only base in use.

    Raises MalformedDocument: `key_malformed` for what is badly written or no point of its curve, `key_weak` for a point
    of small order and a short RSA modulus, `key_unsupported` for a key of another kind.
    """
    if not text.startswith("z"):
        raise MalformedDocument("key_malformed", "the key is not in base58btc")
    try:
        data = decode_base58_within(text[1:], limit=_MAX_MULTIKEY_BYTES)
    except MalformedDocument as error:
        raise MalformedDocument("key_malformed", f"the key is badly written: {error}") from error
    kind = _MULTICODECS.get(data[:2])
    if kind is None and text.startswith(_MULTIKEY_STARTS):
        raise MalformedDocument("key_malformed", "the key is cut off, or longer than keys of its kind")
    if kind is None:
        raise MalformedDocument("key_unsupported", "the key is of a kind that Cairn does not know")
    if kind is KeyKind.ED25519:
        return ed25519_key(data[2:])
    if kind is KeyKind.RSA:
        return _rsa_from_pkcs1(data[2:])
    return _ec_from_point(kind, data[2:])


def parse_base58(text: str) -> PublicKey:
    """The Ed25519 key of a `publicKeyBase58`. Raises MalformedDocument `key_malformed` or `key_weak`."""
    try:
        return ed25519_key(decode_base58(text, size=32))
    except MalformedDocument as error:
        code = error.code if error.code == "key_weak" else "key_malformed"
        raise MalformedDocument(code, f"the key is badly written: {error}") from error


def parse_jwk(jwk: JsonObject) -> PublicKey:
    """The key of a JSON Web Key that is public and may check signatures.

    Raises as `parse_multikey`, and MalformedDocument `key_private` for a key that gives its secret away, `key_use` for
    one whose `use`, `key_ops` or `alg` says that it is meant for something else.
    """
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise MalformedDocument("key_private", "the key is published together with its secret part")
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "OKP" and curve == "Ed25519":
        key = ed25519_key(_jwk_bytes(jwk, "x"))
    elif kind == "EC" and isinstance(curve, str) and curve in _JWK_CURVES:
        key = _ec_from_jwk(jwk, *_JWK_CURVES[curve])
    elif kind == "RSA":
        key = _rsa_key(_jwk_number(jwk, "n"), _jwk_number(jwk, "e"))
    else:
        raise MalformedDocument("key_unsupported", "the key is of a kind that Cairn does not know")
    _check_use(jwk, key.kind)
    return key


def _check_use(jwk: JsonObject, kind: KeyKind) -> None:
    operations = jwk.get("key_ops", ["verify"])
    if (
        jwk.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
        or jwk.get("alg", _JWK_ALGORITHMS[kind][0]) not in _JWK_ALGORITHMS[kind]
    ):
        raise MalformedDocument("key_use", "the key is not meant for signatures of its kind")


def _jwk_bytes(jwk: JsonObject, name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str) or len(text) > 2 * _MAX_MULTIKEY_BYTES:
        raise MalformedDocument("key_malformed", "a part of the key is missing, or not as it should be")
    try:
        return decode_base64url(text)
    except MalformedDocument as error:
        raise MalformedDocument("key_malformed", f"the key is badly written: {error}") from error


def _jwk_number(jwk: JsonObject, name: str) -> int:
    """A Base64urlUInt (RFC 7518, section 2): as few bytes as will do."""
    data = _jwk_bytes(jwk, name)
    if not data or data[0] == 0:
        raise MalformedDocument("key_malformed", "a number of the key is not written in its shortest form")
    return int.from_bytes(data)


# --- NIST curves -----------------------------------------------------------------------------------------------------


def _ec_from_jwk(jwk: JsonObject, kind: KeyKind, size: int) -> PublicKey:
    x, y = _jwk_bytes(jwk, "x"), _jwk_bytes(jwk, "y")
    if len(x) != size or len(y) != size:
        raise MalformedDocument("key_malformed", "a coordinate of the key has not the length of its curve")
    _load_point(kind, b"\x04" + x + y)
    return PublicKey(kind, bytes([2 + (y[-1] & 1)]) + x)


def _ec_from_point(kind: KeyKind, point: bytes) -> PublicKey:
    if point[:1] not in (b"\x02", b"\x03"):
        raise MalformedDocument("key_malformed", "the key is not a compressed point")
    _load_point(kind, point)
    return PublicKey(kind, point)


def _load_point(kind: KeyKind, point: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    try:
        return EllipticCurvePublicKey.from_encoded_point(_curve(kind), point)
    except ValueError:
        raise MalformedDocument("key_malformed", "the key is not a point of its curve") from None


def _curve(kind: KeyKind) -> EllipticCurve:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1

    return SECP256R1() if kind is KeyKind.P256 else SECP384R1()


@lru_cache(maxsize=256)
def load_ec_key(key: PublicKey) -> EllipticCurvePublicKey:
    """The key as `cryptography` has it. Raises MalformedDocument `key_malformed`, ValueError for another kind."""
    if key.kind not in (KeyKind.P256, KeyKind.P384):
        raise ValueError("the key is not of a NIST curve")
    return _load_point(key.kind, key.data)


# --- RSA -------------------------------------------------------------------------------------------------------------


def _rsa_key(modulus: int, exponent: int) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if modulus.bit_length() > MAX_RSA_BITS or exponent.bit_length() > _MAX_RSA_EXPONENT_BITS or modulus % 2 == 0:
        raise MalformedDocument("key_malformed", "the numbers of an RSA key are too large, or make no key")
    try:
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        raise MalformedDocument("key_malformed", "the numbers of an RSA key make no key") from None
    public_key = PublicKey(KeyKind.RSA, key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    load_rsa_key(public_key)
    return public_key


def _rsa_from_pkcs1(data: bytes) -> PublicKey:
    """The multicodec `rsa-pub` holds an RSAPublicKey of RFC 8017, appendix A.1.1, in DER."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        loaded = load_der_public_key(data)
    except (ValueError, TypeError):
        loaded = None
    if not isinstance(loaded, RSAPublicKey):
        raise MalformedDocument("key_malformed", "the key is not an RSA public key")
    numbers = loaded.public_numbers()
    key = _rsa_key(numbers.n, numbers.e)
    if _pkcs1(key) != data:
        raise MalformedDocument("key_malformed", "the RSA key is not in the form of RFC 8017")
    return key


def _pkcs1(key: PublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return load_rsa_key(key).public_bytes(Encoding.DER, PublicFormat.PKCS1)


@lru_cache(maxsize=256)
def load_rsa_key(key: PublicKey) -> RSAPublicKey:
    """The key as `cryptography` has it. Raises MalformedDocument `key_weak`, ValueError for another kind."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = load_der_public_key(key.data)
    if key.kind is not KeyKind.RSA or not isinstance(loaded, RSAPublicKey):
        raise ValueError("the key is not an RSA key")
    if loaded.key_size < MIN_RSA_BITS:
        raise MalformedDocument("key_weak", f"an RSA key has fewer than {MIN_RSA_BITS:,} bits")
    return loaded
