"""The switches of the registry in memory, on which the tests of issuing and verifying rely."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.chain.addresses import issuer_id
from ledger.chain.registry import AnchorBatch, RegisterIssuer, Role, SetOperator, StateQuery, perform
from ledger.errors import RegistryUnreachable
from tests.fakes import MemoryRegistry, fake_account

ADMIN = fake_account("admin")
ISSUER = issuer_id(ADMIN.address, "did:web:cairn.example")
ROOT = bytes([1]) * 32
ANCHOR = AnchorBatch(ISSUER, ROOT, 1)


@pytest.fixture
def registry() -> MemoryRegistry:
    registry = MemoryRegistry()
    perform(registry, RegisterIssuer("did:web:cairn.example"), ADMIN)
    perform(registry, SetOperator(ISSUER, ADMIN.address, Role.ANCHOR, 0), ADMIN)
    return registry


def is_final(registry: MemoryRegistry) -> bool:
    return registry.read([ISSUER], [StateQuery(ISSUER, ROOT, 0)], []).credentials[0].anchor is not None


def test_what_is_not_final_is_in_the_head_only(registry: MemoryRegistry) -> None:
    registry.finality_lag = 2
    receipt = perform(registry, ANCHOR, ADMIN)
    for final in (False, False, True):
        assert is_final(registry) is final
        assert registry.is_anchored_in_head(ISSUER, ROOT)
        assert (registry.final_block().number >= receipt.block.number) is final
        registry.mine()
    registry.finality_lag = 9
    assert not is_final(registry)


def test_an_unreachable_registry_answers_nothing_and_does_nothing(registry: MemoryRegistry) -> None:
    signed = registry.sign(ANCHOR, ADMIN)
    registry.unreachable = True
    asks: list[Callable[[], object]] = [
        lambda: registry.read([], [], []),
        lambda: registry.is_anchored_in_head(ISSUER, ROOT),
        lambda: registry.status_events(ISSUER, 0, 0),
        lambda: registry.status_words(ISSUER, [0]),
        lambda: registry.sign(ANCHOR, ADMIN),
        lambda: registry.send(signed),
        lambda: registry.receipt(signed.hash),
        registry.final_block,
    ]
    for ask in asks:
        with pytest.raises(RegistryUnreachable):
            ask()
    registry.unreachable = False
    assert registry.receipt(signed.hash) is None


def test_a_dropped_reply_may_hide_a_success(registry: MemoryRegistry) -> None:
    signed = registry.sign(ANCHOR, ADMIN)
    registry.drop_replies = True
    with pytest.raises(RegistryUnreachable):
        registry.send(signed)
    receipt = registry.receipt(signed.hash)
    assert receipt is not None
    assert receipt.succeeded
    assert registry.transactions[-1] == ANCHOR


def test_transactions_wait_where_blocks_are_made_by_hand(registry: MemoryRegistry) -> None:
    registry.auto_mine = False
    first = registry.sign(ANCHOR, ADMIN)
    registry.send(first)
    second = registry.sign(AnchorBatch(ISSUER, bytes([2]) * 32, 1), ADMIN)
    assert second.nonce == first.nonce + 1
    registry.send(second)
    assert registry.receipt(first.hash) is None
    block = registry.mine()
    receipts = [registry.receipt(signed.hash) for signed in (first, second)]
    assert [receipt and receipt.block for receipt in receipts] == [block, block]
