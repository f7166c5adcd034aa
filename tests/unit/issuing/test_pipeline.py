"""From an open batch to final credentials: the states, what each step refuses, and what is stored before what."""

from __future__ import annotations

import hashlib

import orjson
import pytest
from sqlalchemy import text

from ledger.chain.registry import AnchorBatch
from ledger.documents.canonical import digest
from ledger.errors import Conflict, NotFound, RegistryUnreachable, TransactionReverted, WorkspaceError
from ledger.issuing.values import Batch, BatchState
from ledger.proofs.anchor_proof import from_proof
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, verify
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office


def anchors(registry: MemoryRegistry) -> list[AnchorBatch]:
    return [call for call in registry.transactions if isinstance(call, AnchorBatch)]


def corrupt(office: Office, statement: str) -> None:
    with office.database.writing() as session:
        session.connection().execute(text(statement))


def sealed(office: Office, size: int = 3) -> Batch:
    return office.pipeline.seal(office.an_open_batch(size).id, suites=JCS_ONLY)


def test_a_batch_goes_through_every_state_in_order(office: Office) -> None:
    batch = office.an_open_batch()
    pipeline = office.pipeline

    steps = (pipeline.seal, pipeline.plan, pipeline.send, pipeline.confirm, pipeline.attach)
    states = [step(batch.id).state for step in steps]

    assert [batch.state, *states] == ["open", "sealed", "planned", "sent", "final", "final"]
    assert office.catalog.batch(batch.id).is_finished


def test_a_finished_document_carries_both_signatures_and_an_anchor_proof_that_leads_to_the_root(office: Office) -> None:
    batch = office.pipeline.advance(office.an_open_batch(3).id)
    key = office.catalog.issuer("usm").current_key.public_key

    for credential in office.credentials(batch):
        document = orjson.loads(office.catalog.document(credential.credential_id))
        rdfc, jcs, anchor = document["proof"]
        assert [rdfc["cryptosuite"], jcs["cryptosuite"]] == [EDDSA_RDFC, EDDSA_JCS]
        verify(document, rdfc, key)
        verify(document, jcs, key)
        proof = from_proof(anchor)
        assert proof.root_for(digest(document)) == batch.root
        assert (proof.leaf_index, proof.status_index) == (credential.leaf_index, credential.status_index)
        assert anchor["verificationMethod"] == jcs["verificationMethod"] == "did:web:cairn.example:issuers:usm#key-1"


def test_every_step_may_be_repeated_and_changes_nothing_the_second_time(office: Office) -> None:
    batch = office.an_open_batch()
    pipeline = office.pipeline

    for step in (pipeline.seal, pipeline.plan, pipeline.send, pipeline.confirm, pipeline.attach, pipeline.advance):
        assert step(batch.id) == step(batch.id)


def test_the_transaction_is_stored_before_it_is_sent(office: Office, registry: MemoryRegistry) -> None:
    batch = office.pipeline.plan(sealed(office).id)

    assert batch.transaction is not None
    assert batch.transaction.state == "planned"
    assert not anchors(registry)


def test_a_batch_is_not_final_before_its_block_is(office: Office, registry: MemoryRegistry) -> None:
    registry.mine(5)
    registry.finality_lag = 2
    batch = office.pipeline.advance(sealed(office).id, wait=False)

    assert batch.state is BatchState.MINED
    assert not office.catalog.credentials(batch=batch.id)[0].is_attached
    registry.mine(2)
    assert office.pipeline.confirm(batch.id).state is BatchState.FINAL


def test_waiting_for_finality_ends_with_could_not_find_out(office: Office, registry: MemoryRegistry) -> None:
    registry.finality_lag = 2

    with pytest.raises(RegistryUnreachable) as caught:
        office.pipeline.advance(sealed(office).id)

    assert caught.value.code == "not_final"


def test_a_document_without_its_anchor_is_still_signed(office: Office) -> None:
    batch = sealed(office)
    document = orjson.loads(office.catalog.document(office.credentials(batch)[0].credential_id))

    assert document["proof"]["cryptosuite"] == EDDSA_JCS
    assert office.credentials(batch)[0].state == "signed"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE documents SET body = CAST(replace(body, '87.5', '97.5') AS BLOB) WHERE position = 1",
        "UPDATE credentials SET digest = zeroblob(32) WHERE position = 1",
        "UPDATE credentials SET status_index = 99 WHERE position = 1",
        "UPDATE signatures SET proofs = CAST(replace(proofs, 'did:web', 'did:wEb') AS BLOB) WHERE position = 1",
        "DELETE FROM signatures WHERE position = 1",
        "UPDATE batches SET root = zeroblob(32)",
        "UPDATE batches SET verification_method = 'did:web:cairn.example:issuers:usm#key-2'",
    ],
)
def test_a_batch_that_changed_where_it_is_stored_is_never_anchored(
    office: Office, registry: MemoryRegistry, damage: str
) -> None:
    batch = sealed(office)
    corrupt(office, damage)

    with pytest.raises(WorkspaceError) as caught:
        office.pipeline.advance(batch.id)

    assert caught.value.code == "batch_corrupt"
    assert not anchors(registry)


