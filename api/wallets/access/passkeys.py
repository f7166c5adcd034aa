"""Passkeys (WebAuthn): discoverable credentials, so that nobody types a user name, with the user verified each time.

The relying party is the host that this site's links begin with, and their origin the only one that is taken: neither
ever comes from a request. Attestation is not asked for; who made an authenticator is no business of ours.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from api.clock import Clock, unix_now
from api.wallets.access.audit import Audit
from api.wallets.access.challenges import Challenges, Purpose
from api.wallets.access.sessions import Sessions
from api.wallets.access.tables import PasskeyRow
from api.wallets.access.values import Entered, Passkey, Way, What
from api.wallets.access.ways import passkey_value, require_another_way
from ledger.documents.codecs import decode_base64url
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import Conflict, MalformedDocument, NotFound, NotProven
from ledger.storage import Database

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

NAME = "Cairn"
TIMEOUT_MS = 5 * 60 * 1000
MOST = 30
"""Passkeys of one wallet."""
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256 and RS256 (COSE), the first being the one that is wanted most."""
ATTESTATIONS = frozenset({"none", "packed"})
"""The forms in which an authenticator that is not asked to attest may answer."""


class Passkeys:
    """The passkeys of wallets. `base` is what this site's links begin with."""

    def __init__(
        self,
        database: Database,
        challenges: Challenges,
        sessions: Sessions,
        audit: Audit,
        base: str,
        clock: Clock = unix_now,
    ) -> None:
        self._database = database
        self._challenges = challenges
        self._sessions = sessions
        self._audit = audit
        self._origin = base
        self._rp_id = urlsplit(base).hostname or ""
        self._clock = clock

    # --- registering ---

    def creation_options(self, wallet_id: str) -> dict[str, Any]:
        """What a browser's `navigator.credentials.create` takes, with a fresh challenge. Raises Conflict."""
        from webauthn import generate_registration_options
        from webauthn.helpers import options_to_json_dict
        from webauthn.helpers.cose import COSEAlgorithmIdentifier
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        with self._database.reading() as session:
            rows = rows_of(session, wallet_id)
            if len(rows) >= MOST:
                raise Conflict(f"a wallet has at most {MOST} passkeys", "too_many_passkeys")
            known = [described(row.credential_id) for row in rows]
        handle = secrets.token_bytes(16)
        challenge = self._challenges.make("passkey_add", wallet_id, context=handle.hex())
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=NAME,
            user_id=handle,
            user_name="Wallet of credentials",
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=known,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
        return dict(options_to_json_dict(options))

    def add(self, wallet_id: str, name: str, answer: JsonObject, way: Way) -> Passkey:
        """Keeps the passkey that an authenticator made. Raises NotProven `passkey_refused`, Conflict."""
        challenge = self._challenge_of(answer)
        taken = self._challenges.take(challenge, "passkey_add", wallet_id)
        if taken is None:
            raise refused()
        made = self._verified_registration(answer, challenge)
        now = self._clock()
        row = PasskeyRow(
            credential_id=made.credential_id,
            id=secrets.token_hex(16),
            wallet=wallet_id,
            user_handle=bytes.fromhex(taken.context),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            added_at=now,
        )
        with self._database.writing(alone=wallet_id.encode()) as session:
            if session.get(PasskeyRow, made.credential_id) is not None:
                raise Conflict("this passkey opens a wallet already", "passkey_known")
            if len(rows_of(session, wallet_id)) >= MOST:
                raise Conflict(f"a wallet has at most {MOST} passkeys", "too_many_passkeys")
            session.add(row)
            self._audit.tell(session, wallet_id, What.PASSKEY_ADDED, way)
            return passkey_value(row)

    def _verified_registration(self, answer: JsonObject, challenge: bytes) -> Any:
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
        return made

    # --- signing in ---

    def request_options(self) -> dict[str, Any]:
        """What a browser's `navigator.credentials.get` takes, with a fresh challenge: for any wallet's passkey."""
        from webauthn import generate_authentication_options
        from webauthn.helpers import options_to_json_dict
        from webauthn.helpers.structs import UserVerificationRequirement

        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=self._challenges.make("passkey_enter"),
            timeout=TIMEOUT_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return dict(options_to_json_dict(options))

    def enter(self, answer: JsonObject) -> Entered:
        """Signs in. Raises NotProven `passkey_refused`, whatever the reason is."""
        challenge = self._take_enter_challenge(answer)
        with self._database.writing() as session:
            wallet = self._shown_by(session, answer, challenge)
            if wallet is not None:
                self._audit.note(session, wallet, What.SIGNED_IN, Way.PASSKEY)
                return self._sessions.begin(session, wallet, Way.PASSKEY)
        raise refused()

    def shown(self, answer: JsonObject) -> str:
        """The wallet whose owner an answer to `request_options` shows somebody to be. Raises as `enter`."""
        challenge = self._take_enter_challenge(answer)
        with self._database.writing() as session:
            wallet = self._shown_by(session, answer, challenge)
        if wallet is None:
            raise refused()
        return wallet

    def _take_enter_challenge(self, answer: JsonObject) -> bytes:
        challenge = self._challenge_of(answer)
        purpose: Purpose = "passkey_enter"
        if self._challenges.take(challenge, purpose) is None:
            raise refused()
        return challenge

    def _shown_by(self, session: Session, answer: JsonObject, challenge: bytes) -> str | None:
        """The wallet of the passkey that signed; None if none did. A passkey that was copied is stopped here."""
        row = self._row_of(session, answer)
        if row is None or row.stopped_at is not None:
            return None
        count = self._verified_count(answer, challenge, row)
        if count is None:
            return None
        # The signature is good. An authenticator that counts and falls behind is not the only one with this key.
        if (count or row.sign_count) and count <= row.sign_count:
            row.stopped_at = self._clock()
            session.add(row)
            self._audit.tell(session, row.wallet, What.PASSKEY_COPIED, Way.PASSKEY)
            return None
        row.sign_count, row.used_at = count, self._clock()
        session.add(row)
        return row.wallet

    def _row_of(self, session: Session, answer: JsonObject) -> PasskeyRow | None:
        """The passkey that an answer names; its user handle must be the one that it was made with (section 7.2)."""
        name, response = answer.get("rawId"), answer.get("response")
        handle = response.get("userHandle") if isinstance(response, dict) else None
        if not isinstance(name, str) or not isinstance(handle, str):
            return None
        try:
            row = session.get(PasskeyRow, decode_base64url(name), with_for_update=True)
            return row if row is not None and row.user_handle == decode_base64url(handle) else None
        except (MalformedDocument, UnicodeEncodeError):
            return None

    def _verified_count(self, answer: JsonObject, challenge: bytes, row: PasskeyRow) -> int | None:
        """The counter that was signed, if the signature is good."""
        from webauthn import verify_authentication_response

        try:
            shown = verify_authentication_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=row.public_key,
                # The library looks at the counter before the signature; ours comes after, so that it takes the key.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except Exception:  # noqa: BLE001 - the library lets out whatever its parsers raise
            return None
        return int(shown.new_sign_count)

    # --- keeping ---

    def rename(self, wallet_id: str, passkey: str, name: str, way: Way) -> Passkey:
        """Raises NotFound `passkey_unknown`."""
        with self._database.writing() as session:
            row = find(session, wallet_id, passkey)
            row.name = name
            session.add(row)
            self._audit.note(session, wallet_id, What.PASSKEY_RENAMED, way)
            return passkey_value(row)

    def remove(self, wallet_id: str, passkey: str, way: Way) -> None:
        """Raises NotFound `passkey_unknown`, Conflict `last_way_in`."""
        with self._database.writing(alone=wallet_id.encode()) as session:
            row = find(session, wallet_id, passkey)
            session.delete(row)
            if row.stopped_at is None:
                require_another_way(session, wallet_id)
            self._audit.note(session, wallet_id, What.PASSKEY_REMOVED, way)

    def _challenge_of(self, answer: JsonObject) -> bytes:
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


def require_sound_key(public_key: bytes) -> None:
    """Raises whatever the library raises for a key that no signature could be checked with."""
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

    decoded_public_key_to_cryptography(decode_credential_public_key(public_key))


def described(credential_id: bytes) -> PublicKeyCredentialDescriptor:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return PublicKeyCredentialDescriptor(id=credential_id)


def rows_of(session: Session, wallet_id: str) -> list[PasskeyRow]:
    return list(
        session.exec(select(PasskeyRow).where(PasskeyRow.wallet == wallet_id).order_by(col(PasskeyRow.added_at)))
    )


def find(session: Session, wallet_id: str, passkey: str) -> PasskeyRow:
    row = session.exec(select(PasskeyRow).where(PasskeyRow.wallet == wallet_id, PasskeyRow.id == passkey)).first()
    if row is None:
        raise NotFound("this wallet has no such passkey", "passkey_unknown")
    return row


def refused() -> NotProven:
    return NotProven("this passkey was not taken; try again, or come in another way", "passkey_refused")
