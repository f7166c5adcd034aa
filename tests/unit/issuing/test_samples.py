"""The samples that ship with Cairn: read without a problem, and true to the programmes that they show."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ledger.documents.credential import IssuerProfile, build_credential
from ledger.documents.programme import Programme, parse_programme
from ledger.documents.schemas import schema_problems
from ledger.issuing.drafts import Draft, read_csv
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.stacking.definition import define_pathway
from ledger.stacking.evaluation import evaluate
from ledger.stacking.held import HeldCredential, read_held
from tests.builders import SALT, credential_id

SAMPLES = Path(__file__).parents[3] / "samples"
TODAY = date(2026, 11, 22)
FOLDERS = ("usm", "um", "purdue", "academyex")
FRAMEWORK_TITLES = ("Certificate", "Diploma", "Bachelor", "Master ", "Doctor")
"""Titles of the Malaysian Qualifications Framework, which a micro-credential may not bear."""

MODULES = [
    "Introduction to Instructional Design",
    "Instructional Design Models",
    "Needs Assessment",
    "Instructional Analysis",
    "Entry Behavior in Instructional Design",
    "Performance Objectives in Instructional Design",
    "Criterion-referenced Test in Instructional Design",
    "Instructional Strategy",
    "Evaluation in Instructional Design",
]
MALAY = [
    "Introduction to Malay language",
    "Malay language intermediate",
    "Malay language advanced",
    "Malay language writing for academic",
]
ANALYTICS = [
    "Digital Media Analytics: Introduction",
    "Social Media Research Plans",
    "Using Data from Owned Media",
    "Earned Media",
    "Paid Media",
    "Using 'Listening Data'",
]


def an_issuer(folder: str) -> IssuerProfile:
    return IssuerProfile(f"did:web:cairn.example:issuers:{folder}", folder, f"https://cairn.example/issuers/{folder}")


def programme_of(folder: str) -> Programme:
    return parse_programme((SAMPLES / folder / "programme.json").read_bytes())


def drafts_of(folder: str) -> tuple[Draft, ...]:
    return read_csv((SAMPLES / folder / "learners.csv").read_bytes(), programme_of(folder), today=TODAY)


def build(folder: str, draft: Draft) -> Any:
    return build_credential(
        issuer=an_issuer(folder),
        achievement=draft.achievement,
        learner=draft.learner,
        result=draft.result,
        awarded_on=draft.awarded_on,
        status_index=draft.row,
        credential_id=credential_id(draft.row),
        salt=SALT,
        valid_until=draft.valid_until,
        evidence=draft.evidence,
        narrative=draft.narrative,
    )


def held(draft: Draft) -> HeldCredential:
    read = read_held(build("usm", draft))
    assert read is not None
    return read


@pytest.mark.parametrize(("folder", "titles"), [("usm", MODULES), ("um", MALAY), ("purdue", ANALYTICS)])
def test_the_programmes_have_their_real_titles(folder: str, titles: list[str]) -> None:
    shown = [achievement.title for achievement in programme_of(folder).achievements]

    rest = {"usm": 1, "um": 1, "purdue": 2}[folder]  # the award, and what it needs besides
    assert shown[: len(titles)] == titles
    assert len(shown) == len(titles) + rest


def test_the_postgraduate_programme_has_its_real_sizes_and_levels() -> None:
    sizes = Counter(
        (achievement.achievement_type, dict(achievement.levels)["NZQCF"], dict(achievement.credits)["NZQCF"])
        for achievement in programme_of("academyex").achievements
    )

    assert sizes[("MicroCredential", 8, 15)] == 6
    assert sizes[("MicroCredential", 7, 15)] == 2
    assert sizes[("Certificate", 8, 60)] == sizes[("MasterDegree", 9, 180)] == 1
    assert len({draft.learner.learner_id for draft in drafts_of("academyex")}) == 10


def test_no_malaysian_title_is_one_of_the_qualifications_framework() -> None:
    for folder in ("usm", "um"):
        for achievement in programme_of(folder).achievements:
            assert not any(title in f"{achievement.title} " for title in FRAMEWORK_TITLES)


def test_eighty_learners_hold_all_nine_modules_in_order() -> None:
    drafts = drafts_of("usm")
    programme = programme_of("usm")
    pathway = define_pathway((SAMPLES / "usm/pathway.json").read_bytes(), issuer=an_issuer("usm"), programme=programme)
    by_learner: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_learner.setdefault(draft.learner.learner_id, []).append(draft)

    assert len(drafts) == 720
    assert len(by_learner) == len({draft.learner.name for draft in drafts}) == 80
    for taken in by_learner.values():
        assert evaluate(pathway, [held(draft) for draft in taken]).satisfied


def test_each_module_is_the_prerequisite_of_the_next() -> None:
    modules = programme_of("usm").achievements[:9]

    for earlier, later in pairwise(modules):
        assert [related.code for related in later.prerequisites] == [earlier.code]
    assert all([related.code for related in module.stacks_into] == ["instructional-design"] for module in modules)


def test_one_learner_is_in_all_three_with_one_address() -> None:
    counts = Counter(
        folder
        for folder in ("usm", "um", "purdue")
        for draft in drafts_of(folder)
        if (draft.learner.name, draft.learner.email) == ("Nur Aisyah binti Rahman", "nur.aisyah@students.example")
    )

    assert counts == {"usm": 9, "um": 4, "purdue": 3}


def test_all_addresses_are_on_domains_for_examples() -> None:
    for folder in FOLDERS:
        for draft in drafts_of(folder):
            domain = draft.learner.email.rpartition("@")[2]
            assert domain.endswith(".example") or domain in ("example.com", "example.org", "example.net")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sample_credential_fits_the_schema(folder: str) -> None:
    for draft in drafts_of(folder):
        assert schema_problems(build(folder, draft)) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_achievement_and_every_name_stands_in_the_signed_graph(folder: str) -> None:
    first_of: dict[str, Draft] = {}
    for draft in drafts_of(folder):
        first_of.setdefault(draft.achievement.code, draft)
        first_of.setdefault(draft.learner.learner_id, draft)

    for draft in first_of.values():
        graph = canonicalize_rdf(build(folder, draft)).decode()
        assert json.dumps(draft.learner.name, ensure_ascii=False) in graph