def test_a_batch_that_was_sealed_for_another_chain_is_not_anchored_here(office: Office) -> None:
    batch = sealed(office)
    elsewhere = office.restarted(MemoryRegistry(chain_id=31337))
    elsewhere.registry.mine()  # type: ignore[attr-defined]

    with pytest.raises(WorkspaceError) as caught:
        elsewhere.pipeline.plan(batch.id)

    assert caught.value.code == "batch_corrupt"


def test_a_batch_that_changed_after_anchoring_gets_no_proofs(office: Office) -> None:
    batch = office.pipeline.seal(office.an_open_batch().id, suites=JCS_ONLY)
    for step in (office.pipeline.plan, office.pipeline.send, office.pipeline.confirm):
        step(batch.id)
    corrupt(office, "UPDATE credentials SET status_index = 99 WHERE position = 1")

    with pytest.raises(WorkspaceError, match="not what was anchored"):
        office.pipeline.attach(batch.id)


def test_a_root_that_we_anchored_before_counts_as_anchored(office: Office, registry: MemoryRegistry) -> None:
    """As after restoring a backup that is older than the chain."""
    batch = sealed(office)
    issuer = office.catalog.issuer("usm")
    call = AnchorBatch(issuer.issuer_id, batch.root or b"", batch.size)
    registry.send(registry.sign(call, office.keys.account("issuers/usm/anchoring")))

    finished = office.pipeline.advance(batch.id)

    assert finished.is_finished
    assert finished.transaction is None
    assert len(anchors(registry)) == 1


def test_an_account_that_may_not_anchor_leaves_the_batch_sealed(office: Office, registry: MemoryRegistry) -> None:
    batch = sealed(office)
    registry._head.operators.clear()

    with pytest.raises(TransactionReverted) as caught:
        office.pipeline.advance(batch.id)

    assert caught.value.error == "NotOperator"
    assert office.catalog.batch(batch.id).state is BatchState.SEALED


def test_a_nonce_that_someone_else_used_leads_to_a_new_transaction(office: Office, registry: MemoryRegistry) -> None:
    batch = office.pipeline.plan(sealed(office).id)
    other = AnchorBatch(office.catalog.issuer("usm").issuer_id, hashlib.sha256(b"other").digest(), 1)
    registry.send(registry.sign(other, office.keys.account("issuers/usm/anchoring")))

    finished = office.pipeline.advance(batch.id)

    assert finished.is_finished
    assert [call.root for call in anchors(registry)] == [other.root, batch.root]


def test_two_batches_of_one_issuer_use_two_nonces(office: Office, registry: MemoryRegistry) -> None:
    first, second = office.an_open_batch(2), office.an_open_batch(2, code="models")
    for batch in (first, second):
        office.pipeline.seal(batch.id, suites=JCS_ONLY)
    office.pipeline.plan(first.id)

    # The lane is not free before the first is in a block, so planning the second sends the first.
    office.pipeline.plan(second.id)

    nonces = [office.pipeline.advance(batch.id).transaction for batch in (first, second)]
    assert [transaction.nonce for transaction in nonces if transaction] == [0, 1]
    assert len(anchors(registry)) == 2


def test_sealing_waits_until_the_issuer_is_registered(office: Office) -> None:
    batch = office.an_open_batch()
    corrupt(office, "UPDATE issuers SET registered_at = NULL")

    with pytest.raises(Conflict) as caught:
        office.pipeline.advance(batch.id)

    assert caught.value.code == "issuer_unregistered"


@pytest.mark.parametrize("block_time", [4_000_000_000, 1_600_000_000])
def test_a_clock_far_from_the_chains_signs_nothing(office: Office, block_time: int) -> None:
    batch = office.an_open_batch()
    later = office.restarted(MemoryRegistry(chain_id=11155111, time=block_time))

    with pytest.raises(Conflict) as caught:
        later.pipeline.seal(batch.id)

    assert caught.value.code == "clock_wrong"
    assert later.catalog.batch(batch.id).state is BatchState.OPEN


def test_sealing_goes_on_with_the_key_with_which_it_began(office: Office) -> None:
    batch = office.an_open_batch(2)
    seal, _signer = office.pipeline._signing._begin(batch.id, office.catalog.issuer("usm"), JCS_ONLY)
    office.issuers.add_key("usm")

    finished = office.pipeline.seal(batch.id)

    assert finished.verification_method == seal.verification_method
    assert finished.suites == JCS_ONLY


def test_progress_tells_how_many_documents_are_done(office: Office) -> None:
    seen: list[tuple[str, int, int]] = []
    office.pipeline.advance(office.an_open_batch(3).id, suites=JCS_ONLY, progress=lambda *step: seen.append(step))

    assert seen[0] == ("sign", 0, 3)
    assert ("sign", 3, 3) in seen
    assert seen[-1] == ("attach", 3, 3)


def test_an_unknown_batch_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound) as caught:
        office.pipeline.advance(7)

    assert caught.value.code == "batch_unknown"


def test_a_planned_batch_whose_transaction_was_lost_is_planned_anew(office: Office, registry: MemoryRegistry) -> None:
    """As when another purpose, clearing the lane, found that its nonce was taken."""
    batch = office.pipeline.plan(sealed(office).id)
    corrupt(office, "UPDATE transactions SET state = 'lost' WHERE purpose LIKE 'anchor:%'")
    corrupt(office, "UPDATE transactions SET hash = zeroblob(32) WHERE state = 'lost'")

    finished = office.pipeline.advance(batch.id)

    assert finished.is_finished
    assert len(anchors(registry)) == 1
