"""Published status lists say what the registry says, signed, and are signed anew only when it says something else."""

from __future__ import annotations

import orjson
import pytest

from ledger.chain.registry import Reason
from ledger.errors import NotFound
from ledger.proofs.data_integrity import verify
from ledger.proofs.status_list import read_status
from tests.fakes import MemoryRegistry
from tests.office import Office


def test_a_list_shows_what_is_revoked_and_what_is_suspended(office: Office, registry: MemoryRegistry) -> None:
    first, second, third = office.credentials(office.a_final_batch(3))
    office.revocation.revoke([first.credential_id], Reason.ISSUED_IN_ERROR)
    office.revocation.suspend([third.credential_id], Reason.ASSESSMENT_INVALID)

    published = office.status_lists.publish("usm", 0)
    document = orjson.loads(published.document)

    assert [read_status(document, c.status_index) for c in (first, second, third)] == [True, False, True]
    assert published.url == document["id"] == "https://cairn.example/issuers/usm/status/0"
    assert published.block == registry.final_block()
    assert published.count == 2
    for proof in document["proof"]:
        verify(document, proof, office.catalog.issuer("usm").current_key.public_key)


def test_a_list_shows_what_was_withdrawn_with_its_batch(office: Office) -> None:
    withdrawn, kept = office.a_final_batch(2), office.a_final_batch(1, code="models")
    office.withdrawal.withdraw(withdrawn.id, Reason.ISSUED_IN_ERROR)

    document = orjson.loads(office.status_lists.publish("usm", 0).document)

    shown = [read_status(document, c.status_index) for c in (*office.credentials(withdrawn), *office.credentials(kept))]
    assert shown == [True, True, False]


def test_a_list_without_changes_is_the_same_document_at_a_later_block(office: Office, registry: MemoryRegistry) -> None:
    office.a_final_batch(1)
    first = office.status_lists.publish("usm", 0)
    registry.mine()
    second = office.status_lists.publish("usm", 0)

    assert second.document == first.document
    assert second.block.number == first.block.number + 1


def test_a_revocation_that_is_not_final_is_not_in_the_list(office: Office, registry: MemoryRegistry) -> None:
    (credential,) = office.credentials(office.a_final_batch(1))
    registry.finality_lag = 1
    office.revocation.revoke([credential.credential_id], Reason.ISSUED_IN_ERROR, wait=False)

    assert office.status_lists.publish("usm", 0).count == 0


@pytest.mark.parametrize("number", [1, -1])
def test_a_list_that_no_credential_names_is_not_there(office: Office, number: int) -> None:
    office.a_final_batch(1)

    with pytest.raises(NotFound):
        office.status_lists.publish("usm", number)


def test_an_issuer_without_credentials_has_an_empty_first_list(office: Office) -> None:
    assert office.status_lists.publish("usm", 0).count == 0
