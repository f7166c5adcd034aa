"""Credentials as JWTs: the issuer signs the same facts once more, and only while the credential holds."""

from __future__ import annotations

import pytest

from ledger.chain.registry import Reason
from ledger.documents.keys import KeyKind, PublicKey
from ledger.documents.strict_json import parse
from ledger.errors import CairnError, Conflict, InvalidProof, NotFound, RegistryUnreachable
from ledger.issuing.jwt_export import InForce, JwtExport
from ledger.proofs.jose import parse_jwt_credential, verify_jwt
from tests.office import Office


def export(office: Office, credential_id: str, in_force: InForce = lambda _: (True, "It holds.")) -> str:
    return JwtExport(office.catalog, office.keys, in_force).export(credential_id)


@pytest.fixture
def credential_id(office: Office) -> str:
    return office.credentials(office.a_final_batch())[0].credential_id


def refusal(office: Office, credential_id: str, in_force: InForce = lambda _: (True, "")) -> str:
    with pytest.raises(CairnError) as refused:
        export(office, credential_id, in_force)
    return refused.value.code


def test_the_jwt_says_what_the_credential_says_and_is_signed_by_the_key_in_use(
    office: Office, credential_id: str
) -> None:
    token = parse_jwt_credential(export(office, credential_id).encode())
    stored = parse(office.catalog.document(credential_id))
    proofs = stored["proof"]
    assert isinstance(proofs, list)
    assert token.document == stored | {"proof": proofs[-1]}  # where it is anchored; the token signs in their place
    assert token.document["credentialStatus"] == stored["credentialStatus"]
    issuer = office.catalog.issuer("usm")
    assert (token.algorithm, token.key_id) == ("EdDSA", issuer.verification_method(issuer.keys[0]))
    key = PublicKey(KeyKind.ED25519, issuer.keys[0].public_key)
    assert verify_jwt(token, [key]) == key
    with pytest.raises(InvalidProof):
        verify_jwt(token, [PublicKey(KeyKind.ED25519, bytes(range(32)))])


def test_a_credential_that_is_not_final_or_not_in_force_is_not_signed_afresh(office: Office) -> None:
    draft = office.credentials(office.an_open_batch(code="models"))[0].credential_id
    assert refusal(office, draft) == "not_in_force"
    first, second, third = (found.credential_id for found in office.credentials(office.a_final_batch()))
    office.revocation.revoke([first], Reason.ISSUED_IN_ERROR)
    office.revocation.suspend([second], Reason.ISSUED_IN_ERROR)
    assert [refusal(office, name) for name in (first, second)] == ["not_in_force", "not_in_force"]
    assert export(office, third)


def test_the_registry_has_the_last_word(office: Office, credential_id: str) -> None:
    assert refusal(office, credential_id, lambda _: (False, "The issuer has revoked it.")) == "not_in_force"
    with pytest.raises(RegistryUnreachable):
        export(office, credential_id, lambda _: (None, "No node answered."))


def test_after_a_change_of_keys_the_new_one_signs_and_without_an_open_key_none(
    office: Office, credential_id: str
) -> None:
    office.issuers.add_key("usm")
    office.issuers.close_key("usm", 1)
    issuer = office.catalog.issuer("usm")
    token = parse_jwt_credential(export(office, credential_id).encode())
    assert token.key_id == issuer.verification_method(issuer.keys[1])
    assert verify_jwt(token, [PublicKey(KeyKind.ED25519, issuer.keys[1].public_key)])
    office.issuers.close_key("usm", 2)
    with pytest.raises(Conflict) as refused:
        export(office, credential_id)
    assert refused.value.code == "no_key"


def test_what_there_is_not_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        export(office, "urn:uuid:00000000-0000-4000-8000-000000000000")
