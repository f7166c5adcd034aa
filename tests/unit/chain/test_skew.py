"""How far the chain's clock and this machine's are apart, and when somebody should look."""

from __future__ import annotations

import pytest

from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.registry import BlockRef
from ledger.chain.skew import skew

NOW = 1_800_000_000.5


@pytest.mark.parametrize(
    ("apart", "chain_id", "alarming"),
    [
        (0, 1, False),
        (-290, 1, False),
        (300, 1, False),
        (301, 1, True),
        (-301, 1, True),
        (86_400, 1, True),
        (86_400, EMBEDDED_CHAIN_ID, True),
        (-86_400, EMBEDDED_CHAIN_ID, False),
        (-86_400, ANVIL_CHAIN_ID, False),
    ],
)
def test_more_than_five_minutes_alarm_where_the_chain_makes_blocks_alone(
    apart: int, chain_id: int, alarming: bool
) -> None:
    found = skew(BlockRef(7, bytes(32), int(NOW) + apart), NOW, chain_id=chain_id)

    assert (found.seconds, found.is_alarming) == (apart, alarming)
