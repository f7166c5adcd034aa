"""DIDs and DID documents: one spelling each, keys that can't be abused, and documents of others."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from ledger.documents import contexts, did
from ledger.documents.codecs import encode_base58, encode_base64url
from ledger.documents.keys import KeyKind, PublicKey, parse_jwk, parse_multikey
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument

USM = "did:web:cairn.example:issuers:usm"
REGISTRY = "eip155:31337:0x5FbDB2315678afecb367f032d93F642f64180aa3"
ISSUER_ID = bytes(range(32))

# The public keys of RFC 8032, section 7.1, tests 1 and 2.
KEYS = (
    bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
)

SMALL_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
SECOND_ENCODINGS = (
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
OFF_CURVE = "0200000000000000000000000000000000000000000000000000000000000000"


def multikey_of(key: bytes) -> str:
    """Multikey without any check, by plain long division."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(b"\xed\x01" + key, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "z" + text


# --- did:web ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("identifier", "url", "document_url"),
    [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        (
            "did:web:w3c-ccg.github.io:user:alice",
            "https://w3c-ccg.github.io/user/alice",
            "https://w3c-ccg.github.io/user/alice/did.json",
        ),
        (
            "did:web:example.com%3A3000:user:alice",
            "https://example.com:3000/user/alice",
            "https://example.com:3000/user/alice/did.json",
        ),
        ("did:web:example.com%3A3000", "https://example.com:3000", "https://example.com:3000/.well-known/did.json"),
        ("did:web:localhost%3A8000", "https://localhost:8000", "https://localhost:8000/.well-known/did.json"),
        ("did:web:xn--kcry6tjko.example", "https://xn--kcry6tjko.example", "https://xn--kcry6tjko.example/.well-known/did.json"),
        (USM, "https://cairn.example/issuers/usm", "https://cairn.example/issuers/usm/did.json"),
        ("did:web:a.example:B_c-d.e", "https://a.example/B_c-d.e", "https://a.example/B_c-d.e/did.json"),
    ],
)  # fmt: skip
def test_did_web_and_url_stand_for_each_other(identifier: str, url: str, document_url: str) -> None:
    assert did.url_from_did(identifier) == url
    assert did.did_from_url(url) == identifier
    assert did.did_from_url(url + "/") == identifier
    assert did.document_url(identifier) == document_url


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "did:web:",
        "did:web:EXAMPLE.com",
        "DID:web:example.com",
        "did:WEB:example.com",
        "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
        "did:web:example.com:",
        "did:web:example.com::alice",
        "did:web:example.com:..",
        "did:web:example.com:a:.:b",
        "did:web:example.com:%2e%2e",
        "did:web:example.com:a%2Fb",
        "did:web:example.com:caf%C3%A9",
        "did:web:example.com:café",
        "did:web:bücher.example",
        "did:web:example.com/path",
        "did:web:example.com#key-1",
        "did:web:example.com?x=1",
        "did:web:user@example.com",
        "did:web:example.com%3a3000",
        "did:web:example.com%3A",
        "did:web:example.com%3A0",
        "did:web:example.com%3A080",
        "did:web:example.com%3A65536",
        "did:web:example.com%3A443",
        "did:web:example.com%3A80%3A80",
        "did:web:127.0.0.1",
        "did:web:127.1",
        "did:web:2130706433",
        "did:web:0x7f000001",
        "did:web:169.254.169.254%3A80:latest",
        "did:web:[::1]",
        "did:web:%5B%3A%3A1%5D",
        "did:web:-a.example",
        "did:web:a-.example",
        "did:web:a..example",
        "did:web:.example",
        "did:web:example.",
        "did:web:" + "a" * 64 + ".example",
        "did:web:" + "a." * 127 + "example",
        "did:web:example.com:" + "a" * 240,
        "did:web:example.com\n",
        " did:web:example.com",
        "did:web:example.com:a b",
    ],
)
def test_an_odd_did_web_is_refused(identifier: str) -> None:
    for function in (did.url_from_did, did.document_url):
        with pytest.raises(MalformedDocument) as caught:
            function(identifier)
        assert caught.value.code == "did_web_malformed"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://cairn.example",
        "https://",
        "https:///a",
        "https://Cairn.example",
        "https://cairn.example:443",
        "https://cairn.example:99999",
        "https://user:pass@cairn.example",
        "https://cairn.example//a",
        "https://cairn.example/a/../b",
        "https://cairn.example/a?b",
        "https://cairn.example/#a",
        "https://cairn.example/a%20b",
        "https://127.0.0.1:8000/issuers/usm",
        "https://[::1]/",
        "https://cairn.example/a:b",
        "https://cairn.example/a\n",
    ],
)
def test_a_url_that_did_web_cannot_stand_for_is_refused(url: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        did.did_from_url(url)
    assert caught.value.code == "did_web_malformed"


@settings(deadline=None, max_examples=500)
@given(st.text(alphabet="adz9.-_:/%3A2Fe@#?[]", max_size=30))
def test_whatever_is_read_is_written_the_same_way(text: str) -> None:
    try:
        url = did.url_from_did(f"did:web:{text}")
    except MalformedDocument:
        return
    assert did.did_from_url(url) == f"did:web:{text}"


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("multikey", "key"),
    [
        # The example of the did:key specification, section 3.1, by its well-known value.
        (
            "z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH",
            "94966b7c08e405775f8de6cc1c4508f6eb227403e1025b2c8ad2d7477398c5b2",
        ),
        (multikey_of(KEYS[0]), KEYS[0].hex()),
        (multikey_of(KEYS[1]), KEYS[1].hex()),
    ],
)
def test_multikey_and_did_key_stand_for_the_key(multikey: str, key: str) -> None:
    identifier = f"did:key:{multikey}"
    assert did.did_key(bytes.fromhex(key)) == identifier
    resolved = did.resolve_did_key(identifier)
    assert resolved == did.DidDocument(identifier, {f"{identifier}#{multikey}": ed25519(bytes.fromhex(key))})
    assert resolved.keys == {f"{identifier}#{multikey}": bytes.fromhex(key)}


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_point_of_small_order_is_refused(key: str) -> None:
    for attempt in (
        lambda: did.did_key(bytes.fromhex(key)),
        lambda: did.resolve_did_key(f"did:key:{multikey_of(bytes.fromhex(key))}"),
    ):
        with pytest.raises(MalformedDocument) as caught:
            attempt()
        assert caught.value.code == "did_key_weak"


