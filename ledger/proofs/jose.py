"""Credentials that come as JSON Web Tokens: a compact JWS (RFC 7515) around the credential.

Two forms are in use. In W3C's Securing Verifiable Credentials using JOSE and COSE, and in Open Badges 3.0 (section
8.2), the payload is the credential, with registered claims beside its members. In version 1.1 of the data model
(section 6.3.1) the credential is the claim `vc`. Where claims and members say the same, they have to agree.

The algorithm follows from the kind of the issuer's key, never from the token alone (RFC 8725, section 3.1), and a key
that the header brings along is not looked at: it says nothing of the issuer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from ledger.documents.codecs import decode_base64url, encode_base64url, format_timestamp, parse_date_time_stamp
from ledger.documents.contexts import CREDENTIALS_V2
from ledger.documents.keys import KeyKind, PublicKey, load_rsa_key
from ledger.documents.strict_json import DOCUMENT, JsonObject, JsonValue, Limits, parse
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.anchor_proof import CRYPTOSUITE as ANCHOR
from ledger.proofs.data_integrity import Signer, fitting_key, signature_invalid
from ledger.proofs.ecdsa import signature_holds

MAX_TOKEN_BYTES = 4 * DOCUMENT.max_bytes // 3 + 64 * 1024

_HEADER = Limits(max_bytes=32 * 1024, depth=8, keys=50, items=20, string=8 * 1024)
_MAX_SIGNATURE_CHARACTERS = 2048

_KINDS = {
    "EdDSA": KeyKind.ED25519,
    "Ed25519": KeyKind.ED25519,
    "ES256": KeyKind.P256,
    "ES384": KeyKind.P384,
    "RS256": KeyKind.RSA,
}
_W3C_TYPES = frozenset({"vc+jwt", "vc+ld+jwt", "vc+ld+json+jwt"})
_TYPES = _W3C_TYPES | {"jwt"}
_REGISTERED = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


@dataclass(frozen=True)
class JwtCredential:
    """A token that is well formed. Nothing is known of its signature yet.

    `document` is the credential, `algorithm` and `key_id` are what the header calls `alg` and `kid`, `signing_input`
    are the bytes that are signed. `not_before` and `expires` bound the signature where that differs from the time of
    the credential, which W3C's form allows.
    """

    document: JsonObject
    algorithm: str
    key_id: str | None
    signing_input: bytes
    signature: bytes
    not_before: datetime | None = None
    expires: datetime | None = None


# --- reading ---------------------------------------------------------------------------------------------------------


def parse_jwt_credential(data: bytes) -> JwtCredential:
    """Read a credential in the compact form of a JWS, with either kind of payload.

    Raises MalformedDocument: `jwt_malformed` for what is no such token, `jwt_type` for a token of another purpose,
    `jwt_critical` for one with extensions that have to be understood, `jwt_claims` if its claims are unusable or
    contradict the credential, `limit_body`, and the codes of the strict loader for header and payload.
    """
    token, payload, kind = parse_token(data, _TYPES)
    return with_document(token, payload, is_w3c=kind in _W3C_TYPES)


def parse_token(data: bytes, types: Collection[str]) -> tuple[JwtCredential, JsonObject, str]:
    """Read any compact JWS with a JSON object in it: a token that has no document yet, the payload, and the type.

    The type is in lower case and empty if the header names none. Raises as `parse_jwt_credential`.
    """
    if len(data) > MAX_TOKEN_BYTES:
        raise MalformedDocument("limit_body", f"the token is larger than {MAX_TOKEN_BYTES:,} bytes")
    parts = data.split(b".")
    if len(parts) != 3 or not data.isascii():
        raise MalformedDocument("jwt_malformed", "the token has not the three parts of a signed one")
    if len(parts[0]) > 2 * _HEADER.max_bytes or len(parts[2]) > _MAX_SIGNATURE_CHARACTERS:
        raise MalformedDocument("limit_body", "a part of the token is larger than it can be")
    try:
        header_bytes, payload_bytes, signature = (decode_base64url(part.decode()) for part in parts)
    except MalformedDocument:
        raise MalformedDocument("jwt_malformed", "a part of the token is not plain base64url") from None
    header, payload = parse(header_bytes, _HEADER), parse(payload_bytes)
    algorithm, key_id, kind = _read_header(header, types)
    return JwtCredential({}, algorithm, key_id, b".".join(parts[:2]), signature), payload, kind


def _read_header(header: JsonObject, types: Collection[str]) -> tuple[str, str | None, str]:
    """The algorithm, the id of the key and the type of the token, in lower case without `application/`."""
    algorithm, key_id, kind, content = (header.get(name, "") for name in ("alg", "kid", "typ", "cty"))
    if "crit" in header or "b64" in header:
        raise MalformedDocument("jwt_critical", "the token needs an extension that Cairn does not know")
    if not (isinstance(algorithm, str) and isinstance(key_id, str) and isinstance(kind, str)) or not algorithm:
        raise MalformedDocument(
            "jwt_malformed", "the header of the token lacks its algorithm, or is not as it should be"
        )
    kind = kind.lower().removeprefix("application/")
    if kind and kind not in types:
        raise MalformedDocument("jwt_type", "the token is not one for a credential")
    if not isinstance(content, str) or content.lower().removeprefix("application/") == "jwt":
        raise MalformedDocument("jwt_type", "the token holds another token")
    return algorithm, key_id or None, kind


def with_document(token: JwtCredential, payload: JsonObject, *, is_w3c: bool) -> JwtCredential:
    """The token with the credential that a payload holds. Raises MalformedDocument `jwt_type`, `jwt_claims`.

    With `is_w3c`, the claims `nbf` and `exp` may differ from the times of the credential.
    """
    claims = {name: payload[name] for name in _REGISTERED if name in payload}
    if "aud" in claims:
        raise MalformedDocument("jwt_claims", "the token is meant for one reader only")
    if "vp" in payload or ("vc" in payload and "@context" in payload):
        raise MalformedDocument("jwt_type", "the token holds a presentation, or two credentials")
    if "vc" in payload:
        vc = payload["vc"]
        if not isinstance(vc, dict):
            raise MalformedDocument("jwt_claims", "the credential in the token is not an object")
        document = dict(vc)
    else:
        document = {name: value for name, value in payload.items() if name not in claims}
    _merge_names(document, claims)
    return _merge_times(replace(token, document=document), claims, is_w3c=is_w3c and "vc" not in payload)


def _merge_names(document: JsonObject, claims: JsonObject) -> None:
    """Let `iss`, `jti` and `sub` stand for the ids that they repeat, and refuse those that name something else."""
    _merge(document, "id", claims, "jti")
    issuer = document.get("issuer")
    if isinstance(issuer, dict):
        document["issuer"] = issuer = dict(issuer)
        _merge(issuer, "id", claims, "iss")
    else:
        _merge(document, "issuer", claims, "iss")
    if "sub" in claims:
        subject = document.get("credentialSubject", {})
        only = subject[0] if isinstance(subject, list) and len(subject) == 1 else subject
        if not isinstance(only, dict):
            raise MalformedDocument("jwt_claims", "the claim sub of the token fits no subject of the credential")
        merged = dict(only)
        _merge(merged, "id", claims, "sub")
        document["credentialSubject"] = [merged] if isinstance(subject, list) else merged


def _merge(target: JsonObject, member: str, claims: JsonObject, claim: str) -> None:
    if claim not in claims:
        return
    if not isinstance(claims[claim], str) or target.setdefault(member, claims[claim]) != claims[claim]:
        raise MalformedDocument("jwt_claims", f"the claim {claim} of the token contradicts the credential in it")


def _merge_times(token: JwtCredential, claims: JsonObject, *, is_w3c: bool) -> JwtCredential:
    """Let `nbf` and `exp` stand for the times of the credential.

    In W3C's form they are those of the signature (VC-JOSE-COSE, section 3.1.3), which may be others.
    """
    document = token.document
    contexts = document.get("@context")
    is_v2 = CREDENTIALS_V2 in (contexts if isinstance(contexts, list) else [contexts])
    bounds: list[datetime | None] = []
    for claim, member in (
        ("nbf", "validFrom" if is_v2 else "issuanceDate"),
        ("exp", "validUntil" if is_v2 else "expirationDate"),
    ):
        moment = moment_of(claims[claim]) if claim in claims else None
        agrees = moment is None or _is_moment(document.get(member), moment)
        bounds.append(None if agrees else moment)
        if moment is None or agrees or is_w3c:
            continue
        if member in document:
            raise MalformedDocument("jwt_claims", f"the claim {claim} of the token contradicts the credential in it")
        document[member] = format_timestamp(moment)
        bounds[-1] = None
    return replace(token, not_before=bounds[0], expires=bounds[1])


def _is_moment(value: JsonValue, moment: datetime) -> bool:
    """Whether a time of the credential is this one, parts of a second aside."""
    if not isinstance(value, str):
        return False
    try:
        return abs(parse_date_time_stamp(value) - moment) < timedelta(seconds=1)
    except MalformedDocument:
        return False


def moment_of(value: JsonValue) -> datetime:
    """The moment of a NumericDate (RFC 7519, section 2)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**38:
        raise MalformedDocument("jwt_claims", "a time in the token is not a number of seconds")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise MalformedDocument("jwt_claims", "a time in the token is out of range") from None


