"""What kind of network a chain id means, so that a page never shows a test chain as if it were a production one.

Names and kinds stand here, and the rule by which a block counts as final where nobody says otherwise. Which chain is
trusted and where its nodes are is configuration. A chain id that is not listed is treated as a test network, and has no
rule: caution costs a banner and an option, trust costs more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NetworkKind = Literal["production", "testnet", "embedded"]

EMBEDDED_CHAIN_ID = 0x436169726E  # "Cairn" in ASCII
ANVIL_CHAIN_ID = 31337
DEVELOPMENT_CHAINS = frozenset({EMBEDDED_CHAIN_ID, ANVIL_CHAIN_ID})


@dataclass(frozen=True)
class Network:
    """A chain's kind, the name that people know it by, the currency that its gas is paid in, and its finality rule.

    `finality` is one of the chain's own tags, or a number of confirmations; None where it has to be named.
    """

    kind: NetworkKind
    name: str
    currency: str = "ETH"
    finality: str | None = "finalized"


NETWORKS: dict[int, Network] = {
    1: Network("production", "Ethereum"),
    10: Network("production", "OP Mainnet"),
    100: Network("production", "Gnosis", "xDAI"),
    137: Network("production", "Polygon PoS", "POL"),
    8453: Network("production", "Base"),
    17000: Network("testnet", "Holesky"),
    560048: Network("testnet", "Hoodi"),
    80002: Network("testnet", "Polygon Amoy", "POL"),
    84532: Network("testnet", "Base Sepolia"),
    11155111: Network("testnet", "Sepolia"),
    11155420: Network("testnet", "OP Sepolia"),
    ANVIL_CHAIN_ID: Network("testnet", "a local development chain"),
    EMBEDDED_CHAIN_ID: Network("embedded", "Cairn's embedded chain"),
}


def network_of(chain_id: int) -> Network:
    """The network behind an EIP-155 chain id."""
    return NETWORKS.get(chain_id, Network("testnet", f"chain {chain_id}", "of its own currency", finality=None))
