"""Credentials as tokens, which their issuer signs once more with the same facts.

As JWTs (VC-JOSE-COSE), for software that reads nothing else; as SD-JWT VCs, for learners who keep something back.
Only the issuer can, with the key that it signs by now, which after a change of keys is another than the credential's:
a signature given today says that the credential holds today, so nothing is signed that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import Conflict, RegistryUnreachable
from ledger.issuing.catalog import Catalog
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.values import BatchState, CredentialStatus
from ledger.proofs.data_integrity import Signer
from ledger.proofs.hideable import parse_hidden
from ledger.proofs.jose import sign_jwt
from ledger.proofs.sd_jwt_vc import sign_sd_jwt, withhold

InForce = Callable[[bytes], tuple[bool | None, str]]
"""Whether a document is valid by the registry (None: could not find out), and the sentence that says so."""


class JwtExport:
    """Signs the credentials of this ledger's issuers as tokens. Raises NotFound for what there is not."""

    def __init__(self, catalog: Catalog, keys: KeyRing, in_force: InForce) -> None:
        self._catalog = catalog
        self._keys = keys
        self._in_force = in_force

    def export(self, credential_id: str) -> str:
        """The credential as a compact JWS whose payload is the credential, with its anchor proof alone.

        Raises Conflict `not_in_force` for one that is not final, or revoked, suspended, withdrawn or invalid, be it
        only asked for; `no_key` if the issuer has no open key; RegistryUnreachable if the registry does not tell;
        KeystoreError if the key is not here.
        """
        body, signer, method = self._in_force_with_key(credential_id)
        return sign_jwt(body, signer, method)

    def export_sd_jwt(self, credential_id: str, hidden: Collection[str] = ()) -> str:
        """The credential as an SD-JWT VC without what is `hidden`, by the words of `proofs.hideable`.

        Raises as `export`; Conflict `disclosure_forbidden` for what is never withheld and `not_hideable` for a
        credential of which nothing can be; CairnError `hide_unknown`.
        """
        words = parse_hidden(hidden)
        body, signer, method = self._in_force_with_key(credential_id)
        return withhold(sign_sd_jwt(body, signer, method, issued_at=datetime.now(UTC)), words).compact()

    def _in_force_with_key(self, credential_id: str) -> tuple[JsonObject, Signer, str]:
        """A credential that holds, its issuer's signer, and the name of that key."""
        credential = self._catalog.credential(credential_id)
        if credential.batch_state is not BatchState.FINAL or credential.status is not CredentialStatus.ACTIVE:
            raise Conflict(
                f"the credential is {credential.state}: only one in force is signed as a token", "not_in_force"
            )
        document = self._catalog.document(credential_id)
        valid, sentence = self._in_force(document)
        if valid is None:
            raise RegistryUnreachable(f"nothing is signed before the registry says that it holds: {sentence}")
        if not valid:
            raise Conflict(f"only what is in force is signed as a token: {sentence}", "not_in_force")
        body = parse(document)
        issuer = self._catalog.issuer(credential.issuer)
        key = issuer.current_key
        signer = self._keys.signer(issuer_key(issuer.slug, f"key-{key.number}"))
        return body, signer, issuer.verification_method(key)
