from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from ledger.documents import contexts
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof
from ledger.proofs.data_integrity import CRYPTOSUITES, sign
from ledger.proofs.known_shapes import canonicalize_known
from ledger.proofs.rdfc import RdfCanonicalizer, canonicalize_rdf
from tests.builders import a_credential, a_record, a_signer
from tests.strategies import TEXTS


def by_pyld_alone(document: JsonObject) -> bytes:
    """What PyLD makes of `document` by itself, with nothing remembered."""

    def load(url: str, _options: object) -> dict[str, object]:
        return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": contexts.load(url)}

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    n_quads: str = jsonld.JsonLdProcessor().normalize(document, options)
    return n_quads.encode()


def secured(number: int = 1) -> JsonObject:
    document = a_credential(number)
    proofs: Any = [
        sign(
            document,
            cryptosuite=suite,
            signer=a_signer(),
            verification_method="did:web:cairn.example:issuers:usm#key-1",
            created=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for suite in CRYPTOSUITES
    ]
    return {**document, "proof": proofs}


def code_of(document: Any) -> str | None:
    try:
        canonicalize_rdf(document)
    except InvalidProof as error:
        return error.code
    return None


def changed(change: Callable[[Any], object]) -> Any:
    document = copy.deepcopy(a_credential())
    change(document)
    return document


@pytest.mark.parametrize(
    "document",
    [
        a_credential(),
        a_credential(result=None),
        secured(),
        a_record(secured(1), secured(2)),
        changed(
            lambda d: d.update(validUntil="2030-01-01T00:00:00Z", evidence=[{"type": ["Evidence"], "name": "Ünï"}])
        ),
        {"@context": contexts.CREDENTIALS_V2, "type": "VerifiableCredential"},
    ],
    ids=["credential", "without result", "secured", "record", "evidence", "least"],
)
def test_remembered_contexts_change_nothing(document: JsonObject) -> None:
    expected = by_pyld_alone(document)
    assert expected.endswith(b" .\n")
    canonicalizer = RdfCanonicalizer()
    before = copy.deepcopy(document)
    for _ in range(3):
        assert canonicalizer.canonicalize(document) == expected
    assert canonicalize_rdf(document) == expected
    assert document == before


@settings(deadline=None, max_examples=50)
@given(
    TEXTS, TEXTS, st.lists(TEXTS, max_size=3), st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from([2.5, 0.000001])
)
def test_values_of_every_script_come_out_as_from_pyld(
    name: str, narrative: str, tags: list[str], credit: float
) -> None:
    document: Any = a_credential()
    document["name"] = name
    achievement = document["credentialSubject"]["achievement"]
    achievement |= {"criteria": {"narrative": narrative}, "tag": tags, "creditsAvailable": credit}
    assert canonicalize_rdf(document) == by_pyld_alone(document)


def test_the_order_of_members_and_list_shape_do_not_matter() -> None:
    document = a_credential()
    assert canonicalize_rdf(dict(reversed(document.items()))) == canonicalize_rdf(document)


def _rekey(document: Any, name: str, iri: str) -> None:
    document[iri] = document.pop(name)


VALID_UNTIL = "https://www.w3.org/2018/credentials#validUntil"
INLINE_CONTEXT = {"validUntil": "https://attacker.example/never"}
ACHIEVEMENT = ("credentialSubject", "achievement")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        # a context that is not one of ours, or not where it belongs
        (lambda d: d.pop("@context"), "context_untrusted"),
        (lambda d: d.update({"@context": None}), "context_untrusted"),
        (lambda d: d.update({"@context": []}), "context_untrusted"),
        (lambda d: d.update({"@context": [[contexts.CREDENTIALS_V2]]}), "context_untrusted"),
        (lambda d: d.update({"@context": {"@vocab": "https://example.org/"}}), "context_untrusted"),
        (lambda d: d["@context"].reverse(), "context_untrusted"),
        (lambda d: d["@context"].append("https://attacker.example/context"), "context_untrusted"),
        (lambda d: d["@context"].append("http://169.254.169.254/"), "context_untrusted"),
        (lambda d: d["@context"].append("https://www.w3.org/ns/credentials/undefined-terms/v2"), "context_untrusted"),
        (lambda d: d["@context"].append({"@vocab": "https://example.org/"}), "context_untrusted"),
        (lambda d: d["@context"].append({"@vocab": None}), "context_untrusted"),
        (lambda d: d["@context"].append(INLINE_CONTEXT), "context_untrusted"),
        (lambda d: d["@context"].append(None), "context_untrusted"),
        (lambda d: d["@context"].append(contexts.OPEN_BADGES), "context_untrusted"),
        (lambda d: d["credentialSubject"].update({"@context": INLINE_CONTEXT}), "context_untrusted"),
        (lambda d: d["credentialSubject"].update({"@context": contexts.CREDENTIALS_V2}), "context_untrusted"),
        (
            lambda d: d["credentialSubject"].update({"type": "VerifiableCredential", "@context": INLINE_CONTEXT}),
            "context_untrusted",
        ),
        # what the contexts do not define
        (lambda d: d.update(distinction="summa cum laude"), "undefined_term"),
        (lambda d: d["credentialSubject"]["achievement"].update(grade={"id": "urn:x:1"}), "undefined_term"),
        (lambda d: d["type"].append("Distinction"), "undefined_term"),
        (lambda d: d["type"].append(""), "undefined_term"),
        (lambda d: d.update(id="relative"), "undefined_term"),
        (lambda d: d.update(id=""), "undefined_term"),
        (lambda d: d.update(id="//host.example/x"), "undefined_term"),
        (lambda d: d.update(id="#fragment"), "undefined_term"),
        (lambda d: d.update(credentialSubject="Nur"), "undefined_term"),
        # other ways to write a member or a value, which would hide it from readers of JSON
        (lambda d: _rekey(d, "validFrom", "https://www.w3.org/2018/credentials#validFrom"), "undefined_term"),
        (lambda d: d.update({VALID_UNTIL: "2020-01-01T00:00:00Z"}), "undefined_term"),
        (lambda d: d.update({"cred:validUntil": "2020-01-01T00:00:00Z"}), "undefined_term"),
        (lambda d: _rekey(d, "id", "@id"), "undefined_term"),
        (lambda d: _rekey(d, "type", "@type"), "undefined_term"),
        (lambda d: d.update({"@graph": []}), "undefined_term"),
        (lambda d: d.update({"@included": {"id": "urn:x:1"}}), "undefined_term"),
        (lambda d: d.update({"@reverse": {"issuer": {"id": "urn:x:1"}}}), "undefined_term"),
        (lambda d: d.update(name={"@value": "A", "@direction": "rtl"}), "undefined_term"),
        (lambda d: d.update(name={"@value": "A", "@language": "en"}), "undefined_term"),
        (lambda d: d.update(id="@id"), "undefined_term"),
        (lambda d: d["type"].append("@json"), "undefined_term"),
        (lambda d: d["type"].append("@anything"), "undefined_term"),
        # forms of which another has the same graph
        (lambda d: d.update(credentialStatus=[[d["credentialStatus"]]]), "ambiguous_form"),
        (lambda d: d["credentialSubject"].update(result=[[{"type": ["Result"], "value": "A"}]]), "ambiguous_form"),
        (
            lambda d: d.update(evidence=[{"id": d["id"], "type": d["type"], "validUntil": "2020-01-01T00:00:00Z"}]),
            "ambiguous_form",
        ),
        (
            lambda d: d.update(evidence=[d["credentialStatus"] | {"id": d["credentialStatus"]["id"], "statusSize": 2}]),
            "ambiguous_form",
        ),
        # IRIs that would read as more than one term, or vanish
        (lambda d: d.update(id="urn:x:1> <urn:p> <urn:o> .\n<urn:x:2"), "undefined_term"),
        (lambda d: d.update(id="urn:x:1 2"), "undefined_term"),
        (lambda d: d.update(id="urn:x:1\n"), "undefined_term"),
        (lambda d: d.update(id='urn:x:"'), "undefined_term"),
        (lambda d: d["credentialStatus"].update(statusListCredential="https://a.example/ b"), "undefined_term"),
        (lambda d: d.update(id="_:b> <urn:p"), "undefined_term"),
        (lambda d: d.update(id="_:"), "canonicalization_failed"),
        (lambda d: d.update(id="_:é"), "canonicalization_failed"),
        # what is not JSON-LD
        (lambda d: d.update(id=5), "canonicalization_failed"),
        (lambda d: d.update(id=["urn:x:1"]), "canonicalization_failed"),
        (lambda d: d.update(type=5), "undefined_term"),
        (lambda d: d.update(type=[["VerifiableCredential"]]), "ambiguous_form"),
        (lambda d: d.update(type=None), "undefined_term"),
    ],
)
def test_json_that_says_more_than_its_graph_is_refused(change: Callable[[Any], object], code: str) -> None:
    assert code_of(a_credential()) is None
    assert code_of(changed(change)) == code
    assert canonicalize_known(changed(change)) is None


