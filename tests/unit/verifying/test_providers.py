"""How many nodes agreed, and had to, decides whether a reading counts, and the report says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.chain.providers import NoAgreement, Providers, Trouble
from ledger.chain.registry import Address, IssuerId, RegistryReading, StateQuery
from ledger.documents.strict_json import JsonObject
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import a_credential
from tests.world import World

DOWN = Trouble("a.example", "registry_unreachable", "a.example cannot be reached")


class Through:
    """The world's registry as if it was read through nodes."""

    def __init__(self, world: World, providers: Providers) -> None:
        self._registry, self._providers = world.registry, providers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def read(
        self, issuer_ids: Sequence[IssuerId], queries: Sequence[StateQuery], accreditors: Sequence[Address]
    ) -> RegistryReading:
        if not self._providers.agreed:
            raise NoAgreement("fewer than 2 of 3 nodes agree", "no_quorum", self._providers)
        reading = self._registry.read(issuer_ids, queries, accreditors)
        return replace(reading, sources=self._providers.agreed, providers=self._providers)


@pytest.fixture
def issued(world: World) -> JsonObject:
    (document,) = world.issue(a_credential())
    return document


def verify(
    world: World, issued: JsonObject, providers: Providers, min_providers: int | None = None
) -> VerificationReport:
    readers = {(world.registry.chain_id, world.registry.registry): Through(world, providers)}
    policy = replace(world.policy(), min_providers=min_providers)
    return world.verifier(policy, readers=readers).verify(orjson.dumps(issued))


def shown(report: VerificationReport) -> Any:
    chain: Any = report.to_dict()["chain"]
    return chain["providers"]


def test_a_quorum_is_enough_and_the_report_names_it(world: World, issued: JsonObject) -> None:
    report = verify(world, issued, Providers(3, ("b.example", "c.example"), 2, 2, (DOWN,)))
    assert report.verdict is Outcome.VALID
    assert shown(report) == {
        "asked": 3,
        "agreed": ["b.example", "c.example"],
        "quorum": 2,
        "reduced": False,
        "troubles": [{"node": "a.example", "code": "registry_unreachable", "message": DOWN.message}],
    }
    assert "As was asked" not in report.message


def test_fewer_than_usual_count_only_under_a_policy_that_asks_for_fewer(world: World, issued: JsonObject) -> None:
    one = Providers(3, ("b.example",), 1, 2, (DOWN,))
    report = verify(world, issued, one)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_quorum")
    asked = verify(world, issued, one, min_providers=1)
    assert asked.verdict is Outcome.VALID
    assert shown(asked)["reduced"] is True
    assert "only 1 of 3 nodes had to agree, not 2; agreed: b.example." in asked.message


@pytest.mark.parametrize("min_providers", [None, 1])
def test_without_agreement_nothing_could_be_checked_and_every_trouble_is_named(
    world: World, issued: JsonObject, min_providers: int | None
) -> None:
    report = verify(world, issued, Providers(3, (), 2, 2, (DOWN,)), min_providers)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "no_quorum")
    assert "Fewer than 2 of 3 nodes agree" in report.message
    assert shown(report)["troubles"][0]["node"] == "a.example"


def test_a_reader_that_asks_no_nodes_says_nothing_of_them(world: World, issued: JsonObject) -> None:
    assert shown(world.verifier().verify(orjson.dumps(issued))) is None
