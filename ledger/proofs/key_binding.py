"""The holder's own token at the end of an SD-JWT (RFC 9901, section 4.3): who shows it holds the key that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ledger.documents.codecs import encode_base64url
from ledger.documents.keys import PublicKey
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.jose import JwtCredential, moment_of, parse_token, verify_jwt
from ledger.proofs.sd_jwt import HASHES, SdJwt

_TYPE = frozenset({"kb+jwt"})


@dataclass(frozen=True)
class KeyBinding:
    """For whom and when a holder signed a presentation. `problem` is why that proves nothing."""

    audience: str
    nonce: str
    issued_at: datetime
    problem: InvalidProof | None = field(default=None, compare=False)


def read_key_binding(credential: SdJwt, hash_name: str, holder: PublicKey | None) -> KeyBinding:
    """Reads and checks the holder's token (RFC 9901, section 7.3, step 5). `holder` is the key in the claim `cnf`.

    Audience, nonce and time are for the caller to compare. Raises MalformedDocument `key_binding_malformed`, and as
    `parse_token`.
    """
    token, payload, kind = parse_token((credential.key_binding or "").encode(), _TYPE)
    audience, nonce, about = (payload.get(name) for name in ("aud", "nonce", "sd_hash"))
    if not kind or not isinstance(audience, str) or not isinstance(nonce, str) or not isinstance(about, str):
        raise MalformedDocument("key_binding_malformed", "the holder's token lacks whom it is for, or what it is about")
    is_about_this = encode_base64url(HASHES[hash_name](credential.bound().encode()).digest()) == about
    problem = _problem(token, holder, is_about_this=is_about_this)
    return KeyBinding(audience, nonce, moment_of(payload.get("iat")), problem)


def _problem(token: JwtCredential, holder: PublicKey | None, *, is_about_this: bool) -> InvalidProof | None:
    if holder is None:
        return InvalidProof("key_binding_invalid", "the credential names no key of its holder")
    if not is_about_this:
        return InvalidProof("key_binding_invalid", "the holder's token is about other disclosures")
    try:
        verify_jwt(token, [holder])
    except InvalidProof:
        return InvalidProof("key_binding_invalid", "the holder's token is signed by another key")
    return None
