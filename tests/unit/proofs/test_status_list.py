"""Status lists against the specification's own example, bit order, and lists that are out to do harm."""

from __future__ import annotations

import base64
import gzip
import zlib
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.credential import IssuerProfile, status_entry
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.errors import MalformedDocument
from ledger.proofs.status_list import (
    MAX_BITSTRING_SIZE,
    build_status_list,
    decode_bits,
    encode_bits,
    parse_entry,
    read_entry,
    read_status,
)

# The value of `encodedList` in the examples of the W3C Bitstring Status List v1.0, section 2.2 and appendix A.
PUBLISHED = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
SIZE = 131_072
ISSUER = IssuerProfile(
    did="did:web:cairn.example:issuers:usm", name="USM", base_url="https://cairn.example/issuers/usm"
)
VALID_FROM = datetime(2026, 11, 22, 10, tzinfo=UTC)


def packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def a_bomb() -> bytes:
    return gzip.compress(bytes(64 * MAX_BITSTRING_SIZE))


def list_of(*status_indexes: int, number: int = 0) -> JsonObject:
    return build_status_list(issuer=ISSUER, list_number=number, status_indexes=status_indexes, valid_from=VALID_FROM)


def changed(**members: JsonValue) -> JsonObject:
    subject = list_of(7)["credentialSubject"]
    assert isinstance(subject, dict)
    return {**list_of(7), "credentialSubject": {**subject, **members}}


def code_of(document: JsonObject, index: int = 0) -> str:
    with pytest.raises(MalformedDocument) as caught:
        read_status(document, index)
    return caught.value.code


def test_the_published_example_is_a_list_without_a_set_entry() -> None:
    assert decode_bits(PUBLISHED) == bytes(SIZE // 8)
    assert decode_bits(encode_bits([])) == decode_bits(PUBLISHED)
    assert not read_status(changed(encodedList=PUBLISHED), 94_567)


def test_the_first_entry_is_the_leftmost_bit() -> None:
    bits = decode_bits(encode_bits([0, 9, SIZE - 1]))
    assert bits[0] == 0b1000_0000
    assert bits[1] == 0b0100_0000
    assert bits[-1] == 0b0000_0001
    assert sum(byte.bit_count() for byte in bits) == 3


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, SIZE - 1), max_size=60), st.integers(0, SIZE - 1))
def test_what_is_set_is_read_and_nothing_else(entries: set[int], other: int) -> None:
    document = list_of(*entries)
    assert all(read_status(document, entry) for entry in entries)
    assert read_status(document, other) is (other in entries)


def test_the_list_and_the_entry_in_a_credential_name_each_other() -> None:
    status_index = 3 * SIZE + 70_421
    document, entry = list_of(status_index, number=3), status_entry(ISSUER.base_url, status_index)
    assert document["id"] == entry["statusListCredential"] == "https://cairn.example/issuers/usm/status/3"
    assert entry["statusListIndex"] == "70421"
    assert read_status(document, int(str(entry["statusListIndex"])))
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    assert subject["statusPurpose"] == entry["statusPurpose"] == "revocation"
    assert document["issuer"] == ISSUER.did


def test_the_same_state_gives_the_same_document() -> None:
    assert list_of(5, 900, 131_000) == list_of(131_000, 5, 900)