# --- checking --------------------------------------------------------------------------------------------------------


def verify_jwt(jwt: JwtCredential, keys: Sequence[PublicKey]) -> PublicKey:
    """Check the signature of a token with several keys. Returns the first that fits.

    Only keys of the kind that the algorithm is for are tried. Raises InvalidProof: `algorithm_forbidden` for no
    signature and for secrets that signer and reader share, `algorithm_unknown` for what Cairn does not check,
    `signature_invalid` (also when there is no key to try), `key_weak`, `key_malformed`.
    """
    if jwt.algorithm.lower() == "none" or jwt.algorithm.upper().startswith("HS"):
        raise InvalidProof("algorithm_forbidden", "the token is not signed in a way that tells who signed it")
    kind = _KINDS.get(jwt.algorithm)
    if kind is None:
        raise InvalidProof("algorithm_unknown", "the token is signed by an algorithm that Cairn does not check")
    for key in keys:
        if key.kind is kind and _holds(jwt, key):
            return key
    raise signature_invalid()


def check_times(jwt: JwtCredential, now: datetime) -> None:
    """Whether the signature counts at `now`. Raises InvalidProof `proof_expired` or `proof_not_yet_valid`."""
    if jwt.expires is not None and jwt.expires < now:
        raise InvalidProof("proof_expired", "the signature of the token has expired")
    if jwt.not_before is not None and jwt.not_before > now:
        raise InvalidProof("proof_not_yet_valid", "the signature of the token does not count yet")


