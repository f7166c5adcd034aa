"""The ceremonies of passkeys (WebAuthn), whoever the passkeys belong to: discoverable credentials, so that nobody types
a user name, with the user verified each time.

The relying party is the host that this site's links begin with, and their origin the only one that is taken: neither
ever comes from a request. Attestation is not asked for; who made an authenticator is no business of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ledger.documents.codecs import decode_base64url
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument, NotProven

NAME = "Cairn"
TIMEOUT_MS = 5 * 60 * 1000
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 (COSE), the first being the one that is wanted most."""
ATTESTATIONS = frozenset({"none", "packed"})
"""The forms in which an authenticator that is not asked to attest may answer."""


@dataclass(frozen=True)
class Made:
    """A passkey that an authenticator made. `public_key` is COSE."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class Ceremonies:
    """What browsers are asked for, and what their answers are worth. `base` is what this site's links begin with."""

    def __init__(self, base: str) -> None:
        self._origin = base
        self._rp_id = urlsplit(base).hostname or ""

    def creation_options(
        self, *, user_name: str, handle: bytes, challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """What a browser's `navigator.credentials.create` takes. `known` are the passkeys that there are already."""
        from webauthn import generate_registration_options
        from webauthn.helpers import options_to_json_dict
        from webauthn.helpers.cose import COSEAlgorithmIdentifier
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=handle,
            user_name=user_name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
        return dict(options_to_json_dict(options))

    def made(self, answer: JsonObject, challenge: bytes) -> Made:
        """The passkey that an authenticator made for a challenge. Raises NotProven `passkey_refused`."""
        from webauthn import verify_registration_response
        from webauthn.helpers.cose import COSEAlgorithmIdentifier

        try:
            made = verify_registration_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
                supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
            )
            require_sound_key(made.credential_public_key)
        except Exception as error:
            raise refused() from error
        if made.fmt not in ATTESTATIONS or not 1 <= len(made.credential_id) <= 1023:
            raise refused()
        return Made(made.credential_id, made.credential_public_key, made.sign_count)

    def request_options(self, challenge: bytes) -> dict[str, Any]:
        """What a browser's `navigator.credentials.get` takes, for anybody's passkey."""
        from webauthn import generate_authentication_options
        from webauthn.helpers import options_to_json_dict
        from webauthn.helpers.structs import UserVerificationRequirement

        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(options_to_json_dict(options))

    def signed_count(self, answer: JsonObject, challenge: bytes, public_key: bytes) -> int | None:
        """The counter that was signed, if the signature is good."""
        from webauthn import verify_authentication_response

        try:
            shown = verify_authentication_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=public_key,
                # The library looks at the counter before the signature; ours comes after, so that it takes the key.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception:  # noqa: BLE001 - the library lets out whatever its parsers raise
            return None
        return int(shown.new_sign_count)


def challenge_of(answer: JsonObject) -> bytes:
    """The challenge that an answer says it signed, so that it can be looked up. Raises NotProven."""
    response = answer.get("response")
    try:
        signed = response["clientDataJSON"] if isinstance(response, dict) else None
        client_data = parse(decode_base64url(str(signed)))
        if client_data.get("crossOrigin") is True:
            raise refused()
        return decode_base64url(str(client_data["challenge"]))
    except (MalformedDocument, KeyError, UnicodeEncodeError) as error:
        raise refused() from error


def named_by(answer: JsonObject) -> tuple[bytes, bytes] | None:
    """The passkey that an answer names, and the user handle that it must have been made with (section 7.2)."""
    name, response = answer.get("rawId"), answer.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    if not isinstance(name, str) or not isinstance(handle, str):
        return None
    try:
        return decode_base64url(name), decode_base64url(handle)
    except (MalformedDocument, UnicodeEncodeError):
        return None


def is_copied(count: int, known: int) -> bool:
    """Whether an authenticator that counts has fallen behind: it is not the only one with this key."""
    return bool(count or known) and count <= known


def require_sound_key(public_key: bytes) -> None:
    """Raises whatever the library raises for a key that no signature could be checked with."""
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    decoded_public_key_to_cryptography(decode_credential_public_key(public_key))


def refused() -> NotProven:
    return NotProven("this passkey was not taken; try again, or come in another way", "passkey_refused")
