"""Acts in a sponsor's hands: stored before they leave, the same ones again, judged by the registry alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.act_document import from_document
from ledger.chain.registry import (
    AnchorBatch,
    CancelNonce,
    Reason,
    SetStatus,
    SponsoredCall,
    StatusAction,
    WithdrawBatch,
    perform,
)
from ledger.errors import CairnError, Conflict, NotFound, RegistryUnreachable, TransactionReverted
from ledger.issuing.sponsored import DAY, SponsoredActs
from ledger.issuing.values import Batch, BatchState, CredentialStatus
from tests.fakes import MemoryRegistry
from tests.office import JCS_ONLY, Office
from tests.sponsors import PatientSponsor


@pytest.fixture
def sponsor() -> PatientSponsor:
    return PatientSponsor()


@pytest.fixture
def sponsored(office: Office, registry: MemoryRegistry, sponsor: PatientSponsor) -> Iterator[Office]:
    """The office, with a sponsor for everything. Its time is real: deadlines count from the clock."""
    opened = Office(
        office.folder, registry, sponsor=sponsor, find_sponsor=lambda _: sponsor, fund=office.fund, patience=0.3
    )
    yield opened
    opened.database.close()


def anchor(office: Office, name: str) -> AnchorBatch:
    return AnchorBatch(office.catalog.issuer("usm").issuer_id, hashlib.sha256(name.encode()).digest(), 1)


def sent(office: Office, size: int = 2) -> Batch:
    return office.pipeline.advance(office.an_open_batch(size).id, suites=JCS_ONLY, wait=False)


def pass_deadline(registry: MemoryRegistry, days: int = 8) -> None:
    registry.time = max(registry.time, registry.head.time, int(time.time())) + days * DAY
    registry.mine()


def own_acts(registry: MemoryRegistry, kind: type) -> list[object]:
    return [call for call in registry.transactions if isinstance(call, kind)]


# --- the book of acts -----------------------------------------------------------------------------------------------


def test_an_act_is_stored_before_it_is_handed_over(sponsored: Office, sponsor: PatientSponsor) -> None:
    account = sponsored.keys.account("issuers/usm/anchoring")
    act = sponsored.sponsored.plan("a", anchor(sponsored, "a"), account)

    assert (act.state, act.operator, sponsor.acts) == ("planned", account.address, [])
    assert sponsored.sponsored.send("a").state == "sent"
    assert sponsor.acts == [from_document(act.document)]
    assert sponsored.sponsored.send("a").said == "accepted"
    assert len(sponsor.acts) == 1  # not again within half a minute


def test_planning_twice_gives_the_same_act_and_another_process_hands_the_same_over(
    sponsored: Office, sponsor: PatientSponsor
) -> None:
    account = sponsored.keys.account("issuers/usm/anchoring")
    first = sponsored.sponsored.plan("a", anchor(sponsored, "a"), account)
    sponsored.sponsored.send("a")
    again = sponsored.restarted(sponsor=sponsor)

    assert again.sponsored.plan("a", anchor(again, "else"), account).document == first.document
    again.sponsored.send("a")
    assert len(sponsor.acts) == 2
    assert len(sponsor.distinct) == 1


def test_nonces_of_an_operator_lie_in_one_word(sponsored: Office) -> None:
    account = sponsored.keys.account("issuers/usm/anchoring")
    nonces = [sponsored.sponsored.plan(name, anchor(sponsored, name), account).nonce for name in ("a", "b", "c")]
    other = sponsored.sponsored.plan("d", anchor(sponsored, "d"), sponsored.keys.account("issuers/usm/anchoring"))

    assert nonces == [nonces[0], nonces[0] + 1, nonces[0] + 2]
    assert nonces[0] & 255 == 0
    assert nonces[0] >> 8 > 2**200
    assert other.nonce == nonces[0] + 3


def test_a_full_word_is_followed_by_another(sponsored: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    account = sponsored.keys.account("issuers/usm/anchoring")
    monkeypatch.setattr("ledger.issuing.sponsored._new_nonce", lambda: (7 << 8) + 255)
    assert sponsored.sponsored.plan("a", anchor(sponsored, "a"), account).nonce == (7 << 8) + 255
    monkeypatch.setattr("ledger.issuing.sponsored._new_nonce", lambda: 9 << 8)
    assert sponsored.sponsored.plan("b", anchor(sponsored, "b"), account).nonce == 9 << 8


def test_a_nonce_that_was_spent_elsewhere_is_passed_over(
    sponsored: Office, registry: MemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after restoring a backup that is older than the chain."""
    account = sponsored.keys.account("issuers/usm/anchoring")
    numbers = iter([5 << 8, 6 << 8])
    monkeypatch.setattr("ledger.issuing.sponsored._new_nonce", lambda: next(numbers))
    perform(registry, CancelNonce(5 << 8), account)

    assert sponsored.sponsored.plan("a", anchor(sponsored, "a"), account).nonce == 6 << 8


