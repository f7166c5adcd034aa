from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.documents.codecs import (
    check_ed25519_key,
    decode_base58,
    decode_base64url,
    decode_hex,
    decode_multibase,
    encode_base58,
    encode_base64url,
    encode_hex,
    format_timestamp,
    parse_date_time_stamp,
    parse_timestamp,
)
from ledger.errors import MalformedDocument


def refused(decode: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    with pytest.raises(MalformedDocument) as caught:
        decode(*arguments, **options)
    return caught.value.code


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_bytes_come_back_from_every_spelling(data: bytes) -> None:
    size = len(data)
    assert decode_hex(encode_hex(data), size=size) == data
    assert decode_base64url(encode_base64url(data)) == data
    assert decode_base58(encode_base58(data), size=size) == data
    assert decode_multibase("u" + encode_base64url(data), size=size) == data
    assert decode_multibase("z" + encode_base58(data), size=size) == data


@settings(deadline=None, max_examples=300)
@given(st.text("0x19afAFgzlI -_=+/\n٣1", max_size=12))
def test_no_two_texts_decode_to_the_same_bytes(text: str) -> None:
    for size in range(9):
        for decode, encode in ((decode_hex, encode_hex), (decode_base58, encode_base58)):
            with contextlib.suppress(MalformedDocument):
                assert encode(decode(text, size=size)) == text
    with contextlib.suppress(MalformedDocument):
        assert encode_base64url(decode_base64url(text)) == text


@pytest.mark.parametrize(
    "text", ["0xAB", "ab", "0xa", "0x a", "0xab ", " 0xab", "0xabcd", "0x٣٣", "0Xab", "", "0x", "0xab\n"]
)
def test_hex_has_one_spelling(text: str) -> None:
    assert refused(decode_hex, text, size=1) == "hex_format"


@pytest.mark.parametrize("text", ["aGl=", "aGk=", "aGk=!!!!", "aG k", "a", "aGl", "+_8A", "/w", "aGk\n", "٣٣٣٣"])
def test_base64url_has_one_spelling(text: str) -> None:
    assert refused(decode_base64url, text) == "base64_format"


def test_base58_is_that_of_bitcoin() -> None:
    # draft-msporny-base58, section 5
    assert encode_base58(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert encode_base58(bytes.fromhex("0000287fb4cd")) == "11233QC4"
    assert decode_base58("USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z", size=44) == (
        b"The quick brown fox jumps over the lazy dog."
    )


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " 2", "2 ", "", "222222", "1" * 5, "2" * 100_000])
def test_base58_of_another_alphabet_or_size_is_refused(text: str) -> None:
    assert refused(decode_base58, text, size=3) == "base58_format"


@pytest.mark.parametrize("text", ["", "aGk", "mYWI", "f6162", "uYWIx", "uYW", "U6162"])
def test_multibase_is_base58btc_or_base64url(text: str) -> None:
    assert refused(decode_multibase, text, size=2) == "multibase_format"


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_to_the_second(moment: datetime) -> None:
    text = format_timestamp(moment)
    assert parse_timestamp(text) == parse_date_time_stamp(text) == moment.replace(microsecond=0)


def test_times_are_written_in_utc() -> None:
    kuala_lumpur = timezone(timedelta(hours=8))
    assert format_timestamp(datetime(2026, 3, 2, 7, 30, 15, 999_999, kuala_lumpur)) == "2026-03-01T23:30:15Z"
    assert format_timestamp(datetime(987, 3, 2, tzinfo=UTC)) == "0987-03-02T00:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        format_timestamp(datetime(2026, 3, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30T00:00:00Z",
        "2024-W01-1T00:00:00Z",
        "2024-02-03",
        "2024-02-03T00:00:00",
        "2024-02-03T00:00:00+02:00",
        "2024-02-03T00:00:00z",
        "2024-02-03t00:00:00Z",
        "2024-02-03 00:00:00Z",
        "2024-02-03T00:00:60Z",
        "2024-02-03T24:00:00Z",
        "99999-02-03T00:00:00Z",
        "0000-02-03T00:00:00Z",
        "2024-02-03T00:00:00.5Z",
        "٢٠٢٤-02-03T00:00:00Z",
        "2024-02-03T00:00:00Z\n",
        "",
    ],
)
def test_a_time_of_ours_has_one_spelling(text: str) -> None:
    assert refused(parse_timestamp, text) == "time_format"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-03T01:02:03Z", datetime(2024, 2, 3, 1, 2, 3, tzinfo=UTC)),
        ("2024-02-03T01:02:03.5Z", datetime(2024, 2, 3, 1, 2, 3, 500_000, tzinfo=UTC)),
        ("2024-02-03T01:02:03.123456789Z", datetime(2024, 2, 3, 1, 2, 3, 123_456, tzinfo=UTC)),
        ("2024-02-03T01:02:03+02:00", datetime(2024, 2, 2, 23, 2, 3, tzinfo=UTC)),
        ("2024-02-03T01:02:03.25-03:30", datetime(2024, 2, 3, 4, 32, 3, 250_000, tzinfo=UTC)),
        ("2024-02-03T01:02:03-00:00", datetime(2024, 2, 3, 1, 2, 3, tzinfo=UTC)),
    ],
)
def test_times_of_others_may_have_zones_and_fractions(text: str, moment: datetime) -> None:
    assert parse_date_time_stamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-03T01:02:03",
        "2024-02-03T01:02:03+14:01",
        "2024-02-03T01:02:03+02:60",
        "2024-02-03T01:02:03+0200",
        "2024-02-03T01:02:03.Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2024-02-30T01:02:03Z",
    ],
)
def test_times_without_a_zone_or_out_of_range_are_refused(text: str) -> None:
    assert refused(parse_date_time_stamp, text) == "time_format"


def test_good_keys_pass() -> None:
    for number in range(20):
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32).public_key().public_bytes_raw()
        assert check_ed25519_key(key) == key


@pytest.mark.parametrize(
    "key",
    [  # the points of order 8 or less, in every encoding that a lenient decoder takes (eprint 2020/1244, table 6)
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ],
)
def test_points_of_small_order_are_refused(key: str) -> None:
    assert refused(check_ed25519_key, bytes.fromhex(key)) == "key_weak"


@pytest.mark.parametrize(
    "key",
    [
        b"",
        bytes(31),
        bytes(33),
        (2).to_bytes(32, "little"),  # y = 2 belongs to no point
        (2**255 - 19 + 4).to_bytes(32, "little"),  # y = 4 belongs to one, in another encoding
        b"\xff" * 32,
    ],
)
def test_what_is_no_point_or_spelled_otherwise_is_refused(key: bytes) -> None:
    assert refused(check_ed25519_key, key) == "key_malformed"


def test_our_encoders_agree_with_the_library() -> None:
    assert encode_base64url(bytes(range(256))) == base64.urlsafe_b64encode(bytes(range(256))).decode().rstrip("=")