@pytest.mark.parametrize("key", [*SECOND_ENCODINGS, OFF_CURVE])
def test_a_key_that_is_no_point_or_written_in_a_second_way_is_refused(key: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        did.resolve_did_key(f"did:key:{multikey_of(bytes.fromhex(key))}")
    assert caught.value.code in {"did_key_weak", "did_key_malformed"}


GOOD, OTHER = multikey_of(KEYS[0]), multikey_of(KEYS[1])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        GOOD[1:],
        GOOD[:-1],
        GOOD + "1",
        "z1" + GOOD[1:],
        GOOD.replace("z6Mk", "z6MK"),
        GOOD[:10] + "0" + GOOD[11:],
        GOOD[:10] + "l" + GOOD[11:],
        GOOD + "\n",
        " " + GOOD,
        "u7QHXWpgBgrEKt9VL_tPJZAc6DuFy89qmIyWvAhpo9wdRGg",
        "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU216",
        "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU21691",
        "z6Mk" + "1" * 44,
        "z6Mk" + "z" * 100_000,
        "z6Mk" + "é" * 44,
    ],
)
def test_a_multikey_in_any_other_form_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        did.resolve_did_key(f"did:key:{text}")
    assert caught.value.code in {"did_key_malformed", "did_key_unsupported"}


def test_a_key_of_another_length_is_malformed() -> None:
    for key in (KEYS[0][:31], KEYS[0] + b"\0", b""):
        with pytest.raises(MalformedDocument) as caught:
            did.did_key(key)
        assert caught.value.code == "did_key_malformed"


# From the did:key specification (P-256, P-384, RSA 2048) and its list of other keys (secp256k1, X25519).
P256 = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
P384 = "z82Lm1MpAkeJcix9K8TMiLd5NMAhnwkjjCBeWHXyu3U4oT2MVJJKXkcVBgjGhnLBn2Kaau9"
SECP256K1, X25519 = (
    "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
    "z6LSeu9HkTHSfLLeUs2nnzUSNedgDUevfNQgQjQC23ZCit6F",
)

# The example of the did:jwk specification.
DID_JWK = (
    "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5"
    "IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
)


def ed25519(data: bytes) -> PublicKey:
    return PublicKey(KeyKind.ED25519, data)


