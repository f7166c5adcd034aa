"""The journal of registry calls: stored before sent, one lane for each account, and only the chain's word counts."""

from __future__ import annotations

import hashlib

import pytest

from ledger.chain.registry import AnchorBatch, RegistryCall
from ledger.errors import Conflict, RegistryUnreachable, TransactionReverted
from tests.fakes import MemoryRegistry
from tests.office import Office


def anchor(office: Office, name: str) -> RegistryCall:
    return AnchorBatch(office.catalog.issuer("usm").issuer_id, hashlib.sha256(name.encode()).digest(), 1)


def test_planning_twice_gives_the_same_bytes(office: Office) -> None:
    account = office.keys.account("issuers/usm/anchoring")

    first = office.journal.plan("a", anchor(office, "a"), account)
    second = office.journal.plan("a", anchor(office, "something else"), account)

    assert first == second


def test_another_process_sees_what_was_planned(office: Office) -> None:
    planned = office.journal.plan("a", anchor(office, "a"), office.keys.account("issuers/usm/anchoring"))

    assert office.restarted().journal.find("a") == planned


def test_an_account_signs_nothing_before_its_last_transaction_is_in_a_block(
    office: Office, registry: MemoryRegistry
) -> None:
    registry.auto_mine = False
    account = office.keys.account("issuers/usm/anchoring")
    office.journal.plan("a", anchor(office, "a"), account)

    with pytest.raises(RegistryUnreachable) as caught:
        office.journal.plan("b", anchor(office, "b"), account)
    assert caught.value.code == "not_mined"
    assert office.journal.find("b") is None

    registry.mine()
    assert office.journal.plan("b", anchor(office, "b"), account).nonce == 1


def test_a_transaction_that_was_lost_on_the_way_is_sent_again_with_the_same_bytes(
    office: Office, registry: MemoryRegistry
) -> None:
    planned = office.journal.plan("a", anchor(office, "a"), office.keys.account("issuers/usm/anchoring"))
    registry.unreachable = True
    with pytest.raises(RegistryUnreachable):
        office.journal.send("a")
    registry.unreachable = False

    office.journal.send("a")

    assert office.journal.look("a").hash == planned.hash
    assert office.journal.look("a").state == "final"


def test_a_lost_answer_is_no_lost_transaction(office: Office, registry: MemoryRegistry) -> None:
    office.journal.plan("a", anchor(office, "a"), office.keys.account("issuers/usm/anchoring"))
    registry.drop_replies = True
    with pytest.raises(RegistryUnreachable):
        office.journal.send("a")

    assert office.journal.look("a").state == "final"


def test_a_mined_transaction_that_vanishes_is_on_its_way_again(office: Office, registry: MemoryRegistry) -> None:
    registry.mine(3)
    registry.finality_lag = 2
    planned = office.journal.complete("a", anchor(office, "a"), office.keys.account("issuers/usm/anchoring"))
    assert planned.state == "mined"

    receipts, registry._receipts = registry._receipts, {}
    assert office.journal.look("a").state == "sent"

    registry._receipts = receipts
    assert office.journal.look("a").state == "mined"


def test_a_refused_call_leaves_nothing_behind(office: Office) -> None:
    account = office.keys.account("issuers/usm/revoking")

    with pytest.raises(TransactionReverted):
        office.journal.plan("a", anchor(office, "a"), account)

    assert office.journal.find("a") is None


def test_a_transaction_that_failed_in_its_block_frees_its_purpose(office: Office, registry: MemoryRegistry) -> None:
    account = office.keys.account("issuers/usm/anchoring")
    office.journal.plan("a", anchor(office, "a"), account)
    operators = dict(registry._head.operators)
    registry._head.operators.clear()
    office.journal.send("a")

    with pytest.raises(TransactionReverted):
        office.journal.look("a")

    registry._head.operators.update(operators)
    assert office.journal.find("a") is None
    assert office.journal.complete("a", anchor(office, "a"), account).nonce == 1


def test_sending_what_was_never_planned_is_refused(office: Office) -> None:
    with pytest.raises(Conflict) as caught:
        office.journal.send("a")

    assert caught.value.code == "not_planned"
