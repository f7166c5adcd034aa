"""Programmes and pathways are stored as given, and what credentials point to is never replaced."""

from __future__ import annotations

import pytest

from ledger.errors import Conflict, DraftError, NotFound
from ledger.stacking.pathway import parse_pathway
from tests.office import Office, pathway_file, programme_file


def test_a_programme_is_stored_once(office: Office) -> None:
    content = programme_file("needs", "models")

    assert office.programmes.add("usm", content) == office.programmes.add("usm", content)
    assert office.catalog.programmes("usm")[0].achievements == ("needs", "models")


def test_other_content_under_a_code_that_is_taken_is_refused(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs"))

    with pytest.raises(Conflict) as caught:
        office.programmes.add("usm", programme_file("needs", "models"))

    assert caught.value.code == "programme_exists"
    assert office.catalog.programmes("usm")[0].achievements == ("needs",)


def test_two_programmes_cannot_share_an_achievement(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs"))

    with pytest.raises(Conflict) as caught:
        office.programmes.add("usm", programme_file("models", "needs").replace(b'"design"', b'"other"', 1))

    assert caught.value.code == "achievement_exists"
    assert len(office.catalog.programmes("usm")) == 1


def test_a_programme_with_errors_is_not_stored(office: Office) -> None:
    with pytest.raises(DraftError):
        office.programmes.add("usm", b'{"code": "x"}')

    assert office.catalog.programmes("usm") == ()


def test_a_pathway_is_published_in_its_canonical_form(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs", "models", award="design"))
    stored, is_new = office.pathways.publish("usm", pathway_file("needs", "models", award="design"))

    pathway = parse_pathway(stored.content)
    assert stored.pathway_id == "https://cairn.example/issuers/usm/pathways/design/1"
    assert (is_new, pathway.canonical()) == (True, stored.content)
    assert office.catalog.pathway(stored.pathway_id) == stored
    assert office.catalog.pathways("usm") == (stored,)


def test_a_published_version_of_a_pathway_never_changes(office: Office) -> None:
    office.programmes.add("usm", programme_file("needs", "models", award="design"))
    office.pathways.publish("usm", pathway_file("needs", "models", award="design"))

    with pytest.raises(Conflict) as caught:
        office.pathways.publish("usm", pathway_file("needs", award="design"))

    assert caught.value.code == "pathway_exists"


def test_what_is_not_there_is_not_found(office: Office) -> None:
    for ask in (
        lambda: office.catalog.programme("usm", "none"),
        lambda: office.catalog.pathway("none"),
        lambda: office.programmes.add("none", programme_file("needs")),
    ):
        with pytest.raises(NotFound):
            ask()
