"""When the ledger can't be read, a good document is never called valid and never called false, and a bad one can be."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from ledger.chain.addresses import caip10
from ledger.documents.did import did_document
from ledger.errors import RegistryUnreachable, WrongChain
from ledger.verifying.report import Outcome, VerificationReport
from tests.builders import ISSUER, a_credential, a_record
from tests.world import World

DID_URL = "https://cairn.example/issuers/usm/did.json"


class Failing:
    """The world's registry, with methods that fail as they are told."""

    def __init__(self, world: World, **failures: Exception) -> None:
        self._registry, self._failures = world.registry, failures
        self.chain_id, self.registry = world.registry.chain_id, world.registry.registry

    def __getattr__(self, name: str) -> Any:
        if name in self._failures:

            def fail(*_: Any) -> Any:
                raise self._failures[name]

            return fail
        return getattr(self._registry, name)


def verify(world: World, document: object, reader: Any = None, **policy: object) -> VerificationReport:
    readers = {(world.registry.chain_id, world.registry.registry): reader} if reader else {}
    return world.verifier(world.policy(**policy), readers=readers).verify(orjson.dumps(document))


def own_document(world: World) -> dict[str, bytes]:
    registry = caip10(world.registry.chain_id, world.registry.registry)
    keys = [signer.public_key for signer in world.issuer.signers]
    return {DID_URL: orjson.dumps(did_document(ISSUER.did, dict(enumerate(keys, 1)), registry, world.issuer.id))}


ERRORS = [
    RegistryUnreachable("connection refused"),
    RegistryUnreachable("providers disagree", "rpc_disagree"),
    WrongChain("another chain"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_a_good_document_is_indeterminate_with_the_reason(
    world: World, error: RegistryUnreachable | WrongChain
) -> None:
    modules = world.modules()
    (record,) = world.issue(a_record(*modules), issuer=world.publisher)
    for document in (modules[0], world.award(modules), record):
        report = verify(world, document, Failing(world, read=error))
        assert (report.verdict, report.code) == (Outcome.INDETERMINATE, error.code)
        for check in ("signature", "inclusion", "anchor", "issuer", "key", "status"):
            assert report.check(check).outcome is Outcome.INDETERMINATE
        for check in ("structure", "schema", "period"):
            assert report.check(check).outcome is Outcome.VALID


def test_without_a_node_it_is_the_same(world: World) -> None:
    (issued,) = world.issue(a_credential())
    report = verify(world, issued)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "registry_unreachable")
    assert report.chain
    assert report.chain.block is None


def test_what_the_bytes_alone_tell_is_still_told(world: World) -> None:
    (issued,) = world.issue(a_credential())
    documents = own_document(world)
    good = verify(world, issued, documents=documents)
    assert (good.verdict, good.code) == (Outcome.INDETERMINATE, "registry_unreachable")
    assert good.check("signature").outcome is Outcome.VALID
    altered = verify(world, issued | {"name": "x"}, documents=documents)
    assert (altered.verdict, altered.code) == (Outcome.INVALID, "signature_invalid")
    expired = verify(world, issued | {"validUntil": "2026-03-03T00:00:00Z"})
    assert (expired.verdict, expired.code) == (Outcome.INVALID, "expired")


def test_a_registry_that_fails_only_for_the_newest_block_leaves_it_open(world: World) -> None:
    world.memory.finality_lag = 1
    (issued,) = world.issue(a_credential())
    reader = Failing(world, is_anchored_in_head=RegistryUnreachable("no"))
    report = verify(world, issued, reader)
    assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "registry_unreachable")


def test_an_answer_that_does_not_fit_the_question_is_no_answer(world: World) -> None:
    from dataclasses import replace

    (issued,) = world.issue(a_credential())
    for change in ({"chain_id": 1}, {"registry": b"\x01" * 20}, {"credentials": ()}):

        class Lying(Failing):
            def read(self, *arguments: Any, change: Any = change) -> Any:
                return replace(world.registry.read(*arguments), **change)

        report = verify(world, issued, Lying(world))
        assert (report.verdict, report.code) == (Outcome.INDETERMINATE, "registry_unreachable")


def test_a_node_that_comes_back_gives_the_verdict(world: World) -> None:
    (issued,) = world.issue(a_credential())
    verifier = world.verifier()
    world.memory.unreachable = True
    now = world.memory.time + 86_400
    from datetime import UTC, datetime

    verifier = world.verifier(clock=lambda: datetime.fromtimestamp(now, UTC))
    assert verifier.verify(orjson.dumps(issued)).verdict is Outcome.INDETERMINATE
    world.memory.unreachable = False
    assert verifier.verify(orjson.dumps(issued))
