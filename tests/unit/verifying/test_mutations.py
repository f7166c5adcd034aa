"""Not one value can be changed unnoticed: damage at every place of valid documents, and none of it passes as valid."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC
from ledger.verifying.report import CHECK_IDS, VerificationReport
from ledger.verifying.verifier import Verifier
from tests.builders import a_credential, a_record
from tests.mutants import changes, is_harmless, paths
from tests.mutation_campaign import campaign, issued
from tests.world import World


class Issued:
    """Documents issued once for the whole module, and a verifier for them."""

    def __init__(self) -> None:
        world = World()
        modules = world.modules()
        self.credential = modules[0]
        self.both_suites = world.issue(a_credential(50), suites=(EDDSA_RDFC, EDDSA_JCS))[0]
        self.award = world.award(modules)
        self.record = world.issue(a_record(*modules, self.award), issuer=world.publisher)[0]
        now = world.now()
        self.verifier = world.verifier(clock=lambda: now)
        for document in (self.credential, self.both_suites, self.award, self.record):
            assert self.verifier.verify(orjson.dumps(document))


ISSUED = Issued()


def check(verifier: Verifier, document: JsonObject, mutant: JsonObject) -> None:
    try:
        report = verifier.verify(orjson.dumps(mutant))
    except MalformedDocument:
        return
    assert [entry.id for entry in report.checks] == list(CHECK_IDS)
    orjson.dumps(report.to_dict())
    if report:
        assert is_harmless(document, mutant), report.message


@pytest.mark.parametrize("name", ["credential", "award", "both_suites"])
def test_damage_at_any_place_is_noticed(name: str) -> None:
    document: JsonObject = getattr(ISSUED, name)
    step, turns = (7, 1) if name == "both_suites" else (1, 2)  # two suites cost a hundred times more to check
    count = 0
    for number, path in enumerate(list(paths(document))[::step]):
        for change in changes(document, path)[number % turns :: turns]:  # neighbours have the other half
            check(ISSUED.verifier, document, change())
            count += 1
    assert count > 500


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_at_any_place_of_a_record_is_noticed(data: st.DataObject) -> None:
    record = ISSUED.record
    path = data.draw(st.sampled_from(RECORD_PATHS))
    change = data.draw(st.sampled_from(changes(record, path)))
    check(ISSUED.verifier, record, change())


RECORD_PATHS = list(paths(ISSUED.record))


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_damage_to_any_byte_is_noticed(data: st.DataObject) -> None:
    original = orjson.dumps(ISSUED.award)
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(("flip", "drop", "double", "any")))
        if kind == "flip":
            damaged[position] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "drop":
            del damaged[position]
        elif kind == "double":
            damaged.insert(position, damaged[position])
        else:
            damaged[position] = data.draw(st.integers(0, 255))
    try:
        report = ISSUED.verifier.verify(bytes(damaged))
    except MalformedDocument:
        return
    assert not report or parse(bytes(damaged)) == ISSUED.award


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = ("@context", "id", "type", "issuer", "credentialSubject", "validFrom", "proof", "relatedResource",
           "credentialStatus", "evidence", "awardedDate", "name")  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), json_values), st.booleans())
def test_any_json_gives_a_report(members: dict[str, Any], on_top_of_a_good_one: bool) -> None:
    document = {**ISSUED.award, **members} if on_top_of_a_good_one else members
    check(ISSUED.verifier, ISSUED.award, document)


def test_the_same_words_in_another_dress_stay_valid() -> None:
    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: backwards(value[name]) for name in reversed(value)}
        return [backwards(entry) for entry in value] if isinstance(value, list) else value

    for document in (ISSUED.credential, ISSUED.both_suites, ISSUED.award, ISSUED.record):
        for data in (
            orjson.dumps(document, option=orjson.OPT_INDENT_2),
            orjson.dumps(document, option=orjson.OPT_SORT_KEYS),
            orjson.dumps(backwards(document)),
            b" \n" + orjson.dumps(document) + b"\n",
        ):
            report = ISSUED.verifier.verify(data)
            assert isinstance(report, VerificationReport)
            assert report, report.message


def test_none_of_two_thousand_random_mutants_passes() -> None:
    verdicts = list(campaign(issued(), seed=2026, count=2_000))
    accepted = [mutant for verdict, mutant in verdicts if verdict == "accepted"]
    assert accepted == []
    assert sum(verdict == "refused" for verdict, _ in verdicts) > 1_200