def _holds(jwt: JwtCredential, key: PublicKey) -> bool:
    if key.kind is KeyKind.RSA:
        return _rsa_holds(jwt, key)
    if key.kind is not KeyKind.ED25519:
        return signature_holds(key, jwt.signature, jwt.signing_input)
    if len(jwt.signature) != 64:
        return False
    try:
        fitting_key(jwt.signature, jwt.signing_input, [key.data])
    except InvalidProof as problem:
        if problem.code == "signature_invalid":
            return False
        raise
    return True


def _rsa_holds(jwt: JwtCredential, key: PublicKey) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        load_rsa_key(key).verify(jwt.signature, jwt.signing_input, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    except MalformedDocument as error:
        raise InvalidProof(error.code, str(error)) from None
    return True


# --- signing ---------------------------------------------------------------------------------------------------------


def sign_jwt(document: JsonObject, signer: Signer, key_id: str) -> str:
    """The credential as a token, signed with EdDSA; `key_id` is the signer's verification method.

    The payload is the credential, as W3C's form has it, and has the registered claims that Open Badges 3.0, section
    8.2.4, asks for beside its members. Both kinds of readers take it. The token takes the place of the credential's
    signatures; of its proofs it keeps the one that says where the ledger holds it.
    """
    header: JsonObject = {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": key_id}
    payload = {name: value for name, value in document.items() if name != "proof"}
    claims = registered_claims(payload)
    proofs = document.get("proof")
    anchors = [proof for proof in (proofs if isinstance(proofs, list) else [proofs]) if _is_anchor(proof)]
    if anchors:
        payload["proof"] = anchors[0] if len(anchors) == 1 else anchors
    return sign_token(header, {**payload, **claims}, signer)


def _is_anchor(proof: JsonValue) -> bool:
    return isinstance(proof, dict) and proof.get("cryptosuite") == ANCHOR


def sign_token(header: JsonObject, payload: JsonObject, signer: Signer) -> str:
    """A compact JWS (RFC 7515, section 3.1), signed with EdDSA."""
    signing_input = ".".join(encode_base64url(orjson.dumps(part)) for part in (header, payload))
    return f"{signing_input}.{encode_base64url(signer.sign(signing_input.encode()))}"


def registered_claims(document: JsonObject) -> JsonObject:
    """What a credential says in the names of RFC 7519: `iss`, `jti`, `sub`, `nbf`, `exp`."""
    issuer, subject = document.get("issuer"), document.get("credentialSubject")
    names = {
        "iss": issuer.get("id") if isinstance(issuer, dict) else issuer,
        "jti": document.get("id"),
        "sub": subject.get("id") if isinstance(subject, dict) else None,
    }
    times = {"nbf": document.get("validFrom"), "exp": document.get("validUntil")}
    return {
        **{name: value for name, value in names.items() if isinstance(value, str)},
        **{
            name: int(parse_date_time_stamp(value).timestamp())
            for name, value in times.items()
            if isinstance(value, str)
        },
    }