def test_credentials_and_proofs_inside_a_document_bring_their_own_contexts() -> None:
    assert code_of(a_record(secured())) is None
    record: Any = copy.deepcopy(a_record(secured()))
    nested = record["credentialSubject"]["verifiableCredential"][0]
    nested["@context"].append("https://attacker.example/context")
    assert code_of(record) == "context_untrusted"
    record = copy.deepcopy(a_record(secured()))
    record["credentialSubject"]["verifiableCredential"][0]["proof"][1]["@context"] = [{"@vocab": "urn:x:"}]
    assert code_of(record) == "context_untrusted"


ODD_VALUES: list[Any] = [
    None, True, 5, 2.5, "", "@id", "_:b", [], [[]], {}, [None], {"id": None}, {"type": []}, [{"id": "x:y"}]
]  # fmt: skip


def test_a_record_does_not_hold_two_credentials_of_one_id() -> None:
    record: Any = a_record(secured(1), secured(2))
    assert code_of(record) is None
    first, second = record["credentialSubject"]["verifiableCredential"]
    second["id"] = first["id"]
    assert code_of(record) == "ambiguous_form"


def test_a_record_may_name_a_credential_that_it_holds() -> None:
    held = secured(1)
    related: Any = [{"id": held["id"], "mediaType": "application/vc", "digestMultibase": "uEiA"}]
    assert code_of(a_record(held, {**a_credential(2), "relatedResource": related})) is None


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_value_of_another_shape_gives_a_result_or_a_code(data: st.DataObject) -> None:
    bent: Any = a_credential()
    *parents, last = data.draw(st.sampled_from(paths_in(bent)))
    part = bent
    for step in parents:
        part = part[step]
    part[last] = data.draw(st.sampled_from(ODD_VALUES))
    code_of(bent)


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    here = [path] if path else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return here + [inner for step, member in members for inner in paths_in(member, (*path, step))]
