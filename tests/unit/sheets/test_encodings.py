"""Which letters the bytes of a file stand for."""

from __future__ import annotations

import pytest

from ledger.errors import MalformedDocument
from ledger.sheets.encodings import decode

TEXT = "nama,e-mel\nEmilie Roussel,emilie@example.org\n"
FRENCH = "nom,lieu\nÉmilie Müller,Besançon\n"
ARABIC = "الاسم,الدرجة\nمريم علي,90\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (TEXT.encode(), TEXT),
        (b"\xef\xbb\xbf" + ARABIC.encode(), ARABIC),
        (ARABIC.encode("utf-16"), ARABIC),
        (b"\xfe\xff" + FRENCH.encode("utf-16-be"), FRENCH),
        (TEXT.encode("utf-16-le"), TEXT),
        (TEXT.encode("utf-16-be"), TEXT),
    ],
)
def test_unicode_is_known_by_its_mark_or_its_bytes(data: bytes, text: str) -> None:
    assert decode(data) == (text, None)


@pytest.mark.parametrize(("text", "page"), [(FRENCH, "cp1252"), (ARABIC, "cp1256")])
def test_a_code_page_is_guessed_by_how_its_letters_stand_in_words_and_said(text: str, page: str) -> None:
    assert decode(text.encode(page)) == (text, page)


def test_a_code_page_that_is_named_is_taken() -> None:
    assert decode("Łódź".encode("cp1250"), "cp1250") == ("Łódź", "cp1250")


@pytest.mark.parametrize(("data", "page"), [(b"\xff\xfea\x00b", None), (b"caf\xe9", "cp65001"), (b"caf\xe9", "zip")])
def test_what_cannot_be_read_is_refused(data: bytes, page: str | None) -> None:
    with pytest.raises(MalformedDocument) as caught:
        decode(data, page)
    assert caught.value.code == "sheet_encoding"