@pytest.mark.parametrize(("multikey", "kind"), [(P256, KeyKind.P256), (P384, KeyKind.P384)])
def test_a_did_key_of_a_nist_curve_is_resolved(multikey: str, kind: KeyKind) -> None:
    resolved = did.resolve_did_key(f"did:key:{multikey}")
    assert resolved.methods == {f"did:key:{multikey}#{multikey}": parse_multikey(multikey)}
    assert [key.kind for key in resolved.methods.values()] == [kind]
    assert resolved.keys == {}


@pytest.mark.parametrize("multikey", [SECP256K1, X25519])
def test_a_did_key_of_another_kind_is_unsupported(multikey: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        did.resolve_did_key(f"did:key:{multikey}")
    assert caught.value.code == "did_key_unsupported"


def test_a_did_jwk_is_resolved() -> None:
    [(method_id, key)] = did.resolve_did_key(DID_JWK).methods.items()
    assert method_id == f"{DID_JWK}#0"
    assert key.kind is KeyKind.P256
    assert encode_base64url(key.data[1:]) == "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0"


def jwk_did(jwk: JsonObject | str) -> str:
    text = jwk if isinstance(jwk, str) else json.dumps(jwk)
    return f"did:jwk:{encode_base64url(text.encode())}"


# RFC 7517, appendix A.1.
P256_JWK: JsonObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
OLD = "Ed25519VerificationKey2020"
OKP: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(KEYS[0])}


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("did:jwk:", "did_key_malformed"),
        (DID_JWK + "=", "did_key_malformed"),
        (DID_JWK + "#0", "did_key_malformed"),
        (DID_JWK.replace("did:jwk", "did:web"), "did_key_malformed"),
        (jwk_did("[]"), "did_key_malformed"),
        (jwk_did('{"kty":"OKP","kty":"OKP"}'), "did_key_malformed"),
        (jwk_did({**OKP, "d": encode_base64url(bytes(32))}), "did_key_malformed"),
        (jwk_did({**OKP, "use": "enc"}), "did_key_malformed"),
        (jwk_did({**OKP, "x": encode_base64url(bytes(32))}), "did_key_weak"),
        (jwk_did({**OKP, "crv": "Ed448"}), "did_key_unsupported"),
        (jwk_did({**OKP, "note": "x" * 4096}), "did_key_malformed"),
    ],
)
def test_an_odd_did_jwk_is_refused(identifier: str, code: str) -> None:
    assert did.resolve_did_key(jwk_did(OKP)).keys == {f"{jwk_did(OKP)}#0": KEYS[0]}
    with pytest.raises(MalformedDocument) as caught:
        did.resolve_did_key(identifier)
    assert caught.value.code == code


# --- documents -------------------------------------------------------------------------------------------------------


def document() -> JsonObject:
    return did.did_document(USM, dict(enumerate(KEYS, 1)), REGISTRY, ISSUER_ID)


def method(name: str = "key-1", **members: JsonValue) -> JsonObject:
    plain: JsonObject = {"id": f"{USM}#{name}", "type": "Multikey", "controller": USM, "publicKeyMultibase": GOOD}
    return {**plain, **members}


def jwk_method(name: str, jwk: JsonObject, **members: JsonValue) -> JsonObject:
    return {"id": f"{USM}#{name}", "type": "JsonWebKey", "controller": USM, "publicKeyJwk": jwk, **members}


def base58_method(key: bytes) -> JsonObject:
    plain: JsonObject = {"id": f"{USM}#key-1", "type": "Ed25519VerificationKey2018", "controller": USM}
    return {**plain, "publicKeyBase58": encode_base58(key)}


def foreign(**members: JsonValue) -> JsonObject:
    plain: JsonObject = {"id": USM, "verificationMethod": [method()], "assertionMethod": [f"{USM}#key-1"]}
    return {**plain, **members}


def service(**members: JsonValue) -> JsonObject:
    plain: JsonObject = {
        "id": f"{USM}#cairn-registry",
        "type": "CairnRegistry",
        "serviceEndpoint": {"registry": REGISTRY, "issuerId": "0x" + ISSUER_ID.hex()},
    }
    return {**plain, **members}


def endpoint(**members: JsonValue) -> JsonObject:
    return service(serviceEndpoint={"registry": REGISTRY, "issuerId": "0x" + ISSUER_ID.hex(), **members})


def test_our_document_is_read_as_it_was_written() -> None:
    assert did.parse_did_document(document()) == did.DidDocument(
        id=USM,
        methods={f"{USM}#key-1": ed25519(KEYS[0]), f"{USM}#key-2": ed25519(KEYS[1])},
        registry=(REGISTRY, ISSUER_ID),
    )


