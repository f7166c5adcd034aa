"""Check 7: a key counts for what was anchored while it was open. What was anchored before it was stolen stays good."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import orjson
import pytest

from ledger.chain.registry import FOREVER, KeyPeriod, RegistryReading
from ledger.documents.did import did_key
from ledger.documents.strict_json import JsonObject
from ledger.verifying.report import Outcome
from tests.builders import ISSUER, a_credential, a_signer
from tests.world import Registered, World


class WithPeriod:
    """The world's registry, with another period for each key: only what a verifier reads is changed."""

    def __init__(self, world: World, valid_from: int, valid_until: int) -> None:
        self._registry = world.registry
        self._period = (valid_from, valid_until)
        self.chain_id, self.registry = world.registry.chain_id, world.registry.registry

    def read(self, issuer_ids: Any, queries: Any, accreditors: Any) -> RegistryReading:
        reading = self._registry.read(issuer_ids, queries, accreditors)
        changed = {
            identifier: state and replace(state, keys=tuple(KeyPeriod(key.key, *self._period) for key in state.keys))
            for identifier, state in reading.issuers.items()
        }
        return replace(reading, issuers=changed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def code_with_period(world: World, document: JsonObject, valid_from: int, valid_until: int) -> str:
    reader = WithPeriod(world, valid_from, valid_until)
    readers = {(reader.chain_id, reader.registry): reader}
    return world.verifier(readers=readers).verify(orjson.dumps(document)).check("key").code


# 27 cases. The anchor lies before, at or after a moment; the moment is the key's beginning, its planned end, or a
# compromise that was recorded later; and the other end of the period is a second, a day or years away.
SECOND, DAY, YEARS = 1, 86_400, 10 * 365 * 86_400


@pytest.mark.parametrize(
    ("boundary", "offset", "other_end"),
    list(product(("begins", "ends as planned", "compromised since"), (-1, 0, 1), (SECOND, DAY, YEARS))),
)
def test_a_key_counts_from_its_first_second_and_no_longer_in_its_last(
    world: World, boundary: str, offset: int, other_end: int
) -> None:
    (issued,) = world.issue(a_credential())
    anchored_at = world.memory.head.time
    moment = anchored_at - offset  # the anchor lies `offset` seconds after the moment in question
    if boundary == "begins":
        until = FOREVER if other_end == YEARS else moment + 1 + other_end
        code = code_with_period(world, issued, moment, until)
        expected = "ok" if offset >= 0 else "key_not_valid_at_anchor"
    else:
        # A planned end and a compromise recorded afterwards differ in when they are written, never in what they say.
        code = code_with_period(world, issued, moment - 1 - other_end, moment)
        expected = "ok" if offset < 0 else "key_not_valid_at_anchor"
    assert code == expected


@pytest.mark.parametrize(
    ("offset", "code"), [(-1, "key_not_valid_at_anchor"), (0, "key_not_valid_at_anchor"), (1, "ok")]
)
def test_closing_a_key_as_of_a_past_moment_judges_what_was_anchored_before(
    world: World, offset: int, code: str
) -> None:
    world.memory.time += 1_000
    (issued,) = world.issue(a_credential())
    anchored_at = world.memory.head.time
    world.memory.time += 1_000
    world.close_key(world.issuer, world.issuer.signers[0], anchored_at + offset)
    report = world.verifier().verify(orjson.dumps(issued))
    assert report.check("key").code == code
    assert report.verdict is (Outcome.VALID if code == "ok" else Outcome.INVALID)


def test_a_stolen_key_can_not_backdate(world: World) -> None:
    stolen = world.issuer.signers[0]
    world.memory.time += 1_000
    world.close_key(world.issuer, stolen, world.memory.head.time)
    world.add_key(world.issuer, a_signer(3))
    (forged,) = world.issue(a_credential(valid_until=None), signer=stolen)
    report = world.verifier().verify(orjson.dumps(forged))
    assert (report.verdict, report.code) == (Outcome.INVALID, "key_not_valid_at_anchor")


def test_a_key_that_was_opened_after_the_anchor_does_not_count(world: World) -> None:
    issuer = world.register(replace(ISSUER, did="did:web:late.example"))
    world.accredit(issuer)
    document = a_credential(issuer=issuer.profile)
    early = Registered(issuer.profile, issuer.account, [a_signer(7)])
    (issued,) = world.anchor(world.sign(document, issuer=early), issuer=issuer, method=early.method)
    world.add_key(issuer, a_signer(7))
    report = world.verifier().verify(orjson.dumps(issued))
    assert (report.verdict, report.code) == (Outcome.INVALID, "key_not_valid_at_anchor")


def test_a_key_that_the_registry_does_not_list_does_not_count_though_it_is_in_the_did(world: World) -> None:
    key = a_signer(7)
    did = did_key(key.public_key)
    profile = replace(ISSUER, did=did)
    issuer = world.register(profile, a_signer(8))
    world.accredit(issuer)
    named = Registered(profile, issuer.account, [key])
    (issued,) = world.issue(a_credential(issuer=profile), issuer=named)
    assert world.verifier().verify(orjson.dumps(issued)).code == "key_not_registered"
    world.add_key(issuer, key)
    (issued,) = world.issue(a_credential(2, issuer=profile), issuer=named)
    assert world.verifier().verify(orjson.dumps(issued))


def test_the_evidence_names_key_and_period(world: World) -> None:
    (issued,) = world.issue(a_credential())
    evidence = world.verifier().verify(orjson.dumps(issued)).check("key").evidence
    assert evidence["key"] == f"0x{a_signer(1).public_key.hex()}"
    assert evidence["valid_until"] is None
