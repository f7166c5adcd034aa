"""An authenticator in software (WebAuthn level 3): passkeys with ES256 or EdDSA, for any site that asks it.

It does what a phone does, and on demand what a phone never would: another origin, another relying party, a counter that
stands still, a wrong signature.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.documents.codecs import decode_base64url, encode_base64url

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40
Algorithm = Literal["ES256", "EdDSA"]


@dataclass
class SoftPasskey:
    """One passkey: its key, what site it is for, and how often it was used."""

    rp_id: str
    user_handle: bytes
    algorithm: Algorithm
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0
    key: Any = None

    def __post_init__(self) -> None:
        if self.key is None:
            is_es256 = self.algorithm == "ES256"
            self.key = ec.generate_private_key(ec.SECP256R1()) if is_es256 else Ed25519PrivateKey.generate()

    def cose(self) -> bytes:
        """The public key (RFC 9053)."""
        if isinstance(self.key, Ed25519PrivateKey):
            raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: raw})
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def sign(self, data: bytes) -> bytes:
        signature: bytes
        if isinstance(self.key, Ed25519PrivateKey):
            signature = self.key.sign(data)
        else:
            signature = self.key.sign(data, ec.ECDSA(SHA256()))
        return signature


@dataclass
class Authenticator:
    """Makes and uses passkeys, on pages of one origin."""

    origin: str
    algorithm: Algorithm = "ES256"
    counts: bool = True
    flags: int = USER_PRESENT | USER_VERIFIED

    def create(self, options: Mapping[str, Any], **changed: Any) -> tuple[SoftPasskey, dict[str, Any]]:
        """A new passkey, and what the browser sends. `changed` overrides members of what is signed."""
        passkey = SoftPasskey(options["rp"]["id"], decode_base64url(options["user"]["id"]), self.algorithm)
        passkey.credential_id = changed.get("credential_id", passkey.credential_id)
        client_data = self._client_data("webauthn.create", options["challenge"], changed)
        key = passkey.cose()
        attested = bytes(16) + len(passkey.credential_id).to_bytes(2, "big") + passkey.credential_id + key
        data = self._authenticator_data(changed.get("rp_id", passkey.rp_id), 0, ATTESTED) + attested
        statement = cbor2.dumps({"fmt": changed.get("fmt", "none"), "attStmt": {}, "authData": data})
        return passkey, self._credential(passkey, client_data, attestationObject=statement)

    def get(self, passkey: SoftPasskey, options: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
        """What the browser sends to sign in. `changed` overrides members of what is signed, or what is sent."""
        if self.counts:
            passkey.count += 1
        client_data = self._client_data("webauthn.get", options["challenge"], changed)
        data = self._authenticator_data(changed.get("rp_id", passkey.rp_id), changed.get("count", passkey.count))
        signature = passkey.sign(data + hashlib.sha256(client_data).digest())
        return self._credential(
            passkey,
            client_data,
            authenticatorData=data,
            signature=changed.get("signature", signature),
            userHandle=changed.get("user_handle", passkey.user_handle),
        )

    def _client_data(self, kind: str, challenge: str, changed: Mapping[str, Any]) -> bytes:
        values = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(values | {name: changed[name] for name in values if name in changed}).encode()

    def _authenticator_data(self, rp_id: str, count: int, flags: int = 0) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([self.flags | flags]) + count.to_bytes(4, "big")

    def _credential(self, passkey: SoftPasskey, client_data: bytes, **response: bytes) -> dict[str, Any]:
        name = encode_base64url(passkey.credential_id)
        encoded = {member: encode_base64url(value) for member, value in response.items()}
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {"clientDataJSON": encode_base64url(client_data), **encoded},
        }
