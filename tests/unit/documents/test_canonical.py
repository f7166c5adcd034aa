from __future__ import annotations

import json
import math
import struct
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.canonical import canonicalize, digest, digest_multibase, parse_digest_multibase
from ledger.documents.codecs import encode_base58
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument
from tests.builders import a_credential
from tests.mutants import changes, paths
from tests.strategies import ANY_VALUES, PLAIN_VALUES

VECTORS = Path(__file__).parents[2] / "vectors" / "rfc8785-cyberphone"


@pytest.mark.parametrize("path", sorted((VECTORS / "input").iterdir()), ids=lambda path: path.stem)
def test_the_published_test_data_comes_out_to_the_byte(path: Path) -> None:
    value = json.loads(path.read_bytes())
    assert canonicalize(value) == (VECTORS / "output" / path.name).read_bytes().rstrip(b"\n")


@pytest.mark.parametrize(
    ("bits", "text"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_the_number_table_of_the_standard_comes_out(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonicalize(number) == text.encode()


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 2**53, -(2**53)])
def test_numbers_without_a_canonical_form_are_refused(number: float) -> None:
    with pytest.raises(MalformedDocument) as caught:
        canonicalize({"a": [number]})
    assert caught.value.code == "json_number"


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a\ud83cb"], {"\ud800": 1, "a": 2}])
def test_lone_surrogates_are_refused(value: Any) -> None:
    with pytest.raises(MalformedDocument) as caught:
        canonicalize(value)
    assert caught.value.code == "json_string"


def test_other_types_and_values_deeper_than_the_stack_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value, code in [(b"a", "json_value"), ({1: 2}, "json_value"), (deep, "limit_depth")]:
        with pytest.raises(MalformedDocument) as caught:
            canonicalize(value)  # type: ignore[arg-type]
        assert caught.value.code == code


def test_names_sort_by_utf16_units() -> None:
    # U+1F393 is written with units from U+D800, so it comes before U+E000, and after it in the order of code points.
    names = ["€", "\r", "דּ", "1", "🎓", "\x80", "ö", "\ue000", "a"]
    text = canonicalize(dict.fromkeys(names)).decode()
    assert list(json.loads(text)) == sorted(names, key=lambda name: name.encode("utf-16-be"))
    assert text.index("🎓") < text.index("\ue000")


@settings(deadline=None, max_examples=300)
@given(PLAIN_VALUES | ANY_VALUES)
def test_the_fast_path_writes_what_the_reference_writes(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(MalformedDocument):
            canonicalize(value)
    else:
        assert canonicalize(value) == expected


@settings(deadline=None, max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e17, 1e17) | st.integers(-20, 20).map(math.exp))
def test_numbers_read_back_as_themselves(number: float) -> None:
    text = canonicalize(number)
    assert text == rfc8785.dumps(number)
    assert float(text) == number


@settings(deadline=None)
@given(PLAIN_VALUES)
def test_canonicalizing_again_changes_nothing(value: Any) -> None:
    text = canonicalize(value)
    assert canonicalize(json.loads(text)) == text


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=6), st.randoms())
def test_the_order_of_members_does_not_matter(value: dict[str, int], random: Any) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    assert canonicalize(dict(shuffled)) == canonicalize(dict(value))


def test_the_digest_covers_all_but_the_proof_at_the_top() -> None:
    document = a_credential()
    expected = sha256(rfc8785.dumps(document)).digest()
    assert digest(document) == expected
    assert digest({**document, "proof": {"type": "x"}}) == expected
    inner: JsonObject = {**document, "evidence": [{"proof": 1}]}
    assert digest(inner) not in (expected, digest({**document, "evidence": [{}]}))


def test_a_digest_goes_into_multibase_and_back() -> None:
    value = digest(a_credential())
    text = digest_multibase(value)
    assert text.startswith("uEi")
    assert len(text) == 47
    assert parse_digest_multibase(text) == value


def test_a_digest_in_base58_is_read_too() -> None:
    value = bytes(range(32))
    assert parse_digest_multibase("z" + encode_base58(b"\x12\x20" + value)) == value


@pytest.mark.parametrize(
    "text",
    ["", "u", "uEi", "EiAAAA", "uEiB" + "A" * 44, "uEyB" + "A" * 43, "mEiB" + "A" * 43, "zQm", "u" + "_" * 46],
)
def test_other_digests_are_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        parse_digest_multibase(text)


def shuffled(value: Any, random: Random) -> Any:
    """The same JSON with its members in another order, at every depth."""
    if isinstance(value, dict):
        names = list(value)
        random.shuffle(names)
        return {name: shuffled(value[name], random) for name in names}
    return [shuffled(entry, random) for entry in value] if isinstance(value, list) else value


@given(st.randoms(use_true_random=False), st.sampled_from([None, 0, 1, 4]), st.booleans())
def test_how_a_document_is_printed_does_not_change_its_digest(random: Random, indent: int | None, ascii_: bool) -> None:
    document = a_credential(3)
    printed = json.dumps(shuffled(document, random), indent=indent, ensure_ascii=ascii_)
    assert digest(parse(printed.encode())) == digest(document)


@settings(max_examples=300)
@given(st.randoms(use_true_random=False))
def test_any_edit_that_changes_what_a_document_says_changes_its_digest(random: Random) -> None:
    document = a_credential(3)
    edited = random.choice(changes(document, random.choice(list(paths(document)))))()
    says_the_same = json.dumps(edited, sort_keys=True) == json.dumps(document, sort_keys=True)
    assert (digest(edited) == digest(document)) is says_the_same