@pytest.mark.parametrize("status_index", [-1, SIZE - 1, 2 * SIZE])
def test_an_index_of_another_list_is_refused(status_index: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        list_of(status_index, number=1)


def test_a_list_of_another_issuer_may_be_longer_and_serve_several_purposes() -> None:
    document = changed(encodedList=encode_bits([500_000], size=2**20), statusPurpose=["revocation", "suspension"])
    assert read_status(document, 500_000)
    assert not read_status(document, 2**20 - 1)
    assert code_of(document, 2**20) == "status_index_range"


@pytest.mark.parametrize("index", [-1, SIZE, 2**63])
def test_an_entry_outside_the_list_is_named(index: int) -> None:
    assert code_of(list_of(7), index) == "status_index_range"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(a_bomb())
    assert len(bomb) < 512 * 1024
    assert code_of(changed(encodedList=bomb)) == "status_list_large"
    packer = zlib.compressobj(9, wbits=31)
    endless = packed(packer.compress(bytes(2 * MAX_BITSTRING_SIZE)) + packer.flush(zlib.Z_SYNC_FLUSH))
    assert code_of(changed(encodedList=endless)) == "status_list_large"


WHOLE = gzip.compress(bytes(SIZE // 8), mtime=0)


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (packed(gzip.compress(bytes(SIZE // 8 - 1), mtime=0)), "status_list_short"),
        (packed(gzip.compress(b"", mtime=0)), "status_list_short"),
        (packed(WHOLE[:-9]), "status_list_malformed"),
        (packed(WHOLE + b"\0"), "status_list_malformed"),
        (packed(WHOLE + WHOLE), "status_list_malformed"),
        (packed(WHOLE[:-8] + bytes(8)), "status_list_malformed"),
        (packed(zlib.compress(bytes(SIZE // 8))), "status_list_malformed"),
        (packed(bytes(SIZE // 8)), "status_list_malformed"),
        (packed(b""), "status_list_malformed"),
        (PUBLISHED[1:], "status_list_malformed"),
        ("z" + PUBLISHED[1:], "status_list_malformed"),
        (PUBLISHED + "==", "status_list_malformed"),
        (PUBLISHED[:9] + "\n" + PUBLISHED[9:], "status_list_malformed"),
        ("", "status_list_malformed"),
        (None, "status_list_malformed"),
        ([PUBLISHED], "status_list_malformed"),
    ],
)
def test_a_list_that_cannot_be_relied_on_is_named(encoded: JsonValue, code: str) -> None:
    assert code_of(changed(encodedList=encoded)) == code


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "status_list_type"),
        ({**list_of(7), "type": ["VerifiableCredential"]}, "status_list_type"),
        ({**list_of(7), "type": None}, "status_list_type"),
        ({**list_of(7), "credentialSubject": []}, "status_list_type"),
        (changed(type="StatusList2021"), "status_list_type"),
        (changed(type=None), "status_list_type"),
        (changed(statusPurpose="suspension"), "status_list_purpose"),
        (changed(statusPurpose=["message"]), "status_list_purpose"),
        (changed(statusPurpose=None), "status_list_purpose"),
    ],
)
def test_a_document_that_is_no_list_of_revocations_is_named(document: JsonObject, code: str) -> None:
    assert code_of(document) == code


# --- lists of others -------------------------------------------------------------------------------------------------

SET = 70_421


def entry_2021(**changes: JsonValue) -> JsonObject:
    plain: JsonObject = {
        "type": "StatusList2021Entry",
        "statusPurpose": "revocation",
        "statusListIndex": str(SET),
        "statusListCredential": "https://uni.example/status/1",
    }
    return {**plain, **changes}


def list_2021(encoded: str, **changes: JsonValue) -> JsonObject:
    subject: JsonObject = {"type": "StatusList2021", "statusPurpose": "revocation", "encodedList": encoded, **changes}
    return {"type": ["VerifiableCredential", "StatusList2021Credential"], "credentialSubject": subject}


def entry_2020(**changes: JsonValue) -> JsonObject:
    plain: JsonObject = {
        "type": "RevocationList2020Status",
        "revocationListIndex": str(SET),
        "revocationListCredential": "https://uni.example/status/1",
    }
    return {**plain, **changes}


def list_2020(encoded: str) -> JsonObject:
    subject: JsonObject = {"type": "RevocationList2020", "encodedList": encoded}
    return {"type": ["VerifiableCredential", "RevocationList2020Credential"], "credentialSubject": subject}


def value_of(entry: JsonObject, document: JsonObject) -> int | str:
    try:
        parsed = parse_entry(entry)
        assert parsed is not None
        assert parsed.url == "https://uni.example/status/1"
        return read_entry(document, parsed)
    except MalformedDocument as error:
        return error.code


BARE = encode_bits([SET])[1:]
IN_BASE64 = base64.b64encode(gzip.compress(b"\x80" + bytes(SIZE // 8 - 1), mtime=0)).decode()


def test_the_lists_of_the_drafts_are_read_without_a_multibase_letter() -> None:
    assert value_of(entry_2021(), list_2021(BARE)) == 1
    assert value_of(entry_2021(statusListIndex=SET), list_2021(BARE)) == 1
    assert value_of(entry_2021(statusListIndex="70420"), list_2021(BARE)) == 0
    assert value_of(entry_2020(), list_2020(BARE)) == 1
    assert value_of(entry_2020(revocationListIndex="0"), list_2020(BARE)) == 0
    assert value_of(entry_2021(), list_2021("u" + BARE)) == "status_list_malformed"
    assert value_of(entry_2020(), list_2020("u" + BARE)) == "status_list_malformed"


def test_the_other_alphabet_and_padding_of_the_drafts_are_read_too() -> None:
    first = entry_2021(statusListIndex="0")
    padding = IN_BASE64[len(IN_BASE64.rstrip("=")) :]
    assert value_of(first, list_2021(IN_BASE64)) == 1
    assert value_of(first, list_2021(IN_BASE64.rstrip("="))) == 1
    wrong = "=" if padding != "=" else "=="
    assert value_of(first, list_2021(IN_BASE64.rstrip("=") + wrong)) == "status_list_malformed"
    assert value_of(first, list_2021(IN_BASE64 + "====")) == "status_list_malformed"
    assert value_of(first, list_2021(IN_BASE64[:8] + "\n" + IN_BASE64[8:])) == "status_list_malformed"


def test_an_entry_is_read_in_a_list_of_its_own_kind_and_purpose_only() -> None:
    suspended = entry_2021(statusPurpose="suspension")
    assert value_of(suspended, list_2021(BARE, statusPurpose="suspension")) == 1
    assert value_of(suspended, list_2021(BARE)) == "status_list_purpose"
    assert value_of(entry_2021(), list_2021(BARE, statusPurpose=None)) == "status_list_purpose"
    assert value_of(entry_2021(), list_2021(BARE, type="BitstringStatusList")) == "status_list_type"
    assert value_of(entry_2021(), list_2020(BARE)) == "status_list_type"
    assert value_of(entry_2020(), list_2021(BARE)) == "status_list_type"
    assert value_of(entry_2021(type="BitstringStatusListEntry"), list_2021(BARE)) == "status_list_type"
    assert value_of(entry_2021(), list_of(SET)) == "status_list_type"


def test_a_list_of_the_drafts_is_as_bounded_as_ours() -> None:
    bomb = packed(a_bomb())[1:]
    short = packed(gzip.compress(bytes(SIZE // 8 - 1), mtime=0))[1:]
    for entry, make in ((entry_2021(), list_2021), (entry_2020(), list_2020)):
        assert value_of(entry, make(bomb)) == "status_list_large"
        assert value_of(entry, make(short)) == "status_list_short"
        assert value_of(entry, make(packed(WHOLE + b"\0")[1:])) == "status_list_malformed"
    assert value_of(entry_2021(statusListIndex=str(SIZE)), list_2021(BARE)) == "status_index_range"
    assert value_of(entry_2020(revocationListIndex=SIZE), list_2020(BARE)) == "status_index_range"


@pytest.mark.parametrize(
    "changes",
    [
        {"statusListIndex": None},
        {"statusListIndex": -1},
        {"statusListIndex": "-1"},
        {"statusListIndex": ""},
        {"statusListIndex": "1.0"},
        {"statusListIndex": 1.5},
        {"statusListIndex": True},
        {"statusListIndex": "٣"},
        {"statusListIndex": "²"},
        {"statusListIndex": " 7"},
        {"statusListIndex": "0x7"},
        {"statusListIndex": "1" * 5000},
        {"statusListIndex": 10**15},
        {"statusListIndex": ["7"]},
        {"statusPurpose": None},
        {"statusPurpose": ["revocation"]},
        {"statusListCredential": None},
        {"statusListCredential": {"id": "https://uni.example/status/1"}},
        {"statusSize": 0},
        {"statusSize": "1"},
        {"statusSize": True},
        {"statusSize": 2},
    ],
)
def test_an_entry_that_does_not_say_where_it_stands_is_malformed(changes: dict[str, JsonValue]) -> None:
    assert value_of(entry_2021(**changes), list_2021(BARE)) == "status_entry_malformed"
    changed_type = entry_2021(type="BitstringStatusListEntry", **changes)
    assert value_of(changed_type, list_2021(BARE)) == "status_entry_malformed"


@pytest.mark.parametrize(
    "kind",
    [None, "", "1EdTechRevocationList", "CredentialStatusList2017", ["StatusList2021Entry"], "StatusList2023Entry"],
)
def test_an_entry_of_another_kind_is_not_read(kind: JsonValue) -> None:
    assert parse_entry(entry_2021(type=kind)) is None
    assert parse_entry({}) is None


def sized(index: int, size: int, **changes: JsonValue) -> JsonObject:
    messages: list[JsonValue] = [{"status": hex(value), "message": str(value)} for value in range(2**size)]
    return entry_2021(
        type="BitstringStatusListEntry",
        statusPurpose="message",
        statusListIndex=str(index),
        statusSize=size,
        statusMessage=messages,
        **changes,
    )


def list_of_values(values: dict[int, int], size: int, **changes: JsonValue) -> JsonObject:
    bits = bytearray(SIZE * size // 8)
    for index, value in values.items():
        for place in range(size):
            if value >> (size - 1 - place) & 1:
                bit = index * size + place
                bits[bit >> 3] |= 0x80 >> (bit & 7)
    encoded = packed(gzip.compress(bytes(bits), mtime=0))
    subject: JsonObject = {
        "type": "BitstringStatusList",
        "statusPurpose": ["message"],
        "encodedList": encoded,
        **changes,
    }
    return {"type": ["VerifiableCredential", "BitstringStatusListCredential"], "credentialSubject": subject}


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 8), st.dictionaries(st.integers(0, SIZE - 1), st.integers(0, 255), min_size=1, max_size=5))
def test_entries_of_several_bits_are_read_with_the_first_bit_the_highest(size: int, values: dict[int, int]) -> None:
    values = {index: value % 2**size for index, value in values.items()}
    document = list_of_values(values, size)
    assert {index: value_of(sized(index, size), document) for index in values} == values


def test_entries_of_several_bits_need_a_list_that_has_them() -> None:
    assert value_of(sized(5, 2), list_of_values({5: 3}, 2, statusSize=2)) == 3
    assert value_of(sized(5, 2), list_of_values({5: 3}, 2, statusSize=4)) == "status_list_malformed"
    assert value_of(sized(SIZE, 2), list_of_values({5: 3}, 2)) == "status_index_range"
    assert value_of(sized(5, 4), list_of_values({5: 3}, 2)) == "status_list_short"
    assert value_of({**sized(5, 2), "statusMessage": []}, list_of_values({5: 3}, 2)) == "status_entry_malformed"
    assert value_of({**sized(5, 9), "statusMessage": []}, list_of_values({5: 3}, 2)) == "status_entry_malformed"
    assert value_of({**sized(5, 2), "type": "StatusList2021Entry"}, list_2021(BARE)) == "status_entry_malformed"
