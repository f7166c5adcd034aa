"""Canonical N-Quads without JSON-LD expansion: the same bytes as PyLD's, or none."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents import contexts
from ledger.documents.canonical import canonicalize, digest
from ledger.documents.endorsement import Endorsed, build_endorsement
from ledger.documents.record import Association, PreviousVersion
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.issuing.sealing import DEFAULT_SUITES, BatchSigner, Seal
from ledger.proofs.canonical_labels import canonical_labels
from ledger.proofs.context_terms import Scope, Term, UnknownShape, scope_of_nothing
from ledger.proofs.known_shapes import KnownShapes, canonicalize_known, canonicalize_own
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.proofs.status_list import build_status_list
from tests.builders import GRADES, ISSUER, STATUS, a_credential, a_record, a_signer, an_achievement, credential_id
from tests.strategies import TEXTS
from tests.unit.proofs.test_context_terms import ORDERS, TYPED
from tests.unit.proofs.test_rdfc import ODD_VALUES, by_pyld_alone, paths_in, secured

METHOD = "did:web:cairn.example:issuers:usm#key-1"
BATCH = BatchSigner(Seal(DEFAULT_SUITES, METHOD, 1_795_305_600), a_signer())


def judged(document: JsonObject) -> bytes | None:
    """What the strict way through PyLD gives, None for a refusal."""
    try:
        return canonicalize_rdf(copy.deepcopy(document))
    except InvalidProof:
        return None


def whole(document: JsonObject) -> JsonObject:
    """The document with the proofs that a batch gives it."""
    return {**document, "proof": orjson.loads(BATCH.sign(canonicalize(document)))}


def an_endorsement() -> JsonObject:
    return build_endorsement(
        issuer=ISSUER,
        endorsed=Endorsed(credential_id(1), "Needs Assessment", digest(a_credential())),
        comment='We hire for this. "Truly."\n— Acme',
        endorsed_on=date(2026, 3, 2),
        status_index=5,
        endorsement_id=credential_id(77),
        valid_until=date(2030, 1, 1),
    )


def a_status_list() -> JsonObject:
    return build_status_list(
        issuer=ISSUER, list_number=0, status_indexes=[1, 42], valid_from=datetime(2026, 3, 2, tzinfo=UTC)
    )


def options(suite: str) -> JsonObject:
    proof = next(each for each in secured()["proof"] if each["cryptosuite"] == suite)  # type: ignore[index,union-attr,call-overload]
    return {"@context": a_credential()["@context"], **{k: v for k, v in proof.items() if k != "proofValue"}}  # type: ignore[union-attr]


OURS: dict[str, JsonObject] = {
    "credential": a_credential(),
    "without result": a_credential(result=None, achievement=an_achievement(result=None)),
    "grades": a_credential(result="B", achievement=an_achievement(result=GRADES)),
    "status": a_credential(result="Completed", achievement=an_achievement(result=STATUS)),
    "fraction of a credit": a_credential(achievement=an_achievement(credits=(("ECTS", 2.5),))),
    "secured": whole(a_credential()),
    "with all dates": {**a_credential(), "validUntil": "2030-01-01T00:00:00Z", "awardedDate": "2026-03-01T00:00:00Z"},
    "endorsement": an_endorsement(),
    "secured endorsement": whole(an_endorsement()),
    "endorsed": {**a_credential(), "endorsement": [whole(an_endorsement())]},
    "status list": a_status_list(),
    "secured status list": whole(a_status_list()),
    "options, rdfc": options("eddsa-rdfc-2022"),
    "options, jcs": options("eddsa-jcs-2022"),
    "record": a_record(whole(a_credential(1)), whole(a_credential(2))),
    "record of all kinds": whole(
        a_record(
            whole(a_credential(1)),
            whole(an_endorsement()),
            associations=(Association("isChildOf", "https://a.example/1", "https://a.example/2"),),
            previous=PreviousVersion(credential_id(899), bytes(32)),
        )
    ),
}


@pytest.mark.parametrize("document", OURS.values(), ids=OURS.keys())
def test_every_document_that_we_make_is_of_a_known_shape(document: JsonObject) -> None:
    expected = by_pyld_alone(document)
    before = copy.deepcopy(document)
    shapes = KnownShapes()
    for _ in range(3):  # read, remembered as it is read again, and known
        assert shapes.canonicalize(document) == expected
    assert shapes.canonicalize(dict(reversed(document.items()))) == expected
    assert canonicalize_known(document) == canonicalize_own(document) == expected
    assert document == before


@pytest.mark.parametrize("size", [1, 2, 50])
def test_a_record_whose_achievements_repeat_comes_out_as_from_pyld(size: int) -> None:
    record = whole(a_record(*(whole(a_credential(number)) for number in range(size))))
    assert canonicalize_known(record) == by_pyld_alone(record)


def test_a_record_of_500_is_of_a_known_shape_and_keeps_what_a_small_one_has() -> None:
    """PyLD takes minutes for it, so the large one is compared with small ones: it holds their lines but for labels."""
    members = [whole(a_credential(number)) for number in range(500)]
    found = canonicalize_known(a_record(*members))
    assert found is not None
    assert len(set(found.splitlines())) == found.count(b"\n")
    without_labels = {_unlabelled(line) for line in found.decode().split("\n")}
    for pair in (members[:2], members[-2:]):
        small = by_pyld_alone(a_record(*pair)).decode()
        assert {_unlabelled(line) for line in small.split("\n")} <= without_labels
    assert found == canonicalize_known(a_record(*reversed(members)))


def _unlabelled(line: str) -> str:
    return " ".join("_" if word.startswith("_:c14n") else word for word in line.split(" "))


DECLINED: list[Any] = [
    {},
    {"@context": []},
    {"@context": [contexts.OPEN_BADGES, contexts.CREDENTIALS_V2], "type": "VerifiableCredential"},
    {"@context": contexts.CREDENTIALS_V1, "type": "VerifiableCredential"},
    {"@context": contexts.CREDENTIALS_V2, "id": "urn:x:1"},
    {"@context": contexts.CREDENTIALS_V2, "type": []},
    {**a_credential(), "id": "_:b0"},
    {**a_credential(), "id": "name:1"},
    {**a_credential(), "evidence": []},
    {**a_credential(), "name": None},
    {**a_credential(), "name": "\ud800"},
    {**a_credential(), "relatedResource": {"id": "cred:x", "mediaType": "a/b"}},
    {**a_credential(), 5: "x"},
    {**a_credential(), "evidence": {"type": "Evidence", "genre": [1, 1.0]}},
]


@pytest.mark.parametrize("document", DECLINED)
def test_what_is_not_known_is_declined(document: Any) -> None:
    assert canonicalize_known(document) is None


def test_declined_documents_of_ours_are_left_to_the_judge() -> None:
    strange = {**a_credential(), "evidence": []}
    assert canonicalize_known(strange) is None
    assert canonicalize_own(strange) == canonicalize_rdf(strange)
    with pytest.raises(InvalidProof) as caught:
        canonicalize_own({**a_credential(), "distinction": "summa cum laude"})
    assert caught.value.code == "undefined_term"


IRIS = ["urn:x:1", "urn:x:2", "https://a.example/ü", "did:web:a.example", "mailto:a@b.example", "x:y"]
ODD_IRIS = ["rel", "_:b", "name:x", "cred:abc", "", "@id", "urn:a b", "urn:\u2028", "relative-iri:x", "id:5", "urn:x:>"]
NATIVES: list[Any] = [0, 1, -4, True, False, 2.5, 0.1, 3.0, 0.000001, 12345678.25, 0.30000000000000004, 1e30, 2**60]
LITERALS = st.one_of(TEXTS, st.sampled_from(["a", "b", *IRIS, *ODD_IRIS, '"\\\n\r\t%s{}\x01\x7f\u0085\u2028']))


def objects(data: st.DataObject, scope: Scope, depth: int, *, types: tuple[str, ...] | None = None) -> Any:
    """An object of some types with some of the members that the contexts give them, rarely something odd."""
    if types is None:
        types = tuple(data.draw(st.lists(st.sampled_from(TYPED), max_size=2, unique=True)))
    made: Any = {"type": list(types)} if types else {}
    if data.draw(st.booleans()):
        made["id"] = data.draw(st.sampled_from(IRIS * 3 + ODD_IRIS))
    if depth < 3 and {"VerifiableCredential", "DataIntegrityProof"} & set(types) and data.draw(st.booleans()):
        made["@context"] = list(data.draw(st.sampled_from(ORDERS[:5])))
        scope = scope.within(tuple(made["@context"]))
    try:
        terms = scope.shape(types).terms
    except UnknownShape:
        return made
    for name in data.draw(st.lists(st.sampled_from(sorted(terms)), max_size=4, unique=True)):
        made[name] = _member(data, scope, terms[name], depth)
    return made


def _member(data: st.DataObject, scope: Scope, term: Term, depth: int) -> Any:
    if data.draw(st.integers(0, 30)) == 0:
        return copy.deepcopy(data.draw(st.sampled_from(ODD_VALUES)))
    values = [_value(data, scope, term, depth) for _ in range(data.draw(st.integers(1, 3)))]
    return values if len(values) > 1 or data.draw(st.booleans()) else values[0]


def _value(data: st.DataObject, scope: Scope, term: Term, depth: int) -> Any:
    if term.coercion == "@vocab":
        return data.draw(st.sampled_from(sorted(term.choices)))
    if term.container == "@graph" and depth:
        return objects(data, scope, depth - 1, types=("DataIntegrityProof",))
    kind = data.draw(st.sampled_from(["text", "text", "object", "object", "native"]))
    if kind == "object" and depth and term.container != "@list":
        return objects(data, scope, depth - 1)
    if kind == "native":
        return data.draw(st.sampled_from(NATIVES))
    return data.draw(st.sampled_from(IRIS) if term.coercion == "@id" else LITERALS)


REMEMBERING = KnownShapes()


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_document_of_these_contexts_comes_out_as_from_pyld_or_not_at_all(data: st.DataObject) -> None:
    urls = data.draw(st.sampled_from(ORDERS[:5]))
    types = ("VerifiableCredential", *data.draw(st.lists(st.sampled_from(TYPED), max_size=1)))
    document = {"@context": list(urls), **objects(data, scope_of_nothing().within(urls), 3, types=types)}
    document["@context"] = list(urls)
    found = REMEMBERING.canonicalize(document)
    if found is not None:
        assert found == judged(document)
        assert REMEMBERING.canonicalize(document) == found


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_document_of_ours_that_is_bent_comes_out_as_from_pyld_or_not_at_all(data: st.DataObject) -> None:
    bent: Any = copy.deepcopy(data.draw(st.sampled_from(list(OURS.values()))))
    for _ in range(data.draw(st.integers(1, 2))):
        *parents, last = data.draw(st.sampled_from(paths_in(bent)))
        part = bent
        for step in parents:
            part = part[step]
        odd = data.draw(st.sampled_from([*ODD_VALUES, *IRIS, *NATIVES]) | LITERALS)
        part[last] = copy.deepcopy(odd)  # the next step may bend what this one put in
    found = REMEMBERING.canonicalize(bent)
    assert found is None or found == judged(bent)


@settings(deadline=None, max_examples=30)
@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3, unique=True), st.sampled_from([1, 2.5, 0.000001]))
def test_credentials_with_text_of_every_script_are_known(
    name: str, narrative: str, tags: list[str], credit: float
) -> None:
    document: Any = a_credential()
    document["name"] = name
    achievement = document["credentialSubject"]["achievement"]
    achievement |= {"criteria": {"narrative": narrative}, "tag": tags, "creditsAvailable": credit}
    assert canonicalize_known(document) == by_pyld_alone(document)


def test_parts_that_are_remembered_do_not_leak_into_other_documents() -> None:
    shapes = KnownShapes()
    for number in range(4):
        document: Any = copy.deepcopy(a_credential(number))
        document["credentialSubject"]["achievement"]["description"] = f"The {number}th wording of one achievement."
        for _ in range(2):
            assert shapes.canonicalize(document) == canonicalize_rdf(document)


def test_labels_that_would_take_permutations_are_not_given() -> None:
    assert canonical_labels(["a", "a"], [(0, " <urn:p> ", 1, ""), (1, " <urn:p> ", 0, "")]) is None
