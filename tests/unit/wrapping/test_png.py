from __future__ import annotations

import struct

import pytest
from openbadgeslib import baking as judge

from ledger.errors import MalformedDocument
from ledger.wrapping.baking import bake_png
from ledger.wrapping.png import credential_in_png
from tests.wrappings import JWS, a_png, a_text, chunk

DOCUMENT = '{"name":"学習 🎓 \\" ]]>"}'.encode()


def code_for(picture: bytes) -> str:
    with pytest.raises(MalformedDocument) as caught:
        credential_in_png(picture)
    return caught.value.code


@pytest.mark.parametrize("content", [DOCUMENT, JWS])
@pytest.mark.parametrize(("record", "keyword"), [(False, b"openbadgecredential"), (True, b"clrcredential")])
def test_what_is_baked_in_can_be_read_by_us_and_by_others(content: bytes, record: bool, keyword: bytes) -> None:
    baked = bake_png(a_png(), content, record=record)
    assert credential_in_png(baked) == content
    assert judge.extract_png(baked, keyword=keyword) == content.decode()


def test_what_others_bake_in_can_be_read() -> None:
    for content in (DOCUMENT, JWS):
        baked = judge.bake_png(a_png(), content.decode(), "a comment", keyword=judge.ITXT_KEYWORD_OB3)
        assert credential_in_png(baked) == content


def test_the_credential_stands_uncompressed_right_behind_the_header_and_the_rest_stays() -> None:
    plain = a_png()
    baked = bake_png(plain, DOCUMENT, record=False)
    text = chunk(b"iTXt", b"openbadgecredential\x00\x00\x00\x00\x00" + DOCUMENT)
    header_end = 8 + 12 + 13
    assert baked == plain[:header_end] + text + plain[header_end:]


def test_baking_again_takes_the_place_of_what_was_baked_in() -> None:
    twice = bake_png(bake_png(a_png(), JWS, record=True), DOCUMENT, record=False)
    assert twice == bake_png(a_png(), DOCUMENT, record=False)


def test_a_packed_credential_is_read_wherever_it_stands() -> None:
    packed = a_png(chunk(b"gAMA", b"\x00\x00\xb1\x8f"), a_text(DOCUMENT, packed=True))
    assert credential_in_png(packed) == DOCUMENT


def test_a_badge_of_version_3_may_hold_an_old_one_too() -> None:
    both = a_png(a_text(b"{}", keyword=b"openbadges"), a_text(DOCUMENT))
    assert credential_in_png(both) == DOCUMENT


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (a_png(), "image_without_credential"),
        (a_png(a_text(DOCUMENT, keyword=b"Comment")), "image_without_credential"),
        (a_png(a_text(b"{}", keyword=b"openbadges")), "open_badges_2"),
        (a_png(chunk(b"tEXt", b"openbadges\x00{}")), "open_badges_2"),
        (a_png(a_text(DOCUMENT), a_text(DOCUMENT)), "image_ambiguous"),
        (a_png(a_text(DOCUMENT), a_text(DOCUMENT, keyword=b"clrcredential")), "image_ambiguous"),
        (a_png(chunk(b"acTL", bytes(8)), a_text(DOCUMENT)), "image_ambiguous"),
        (a_png(a_text(DOCUMENT)) + b"PK\x03\x04", "image_invalid"),
        (a_png(a_text(DOCUMENT))[:-1], "image_invalid"),
        (a_png(a_text(DOCUMENT))[:-12], "image_invalid"),
        (a_png(a_text(DOCUMENT)).replace(b"name", b"Name"), "image_invalid"),
        (a_png(a_text(DOCUMENT), width=30_000, height=30_000), "image_invalid"),
        (a_png(a_text(DOCUMENT), width=0), "image_invalid"),
        (a_png(*[a_text(b"x", keyword=b"Comment")] * 100, a_text(DOCUMENT)), "image_invalid"),
        (a_png(chunk(b"iTXt", b"openbadgecredential\x00\x00\x00")), "image_invalid"),
        (a_png(chunk(b"iTXt", b"openbadgecredential\x00\x02\x00\x00\x00" + DOCUMENT)), "image_invalid"),
        (a_png(chunk(b"iTXt", b"openbadgecredential\x00\x01\x00\x00\x00" + DOCUMENT)), "image_invalid"),
        (a_png(a_text(b" " * 50_000_000, packed=True)), "image_invalid"),
        (a_png(struct.pack(">I", 2**31) + b"iTXt"), "image_invalid"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND"), "image_invalid"),
        (b"\x89PNG\r\n\x1a\n", "image_invalid"),
        (a_png()[8:], "image_invalid"),
    ],
)
def test_what_is_damaged_hostile_or_unclear_is_refused(picture: bytes, code: str) -> None:
    assert code_for(picture) == code


@pytest.mark.parametrize("content", [b"hello", b"", b'{"a":1', b"[]", b'{"a":"\xff"}'])
def test_only_a_credential_is_baked_in(content: bytes) -> None:
    with pytest.raises(MalformedDocument):
        bake_png(a_png(), content, record=False)
