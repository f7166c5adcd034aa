"""Which letters the bytes of a text file stand for: UTF-8, UTF-16, or one of Windows' old code pages.

A code page cannot be told from the bytes, only guessed; whoever brought the file has to see what was read, and to be
able to say that it was another.
"""

from __future__ import annotations

import re

from ledger.errors import MalformedDocument

CODE_PAGES = {
    "cp1252": "Western European (Windows-1252)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1258": "Vietnamese (Windows-1258)",
    "cp874": "Thai (Windows-874)",
}
"""The code pages that a file may be read by, with their names; the first is the guess where nothing says otherwise."""

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_SAMPLE = 4096


def decode(data: bytes, code_page: str | None = None) -> tuple[str, str | None]:
    """The text, and the code page by which it was read, if it was one. Raises MalformedDocument `sheet_encoding`."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decoded(data.removeprefix(mark), encoding), None
    if (unmarked := _unmarked_utf_16(data)) is not None:
        return _decoded(data, unmarked), None
    if code_page is None:
        try:
            return data.decode("utf-8"), None
        except UnicodeDecodeError:
            code_page = _guess(data)
    if code_page not in CODE_PAGES:
        raise MalformedDocument("sheet_encoding", "this is no encoding that files can be read by here")
    return data.decode(code_page, "replace"), code_page


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"the file begins as {encoding.upper()} and is something else further on; save it as CSV in UTF-8"
        raise MalformedDocument("sheet_encoding", message) from error


def _unmarked_utf_16(data: bytes) -> str | None:
    """UTF-16 without its mark shows by zeros: nearly every other byte of the commas and digits in a table is one."""
    sample = data[:_SAMPLE]
    evens, odds = sample[0::2].count(0), sample[1::2].count(0)
    if max(evens, odds) * 5 < len(sample):
        return None
    return "utf-16-be" if evens > odds else "utf-16-le"


def _guess(data: bytes) -> str:
    """Letters beyond ASCII stand within words of a Latin script; words of another script have no ASCII letter."""
    words = [word for word in _WORD.findall(data[: _SAMPLE * 16]) if not word.isascii()]
    foreign = sum(not re.search(rb"[A-Za-z]", word) and len(word) > 1 for word in words)
    return "cp1256" if foreign * 2 > len(words) else "cp1252"