def test_our_document_names_its_keys_by_number_and_lists_them_as_strings() -> None:
    written = document()
    assert written["assertionMethod"] == [f"{USM}#key-1", f"{USM}#key-2"]
    assert written["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    assert written["verificationMethod"] == [
        method("key-1"),
        method("key-2", publicKeyMultibase=multikey_of(KEYS[1])),
    ]
    assert written["service"] == [service()]


def test_our_document_is_linked_data_that_others_can_read() -> None:
    def load(url: str, _options: object) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": contexts.load(url)}

    [node] = jsonld.expand(document(), {"documentLoader": load})
    security = "https://w3id.org/security#"
    assert node["@id"] == USM
    assert [entry["@id"] for entry in node[f"{security}assertionMethod"]] == [f"{USM}#key-1", f"{USM}#key-2"]
    keys = node[f"{security}verificationMethod"]
    assert [key["@type"] for key in keys] == [[f"{security}Multikey"]] * 2
    assert [key[f"{security}controller"] for key in keys] == [[{"@id": USM}]] * 2
    assert [key[f"{security}publicKeyMultibase"][0]["@value"] for key in keys] == [multikey_of(key) for key in KEYS]
    assert node["https://www.w3.org/ns/did#service"][0]["@id"] == f"{USM}#cairn-registry"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"alsoKnownAs": [1], "authentication": [{"x": 1}], "keyAgreement": None, "unknown": {"a": []}},
        {"verificationMethod": [method(id="#key-1")]},
        {"assertionMethod": ["#key-1"]},
        {"verificationMethod": [method(type="Ed25519VerificationKey2020")]},
        {"verificationMethod": [], "assertionMethod": [method()]},
        {"verificationMethod": [method(), method()]},
        {"verificationMethod": [jwk_method("key-1", OKP)]},
        {"verificationMethod": [jwk_method("key-1", {**OKP, "alg": "EdDSA"}, type="JsonWebKey2020")]},
        {"verificationMethod": [base58_method(KEYS[0])]},
        {"verificationMethod": [method(type="JsonWebKey")]},
        {"verificationMethod": [method(type="Ed25519VerificationKey2018")]},
        {"verificationMethod": [jwk_method("key-1", OKP, type="Ed25519VerificationKey2018")]},
        {"verificationMethod": [method(expires="2126-01-01T00:00:00Z")]},
        {
            "verificationMethod": [
                method(),
                method("k1", publicKeyMultibase=SECP256K1),
                method("new", type="SomethingNew2031", publicKeyMultibase=5),
                jwk_method("k2", {"kty": "EC", "crv": "secp256k1"}),
                jwk_method("enc", {**OKP, "use": "enc"}),
                method("login", publicKeyMultibase="none of our business"),
            ],
            "assertionMethod": [
                *(f"{USM}#{name}" for name in ("key-1", "k1", "new", "k2", "enc", "absent")),
                "did:web:other.example#key-1",
            ],
        },
        {"service": [{"id": "#hub", "type": "LinkedDomains", "serviceEndpoint": "https://cairn.example"}]},
    ],
)
def test_documents_of_others_are_read_for_what_we_use(members: dict[str, JsonValue]) -> None:
    assert did.parse_did_document(foreign(**members)) == did.DidDocument(USM, {f"{USM}#key-1": ed25519(KEYS[0])})


