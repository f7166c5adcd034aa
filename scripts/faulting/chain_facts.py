"""What the chain holds, read from its events by hand: the facts that the program's claims are held against."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ledger.chain.addresses import keccak
from scripts.faulting.node import Node

ANCHORED = "0x" + keccak(b"Anchored(bytes32,bytes32,uint32,address)").hex()
STATUS_CHANGED = "0x" + keccak(b"StatusChanged(bytes32,uint64,uint8,uint8,uint256,address)").hex()
WITHDRAWN = "0x" + keccak(b"Withdrawn(bytes32,bytes32,uint8,address)").hex()
REVOKE, SUSPEND, REINSTATE = 0, 1, 2
_WORD = 64


@dataclass
class ChainFacts:
    """Up to one block: how often each (issuer, root) was anchored, and which status indexes are revoked."""

    block: int
    anchors: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    revoked: set[tuple[bytes, int]] = field(default_factory=set)
    suspended: set[tuple[bytes, int]] = field(default_factory=set)
    withdrawn: set[tuple[bytes, bytes]] = field(default_factory=set)

    def roots_of(self, issuer: bytes) -> Counter[bytes]:
        return Counter({root: count for (who, root), count in self.anchors.items() if who == issuer})


def read_facts(node: Node, registry: str, tag: str = "latest") -> ChainFacts:
    """Everything that the registry's events say up to the block of a tag."""
    block = node.number(tag)
    query = {"address": registry, "fromBlock": "0x0", "toBlock": hex(block)}
    query["topics"] = [[ANCHORED, STATUS_CHANGED, WITHDRAWN]]  # type: ignore[assignment]
    facts = ChainFacts(block)
    for log in node.call("eth_getLogs", query):
        _note(facts, log)
    return facts


def _note(facts: ChainFacts, log: dict[str, Any]) -> None:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    kind, issuer = "0x" + topics[0].hex(), topics[1]
    if kind == ANCHORED:
        facts.anchors[issuer, topics[2]] += 1
    elif kind == WITHDRAWN:
        facts.withdrawn.add((issuer, topics[2]))
    else:
        values = [int(log["data"][2 + at : 2 + at + _WORD], 16) for at in range(0, 4 * _WORD, _WORD)]
        action, changed, word = values[0], values[2], int.from_bytes(topics[2])
        indexes = {(issuer, 256 * word + bit) for bit in range(256) if changed >> bit & 1}
        if action == REVOKE:
            facts.revoked |= indexes
        elif action == SUSPEND:
            facts.suspended |= indexes
        elif action == REINSTATE:
            facts.suspended -= indexes
