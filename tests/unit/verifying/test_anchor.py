"""Check 5: the policy says which chain and registry count; the document never does."""

from __future__ import annotations

import orjson
import pytest

from ledger.chain.networks import NetworkKind
from ledger.chain.registry import Address
from ledger.verifying.policy import TrustedRegistry
from ledger.verifying.report import Outcome
from tests.builders import a_credential
from tests.fakes import FAKE_REGISTRY, MemoryRegistry
from tests.world import World

LOOK_ALIKE = Address(b"\xca\x13" * 10)


@pytest.mark.parametrize(
    ("registry", "code"),
    [
        (MemoryRegistry(chain_id=1), "chain_not_trusted"),
        (MemoryRegistry(registry=LOOK_ALIKE), "registry_not_trusted"),
    ],
    ids=["another chain", "a look-alike on the right chain"],
)
def test_a_registry_that_the_policy_does_not_list_counts_for_nothing(registry: MemoryRegistry, code: str) -> None:
    elsewhere, trusting = World(registry), World()
    (issued,) = elsewhere.issue(a_credential())
    report = trusting.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, code)
    assert report.chain is None
    readers = {(registry.chain_id, registry.registry): registry}
    assert trusting.verifier(readers=readers).verify(orjson.dumps(issued)).code == code


def test_without_any_registry_nothing_is_valid(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = world.verifier(world.policy(registries=())).verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_registry")


@pytest.mark.parametrize("kind", ["production", "testnet", "embedded"])
def test_each_report_names_the_kind_of_network(world: World, kind: NetworkKind) -> None:
    trusted = TrustedRegistry(world.registry.chain_id, FAKE_REGISTRY, kind, "Sepolia")
    (issued,) = world.issue(a_credential())
    report = world.verifier(world.policy(registries=(trusted,))).verify(orjson.dumps(issued))
    assert report
    assert report.chain
    assert (report.chain.network, report.chain.network_name) == (kind, "Sepolia")
    assert ("not a public production network" in report.message) == (kind != "production")


def test_the_report_names_block_time_and_sources(world: World) -> None:
    (issued,) = world.issue(a_credential())
    head = world.memory.head
    world.memory.mine(3)
    report = world.verifier().verify(orjson.dumps(issued))
    assert report.chain
    assert report.chain.anchored_at == head.time
    assert report.chain.block == world.memory.head
    assert report.chain.sources == ("memory",)
    assert report.check("anchor").evidence["block"] == head.number
