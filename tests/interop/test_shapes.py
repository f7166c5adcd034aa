"""What Cairn hands out fits 1EdTech's schemas as ajv reads them, JSON-LD safe mode, and the validator's other rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests.interop.court import Court
from tests.interop.rows import open_badge
from tests.interop.shapes import SHAPED, judged_shapes
from tests.interop.shelf import Shelf
from tests.interop.validator_rules import broken_rules

pytestmark = pytest.mark.node

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("title", SHAPED)
def test_every_kind_of_document_has_the_shape_that_others_ask_for(title: str, court: Court) -> None:
    for judge, opinions in judged_shapes(court, title).items():
        assert opinions, judge
        assert [one.reason for one in opinions if not one.accepts] == [], judge


@pytest.mark.parametrize("title", [title for title, kind in SHAPED.items() if kind.schema])
def test_every_kind_of_document_keeps_the_validators_other_rules(title: str, court: Court) -> None:
    for document in SHAPED[title].documents(court.shelf):
        assert broken_rules(orjson.loads(document)) == []


def test_the_two_copies_of_the_badge_context_give_the_same_graph(court: Court) -> None:
    for document in (court.shelf.credentials[0], court.shelf.award, court.shelf.records[2]):
        published, older = (
            court.shape(judge, document).more["quads"] for judge in ("jsonld safe", "jsonld safe, older badges")
        )
        assert published == older


def _changed(document: bytes, change: Change) -> dict[str, Any]:
    value: dict[str, Any] = orjson.loads(document)
    change(value)
    return value


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda one: one.update(honours="first class"), "honours"),
        (lambda one: one.update({"@context": one["@context"][:1]}), "achievement"),
        (lambda one: one["credentialSubject"].update(type=["AchievementSubject", "Hero"]), "Hero"),
        (lambda one: one.update(id="not an address"), "Relative"),
    ],
)
def test_safe_mode_refuses_what_it_would_drop(change: Change, word: str, court: Court) -> None:
    opinion = court.shape("jsonld safe", orjson.dumps(_changed(court.shelf.credentials[0], change)))
    assert not opinion.accepts
    assert word in opinion.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("validFrom"),
        lambda one: one.update(validFrom="2026-03-02"),
        lambda one: one.update(credentialStatus=[one["credentialStatus"]]),
        lambda one: one["credentialSubject"]["achievement"].pop("criteria"),
        lambda one: one["credentialSubject"]["achievement"].update(achievementType="Nanodegree"),
    ],
)
def test_ajv_refuses_what_the_schema_forbids(change: Change, court: Court) -> None:
    document = orjson.dumps(_changed(court.shelf.credentials[0], change))
    assert not court.shape("ajv", document, "ob_v3p0_achievementcredential_schema.json").accepts


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda one: one["@context"].reverse(), "@context"),
        (lambda one: one.update(type=["VerifiableCredential"]), "type"),
        (lambda one: one.update(issuer=one["issuer"]["id"]), "issuer"),
        (lambda one: one["credentialSubject"].pop("identifier"), "credentialSubject"),
        (lambda one: one["credentialSubject"]["result"][0].update(type=["Mark"]), "result"),
        (lambda one: one.update(validFrom="2026-03-02T00:00:00"), "validFrom"),
        (lambda one: one.update(credentialStatus=[one["credentialStatus"]]), "credentialStatus"),
        (lambda one: one.update(jti=one["id"]), "jti"),
        (lambda one: one["proof"].pop(0), "proof"),
        (lambda one: one["proof"][0].update(type="CairnProof"), "proof"),
        (lambda one: one["proof"][0].update(verificationMethod="did:web:other.example#key-1"), "proof"),
        (lambda one: one["proof"][0].update(verificationMethod=f"{one['issuer']['id']}#z{'6' * 47}"), "proof"),
    ],
)
def test_the_validators_rules_can_be_broken(change: Change, rule: str, court: Court) -> None:
    broken = broken_rules(_changed(court.shelf.credentials[0], change))
    assert [sentence.partition(":")[0] for sentence in broken] == [rule]


def test_the_rules_hold_for_the_credentials_in_a_record(court: Court) -> None:
    record = orjson.loads(court.shelf.records[2])
    inside = record["credentialSubject"]["verifiableCredential"][1]
    del inside["proof"][0]
    assert broken_rules(record) == [f"{inside['id']}: proof: none of a suite that the validator knows"]


def test_the_other_name_of_the_type_is_fine_too(court: Court) -> None:
    shelf: Shelf = court.shelf
    assert broken_rules(orjson.loads(open_badge(shelf))) == []
