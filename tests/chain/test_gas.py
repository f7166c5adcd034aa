"""What the operations cost, as a block on the embedded chain counts it. The figures are promises of the README."""

from __future__ import annotations

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.registry import AnchorBatch, RegisterIssuer, Role, SetOperator, SetStatus, StatusAction, perform
from ledger.chain.sponsoring import sign_act
from tests.chain.conftest import Embedded

ADMIN, OPERATOR = dev_account(0), dev_account(1)
ISSUER = issuer_id(ADMIN.address, "did:web:cairn.example")
ALL = 2**256 - 1


@pytest.fixture
def chain(embedded: Embedded) -> Embedded:
    perform(embedded.registry, RegisterIssuer("did:web:cairn.example"), ADMIN)
    perform(embedded.registry, SetOperator(ISSUER, OPERATOR.address, Role.ANCHOR | Role.REVOKE, 0), ADMIN)
    return embedded


def revoke(chain: Embedded, *words: tuple[int, int]) -> int:
    return perform(chain.registry, SetStatus(ISSUER, StatusAction.REVOKE, 1, words), OPERATOR).gas_used


@pytest.mark.parametrize("tree_size", [1, 1_000_000, 2**32 - 1])
def test_anchoring_costs_at_most_60_000_for_any_size(chain: Embedded, tree_size: int) -> None:
    # No byte of the root is zero: the dearest calldata there is.
    assert perform(chain.registry, AnchorBatch(ISSUER, bytes([255]) * 32, tree_size), OPERATOR).gas_used <= 60_000


def test_revoking_one_costs_at_most_60_000_and_40_000_in_a_used_word(chain: Embedded) -> None:
    assert revoke(chain, (2**64 - 1, 2**255)) <= 60_000
    assert revoke(chain, (2**64 - 1, 1)) <= 40_000


def test_revoking_256_neighbours_in_one_call_costs_at_most_60_000(chain: Embedded) -> None:
    assert revoke(chain, (7, ALL)) <= 60_000


def test_revoking_10_240_neighbours_costs_at_most_1_200_000(chain: Embedded) -> None:
    assert revoke(chain, *((word, ALL) for word in range(2**64 - 40, 2**64))) <= 1_200_000


def test_a_sponsored_act_costs_at_most_40_000_more_and_half_of_it_with_a_nonce_of_a_used_word(chain: Embedded) -> None:
    alone = perform(chain.registry, AnchorBatch(ISSUER, bytes([255]) * 32, 7), OPERATOR).gas_used
    first, second = (anchor_for(chain, bytes([root]) * 32, 2**256 - root) for root in (1, 2))
    assert first <= alone + 40_000
    assert second <= alone + 20_000


def anchor_for(chain: Embedded, root: bytes, nonce: int) -> int:
    registry = chain.registry
    act = sign_act(
        AnchorBatch(ISSUER, root, 7),
        OPERATOR,
        chain_id=registry.chain_id,
        registry=registry.registry,
        nonce=nonce,
        deadline=2**64 - 1,
    )
    return perform(registry, act, ADMIN).gas_used
