"""Public keys of four kinds: each form gives the same key, and what proves nothing is no key."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.codecs import encode_base58, encode_base64url
from ledger.documents.keys import (
    KeyKind,
    PublicKey,
    ed25519_key,
    encode_multikey,
    load_ec_key,
    load_rsa_key,
    parse_base58,
    parse_jwk,
    parse_multikey,
)
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

# RFC 8032, section 7.1, test 1, and the same key in RFC 8037, appendix A.2.
ED25519 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
ED25519_JWK: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}

# RFC 7517, appendix A.1.
P256_JWK: JsonObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
RSA_JWK: JsonObject = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
}

# The test vectors of the did:key specification.
P256_MULTIKEY = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
P384_MULTIKEY = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9"

HEADERS = {KeyKind.ED25519: b"\xed\x01", KeyKind.P256: b"\x80\x24", KeyKind.P384: b"\x81\x24", KeyKind.RSA: b"\x85\x24"}


def code_of(jwk: JsonObject) -> str | None:
    try:
        parse_jwk(jwk)
    except MalformedDocument as error:
        return error.code
    return None


def multikey_code(text: str) -> str | None:
    try:
        parse_multikey(text)
    except MalformedDocument as error:
        return error.code
    return None


def ec_jwk(key: ec.EllipticCurvePublicKey, crv: str) -> JsonObject:
    numbers, size = key.public_numbers(), key.curve.key_size // 8
    x, y = (encode_base64url(number.to_bytes(size)) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": crv, "x": x, "y": y}


def rsa_jwk(bits: int) -> JsonObject:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return {"kty": "RSA", "n": encode_base64url(numbers.n.to_bytes(bits // 8)), "e": "AQAB"}


def test_each_form_gives_the_same_ed25519_key() -> None:
    key = PublicKey(KeyKind.ED25519, bytes.fromhex(ED25519))
    assert ed25519_key(bytes.fromhex(ED25519)) == parse_jwk(ED25519_JWK) == key
    assert parse_base58(encode_base58(bytes.fromhex(ED25519))) == key
    assert parse_multikey(encode_multikey(key)) == key
    assert encode_multikey(key) == "z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"


def test_the_jwks_of_rfc_7517_are_read() -> None:
    point = parse_jwk(P256_JWK)
    assert point.kind is KeyKind.P256
    assert encode_base64url(point.data[1:]) == P256_JWK["x"]
    modulus = parse_jwk(RSA_JWK)
    assert modulus.kind is KeyKind.RSA
    assert encode_base64url(load_rsa_key(modulus).public_numbers().n.to_bytes(256)) == RSA_JWK["n"]


@pytest.mark.parametrize(
    ("multikey", "kind", "size"), [(P256_MULTIKEY, KeyKind.P256, 33), (P384_MULTIKEY, KeyKind.P384, 49)]
)
def test_the_multikeys_of_the_did_key_specification_are_read(multikey: str, kind: KeyKind, size: int) -> None:
    key = parse_multikey(multikey)
    assert (key.kind, len(key.data)) == (kind, size)
    assert encode_multikey(key) == multikey


@pytest.mark.parametrize("jwk", [ED25519_JWK, P256_JWK, RSA_JWK])
def test_a_jwk_and_its_multikey_are_one_key(jwk: JsonObject) -> None:
    assert parse_multikey(encode_multikey(parse_jwk(jwk))) == parse_jwk(jwk)


def test_an_rsa_multikey_begins_as_the_did_key_specification_says() -> None:
    assert encode_multikey(parse_jwk(RSA_JWK)).startswith("z4MX")


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 2**200), st.sampled_from([(ec.SECP256R1(), "P-256"), (ec.SECP384R1(), "P-384")]))
def test_a_point_has_one_key_in_both_forms(secret: int, curve: tuple[ec.EllipticCurve, str]) -> None:
    public = ec.derive_private_key(secret, curve[0]).public_key()
    key = parse_jwk(ec_jwk(public, curve[1]))
    assert load_ec_key(key).public_numbers() == public.public_numbers()
    assert parse_multikey(encode_multikey(key)) == key


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}, "key_private"),
        ({"d": None}, "key_private"),
        ({"k": "AA"}, "key_private"),
        ({"use": "enc"}, "key_use"),
        ({"use": None}, "key_use"),
        ({"key_ops": ["sign"]}, "key_use"),
        ({"key_ops": "verify"}, "key_use"),
        ({"alg": "ES384"}, "key_use"),
        ({"alg": "none"}, "key_use"),
        ({"alg": ["ES256"]}, "key_use"),
        ({"crv": "secp256k1"}, "key_unsupported"),
        ({"crv": "P-521"}, "key_unsupported"),
        ({"crv": ["P-256"]}, "key_unsupported"),
        ({"crv": None}, "key_unsupported"),
        ({"crv": "P-384"}, "key_malformed"),
        ({"crv": "Ed25519"}, "key_unsupported"),
        ({"kty": "OKP"}, "key_unsupported"),
        ({"kty": "oct"}, "key_unsupported"),
        ({"kty": None}, "key_unsupported"),
        ({"x": None}, "key_malformed"),
        ({"x": 5}, "key_malformed"),
        ({"x": ""}, "key_malformed"),
        ({"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4="}, "key_malformed"),
        ({"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5"}, "key_malformed"),
        ({"x": "A" * 100_000}, "key_malformed"),
        ({"y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyA"}, "key_malformed"),
        ({"y": encode_base64url(bytes(32))}, "key_malformed"),
        ({"x": encode_base64url(bytes(32)), "y": encode_base64url(bytes(32))}, "key_malformed"),
        ({"x": encode_base64url(b"\xff" * 32)}, "key_malformed"),
        ({"x": "AACgQkzSHClEg4otdckrN-duog2fAIk6O07uijwKr-w-"}, "key_malformed"),
    ],
)
def test_a_jwk_that_is_no_sound_public_key_is_refused(changes: dict[str, JsonValue], code: str) -> None:
    assert code_of({**P256_JWK, "use": "sig", "key_ops": ["verify"], "alg": "ES256", "kid": "a"}) is None
    assert code_of({**P256_JWK, **changes}) == code


@pytest.mark.parametrize(
    ("x", "code"),
    [
        (bytes(32), "key_weak"),
        (b"\x01" + bytes(31), "key_weak"),
        (b"\x02" + bytes(31), "key_malformed"),
        (b"\xff" * 32, "key_malformed"),
        (bytes(31), "key_malformed"),
        (bytes(33), "key_malformed"),
    ],
)
def test_weak_and_broken_ed25519_keys_are_refused_in_each_form(x: bytes, code: str) -> None:
    assert code_of({**ED25519_JWK, "x": encode_base64url(x)}) == code
    assert multikey_code("z" + encode_base58(b"\xed\x01" + x)) == code
    with pytest.raises(MalformedDocument) as caught:
        parse_base58(encode_base58(x))
    assert caught.value.code == code


@pytest.mark.parametrize("bits", [1024, 2040])
def test_a_short_rsa_key_is_weak(bits: int) -> None:
    jwk = rsa_jwk(bits)
    assert code_of(jwk) == "key_weak"


@pytest.mark.parametrize(
    "changes",
    [
        {"e": "AQAC"},
        {"e": "AQ"},
        {"e": ""},
        {"e": "AAEAAQ"},
        {"e": encode_base64url((2**64 + 1).to_bytes(9))},
        {"n": encode_base64url(b"\0" + b"\xc3" * 256)},
        {"n": encode_base64url(b"\xc3" * 1025)},
        {"n": encode_base64url(b"\xc3" * 100_000)},
        {"n": encode_base64url(b"\xc3" * 255 + b"\xc2")},
        {"n": None},
    ],
)
def test_an_rsa_key_of_unusable_numbers_is_refused(changes: dict[str, JsonValue]) -> None:
    assert code_of({**RSA_JWK, **changes}) == "key_malformed"


def test_a_multikey_is_refused_for_what_is_wrong_with_it() -> None:
    point = parse_multikey(P256_MULTIKEY).data
    modulus = parse_jwk(RSA_JWK)
    assert multikey_code("z" + encode_base58(b"\x80\x24" + point[:-1])) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x80\x24" + point + b"\0")) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x80\x24\x04" + point[1:])) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x80\x24\x00")) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x80\x24\x02" + b"\xff" * 32)) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x81\x24" + point)) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\x85\x24" + modulus.data)) == "key_malformed"  # not PKCS #1
    assert multikey_code("z" + encode_base58(b"\x85\x24" + b"\x30\x00")) == "key_malformed"
    assert multikey_code("z" + encode_base58(b"\xe7\x01" + point)) == "key_unsupported"
    assert multikey_code("u" + encode_base64url(b"\x80\x24" + point)) == "key_malformed"
    assert multikey_code(P256_MULTIKEY[:-1]) == "key_malformed"
    assert multikey_code("z" * 10_000) == "key_malformed"
    for text in ("", "z", "z1", "z" + "é" * 40):
        assert multikey_code(text) in ("key_malformed", "key_unsupported")


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_multikey_that_is_read_is_written_the_same_way(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([P256_MULTIKEY, P384_MULTIKEY, encode_multikey(parse_jwk(ED25519_JWK))]))
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + data.draw(st.sampled_from("123ABCxyz0l")) + text[place + 1 :]
    try:
        key = parse_multikey(changed)
    except MalformedDocument:
        return
    assert encode_multikey(key) == changed


def test_a_key_is_loaded_only_as_what_it_is() -> None:
    with pytest.raises(ValueError, match="curve"):
        load_ec_key(parse_jwk(RSA_JWK))
    with pytest.raises(ValueError, match="RSA"):
        load_rsa_key(PublicKey(KeyKind.ED25519, parse_jwk(RSA_JWK).data))
