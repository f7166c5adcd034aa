"""Many documents: one read of each registry, each with its own verdict, unreadable ones in their place."""

from __future__ import annotations

from typing import Any

import orjson

from ledger.chain.registry import RegistryReading, StatusAction
from ledger.errors import MalformedDocument
from ledger.verifying.report import VerificationReport
from tests.builders import a_credential, a_record
from tests.world import World


class Counting:
    """The world's registry, and what it was asked."""

    def __init__(self, world: World) -> None:
        self._registry = world.registry
        self.chain_id, self.registry = world.registry.chain_id, world.registry.registry
        self.reads: list[tuple[int, int]] = []
        self.other_calls = 0

    def read(self, issuer_ids: Any, queries: Any, accreditors: Any) -> RegistryReading:
        self.reads.append((len(issuer_ids), len(queries)))
        return self._registry.read(issuer_ids, queries, accreditors)

    def __getattr__(self, name: str) -> Any:
        self.other_calls += 1
        return getattr(self._registry, name)


def test_a_record_with_an_award_takes_one_read(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    (record,) = world.issue(a_record(*modules, award), issuer=world.publisher)
    reader = Counting(world)
    verifier = world.verifier(readers={(reader.chain_id, reader.registry): reader})
    assert verifier.verify(orjson.dumps(record))
    # The record, three modules and the award; the award's components are the modules, and are not asked for again.
    assert reader.reads == [(2, 5)]
    assert reader.other_calls == 0


def test_hundreds_of_files_take_one_read_and_keep_their_verdicts(world: World) -> None:
    issued = world.issue(*(a_credential(number) for number in range(1, 201)))
    world.set_status(100, StatusAction.REVOKE)
    files = [orjson.dumps(document) for document in issued]
    files[50] = b"not JSON"
    files[60] = orjson.dumps(issued[60] | {"name": "x"})
    reader = Counting(world)
    verifier = world.verifier(readers={(reader.chain_id, reader.registry): reader})
    results = verifier.verify_many(files)
    assert len(reader.reads) == 1
    assert reader.other_calls == 1  # why was number 100 revoked
    codes = {position: result.code for position, result in enumerate(results) if result.code != "valid"}
    assert codes == {50: "json_syntax", 60: "digest_mismatch", 99: "revoked"}
    assert isinstance(results[50], MalformedDocument)


def test_no_documents_give_no_reports(world: World) -> None:
    assert world.verifier().verify_many([]) == ()


def test_documents_of_two_registries_are_read_once_each(world: World) -> None:
    from ledger.verifying.policy import TrustedRegistry
    from ledger.verifying.verifier import Verifier
    from tests.fakes import MemoryRegistry

    other = World(MemoryRegistry(chain_id=11155111))
    documents = [*world.issue(a_credential(1), a_credential(2)), *other.issue(a_credential(1), a_credential(2))]
    readers = [Counting(world), Counting(other)]
    registries = tuple(TrustedRegistry(reader.chain_id, reader.registry, "testnet", "x") for reader in readers)
    policy = world.policy(registries=registries)
    verifier = Verifier(policy, {(reader.chain_id, reader.registry): reader for reader in readers}, clock=world.now)
    results = verifier.verify_many([orjson.dumps(document) for document in documents])
    assert all(isinstance(result, VerificationReport) and result for result in results)
    assert [reader.reads for reader in readers] == [[(1, 2)], [(1, 2)]]


def test_the_order_of_the_files_does_not_matter(world: World) -> None:
    modules = world.modules()
    award = world.award(modules)
    files = [orjson.dumps(document) for document in (*modules, award)]
    for order in (files, files[::-1]):
        results = world.verifier().verify_many(order)
        codes = {result.check("stack").code for result in results if isinstance(result, VerificationReport)}
        assert codes == {"not_needed", "ok"}
