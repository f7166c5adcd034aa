"""Prior learning is recognised by a credential of its own, with its evidence, which a pathway takes for the course."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import orjson
import pytest

from ledger.documents.strict_json import JsonObject
from ledger.documents.summary import summarize
from ledger.issuing.values import Batch
from ledger.stacking.evaluation import Evaluation, evaluate
from ledger.stacking.held import read_held
from ledger.stacking.pathway import parse_pathway
from tests.office import JCS_ONLY, Office

SAMPLE = Path(__file__).parents[3] / "samples" / "apel"
TODAY = date(2026, 11, 22)


@pytest.fixture
def batch(office: Office) -> Batch:
    """The sample as a final batch of `usm`, with its pathway."""
    office.programmes.add("usm", (SAMPLE / "programme.json").read_bytes())
    office.pathways.publish("usm", (SAMPLE / "pathway.json").read_bytes())
    drafted = office.imports.import_rows("usm", "team-leadership", (SAMPLE / "learners.csv").read_bytes())
    return office.pipeline.advance(drafted.id, suites=JCS_ONLY)


def documents(office: Office, batch: Batch, learner_id: str) -> list[JsonObject]:
    held = [one.credential_id for one in office.credentials(batch) if one.learner_id == learner_id]
    return [orjson.loads(content) for content in office.catalog.documents(held)]


def evaluated(office: Office, held: list[JsonObject], *, evidence: bool = True) -> Evaluation:
    pathway = parse_pathway(office.catalog.pathways("usm")[0].content)
    read = [found for document in held if (found := read_held(document)) is not None]
    return evaluate(pathway, read if evidence else [replace(one, has_evidence=False) for one in read], on=TODAY)


def test_the_credential_carries_its_evidence_and_names_its_assessment(office: Office, batch: Batch) -> None:
    summary = summarize(documents(office, batch, "A0001")[1])
    assert summary.name == "Project Management by prior learning"
    [evidence] = summary.evidence
    assert (evidence.url, evidence.genre) == ("https://portfolio.example/marama", "Portfolio")
    assert evidence.narrative is not None
    assert "interview" in evidence.narrative
    assert [fact.code for fact in summary.facts if fact.kind == "assessment"] == ["portfolio", "oral-examination"]


@pytest.mark.parametrize("learner_id", ["A0001", "A0002"])
def test_the_pathway_takes_it_in_place_of_the_course(office: Office, batch: Batch, learner_id: str) -> None:
    assert evaluated(office, documents(office, batch, learner_id)).satisfied


def test_without_its_evidence_it_stands_for_nothing(office: Office, batch: Batch) -> None:
    found = evaluated(office, documents(office, batch, "A0001"), evidence=False)
    assert not found.satisfied
    assert [refused.code for refused in found.refused] == ["evidence_missing"]