def test_what_the_registry_would_refuse_is_not_signed_away(sponsored: Office) -> None:
    with pytest.raises(TransactionReverted) as caught:
        sponsored.sponsored.plan("a", anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/revoking"))

    assert caught.value.error == "NotOperator"
    assert sponsored.sponsored.acts() == ()


def test_without_a_sponsor_nothing_new_is_signed(office: Office) -> None:
    with pytest.raises(Conflict) as caught:
        office.sponsored.plan("a", anchor(office, "a"), office.keys.account("issuers/usm/anchoring"))

    assert caught.value.code == "no_sponsor"


def test_a_deadline_lies_as_far_ahead_as_was_asked(sponsored: Office, sponsor: PatientSponsor) -> None:
    acts = SponsoredActs(
        sponsored.database,
        sponsored.registry,
        lambda _: sponsor,
        sponsor=sponsor,
        days=3,
        clock=lambda: 2_000_000_000.5,
    )
    planned = acts.plan("a", anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/anchoring"))

    assert planned.deadline == 2_000_000_000 + 3 * DAY


@pytest.mark.parametrize("arrives", [False, True])
def test_an_act_whose_hand_over_failed_is_handed_over_again(
    sponsored: Office, sponsor: PatientSponsor, arrives: bool
) -> None:
    sponsored.sponsored.plan("a", anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/anchoring"))
    sponsor.trouble, sponsor.takes_all_the_same = RegistryUnreachable("gone", "sponsor_unreachable"), arrives
    with pytest.raises(RegistryUnreachable):
        sponsored.sponsored.send("a")
    assert sponsored.sponsored.find("a") is not None

    sponsor.trouble = None
    assert sponsored.sponsored.send("a").state == "sent"
    assert len(sponsor.distinct) == 1


def test_another_sponsor_gets_the_same_act(sponsored: Office, sponsor: PatientSponsor) -> None:
    sponsored.sponsored.plan("a", anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/anchoring"))
    sponsored.sponsored.send("a")
    other = PatientSponsor("/media/usb")

    moved = sponsored.restarted(sponsor=other).sponsored.send("a")

    assert other.acts == sponsor.acts
    assert (moved.sponsor, moved.waits_for_a_person) == ("/media/usb", True)


def test_an_act_that_was_reorganised_away_is_on_its_way_again(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    registry.mine(3)
    registry.finality_lag = 2
    sponsored.sponsored.plan("a", anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/anchoring"))
    sponsored.sponsored.send("a")
    sponsor.submit(registry)
    assert sponsored.sponsored.look("a").state == "mined"

    registry._head.spent_nonces, spent = set(), registry._head.spent_nonces
    assert sponsored.sponsored.look("a").state == "sent"
    registry._head.spent_nonces = spent
    registry.mine(2)
    final = sponsored.sponsored.look("a")
    assert (final.state, final.block_number) == ("final", registry.final_block().number)


def test_an_act_can_be_cancelled_once_and_not_after_it_was_done(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    account = sponsored.keys.account("issuers/usm/anchoring")
    first = sponsored.sponsored.plan("a", anchor(sponsored, "a"), account)
    second = sponsored.sponsored.plan("b", anchor(sponsored, "b"), account)
    sponsored.sponsored.send("b")
    sponsor.submit(registry)

    assert sponsored.sponsored.cancel(first.id, sponsored.journal, account).state == "final"
    for act_id in (first.id, second.id):
        with pytest.raises(Conflict) as caught:
            sponsored.sponsored.cancel(act_id, sponsored.journal, account)
        assert caught.value.code == "act_settled"
    with pytest.raises(NotFound):
        sponsored.sponsored.cancel(99, sponsored.journal, account)


# --- batches --------------------------------------------------------------------------------------------------------


def test_a_batch_is_issued_by_an_act_that_somebody_else_submits(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    assert (batch.state, batch.transaction) == (BatchState.SENT, None)
    assert batch.act is not None
    assert batch.act.state == "sent"

    sponsor.submit(registry)
    finished = sponsored.pipeline.advance(batch.id)

    assert finished.is_finished
    assert finished.anchor_block == registry.head.number
    assert own_acts(registry, AnchorBatch) == []
    assert {credential.state for credential in sponsored.credentials(batch)} == {"final"}


def test_a_batch_whose_act_waits_stays_sent_and_is_not_anchored_another_way(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    own = sponsored.restarted()  # no sponsor is named: what stands goes on

    for _ in range(3):
        assert own.pipeline.advance(batch.id, wait=False).state is BatchState.SENT
    assert own_acts(registry, AnchorBatch) == []
    with pytest.raises(RegistryUnreachable) as caught:
        own.pipeline.advance(batch.id)
    assert caught.value.code == "not_final"

    sponsor.submit(registry)
    assert own.pipeline.advance(batch.id).is_finished


def test_nobody_waits_for_a_person_who_carries_a_file(office: Office, registry: MemoryRegistry, tmp_path: Path) -> None:
    from ledger.relaying.sponsors import FolderSponsor

    by_hand = office.restarted(sponsor=FolderSponsor(tmp_path / "acts"))
    batch = by_hand.pipeline.advance(by_hand.an_open_batch(1).id, suites=JCS_ONLY)  # with wait, and at once
    (file,) = (tmp_path / "acts").iterdir()
    act = from_document(file.read_bytes())

    assert batch.state is BatchState.SENT
    assert batch.act is not None
    assert batch.act.said == f"lies in {file}"
    assert act.act.call == AnchorBatch(by_hand.catalog.issuer("usm").issuer_id, batch.root or b"", 1)
    PatientSponsor().submit(registry, act)
    assert by_hand.restarted().pipeline.advance(batch.id).is_finished


def test_an_act_that_nobody_submitted_in_time_is_signed_anew(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    pass_deadline(registry)

    again = sponsored.pipeline.advance(batch.id, wait=False)
    assert len(sponsor.distinct) == 2
    assert [act.state for act in sponsored.sponsored.acts()] == ["lost", "sent"]
    with pytest.raises(TransactionReverted):
        sponsor.submit(registry, sponsor.acts[0])
    sponsor.submit(registry)
    assert sponsored.pipeline.advance(again.id).is_finished


def test_an_act_that_was_too_late_leaves_the_batch_to_our_own_account(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    pass_deadline(registry)

    finished = sponsored.restarted().pipeline.advance(batch.id)

    assert finished.is_finished
    assert finished.transaction is not None
    with pytest.raises(TransactionReverted):
        sponsor.submit(registry)


def test_an_act_submitted_in_its_last_moment_counts_though_the_deadline_is_over_when_we_look(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    sponsor.submit(registry)
    pass_deadline(registry)

    assert sponsored.pipeline.advance(batch.id).is_finished
    assert len(sponsor.distinct) == 1


def test_a_deadline_is_not_over_before_a_final_block_says_so(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    registry.mine(5)
    registry.finality_lag = 3
    batch = sent(sponsored)
    pass_deadline(registry)

    assert sponsored.pipeline.advance(batch.id, wait=False).state is BatchState.SENT
    assert len(sponsor.distinct) == 1
    registry.mine(3)
    sponsored.pipeline.advance(batch.id, wait=False)
    assert len(sponsor.distinct) == 2


def test_a_cancelled_act_frees_its_batch_once_that_is_final(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    registry.mine(5)
    registry.finality_lag = 2
    batch = sent(sponsored)
    assert batch.act is not None
    account = sponsored.keys.account("issuers/usm/anchoring")
    sponsored.sponsored.cancel(batch.act.id, sponsored.journal, account)
    assert sponsored.pipeline.advance(batch.id, wait=False).state is BatchState.SENT

    registry.mine(3)
    own = sponsored.restarted()
    registry.finality_lag = 0

    assert own.pipeline.advance(batch.id).is_finished
    assert own_acts(registry, SponsoredCall) == []
    assert len(own_acts(registry, AnchorBatch)) == 1


def test_a_root_that_was_anchored_another_way_meanwhile_ends_the_waiting(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = sent(sponsored)
    call = AnchorBatch(sponsored.catalog.issuer("usm").issuer_id, batch.root or b"", batch.size)
    perform(registry, call, sponsored.keys.account("issuers/usm/anchoring"))

    assert sponsored.pipeline.advance(batch.id).is_finished
    with pytest.raises(TransactionReverted) as caught:
        sponsor.submit(registry)
    assert caught.value.error == "AlreadyAnchored"


def test_an_own_transaction_that_stands_is_not_signed_away(
    office: Office, registry: MemoryRegistry, sponsor: PatientSponsor
) -> None:
    batch = office.pipeline.plan(office.pipeline.seal(office.an_open_batch(1).id, suites=JCS_ONLY).id)
    assert batch.transaction is not None

    finished = office.restarted(sponsor=sponsor).pipeline.advance(batch.id)

    assert finished.is_finished
    assert sponsor.acts == []
    assert len(own_acts(registry, AnchorBatch)) == 1


def test_of_two_processes_the_second_finds_what_the_first_has_begun(
    sponsored: Office, registry: MemoryRegistry
) -> None:
    """Both looked before either stored anything."""
    call, account = anchor(sponsored, "a"), sponsored.keys.account("issuers/usm/anchoring")
    sponsored.sponsored.plan("a", call, account)
    with pytest.raises(Conflict) as caught:
        sponsored.journal.plan("a", call, account)
    assert caught.value.code == "act_waits"

    sponsored.journal.plan("b", anchor(sponsored, "b"), account)
    with pytest.raises(Conflict) as caught:
        sponsored.sponsored.plan("b", anchor(sponsored, "b"), account)
    assert caught.value.code == "transaction_waits"


def test_a_refusal_of_the_sponsor_is_told_and_changes_nothing(
    sponsored: Office, sponsor: PatientSponsor, registry: MemoryRegistry
) -> None:
    batch = sponsored.an_open_batch(1)
    sponsor.trouble = Conflict("the relay refuses the act: no budget", "sponsor_refused")
    for _ in range(2):
        with pytest.raises(CairnError) as caught:
            sponsored.pipeline.advance(batch.id, suites=JCS_ONLY)
        assert caught.value.code == "sponsor_refused"
    assert len(sponsored.sponsored.acts()) == 1

    sponsor.trouble = None
    sponsored.pipeline.advance(batch.id, wait=False)
    sponsor.submit(registry)
    assert sponsored.pipeline.advance(batch.id).is_finished


# --- status ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def issued(sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor) -> Batch:
    batch = sent(sponsored, 3)
    sponsor.submit(registry)
    return sponsored.pipeline.advance(batch.id)


def names(office: Office, batch: Batch) -> list[str]:
    return [credential.credential_id for credential in office.credentials(batch)]


def test_a_revocation_is_final_once_the_registry_holds_it(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    (change,) = sponsored.revocation.revoke(names(sponsored, issued)[:1], Reason.COMPROMISED, wait=False)
    assert (change.is_final, change.transaction) == (False, None)
    assert change.act is not None
    sponsor.submit(registry)

    (done,) = sponsored.revocation.advance()

    assert (done.is_final, done.block_number) == (True, registry.final_block().number)
    assert [c.status for c in sponsored.credentials(issued)] == [CredentialStatus.REVOKED, "active", "active"]


def test_a_later_change_waits_for_the_act_before_it_and_for_no_other_issuer(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    (name, *_) = names(sponsored, issued)
    sponsored.an_issuer("um")
    other = sponsored.pipeline.advance(sponsored.an_open_batch(1, issuer="um").id, suites=JCS_ONLY, wait=False)
    sponsored.revocation.suspend([name], Reason.ASSESSMENT_INVALID, wait=False)
    own = sponsored.restarted()
    (reinstated,) = own.revocation.reinstate([name], wait=False)

    assert reinstated.attempt is None  # our own account could pay; the order stands above that
    (elsewhere,) = own.revocation.revoke([own.credentials(other)[0].credential_id], Reason.SUPERSEDED, wait=False)
    assert elsewhere.is_final
    sponsor.submit(registry)
    own.revocation.advance()

    assert own.catalog.credential(name).status is CredentialStatus.ACTIVE
    assert [change.is_final for change in own.catalog.status_changes(name)] == [True, True]
    kinds = [
        call.call.action
        for call in registry.transactions
        if isinstance(call, SponsoredCall) and isinstance(call.call, SetStatus)
    ]
    assert kinds == [StatusAction.SUSPEND]


def test_a_suspension_that_was_lifted_before_it_was_final_comes_to_its_end(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    (name, *_) = names(sponsored, issued)
    registry.mine(5)
    registry.finality_lag = 4
    sponsored.revocation.suspend([name], Reason.ASSESSMENT_INVALID, wait=False)
    sponsor.submit(registry)
    sponsored.revocation.reinstate([name], wait=False)
    sponsor.submit(registry)
    assert len(sponsor.distinct) == 3
    registry.mine(6)

    changes = sponsored.revocation.advance()

    assert [change.is_final for change in changes] == [True, True]
    assert sponsored.catalog.credential(name).status is CredentialStatus.ACTIVE


def test_a_cancelled_revocation_is_signed_anew(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    (change,) = sponsored.revocation.revoke(names(sponsored, issued), Reason.COMPROMISED, wait=False)
    assert change.act is not None
    sponsored.sponsored.cancel(change.act.id, sponsored.journal, sponsored.keys.account("issuers/usm/revoking"))

    for _ in range(2):
        sponsored.revocation.advance(wait=False)
    sponsor.submit(registry)
    (done,) = sponsored.revocation.advance()

    assert done.is_final
    assert len(sponsor.distinct) == 3


def test_a_batch_is_withdrawn_by_an_act(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    waiting = sponsored.withdrawal.withdraw(issued.id, Reason.ISSUED_IN_ERROR, wait=False)
    assert waiting.withdrawn_at is None
    with pytest.raises(RegistryUnreachable):
        sponsored.withdrawal.withdraw(issued.id, Reason.ISSUED_IN_ERROR)
    sponsor.submit(registry)

    done = sponsored.withdrawal.withdraw(issued.id, Reason.SUPERSEDED)

    assert (done.withdrawn_at, done.withdrawal_reason) == (registry.head.time, Reason.ISSUED_IN_ERROR)
    assert {c.status for c in sponsored.credentials(issued)} == {"withdrawn"}
    assert own_acts(registry, WithdrawBatch) == []


def test_a_cancelled_withdrawal_is_signed_anew(
    sponsored: Office, registry: MemoryRegistry, sponsor: PatientSponsor, issued: Batch
) -> None:
    sponsored.withdrawal.withdraw(issued.id, Reason.ISSUED_IN_ERROR, wait=False)
    act = sponsored.sponsored.acts()[-1]
    sponsored.sponsored.cancel(act.id, sponsored.journal, sponsored.keys.account("issuers/usm/revoking"))

    sponsored.withdrawal.withdraw(issued.id, Reason.ISSUED_IN_ERROR, wait=False)
    sponsored.withdrawal.withdraw(issued.id, Reason.COMPROMISED, wait=False)
    sponsor.submit(registry)

    assert sponsored.withdrawal.withdraw(issued.id, Reason.COMPROMISED).withdrawal_reason == Reason.COMPROMISED
