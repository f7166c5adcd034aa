"""Pathways at the command line: published once and for ever, listed, shown, and what completing one brings."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Cairn
from tests.office import pathway_file, programme_file

PATHWAY = "http://127.0.0.1:8000/issuers/um/pathways/design/1"


@pytest.fixture
def definition(cairn: Cairn, folder: Path, tmp_path: Path) -> Path:
    """The definition of a pathway of `um`, whose programme is there and whose pathway is not."""
    programme, pathway = tmp_path / "programme.json", tmp_path / "pathway.json"
    programme.write_bytes(programme_file("needs", "models", award="design"))
    pathway.write_bytes(pathway_file("needs", "models", award="design"))
    assert cairn("import", programme, "--issuer", "um", "--data", folder).code == 0
    return pathway


def test_a_pathway_is_published_listed_and_shown(cairn: Cairn, folder: Path, definition: Path) -> None:
    made = cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder, "--json")
    again = cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder)
    listed = cairn("pathway", "list", "--data", folder, "--json").json()["pathways"]
    shown = cairn("pathway", "show", "design", "--data", folder, "--json").json()

    assert (made.code, made.json()["new"], again.code) == (0, True, 0)
    assert again.out.strip().endswith("is published already")
    assert [(p["id"], p["version"], p["awarding"]) for p in listed] == [(made.json()["id"], 1, "off")]
    assert shown["document"]["rule"]["inOrder"] is True
    assert shown["digest"] == made.json()["digest"]
    assert "design/1" in cairn("pathway", "list", "--issuer", "um", "--data", folder).out


def test_other_content_under_a_published_version_is_refused(cairn: Cairn, folder: Path, definition: Path) -> None:
    assert cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder).code == 0
    changed = orjson.loads(definition.read_bytes()) | {"title": "Another title"}
    definition.write_bytes(orjson.dumps(changed))

    refused = cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder)
    later = definition.write_bytes(orjson.dumps(changed | {"version": 2}))
    published = cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder)

    assert (refused.code, "publish a new version" in refused.err) == (1, True)
    assert (later > 0, published.code) == (True, 0)
    assert cairn("pathway", "show", "design", "--data", folder, "--json").json()["version"] == 2
    assert cairn("pathway", "show", "design/1", "--data", folder, "--json").json()["version"] == 1


def test_a_pathway_may_lead_from_one_programme_into_another(
    cairn: Cairn, folder: Path, definition: Path, tmp_path: Path
) -> None:
    definition.write_bytes(pathway_file("needs", "introduction", award="design"))

    assert cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder).code == 0


def test_an_unknown_component_is_named_and_nothing_is_published(cairn: Cairn, folder: Path, definition: Path) -> None:
    definition.write_bytes(pathway_file("needs", "nowhere", award="design"))

    refused = cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder)

    assert (refused.code, "nowhere" in refused.err) == (2, True)
    assert cairn("pathway", "list", "--data", folder, "--json").json() == {"pathways": []}


@pytest.mark.parametrize(("mode", "stored"), [("on", "auto"), ("queue", "queue"), ("off", "off")])
def test_what_completing_brings_is_set_for_one_version(
    cairn: Cairn, folder: Path, definition: Path, mode: str, stored: str
) -> None:
    assert cairn("pathway", "publish", definition, "--issuer", "um", "--data", folder).code == 0

    done = cairn("pathway", "auto", "design", mode, "--data", folder, "--json")

    assert (done.code, done.json()["awarding"]) == (0, stored)
    assert cairn("pathway", "show", "design", "--data", folder, "--json").json()["awarding"] == stored


def test_what_is_no_pathway_and_no_mode_gets_one_clear_line(cairn: Cairn, folder: Path, definition: Path) -> None:
    for words, said in (
        (("show", "nothing"), "there is no pathway 'nothing'"),
        (("auto", "nothing", "on"), "there is no pathway 'nothing'"),
        (("auto", "design", "perhaps"), "none of on, off, queue"),
        (("publish", definition.with_name("none.json"), "--issuer", "um"), "there is no file"),
        (("list", "--issuer", "nobody"), "nobody"),
    ):
        ran = cairn("pathway", *words, "--data", folder)
        assert (ran.code, said in ran.err, ran.err.count("\n")) == (2, True, 1), words
