"""Status changes: asked for once, packed into few calls, pending until the registry holds them at a final block."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from sqlalchemy import text

from ledger.chain.registry import Reason, SetStatus, StateQuery, StatusAction, WithdrawBatch
from ledger.errors import Conflict, NotFound, RegistryUnreachable
from ledger.issuing.values import Batch, CredentialStatus
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office


@pytest.fixture
def batch(office: Office) -> Batch:
    return office.a_final_batch(4)


def names(office: Office, batch: Batch) -> list[str]:
    return [credential.credential_id for credential in office.credentials(batch)]


def statuses(office: Office, batch: Batch) -> list[str]:
    return [str(credential.status) for credential in office.credentials(batch)]


def status_calls(registry: MemoryRegistry) -> list[SetStatus]:
    return [call for call in registry.transactions if isinstance(call, SetStatus)]


def test_revoking_neighbours_takes_one_call(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    chosen = names(office, batch)[:3]
    (change,) = office.revocation.revoke(chosen, Reason.ASSESSMENT_INVALID)

    (call,) = status_calls(registry)
    assert (call.action, call.reason, call.words) == (StatusAction.REVOKE, 2, ((0, 0b111),))
    assert (change.credential_ids, change.is_final, change.reason) == (tuple(chosen), True, 2)
    assert statuses(office, batch) == ["revoked", "revoked", "revoked", "active"]


def test_revoking_again_changes_nothing_and_gives_the_same_answer(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    chosen = names(office, batch)
    first = office.revocation.revoke(chosen[:2], Reason.ISSUED_IN_ERROR)

    assert office.revocation.revoke(chosen[:2], Reason.SUPERSEDED) == first
    assert len(status_calls(registry)) == 1


def test_only_what_is_not_revoked_yet_is_revoked(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    chosen = names(office, batch)
    office.revocation.revoke(chosen[:2], Reason.ISSUED_IN_ERROR)
    changes = office.revocation.revoke(chosen, Reason.ISSUED_IN_ERROR)

    assert [change.credential_ids for change in changes] == [tuple(chosen[:2]), tuple(chosen[2:])]
    assert [call.words for call in status_calls(registry)] == [((0, 0b11),), ((0, 0b1100),)]


def test_a_suspension_ends_and_can_begin_again(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    (name, *_) = names(office, batch)
    seen = []
    acts: list[Callable[[], object]] = [
        lambda: office.revocation.suspend([name], Reason.ASSESSMENT_INVALID),
        lambda: office.revocation.reinstate([name]),
        lambda: office.revocation.suspend([name], Reason.COMPROMISED),
        lambda: office.revocation.revoke([name], Reason.COMPROMISED),
    ]
    for act in acts:
        act()
        seen.append(statuses(office, batch)[0])

    assert seen == ["suspended", "active", "suspended", "revoked"]
    assert len(office.catalog.status_changes(name)) == 4


def test_what_is_revoked_can_be_neither_suspended_nor_reinstated(office: Office, batch: Batch) -> None:
    chosen = names(office, batch)
    office.revocation.revoke(chosen[:1], Reason.ISSUED_IN_ERROR)

    attempts: list[Callable[[], object]] = [
        lambda: office.revocation.suspend(chosen, Reason.ISSUED_IN_ERROR),
        lambda: office.revocation.reinstate(chosen),
    ]
    for refused in attempts:
        with pytest.raises(Conflict) as caught:
            refused()
        assert caught.value.code == "already_revoked"
    assert statuses(office, batch)[1:] == ["active"] * 3


def test_a_change_is_pending_until_its_block_is_final(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    registry.mine(3)
    registry.finality_lag = 2
    (change,) = office.revocation.revoke(names(office, batch)[:1], Reason.ISSUED_IN_ERROR, wait=False)
    assert not change.is_final
    assert statuses(office, batch)[0] == CredentialStatus.REVOKING

    registry.mine(2)
    (change,) = office.revocation.advance()

    assert change.is_final
    assert statuses(office, batch)[0] == CredentialStatus.REVOKED


def test_a_change_that_could_not_be_sent_stays_asked_for(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    registry.unreachable = True
    with pytest.raises(RegistryUnreachable):
        office.revocation.revoke(names(office, batch)[:1], Reason.ISSUED_IN_ERROR)
    registry.unreachable = False
    assert statuses(office, batch)[0] == CredentialStatus.REVOKING

    office.restarted().revocation.advance()

    assert statuses(office, batch)[0] == CredentialStatus.REVOKED
    assert len(status_calls(registry)) == 1


def test_a_change_whose_answer_was_lost_is_not_made_twice(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    registry.drop_replies = True
    with pytest.raises(RegistryUnreachable):
        office.revocation.revoke(names(office, batch)[:1], Reason.ISSUED_IN_ERROR)
    registry.drop_replies = False

    office.revocation.revoke(names(office, batch)[:1], Reason.ISSUED_IN_ERROR)

    assert len(status_calls(registry)) == 1
    assert statuses(office, batch)[0] == CredentialStatus.REVOKED


def test_changes_are_made_in_the_order_in_which_they_were_asked_for(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    (name, *_) = names(office, batch)
    registry.unreachable = True
    with pytest.raises(RegistryUnreachable):
        office.revocation.suspend([name], Reason.ASSESSMENT_INVALID)
    registry.unreachable = False

    office.revocation.reinstate([name])

    assert [call.action for call in status_calls(registry)] == [StatusAction.SUSPEND, StatusAction.REINSTATE]
    assert statuses(office, batch)[0] == CredentialStatus.ACTIVE


def test_a_later_change_is_not_signed_before_the_earlier_one_is_in_a_block(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    (name, *_) = names(office, batch)
    registry.auto_mine = False
    (suspended,) = office.revocation.suspend([name], Reason.ASSESSMENT_INVALID, wait=False)
    (reinstated,) = office.revocation.reinstate([name], wait=False)
    assert (suspended.is_in_block, reinstated.attempt) == (False, None)

    registry.mine()
    registry.auto_mine = True
    changes = office.revocation.advance()

    assert [change.is_final for change in changes] == [True, True]
    assert statuses(office, batch)[0] == CredentialStatus.ACTIVE


def test_a_suspension_that_was_lifted_before_it_was_final_comes_to_its_end(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    (name, *_) = names(office, batch)
    registry.mine(5)
    registry.finality_lag = 4
    office.revocation.suspend([name], Reason.ASSESSMENT_INVALID, wait=False)
    office.revocation.reinstate([name], wait=False)
    registry.mine(5)

    changes = office.revocation.advance()

    assert [change.is_final for change in changes] == [True, True]
    assert [call.action for call in status_calls(registry)] == [StatusAction.SUSPEND, StatusAction.REINSTATE]
    assert statuses(office, batch)[0] == CredentialStatus.ACTIVE


def test_what_the_registry_holds_already_counts_as_done(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    """As after restoring a backup that is older than the chain."""
    issuer = office.catalog.issuer("usm")
    call = SetStatus(issuer.issuer_id, StatusAction.REVOKE, 1, ((0, 0b1),))
    registry.send(registry.sign(call, office.keys.account("issuers/usm/revoking")))

    (change,) = office.revocation.revoke(names(office, batch)[:1], Reason.ISSUED_IN_ERROR)

    assert change.is_final
    assert len(status_calls(registry)) == 1


def test_more_words_than_a_call_takes_become_two_calls(office: Office, registry: MemoryRegistry) -> None:
    batch = office.an_open_batch(300)
    with office.database.writing() as session:  # as if each learner stood in a word of its own
        session.connection().execute(text("UPDATE credentials SET status_index = 1024000 + position * 256"))
    office.pipeline.seal(batch.id, suites=JCS_ONLY)

    changes = office.revocation.revoke(names(office, batch), Reason.SUPERSEDED)

    assert [len(call.words) for call in status_calls(registry)] == [256, 44]
    assert [len(change.credential_ids) for change in changes] == [256, 44]
    assert set(statuses(office, batch)) == {"revoked"}


def test_credentials_of_two_issuers_are_revoked_by_each_ones_account(
    office: Office, registry: MemoryRegistry, batch: Batch
) -> None:
    office.an_issuer("um")
    other = office.a_final_batch(1, issuer="um")

    changes = office.revocation.revoke([*names(office, batch)[:1], *names(office, other)], Reason.ISSUED_IN_ERROR)

    assert [change.issuer for change in changes] == ["usm", "um"]
    assert len({call.issuer_id for call in status_calls(registry)}) == 2


def test_one_unknown_id_stops_everything(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    with pytest.raises(NotFound) as caught:
        office.revocation.revoke([*names(office, batch), "urn:uuid:none"], Reason.ISSUED_IN_ERROR)

    assert caught.value.code == "credential_unknown"
    assert set(statuses(office, batch)) == {"active"}


def test_a_draft_is_discarded_rather_than_revoked(office: Office) -> None:
    batch = office.an_open_batch(1)

    with pytest.raises(Conflict) as caught:
        office.revocation.revoke(names(office, batch), Reason.ISSUED_IN_ERROR)

    assert caught.value.code == "not_issued"


def test_withdrawing_a_batch_ends_all_of_it(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    withdrawn = office.withdrawal.withdraw(batch.id, Reason.ISSUED_IN_ERROR)
    again = office.withdrawal.withdraw(batch.id, Reason.SUPERSEDED)

    issuer = office.catalog.issuer("usm")
    anchor = registry.read([], [StateQuery(issuer.issuer_id, batch.root or b"", 0)], []).credentials[0].anchor
    assert again == withdrawn
    assert withdrawn.withdrawal_reason == Reason.ISSUED_IN_ERROR
    assert anchor is not None
    assert anchor.withdrawn_at == withdrawn.withdrawn_at
    assert set(statuses(office, batch)) == {"withdrawn"}
    assert len([call for call in registry.transactions if isinstance(call, WithdrawBatch)]) == 1


def test_what_was_withdrawn_may_be_issued_again(office: Office, batch: Batch) -> None:
    office.withdrawal.withdraw(batch.id, Reason.ISSUED_IN_ERROR)

    again = office.a_final_batch(4)

    assert again.is_finished
    assert again.root != batch.root


def test_a_batch_that_is_not_anchored_cannot_be_withdrawn(office: Office) -> None:
    with pytest.raises(Conflict) as caught:
        office.withdrawal.withdraw(office.an_open_batch(1).id, Reason.ISSUED_IN_ERROR)

    assert caught.value.code == "not_anchored"


def test_nothing_personal_stands_in_the_calls(office: Office, registry: MemoryRegistry, batch: Batch) -> None:
    office.revocation.revoke(names(office, batch), Reason.ISSUED_IN_ERROR)
    with office.database.reading() as session:
        sent = b"".join(session.connection().execute(text("SELECT raw FROM transaction_bids")).scalars())

    for credential in office.credentials(batch):
        guessable = hashlib.sha256(credential.email.encode()).digest()
        for secret in (credential.email.encode(), credential.learner_name.encode(), guessable, credential.digest):
            assert secret not in sent
