"""Credentials as tokens: the algorithm follows from the key, claims and credential agree, and nothing else is read."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from ledger.documents import contexts
from ledger.documents.codecs import decode_base64url, encode_base64url
from ledger.documents.keys import KeyKind, PublicKey, ed25519_key, parse_jwk
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.jose import JwtCredential, check_times, parse_jwt_credential, sign_jwt, verify_jwt
from tests.builders import a_credential, a_signer

ISSUER, SUBJECT = "did:web:uni.example", "did:example:ana"
KID = f"{ISSUER}#key-1"
ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "ES384", "RS256")


@cache
def key_for(algorithm: str) -> Any:
    if algorithm in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519")
    if algorithm.startswith("ES"):
        return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm])
    return RSAKey.generate_key(2048)


def public(algorithm: str) -> PublicKey:
    jwk = key_for(algorithm).as_dict(private=False)
    return parse_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in jwk})


def badge(**changes: Any) -> dict[str, Any]:
    plain = {
        "@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Uni"},
        "validFrom": "2026-03-02T10:30:00Z",
        "validUntil": "2036-03-02T10:30:00Z",
        "credentialSubject": {"id": SUBJECT, "type": ["AchievementSubject"]},
    }
    return {**plain, **changes}


CLAIMS = {"iss": ISSUER, "jti": "urn:uuid:1", "sub": SUBJECT, "nbf": 1772447400, "exp": 2088066600}


def old_badge(**changes: Any) -> dict[str, Any]:
    plain = {
        "@context": [contexts.CREDENTIALS_V1, contexts.OPEN_BADGES],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"type": ["Profile"], "name": "Uni"},
        "credentialSubject": {"type": ["AchievementSubject"]},
    }
    return {**plain, **changes}


def token(payload: Any, algorithm: str = "EdDSA", header: dict[str, Any] | None = None) -> bytes:
    protected = {"alg": algorithm, "kid": KID, "typ": "vc+jwt", **(header or {})}
    protected = {name: value for name, value in protected.items() if value is not None}
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return raw(json.dumps(protected).encode(), data, algorithm)


def raw(header: bytes, payload: bytes, algorithm: str = "EdDSA") -> bytes:
    """Signed whatever the header says."""
    signing_input = f"{encode_base64url(header)}.{encode_base64url(payload)}"
    signature = jws.JWSRegistry.algorithms[algorithm].sign(signing_input.encode(), key_for(algorithm))
    return f"{signing_input}.{encode_base64url(signature)}".encode()


@cache
def good_token(algorithm: str) -> bytes:
    return token({**badge(), **CLAIMS}, algorithm)


def code_of(data: bytes, *keys: PublicKey) -> str | None:
    try:
        verify_jwt(parse_jwt_credential(data), keys)
    except (MalformedDocument, InvalidProof) as error:
        return error.code
    return None


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_is_verified_with_its_own_key_among_others(algorithm: str) -> None:
    data, own = token(badge(), algorithm), public(algorithm)
    read = parse_jwt_credential(data)
    assert (read.document, read.algorithm, read.key_id) == (badge(), algorithm, KID)
    others = [public(each) for each in ALGORITHMS if each != algorithm]
    assert verify_jwt(read, [*others, own]) == own
    assert code_of(data, *others) == "signature_invalid"
    assert code_of(data) == "signature_invalid"


# RFC 8037, appendix A.4, and RFC 7515, appendices A.2 and A.3: what is signed is no credential.
RFC_8037 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
RFC_8037_KEY: JsonObject = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
RFC_7515_A3 = (
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_7515_A3_KEY: JsonObject = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


@pytest.mark.parametrize(
    ("text", "algorithm", "jwk"),
    [(RFC_8037, "EdDSA", RFC_8037_KEY), (RFC_7515_A3, "ES256", RFC_7515_A3_KEY)],
)
def test_the_signatures_of_the_standards_hold(text: str, algorithm: str, jwk: JsonObject) -> None:
    signing_input, _, signature = text.rpartition(".")
    found = JwtCredential({}, algorithm, None, signing_input.encode(), decode_base64url(signature))
    key = parse_jwk(jwk)
    assert verify_jwt(found, [key]) == key
    with pytest.raises(InvalidProof):
        verify_jwt(replace(found, signing_input=found.signing_input + b"A"), [key])


@pytest.mark.parametrize("kept", [[], [{"type": "DataIntegrityProof", "cryptosuite": "cairn-anchor-2026"}]])
def test_what_we_sign_another_library_verifies_and_we_read_back(kept: list[JsonValue]) -> None:
    document: JsonObject = {**a_credential(), "validUntil": "2036-03-02T10:30:00Z"}
    proofs: list[JsonValue] = [{"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}, *kept]
    written = sign_jwt({**document, "proof": proofs}, a_signer(), KID)
    for proof in kept:
        document["proof"] = proof
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(a_signer().public_key)})
    judged = jws.deserialize_compact(written, key, algorithms=["EdDSA"])
    assert judged.headers() == {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": KID}
    payload = json.loads(judged.payload)
    assert {name: value for name, value in payload.items() if name in document} == document
    subject, issuer = document["credentialSubject"], document["issuer"]
    assert isinstance(subject, dict)
    assert isinstance(issuer, dict)
    claims = {name: payload[name] for name in payload.keys() - document.keys()}
    expected = {"iss": issuer["id"], "jti": document["id"], "nbf": 1772409600, "exp": 2088066600}
    assert claims == expected | ({"sub": subject["id"]} if "id" in subject else {})
    read = parse_jwt_credential(written.encode())
    assert read.document == document
    assert (read.not_before, read.expires) == (None, None)
    own = ed25519_key(a_signer().public_key)
    assert verify_jwt(read, [own]) == own


# --- hostile headers -------------------------------------------------------------------------------------------------


def test_a_token_that_nobody_signed_is_forbidden() -> None:
    for name in ("none", "None", "NONE", "nOnE"):
        header = encode_base64url(json.dumps({"alg": name, "typ": "JWT"}).encode())
        data = f"{header}.{encode_base64url(json.dumps(badge()).encode())}."
        assert code_of(data.encode(), *(public(each) for each in ALGORITHMS)) == "algorithm_forbidden"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_never_taken_for_a_shared_secret(algorithm: str) -> None:
    own = public("RS256")
    for secret in (own.data, key_for("RS256").as_pem(private=False), key_for("RS256").as_der(private=False)):
        signing_input = f"{encode_base64url(json.dumps({'alg': algorithm}).encode())}.{encode_base64url(b'{}')}"
        signature = hmac.digest(secret, signing_input.encode(), f"sha{algorithm[2:]}")
        data = f"{signing_input}.{encode_base64url(signature)}".encode()
        assert code_of(data, own) == "algorithm_forbidden"


@pytest.mark.parametrize(
    "algorithm", ["RS384", "RS512", "PS256", "PS384", "ES512", "ES256K", "Ed448", "es256", "RS1", "A128KW"]
)
def test_an_algorithm_that_is_not_checked_is_named(algorithm: str) -> None:
    keys = [public(each) for each in ALGORITHMS]
    assert code_of(token(badge(), "RS256", {"alg": algorithm}), *keys) == "algorithm_unknown"


@pytest.mark.parametrize("claimed", ALGORITHMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_name_of_another_algorithm_makes_no_signature_hold(claimed: str, algorithm: str) -> None:
    same = {claimed, algorithm} <= {"EdDSA", "Ed25519"} or claimed == algorithm
    code = code_of(token(badge(), algorithm, {"alg": claimed}), public(algorithm))
    assert code == (None if same else "signature_invalid")


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    stranger = key_for("ES256").as_dict(private=False)
    for member in ({"jwk": stranger}, {"jku": "https://evil.example/jwks"}, {"x5u": "https://evil.example"}):
        data = token(badge(), "ES256", {**member, "kid": None})
        assert code_of(data) == "signature_invalid"
        assert code_of(data, public("EdDSA"), public("RS256")) == "signature_invalid"
        assert code_of(data, public("ES256")) is None
        assert parse_jwt_credential(data).key_id is None


def test_a_short_rsa_key_is_weak() -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505
    signing_input = token(badge(), "RS256").decode().rpartition(".")[0]
    signature = key.sign(signing_input.encode(), PKCS1v15(), SHA256())
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    data = f"{signing_input}.{encode_base64url(signature)}".encode()
    assert code_of(data, PublicKey(KeyKind.RSA, der)) == "key_weak"


def test_a_weak_ed25519_key_is_refused() -> None:
    assert code_of(token(badge()), PublicKey(KeyKind.ED25519, b"\x01" + bytes(31))) == "key_weak"


def test_an_ecdsa_signature_in_der_does_not_hold() -> None:
    data = token(badge(), "ES256")
    signing_input, _, signature = data.decode().rpartition(".")
    plain = decode_base64url(signature)
    der = encode_dss_signature(int.from_bytes(plain[:32]), int.from_bytes(plain[32:]))
    assert code_of(f"{signing_input}.{encode_base64url(der)}".encode(), public("ES256")) == "signature_invalid"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"crit": ["exp"]}, "jwt_critical"),
        ({"crit": []}, "jwt_critical"),
        ({"b64": False, "crit": ["b64"]}, "jwt_critical"),
        ({"b64": True}, "jwt_critical"),
        ({"alg": None}, "jwt_malformed"),
        ({"alg": ""}, "jwt_malformed"),
        ({"alg": ["EdDSA"]}, "jwt_malformed"),
        ({"kid": 5}, "jwt_malformed"),
        ({"kid": {"id": KID}}, "jwt_malformed"),
        ({"typ": 1}, "jwt_malformed"),
        ({"typ": "at+jwt"}, "jwt_type"),
        ({"typ": "vp+jwt"}, "jwt_type"),
        ({"typ": "dc+sd-jwt"}, "jwt_type"),
        ({"typ": "dpop+jwt"}, "jwt_type"),
        ({"cty": "JWT"}, "jwt_type"),
        ({"cty": "application/jwt"}, "jwt_type"),
        ({"cty": ["vc"]}, "jwt_type"),
    ],
)
def test_a_header_that_means_something_else_is_refused(header: dict[str, Any], code: str) -> None:
    assert code_of(token(badge(), "EdDSA", header), public("EdDSA")) == code


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "vc+jwt", "application/vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt"])
def test_the_types_in_use_are_read(typ: str | None) -> None:
    assert code_of(token(badge(), "EdDSA", {"typ": typ}), public("EdDSA")) is None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "jwt_malformed"),
        (b"..", "json_empty"),
        (b"a.b", "jwt_malformed"),
        (b"a.b.c.d", "jwt_malformed"),
        (b"a.b.c.d.e", "jwt_malformed"),
        (b"\xff.\xff.\xff", "jwt_malformed"),
        (b'{"payload":"","signatures":[]}', "jwt_malformed"),
        (b"e30=.e30.AA", "jwt_malformed"),
        (b"e31.e30.AA", "jwt_malformed"),
        (b"e30.e30.A", "jwt_malformed"),
        (b"e30.e30.AB", "jwt_malformed"),
        (b"e30 .e30.AA", "jwt_malformed"),
        (b"e30.e30.AA\n", "jwt_malformed"),
        (b"e30.e30.AA", "jwt_malformed"),
        (b"A" * 100_000 + b".e30.AA", "limit_body"),
        (b"e30.e30." + b"A" * 10_000, "limit_body"),
        (b"e30." + b"A" * 8_000_000 + b".AA", "limit_body"),
    ],
)
def test_what_is_no_token_is_named(data: bytes, code: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_jwt_credential(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("header", "payload", "code"),
    [
        (b'{"alg":"EdDSA","alg":"EdDSA"}', b"{}", "json_duplicate_key"),
        (b'{"alg":"EdDSA","\\u0061lg":"none"}', b"{}", "json_duplicate_key"),
        (b'["EdDSA"]', b"{}", "schema_root"),
        (b'{"alg":"EdDSA"}', b'{"id":"a","id":"b"}', "json_duplicate_key"),
        (b'{"alg":"EdDSA"}', b'{"vc":{"id":"a","id":"b"}}', "json_duplicate_key"),
        (b'{"alg":"EdDSA"}', b"[]", "schema_root"),
        (b'{"alg":"EdDSA"}', b"eyJhbGciOiJub25lIn0.e30.", "json_syntax"),
        (b'{"alg":"EdDSA"}', b'{"exp":NaN}', "json_number"),
        (b'{"alg":"EdDSA"}', b'{"exp":1e400}', "json_number"),
        (b'{"alg":"EdDSA"}', b'{"a":"\\ud800"}', "json_string"),
        (b'{"alg":"EdDSA"}', b"\xef\xbb\xbf{}", "json_encoding"),
        (b'{"alg":"EdDSA"}', b"[" * 100_000, "limit_depth"),
        (b'{"alg":"EdDSA"}', b'{"a":"' + b"x" * 9000 + b'"}', "limit_string"),
    ],
)
def test_header_and_payload_come_through_the_strict_loader(header: bytes, payload: bytes, code: str) -> None:
    assert code_of(raw(header, payload), public("EdDSA")) == code


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typ", ["JWT", "vc+jwt"])
def test_claims_beside_the_members_are_taken_away_when_they_agree(typ: str) -> None:
    read = parse_jwt_credential(token({**badge(), **CLAIMS, "iat": 1772447400}, "EdDSA", {"typ": typ}))
    assert read.document == badge()
    assert (read.not_before, read.expires) == (None, None)


def test_the_older_form_is_filled_from_its_claims() -> None:
    read = parse_jwt_credential(token({"vc": old_badge(), **CLAIMS}, "ES256", {"typ": "JWT"}))
    assert read.document == old_badge(
        id="urn:uuid:1",
        issuer={"type": ["Profile"], "name": "Uni", "id": ISSUER},
        issuanceDate="2026-03-02T10:30:00Z",
        expirationDate="2036-03-02T10:30:00Z",
        credentialSubject={"type": ["AchievementSubject"], "id": SUBJECT},
    )
    bare = {name: value for name, value in old_badge().items() if name not in ("issuer", "credentialSubject")}
    read = parse_jwt_credential(token({"vc": bare, **CLAIMS}, "ES256", {"typ": "JWT"}))
    assert read.document["issuer"] == ISSUER
    assert read.document["credentialSubject"] == {"id": SUBJECT}
    listed = old_badge(credentialSubject=[{"type": ["AchievementSubject"]}])
    read = parse_jwt_credential(token({"vc": listed, **CLAIMS}, "ES256", {"typ": "JWT"}))
    assert read.document["credentialSubject"] == [{"type": ["AchievementSubject"], "id": SUBJECT}]


def test_the_older_form_may_hold_a_credential_of_version_2() -> None:
    body = badge()
    del body["validFrom"], body["validUntil"]
    read = parse_jwt_credential(token({"vc": body, **CLAIMS}, "ES256", {"typ": "JWT"}))
    assert read.document == badge()


def test_an_end_that_only_the_claim_has_becomes_one_of_the_credential() -> None:
    body = badge()
    del body["validUntil"]
    read = parse_jwt_credential(token({**body, "exp": 1759276800}, "EdDSA", {"typ": "JWT"}))
    assert read.document["validUntil"] == "2025-10-01T00:00:00Z"


@pytest.mark.parametrize("is_old", [True, False])
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "did:web:evil.example"},
        {"iss": None},
        {"iss": [ISSUER]},
        {"iss": ISSUER + "#key-1"},
        {"jti": "urn:uuid:2"},
        {"jti": 1},
        {"sub": "did:example:ben"},
        {"sub": {"id": SUBJECT}},
        {"nbf": 1772447300},
        {"nbf": "2026-03-02T10:30:00Z"},
        {"nbf": True},
        {"nbf": -1},
        {"exp": 2088066700},
        {"exp": None},
        {"exp": 10**14},
        {"aud": "https://employer.example"},
        {"vp": {}},
    ],
)
def test_claims_that_contradict_the_credential_are_refused(is_old: bool, claims: dict[str, Any]) -> None:
    whole = old_badge(
        id="urn:uuid:1",
        issuer={"id": ISSUER},
        issuanceDate="2026-03-02T10:30:00Z",
        expirationDate="2036-03-02T10:30:00Z",
        credentialSubject={"id": SUBJECT},
    )
    payload = {"vc": whole, **CLAIMS, **claims} if is_old else {**badge(), **CLAIMS, **claims}
    assert code_of(token({"vc": whole, **CLAIMS}, "EdDSA", {"typ": "JWT"}), public("EdDSA")) is None
    code = code_of(token(payload, "EdDSA", {"typ": "JWT"}), public("EdDSA"))
    assert code == ("jwt_type" if "vp" in claims else "jwt_claims")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "did:web:evil.example"},
        {"issuer": [ISSUER]},
        {"issuer": {"id": None}},
        {"credentialSubject": {"id": "did:example:ben"}},
        {"credentialSubject": [{"id": SUBJECT}, {"id": SUBJECT}]},
        {"credentialSubject": SUBJECT},
        {"credentialSubject": None},
        {"validFrom": 5},
        {"validFrom": "yesterday"},
        {"validUntil": None},
    ],
)
def test_members_that_contradict_the_claims_are_refused(changes: dict[str, Any]) -> None:
    data = token({**badge(**changes), **CLAIMS}, "EdDSA", {"typ": "JWT"})
    assert code_of(data, public("EdDSA")) == "jwt_claims"


def test_two_credentials_in_one_token_are_refused() -> None:
    assert code_of(token({**badge(), "vc": old_badge()}), public("EdDSA")) == "jwt_type"
    assert code_of(token({"vc": [old_badge()], **CLAIMS}), public("EdDSA")) == "jwt_claims"


def test_parts_of_a_second_are_no_contradiction() -> None:
    data = token({**badge(validFrom="2026-03-02T10:30:00.5Z"), **CLAIMS, "nbf": 1772447400}, "EdDSA", {"typ": "JWT"})
    assert parse_jwt_credential(data).document["validFrom"] == "2026-03-02T10:30:00.5Z"


def test_the_times_of_a_signature_are_its_own_in_the_form_of_w3c() -> None:
    read = parse_jwt_credential(token({**badge(), "nbf": 1775000000, "exp": 1780000000}))
    assert read.document == badge()
    assert read.not_before == datetime(2026, 3, 31, 23, 33, 20, tzinfo=UTC)
    assert read.expires == datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC)
    check_times(read, datetime(2026, 5, 1, tzinfo=UTC))
    for moment, code in (
        (datetime(2026, 3, 31, tzinfo=UTC), "proof_not_yet_valid"),
        (datetime(2026, 5, 29, tzinfo=UTC), "proof_expired"),
    ):
        with pytest.raises(InvalidProof) as caught:
            check_times(read, moment)
        assert caught.value.code == code


# --- properties ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_bit_of_a_token_can_change(data: st.DataObject) -> None:
    algorithm = data.draw(st.sampled_from(ALGORITHMS))
    whole = good_token(algorithm)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([whole[place] ^ 1 << data.draw(st.integers(0, 7))]) + whole[place + 1 :]
    assert code_of(changed, public(algorithm)) is not None


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    5,
    0.5,
    -1,
    2**53 - 1,
    "",
    "a",
    [],
    ["a"],
    [None],
    [[]],
    {},
    {"id": None},
    {"id": ["a"]},
    [{}],
)


@pytest.mark.parametrize("typ", ["JWT", "vc+jwt"])
@pytest.mark.parametrize(
    "name", ["iss", "sub", "jti", "nbf", "exp", "aud", "vc", "vp", "issuer", "credentialSubject", "id", "@context"]
)
def test_whatever_stands_in_a_claim_or_member_is_read_or_named(name: str, typ: str) -> None:
    for value in ODD:
        code = code_of(token({**badge(), **CLAIMS, name: value}, "EdDSA", {"typ": typ}), public("EdDSA"))
        assert code is None or code.startswith("jwt_")
