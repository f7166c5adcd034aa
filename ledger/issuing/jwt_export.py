"""Credentials as JWTs (VC-JOSE-COSE), for software that reads nothing else: the issuer signs the same facts once more.

Only the issuer can, with the key that signed the credential, and only while both are in force: a signature given today
says that the credential holds today.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import Conflict, RegistryUnreachable
from ledger.issuing.catalog import Catalog
from ledger.issuing.signer import KeyRing, issuer_key
from ledger.issuing.values import BatchState, CredentialStatus, Issuer, IssuerKey
from ledger.proofs.jose import sign_jwt

InForce = Callable[[bytes], tuple[bool | None, str]]
"""Whether a document is valid by the registry (None: could not find out), and the sentence that says so."""


class JwtExport:
    """Signs the credentials of this ledger's issuers as JWTs. Raises NotFound for what there is not."""

    def __init__(self, catalog: Catalog, keys: KeyRing, in_force: InForce) -> None:
        self._catalog = catalog
        self._keys = keys
        self._in_force = in_force

    def export(self, credential_id: str) -> str:
        """The credential as a compact JWS whose payload is the credential without its proofs.

        Raises Conflict `not_in_force` for one that is not final, or revoked, suspended, withdrawn or invalid, be it
        only asked for; `key_closed` if the key that signed it is closed; RegistryUnreachable if the registry does not
        tell; KeystoreError if the key is not here.
        """
        credential = self._catalog.credential(credential_id)
        if credential.batch_state is not BatchState.FINAL or credential.status is not CredentialStatus.ACTIVE:
            raise Conflict(
                f"the credential is {credential.state}: only one in force is signed as a JWT", "not_in_force"
            )
        document = self._catalog.document(credential_id)
        valid, sentence = self._in_force(document)
        if valid is None:
            raise RegistryUnreachable(f"nothing is signed before the registry says that it holds: {sentence}")
        if not valid:
            raise Conflict(f"only what is in force is signed as a JWT: {sentence}", "not_in_force")
        body = parse(document)
        issuer = self._catalog.issuer(credential.issuer)
        key = open_key(issuer, signing_method(body))
        signer = self._keys.signer(issuer_key(issuer.slug, f"key-{key.number}"))
        facts: JsonObject = {name: value for name, value in body.items() if name != "proof"}
        return sign_jwt(facts, signer, issuer.verification_method(key))


def signing_method(document: JsonObject) -> str:
    """The verification method that the credential is signed by; empty if it is not signed."""
    proofs = document.get("proof")
    for proof in proofs if isinstance(proofs, list) else [proofs]:
        method = proof.get("verificationMethod") if isinstance(proof, dict) else None
        if isinstance(method, str):
            return method
    return ""


def open_key(issuer: Issuer, method: str) -> IssuerKey:
    """The issuer's key of this verification method. Raises Conflict `key_closed` unless it is still in force."""
    for key in issuer.keys:
        if issuer.verification_method(key) == method and key.opened_at is not None and key.closed_at is None:
            return key
    raise Conflict("the key that signed this credential is not in force any more", "key_closed")
