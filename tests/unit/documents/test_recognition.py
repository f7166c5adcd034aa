"""Recognition decisions: what is written is read again, and what is bent is not."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.documents.canonical import canonicalize, digest, digest_multibase
from ledger.documents.credential import related_resource
from ledger.documents.endorsement import endorsed_document, endorsed_id
from ledger.documents.recognition import (
    DATA_URL,
    Decision,
    build_recognition,
    in_words,
    is_recognition,
    parse_recognition,
    read_recognition,
)
from ledger.documents.schemas import schema_problems
from ledger.documents.strict_json import JsonObject
from ledger.errors import MalformedDocument
from ledger.proofs.rdfc import canonicalize_rdf
from tests.builders import ISSUER, a_credential, a_pathway, credential_id

PATHWAY = a_pathway()
DECISION = Decision(15, "NZQCF", 8, "NZQCF", PATHWAY.id, PATHWAY.components[0].achievement_id)


def a_recognition(decision: Decision = DECISION, **changes: Any) -> JsonObject:
    arguments: dict[str, Any] = {
        "issuer": ISSUER,
        "endorsed": endorsed_document(a_credential()),
        "decision": decision,
        "pathway_digest": PATHWAY.digest() if decision.pathway_id else None,
        "comment": "This credential counts for 15 NZQCF credits.",
        "decided_on": date(2026, 11, 22),
        "status_index": 7,
        "endorsement_id": credential_id(50),
        "valid_until": date(2028, 12, 31),
    }
    return build_recognition(**(arguments | changes))


def test_a_decision_is_an_endorsement_of_the_published_schema_with_terms_that_are_all_defined() -> None:
    document = a_recognition()
    assert schema_problems(document) == []
    assert canonicalize_rdf(document)
    assert document["credentialSubject"] == {
        "id": credential_id(1),
        "type": ["EndorsementSubject"],
        "endorsementComment": "This credential counts for 15 NZQCF credits.",
    }


def test_what_was_decided_is_read_again() -> None:
    document, endorsed = a_recognition(), a_credential()
    found = read_recognition(document)
    assert found is not None
    assert (found.recogniser_did, found.credential_id, found.credential_digest) == (
        ISSUER.did,
        endorsed["id"],
        digest(endorsed),
    )
    assert (found.credits, found.framework, found.level, found.level_framework) == (15, "NZQCF", 8, "NZQCF")
    assert (found.pathway_id, found.pathway_digest) == (PATHWAY.id, PATHWAY.digest())
    assert found.achievement_id == PATHWAY.components[0].achievement_id
    assert (found.endorsement_id, found.endorsement_digest) == (credential_id(50), digest(document))
    assert (found.valid_from, found.valid_until) == (date(2026, 11, 22), date(2028, 12, 31))


@given(
    st.one_of(st.none(), st.floats(0.1, 1000).map(lambda value: round(value, 2))),
    st.one_of(st.none(), st.integers(1, 20)),
    st.booleans(),
)
def test_every_decision_is_read_as_it_was_written(number: float | None, level: int | None, placed: bool) -> None:
    wanted = Decision(
        number,
        None if number is None else "ECTS",
        level,
        None if level is None else "EQF",
        PATHWAY.id if placed else None,
        PATHWAY.components[0].achievement_id if placed else None,
    )
    found = read_recognition(a_recognition(wanted))
    if wanted == Decision():
        assert found is None  # it decides nothing
    else:
        assert found is not None
        assert wanted == Decision(
            found.credits, found.framework, found.level, found.level_framework, found.pathway_id, found.achievement_id
        )


def with_content(document: JsonObject, content: bytes) -> JsonObject:
    """The document with other bytes in its data URL, and their digest."""
    related(document)[-1] = {
        "id": DATA_URL + base64.b64encode(content).decode(),
        "mediaType": "application/json",
        "digestMultibase": digest_multibase(sha256(content).digest()),
    }
    return document


def saying(**members: Any) -> Callable[[JsonObject], JsonObject]:
    base: dict[str, Any] = {"recognition": 1, "credits": 15, "framework": "NZQCF"}
    said = {name: value for name, value in (base | members).items() if value is not ...}
    return lambda document: with_content(document, canonicalize(said))


def related(document: JsonObject) -> list[Any]:
    entries = document["relatedResource"]
    assert isinstance(entries, list)
    return entries


def bent(change: Callable[[JsonObject], object]) -> Callable[[JsonObject], JsonObject]:
    def bend(document: JsonObject) -> JsonObject:
        change(document)
        return document

    return bend


MALFORMED: dict[str, Callable[[JsonObject], JsonObject]] = {
    "no base64": bent(lambda d: related(d)[-1].update(id=DATA_URL + "%%%")),
    "no JSON": lambda d: with_content(d, b"15 credits"),
    "a list": lambda d: with_content(d, b"[]"),
    "too long": lambda d: with_content(d, b'{"recognition":1,"framework":"' + b"x" * 7000 + b'"}'),
    "a name twice": lambda d: with_content(d, b'{"recognition":1,"credits":1,"credits":15,"framework":"NZQCF"}'),
    "a number that reads in two ways": lambda d: with_content(d, b'{"recognition":1,"credits":1e9,"framework":"X"}'),
    "another digest": bent(lambda d: related(d)[-1].update(digestMultibase=digest_multibase(bytes(32)))),
    "no digest": bent(lambda d: related(d)[-1].pop("digestMultibase")),
    "two decisions": bent(lambda d: related(d).append(dict(related(d)[-1]))),
    "another version": saying(recognition=2),
    "an unknown member": saying(bonus=100),
    "credits of nothing": saying(framework=...),
    "no credits but their framework": saying(credits=..., level=8, levelFramework="NZQCF"),
    "too many credits": saying(credits=100_000),
    "no credits at all": saying(credits=0),
    "credits as text": saying(credits="15"),
    "a level of nothing": saying(level=8),
    "half a level": saying(level=7.5, levelFramework="NZQCF"),
    "true for one": saying(credits=True),
    "nothing decided": saying(credits=..., framework=...),
    "an unseen character": saying(framework="NZ\u202eQCF"),
    "a pathway that it does not bind": bent(lambda d: related(d).pop(1)),
    "a credential that it does not bind": bent(lambda d: related(d).pop(0)),
    "a credential bound twice": bent(
        lambda d: related(d).append(related_resource(credential_id(1), media_type="application/vc", digest=bytes(32)))
    ),
    "no subject": bent(lambda d: d.pop("credentialSubject")),
    "no issuer": bent(lambda d: d.pop("issuer")),
    "no id": bent(lambda d: d.pop("id")),
    "no beginning": bent(lambda d: d.pop("validFrom")),
    "a beginning that is no time": bent(lambda d: d.update(validFrom="soon")),
    "an end that is no time": bent(lambda d: d.update(validUntil=2028)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_decision_that_is_bent_is_none(name: str) -> None:
    document = MALFORMED[name](copy.deepcopy(a_recognition()))
    assert is_recognition(document)
    assert read_recognition(document) is None
    with pytest.raises(MalformedDocument) as caught:
        parse_recognition(document)
    assert caught.value.code == "recognition_malformed"


@pytest.mark.parametrize(
    "document",
    [
        {},
        a_credential(),
        a_recognition() | {"type": ["AchievementCredential"]},
        a_recognition() | {"relatedResource": 7},
    ],
)
def test_what_decides_nothing_is_no_recognition(document: JsonObject) -> None:
    assert not is_recognition(document)
    assert read_recognition(document) is None


def test_a_decision_on_what_has_no_digest_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="by digest"):
        a_recognition(endorsed=endorsed_id("did:web:um.example"))
    with pytest.raises(ValueError, match="by digest"):
        a_recognition(pathway_digest=None)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision(15, "NZQCF", 8, "NZQCF"), "counts for 15 NZQCF credits at NZQCF level 8"),
        (Decision(1, "US"), "counts for 1 semester credit hour"),
        (Decision(level=7, level_framework="EQF"), "counts at EQF level 7"),
        (
            Decision(2.5, "ECTS", pathway_id="p", achievement_id="a"),
            "counts for 2.5 ECTS credits, as a, in the pathway p",
        ),
        (Decision(pathway_id="p", achievement_id="a"), "counts as a, in the pathway p"),
    ],
)
def test_a_decision_is_said_in_words(decision: Decision, said: str) -> None:
    assert in_words(decision) == said
