"""Pathways: one document, one digest, and definition files that can't mean two things."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from ledger.documents.canonical import canonicalize
from ledger.errors import DraftError, MalformedDocument
from ledger.stacking.definition import define_pathway
from ledger.stacking.pathway import Component, Pathway, parse_pathway
from ledger.stacking.rules import AllOf
from tests.builders import ISSUER, a_pathway, a_programme

BASE = f"{ISSUER.base_url}/achievements"
PROGRAMME = a_programme("models", "needs", "award")
FOREIGN = {"achievement": "https://other.example/achievements/x", "issuer": "did:web:other.example"}


def a_definition(**changes: Any) -> dict[str, Any]:
    definition = {
        "code": "instructional-design",
        "version": 2,
        "title": "Instructional Design",
        "award": "award",
        "components": ["models", "needs"],
        "rule": {"allOf": ["models", "needs"], "inOrder": True},
    }
    return definition | changes


def define(definition: dict[str, Any]) -> Pathway:
    return define_pathway(json.dumps(definition).encode(), issuer=ISSUER, programme=PROGRAMME)


def test_a_pathway_survives_its_own_bytes() -> None:
    pathway = a_pathway()

    assert parse_pathway(pathway.canonical()) == pathway
    assert pathway.canonical() == canonicalize(pathway.to_dict())
    assert pathway.digest() == hashlib.sha256(pathway.canonical()).digest()


def test_every_part_of_a_pathway_changes_its_digest() -> None:
    digests = {a_pathway().digest(), a_pathway(in_order=False).digest(), a_pathway("models", "needs").digest()}
    digests.add(a_pathway("needs", "models", "evaluation").digest())

    assert len(digests) == 4


def test_a_definition_is_given_its_addresses() -> None:
    pathway = define(a_definition())

    assert pathway.id == f"{ISSUER.base_url}/pathways/instructional-design/2"
    assert pathway.award_id == f"{BASE}/award"
    assert pathway.components == (Component(f"{BASE}/models", ISSUER.did), Component(f"{BASE}/needs", ISSUER.did))
    assert pathway.rule == AllOf((f"{BASE}/models", f"{BASE}/needs"), in_order=True)


def test_a_definition_may_rest_on_achievements_of_others() -> None:
    names = ["models", FOREIGN["achievement"]]

    pathway = define(a_definition(components=["models", FOREIGN], rule={"allOf": names, "inOrder": False}))

    assert pathway.components[1] == Component(FOREIGN["achievement"], FOREIGN["issuer"])
    assert pathway.rule.achievement_ids == (f"{BASE}/models", FOREIGN["achievement"])
    assert parse_pathway(pathway.canonical()) == pathway


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"award": "diploma"}, "pathway_reference", "award"),
        ({"award": "models"}, "pathway_cycle", "components[0]"),
        ({"components": ["models", "diploma"]}, "pathway_reference", "components[1]"),
        ({"components": ["models", "https://x.example/a"]}, "pathway_reference", "components[1]"),
        ({"components": ["models", "models"]}, "field_duplicate", "components[1]"),
        ({"components": []}, "field_missing", "components"),
        ({"components": [{"achievement": "https://x.example/a"}]}, "field_missing", "components[0].issuer"),
        ({"rule": {"allOf": ["models"], "inOrder": True}}, "pathway_rule", "components[1]"),
        ({"rule": {"allOf": ["models", "needs", "award"], "inOrder": True}}, "pathway_reference", "rule.allOf[2]"),
        ({"rule": {"allOf": ["models", "needs"]}}, "field_missing", "rule.inOrder"),
        ({"rule": {"anyOf": ["models", "needs"], "inOrder": True}}, "field_unknown", "rule.anyOf"),
        ({"version": 0}, "field_range", "version"),
        ({"version": "1"}, "field_type", "version"),
        ({"issuer": ISSUER.did}, "field_unknown", "issuer"),
        ({"code": "Instructional Design"}, "field_code", "code"),
    ],
)
def test_each_fault_of_a_definition_is_named(changes: dict[str, Any], code: str, column: str) -> None:
    with pytest.raises(DraftError) as caught:
        define(a_definition(**changes))

    assert (code, column) in [(problem.code, problem.column) for problem in caught.value.problems]


def test_a_definition_that_is_not_json_is_one_problem() -> None:
    with pytest.raises(DraftError) as caught:
        define_pathway(b"{", issuer=ISSUER, programme=PROGRAMME)

    assert [problem.code for problem in caught.value.problems] == ["json_syntax"]


@pytest.mark.parametrize(
    "change",
    [
        {"rule": {"allOf": [f"{BASE}/models"], "inOrder": True}},
        {"rule": None},
        {"components": [{"achievement": f"{BASE}/models", "issuer": ISSUER.did}] * 3},
        {"extra": 1},
        {"version": 1.5},
        {"id": ""},
    ],
    ids=str,
)
def test_a_pathway_document_with_a_fault_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_pathway(json.dumps(a_pathway().to_dict() | change).encode())

    assert caught.value.code == "pathway_invalid"


def test_a_pathway_document_is_read_strictly_and_within_limits() -> None:
    with pytest.raises(MalformedDocument) as caught:
        parse_pathway(b'{"id":"a","id":"b"}')
    assert caught.value.code == "json_duplicate_key"
    with pytest.raises(MalformedDocument) as caught:
        parse_pathway(a_pathway(*(f"m{number}" for number in range(101))).canonical())
    assert caught.value.code == "limit_items"
