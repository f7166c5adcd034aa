"""What is said of a document: in plain words, and whatever shape strangers give it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger.documents.achievement import Translation
from ledger.errors import CairnError, Conflict
from ledger.rendering.content import content_of, result_in_words
from tests.builders import a_credential, an_achievement
from tests.unit.rendering.test_certificate import encoded
from tests.world import World

JUNK: tuple[Any, ...] = (
    None, True, -0.0, 10**400, "", [], {}, [[]], {"a": [1]}, "x" * 5000, "\u202e\x00", [{"resultType": ["Percent"]}],
    [{"targetName": "x", "targetType": "level", "targetFramework": ["a"]}],
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member of a JSON value, of lists the first two."""
    entries = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


def test_no_shape_of_a_foreign_document_is_too_strange() -> None:
    world = World()
    [document] = world.issue(a_credential())
    report = world.verifier().verify(encoded(document))
    tried = 0
    for path in list(places(document)):
        for junk in JUNK:
            changed: Any = copy.deepcopy(document)
            target = changed
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = junk
            try:
                assert content_of(replace(report, document=changed)).title["text"]
            except CairnError as error:
                assert error.code == "form_unsupported"  # noqa: PT017
            tried += 1
    assert tried > 1_000


@pytest.mark.parametrize(
    ("kind", "value", "said"), [("Percent", "87", "87 %"), ("Percent", "87 %", "87 %"), ("LetterGrade", "A", "A")]
)
def test_a_mark_is_said_with_its_sign(kind: str, value: str, said: str) -> None:
    achievement: Any = {"resultDescription": [{"resultType": kind}]}
    assert result_in_words({"credentialSubject": {"achievement": achievement}}, value) == said


def test_levels_credits_and_outcomes_are_those_of_the_document() -> None:
    world = World()
    achievement = an_achievement(credits=(("ECTS", 2.5),), levels=(("EQF", 7),), outcomes=("Do this.", "Do that."))
    [document] = world.issue(a_credential(achievement=achievement))
    content = content_of(world.verifier().verify(encoded(document)))
    facts = {line.label: line.value["text"] for line in content.facts}
    assert (facts["Credits"], facts["Level"]) == ("2.5 ECTS credits", "EQF level 7")
    assert [outcome["text"] for outcome in content.outcomes] == ["Do this.", "Do that."]
    assert content.criteria is not None
    assert content.criteria["text"] == "A needs assessment of a real course, marked by a rubric of five criteria."


def test_a_title_in_another_language_is_said_once_with_its_language() -> None:
    world = World()
    achievement = an_achievement(translations=(Translation("ar", "الخلايا الشمسية"), Translation("ta", "சூரிய மின்கலம்")))
    [document] = world.issue(a_credential(achievement=achievement))
    content = content_of(world.verifier().verify(encoded(document)))
    said = [(line.label, line.value["text"]) for line in content.described if "الخلايا الشمسية" in line.value["text"]]
    assert said == [("Also called (ar)", "الخلايا الشمسية")]


def test_an_endorsement_is_put_on_no_paper() -> None:
    world = World()
    [document] = world.issue(a_credential())
    report = world.verifier().verify(encoded(document))
    endorsement: Any = {**document, "type": ["VerifiableCredential", "EndorsementCredential"]}
    with pytest.raises(Conflict) as refused:
        content_of(replace(report, document=endorsement))
    assert refused.value.code == "form_unsupported"
