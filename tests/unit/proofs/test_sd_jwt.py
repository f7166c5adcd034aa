"""Selective disclosure: what is hidden comes back exactly where it was, and nothing that does not belong is let in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.codecs import encode_base64url
from ledger.errors import MalformedDocument
from ledger.proofs.sd_jwt import MAX_DISCLOSURES, Concealer, Disclosure, disclose, split

MOEBIUS = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
TOKEN = "eyJhIjoxfQ.eyJiIjoyfQ.c2ln"
SALT = encode_base64url(bytes(16))


def text_of(*parts: Any) -> str:
    return encode_base64url(json.dumps(parts).encode())


def read(*texts: str) -> tuple[Disclosure, ...]:
    return split("~".join([TOKEN, *texts, ""]).encode()).disclosures


def digest(text: str) -> str:
    return read(text)[0].digest()


def code_of(payload: Any, *texts: str) -> str:
    with pytest.raises(MalformedDocument) as refused:
        disclose(payload, read(*texts))
    return refused.value.code


def test_the_digests_are_those_of_rfc_9901_section_4_2() -> None:
    family, country = read(MOEBIUS, FRANCE)
    assert (family.name, family.value) == ("family_name", "Möbius")
    assert family.digest() == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert (country.name, country.value) == (None, "FR")
    assert country.digest() == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"


def test_what_is_disclosed_comes_back_and_the_rest_is_named_by_its_place() -> None:
    payload = {"_sd": [digest(MOEBIUS), "other"], "nationalities": [{"...": digest(FRANCE)}, {"...": "hidden"}, "DE"]}
    found = disclose(payload, read(MOEBIUS, FRANCE))  # type: ignore[arg-type]
    assert found.claims == {"family_name": "Möbius", "nationalities": ["FR", "DE"]}
    assert found.withheld == {"other": (), "hidden": ("nationalities", "[]")}
    assert found.shown[digest(MOEBIUS)] == ("family_name",)
    nothing = disclose(payload, ())  # type: ignore[arg-type]
    assert nothing.claims == {"nationalities": ["DE"]}


def test_a_disclosure_may_hold_further_digests() -> None:
    inner = text_of(SALT, "street", "High Street")
    outer = text_of(SALT, "address", {"_sd": [digest(inner)], "country": "NZ"})
    payload: Any = {"_sd": [digest(outer)], "_sd_alg": "sha-256"}
    assert disclose(payload, read(outer, inner)).claims == {"address": {"street": "High Street", "country": "NZ"}}
    assert disclose(payload, read(outer)).claims == {"address": {"country": "NZ"}}
    assert code_of(payload, inner) == "sd_jwt_disclosure"


@pytest.mark.parametrize(
    ("payload", "texts", "code"),
    [
        ({"_sd": ["x"]}, [MOEBIUS], "sd_jwt_disclosure"),
        ({"_sd": ["x", "x"]}, [], "sd_jwt_digest"),
        ({"_sd": ["x"], "a": {"_sd": ["x"]}}, [], "sd_jwt_digest"),
        ({"_sd": ["x"], "a": [{"...": "x"}]}, [], "sd_jwt_digest"),
        ({"_sd": "x"}, [], "sd_jwt_digest"),
        ({"_sd": [1]}, [], "sd_jwt_digest"),
        ({"a": [{"...": 1}]}, [], "sd_jwt_digest"),
        ({"a": [{"...": "x", "b": 1}]}, [], "sd_jwt_reserved"),
        ({"...": "x"}, [], "sd_jwt_reserved"),
        ({"a": {"_sd_alg": "sha-256"}}, [], "sd_jwt_reserved"),
        ({"_sd_alg": "md5"}, [], "sd_jwt_hash"),
        ({"_sd_alg": None}, [], "sd_jwt_hash"),
    ],
)
def test_a_payload_that_could_mean_two_things_is_refused(payload: Any, texts: list[str], code: str) -> None:
    assert code_of(payload, *texts) == code


def test_disclosures_fit_their_kind_of_place_and_take_nobodys_name() -> None:
    assert code_of({"_sd": [digest(FRANCE)]}, FRANCE) == "sd_jwt_disclosure"
    assert code_of({"a": [{"...": digest(MOEBIUS)}]}, MOEBIUS) == "sd_jwt_disclosure"
    assert code_of({"_sd": [digest(MOEBIUS)], "family_name": "Other"}, MOEBIUS) == "sd_jwt_reserved"
    twice = text_of(SALT + "A", "family_name", "Other")
    assert code_of({"_sd": [digest(MOEBIUS), digest(twice)]}, MOEBIUS, twice) == "sd_jwt_reserved"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([MOEBIUS, MOEBIUS], "sd_jwt_disclosure"),
        ([MOEBIUS + "="], "sd_jwt_disclosure"),
        ([text_of(SALT)], "sd_jwt_disclosure"),
        ([text_of(SALT, "a", 1, 2)], "sd_jwt_disclosure"),
        ([text_of(1, "a", 1)], "sd_jwt_disclosure"),
        ([text_of(SALT, 1, 1)], "sd_jwt_disclosure"),
        ([encode_base64url(b'["s","a",1],"x":2')], "sd_jwt_disclosure"),
        ([encode_base64url(b'{"a":1}')], "sd_jwt_disclosure"),
        ([text_of(SALT, "_sd", [])], "sd_jwt_reserved"),
        ([text_of(SALT, "...", "x")], "sd_jwt_reserved"),
        ([text_of(SALT, "_sd_alg", "x")], "sd_jwt_reserved"),
        ([encode_base64url(b'["s","a",{"b":1,"b":2}]')], "json_duplicate_key"),
        ([text_of(SALT, str(place), 1) for place in range(MAX_DISCLOSURES + 1)], "limit_body"),
    ],
)
def test_what_is_no_disclosure_is_refused(texts: list[str], code: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        read(*texts)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text", ["", "~", "a.b.c", TOKEN, "a.b~", f"{TOKEN}~x", f"{TOKEN}~a.b", "é.b.c~", f"{TOKEN} ~", f".{TOKEN}~"]
)
def test_what_is_no_token_with_disclosures_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        split(text.encode())
    assert refused.value.code == "sd_jwt_malformed"


def test_disclosures_that_nest_without_end_are_refused() -> None:
    texts = [text_of(SALT, "a", 1)]
    for _ in range(60):
        texts.append(text_of(SALT, "a", {"_sd": [digest(texts[-1])]}))
    assert code_of({"_sd": [digest(texts[-1])]}, *texts) == "limit_depth"


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(-9, 9) | st.text(max_size=5), max_size=5),
    st.lists(st.integers(-9, 9), max_size=4),
    st.data(),
)
@settings(max_examples=60)
def test_whatever_is_hidden_and_shown_again_is_what_it_was(
    members: dict[str, Any], elements: list[int], data: st.DataObject
) -> None:
    salts = iter(range(1000))
    concealer = Concealer(lambda: next(salts).to_bytes(16, "big"))
    document: dict[str, Any] = {**members, "list": list(elements)}
    payload = {**members, "list": list(elements)}
    for name in data.draw(st.lists(st.sampled_from(sorted(members)), unique=True)) if members else []:
        concealer.member(payload, name)
    for place in data.draw(st.lists(st.sampled_from(range(len(elements))), unique=True)) if elements else []:
        concealer.element(payload["list"], place)
    assert disclose(payload, concealer.disclosures).claims == document
    kept = data.draw(st.lists(st.sampled_from(concealer.disclosures), unique=True)) if concealer.disclosures else []
    part = disclose(payload, kept)
    assert len(part.withheld) == len(concealer.disclosures) - len(kept)
    assert all(document[name] == value for name, value in part.claims.items() if name != "list")