@pytest.mark.parametrize(
    "members",
    [
        {"assertionMethod": []},
        {"assertionMethod": [f"{USM}#key-2"]},
        {"assertionMethod": ["did:web:other.example#key-1"]},
        {"assertionMethod": [f"{USM}#KEY-1"]},
        {"authentication": [f"{USM}#key-1"], "assertionMethod": []},
        {"verificationMethod": [method(controller="did:web:other.example")]},
        {"verificationMethod": [{**method(), "revoked": "2026-01-01T00:00:00Z"}]},
        {"verificationMethod": [method(expires="2026-01-01T00:00:00Z")]},
        {"verificationMethod": [method(type="X25519KeyAgreementKey2020")]},
        {"verificationMethod": [method(id="did:web:other.example#key-1")]},
    ],
)
def test_a_key_that_is_not_this_issuers_for_assertions_is_left_out(members: dict[str, JsonValue]) -> None:
    assert f"{USM}#key-1" not in did.parse_did_document(foreign(**members)).keys


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"id": None}, "did_document_malformed"),
        ({"id": "http://cairn.example"}, "did_document_malformed"),
        ({"id": USM + "#key-1"}, "did_document_malformed"),
        ({"id": "did:web:" + "a" * 300}, "did_document_malformed"),
        ({"verificationMethod": {}}, "did_document_malformed"),
        ({"verificationMethod": ["#key-1"]}, "did_document_malformed"),
        ({"verificationMethod": [{"type": "Multikey"}]}, "did_document_malformed"),
        ({"verificationMethod": [method(publicKeyMultibase=None)]}, "did_document_malformed"),
        ({"verificationMethod": [method(publicKeyMultibase=GOOD[:-1])]}, "did_key_malformed"),
        ({"verificationMethod": [method(publicKeyMultibase=multikey_of(bytes(32)))]}, "did_key_weak"),
        ({"verificationMethod": [{**method(), "publicKeyJwk": OKP}]}, "did_document_malformed"),
        ({"verificationMethod": [jwk_method("key-1", P256_JWK, type=OLD)]}, "did_key_malformed"),
        ({"verificationMethod": [{**method(publicKeyMultibase=P256), "type": OLD}]}, "did_key_malformed"),
        ({"verificationMethod": [method(expires="soon")]}, "did_document_malformed"),
        ({"verificationMethod": [jwk_method("key-1", {"kty": "RSA"})]}, "did_key_malformed"),
        ({"verificationMethod": [jwk_method("key-1", {**OKP, "d": "AA"})]}, "did_key_malformed"),
        ({"verificationMethod": [base58_method(bytes(32))]}, "did_key_weak"),
        ({"verificationMethod": [base58_method(KEYS[0][1:])]}, "did_key_malformed"),
        ({"verificationMethod": [method(), method(publicKeyMultibase=OTHER)]}, "did_method_duplicate"),
        ({"verificationMethod": [method(), method(id="#key-1", publicKeyMultibase=OTHER)]}, "did_method_duplicate"),
        ({"verificationMethod": [method(id=f"{USM}#")]}, "did_document_malformed"),
        ({"verificationMethod": [method(id=f"{USM}#a b")]}, "did_document_malformed"),
        ({"assertionMethod": f"{USM}#key-1"}, "did_document_malformed"),
        ({"assertionMethod": [1]}, "did_document_malformed"),
        ({"service": {}}, "did_document_malformed"),
        ({"service": [service(), service()]}, "did_registry_malformed"),
        ({"service": [service(id=f"{USM}#other")]}, "did_registry_malformed"),
        ({"service": [service(serviceEndpoint="https://cairn.example")]}, "did_registry_malformed"),
        ({"service": [service(serviceEndpoint={"registry": REGISTRY})]}, "did_document_malformed"),
        ({"service": [endpoint(registry="eip155:1:0x12")]}, "did_registry_malformed"),
        ({"service": [endpoint(registry=REGISTRY.replace("31337", "031337"))]}, "did_registry_malformed"),
        ({"service": [endpoint(issuerId=ISSUER_ID.hex())]}, "did_registry_malformed"),
    ],
)  # fmt: skip
def test_what_we_use_and_is_badly_written_is_named(members: dict[str, JsonValue], code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        did.parse_did_document(foreign(**members))
    assert caught.value.code == code


def test_an_issuer_may_publish_its_keys_under_an_https_address() -> None:
    address = "https://uni.example/issuers/1"
    key = {**method(), "id": f"{address}#key-1", "controller": address}
    read = did.parse_did_document({"id": address, "verificationMethod": [key], "assertionMethod": ["#key-1"]})
    assert read.methods == {f"{address}#key-1": ed25519(KEYS[0])}


def test_methods_of_every_kind_are_read_and_an_end_is_respected() -> None:
    example = parse_jwk(P256_JWK)
    read = did.parse_did_document(
        foreign(
            verificationMethod=[
                method("p256", publicKeyMultibase=P256),
                method("p384", publicKeyMultibase=P384, expires="2026-05-01T00:00:00Z"),
                jwk_method("jwk", P256_JWK),
            ],
            assertionMethod=["#p256", "#p384", "#jwk"],
        ),
        datetime(2026, 4, 30, tzinfo=UTC),
    )
    expected = {"p256": parse_multikey(P256), "p384": parse_multikey(P384), "jwk": example}
    assert read.methods == {f"{USM}#{name}": key for name, key in expected.items()}
    assert read.keys == {}
    later = did.parse_did_document(
        foreign(verificationMethod=[method(expires="2026-05-01T00:00:00Z")]), datetime(2026, 5, 1, tzinfo=UTC)
    )
    assert later.methods == {}
