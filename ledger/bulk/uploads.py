"""What somebody brings as a list: a table, an archive, files, or pasted lines, made into rows to check.

Limits stand before each step: bytes of the whole, then the number and size of what an archive
says it holds, then rows and cells. Nothing is written to a path that an upload names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.bulk.columns import Layout, chosen, layout_of
from ledger.bulk.given import Given, GivenKind, given_in
from ledger.bulk.sheet import MAX_ROWS, is_workbook, list_rows
from ledger.errors import MalformedDocument
from ledger.wrapping.archive import SIGNATURES, members_of
from ledger.wrapping.content import MAX_CONTENT, is_json_object, is_token, shown_name
from ledger.wrapping.envelope import without_envelope
from ledger.wrapping.presented import unwrap_presented
from ledger.wrapping.unwrapping import Wrapped
from ledger.wrapping.wallet_archive import documents_among

MAX_UPLOAD = 50 * 1024 * 1024
"""Bytes of everything that is sent for one list."""
MAX_UNPACKED = 100 * 1024 * 1024
"""Bytes of everything that an archive unpacks to."""
_FORMS_OF_FILES = (b"%PDF-", b"\x89PNG", b"<", b"\xef\xbb\xbf<")


@dataclass(frozen=True)
class Entry:
    """One row of a list: what was given, and the list's other columns as they were."""

    given: Given
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Upload:
    """A list as it was given: rows of a table, or files. `header` names the other columns of a table.

    `rows` is a whole table whose column of links is not known yet; then there are no entries.
    """

    entries: tuple[Entry, ...] = ()
    header: tuple[str, ...] = ()
    files: tuple[bytes, ...] = field(default=(), repr=False)
    rows: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @property
    def is_unclear(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class Brought:
    """One file of an upload."""

    name: str
    content: bytes = field(repr=False)


def upload_of(files: Sequence[Brought], text: str = "", column: str | None = None) -> Upload:
    """The list in what was brought. Without `column` it may stay unclear which one holds the links.

    Raises MalformedDocument: `list_empty`, `list_large`, `limit_body`, `sheet_*`, `archive_*`, `column_unknown`.
    """
    if not files and text.strip():
        return _of_table(text.encode("utf-8", "replace"), column)
    if not files:
        raise MalformedDocument("list_empty", "choose a file, or paste links, one in each line")
    if len(files) == 1 and is_table(files[0].content):
        return _of_table(files[0].content, column)
    return _of_files(files)


def table_upload(rows: tuple[tuple[str, ...], ...], layout: Layout) -> Upload:
    """The rows of a table, as it is to be read."""
    place = layout.column
    if place is None:
        return Upload(rows=rows)
    header = layout.names[:place] + layout.names[place + 1 :]
    below = layout.rows(rows)
    if len(below) > MAX_ROWS:
        raise MalformedDocument("sheet_rows", f"a list may have {MAX_ROWS} rows, and this has more; divide it")
    return Upload(tuple(Entry(given_in(row[place]), row[:place] + row[place + 1 :]) for row in below), header)


def is_table(content: bytes) -> bool:
    """Whether a file is a list of links and ids, and no credential and no archive of them."""
    if is_workbook(content):
        return True
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(SIGNATURES) or start.startswith(_FORMS_OF_FILES) or is_json_object(start):
        return False
    return not start.startswith(b"[") and not is_token(content[:MAX_CONTENT])


def _of_table(content: bytes, column: str | None) -> Upload:
    rows = list_rows(content)
    return table_upload(rows, chosen(rows, column) if column else layout_of(rows))


def _of_files(files: Sequence[Brought]) -> Upload:
    found: list[tuple[str, bytes]] = []
    for file in files:
        if file.content.startswith(SIGNATURES) and not is_workbook(file.content):
            found += [
                # What cannot be unpacked is checked as nothing, and the row says so.
                (member.name, b"" if isinstance(member.content, MalformedDocument) else member.content)
                for member in documents_among(members_of(file.content, together=MAX_UNPACKED))
            ]
        elif file.content:
            found.append((shown_name(file.name) or f"file {len(found) + 1}", file.content))
        if len(found) > MAX_ROWS or sum(len(content) for _, content in found) > MAX_UNPACKED:
            raise MalformedDocument("list_large", f"at most {MAX_ROWS} files can be checked at once; divide them")
    if not found:
        raise MalformedDocument("list_empty", "there is nothing in what was sent")
    entries = tuple(Entry(Given(GivenKind.FILE, "", name)) for name, _ in found)
    return Upload(entries, files=tuple(content for _, content in found))


def contents_of(data: bytes) -> tuple[bytes, ...]:
    """The credentials in a file, without what they came in. Raises MalformedDocument where there is none."""
    items = unwrap_presented(without_envelope(data))
    found = tuple(item.content for item in items if isinstance(item, Wrapped))
    if not found:
        raise MalformedDocument("archive_without_credential", "there is no credential in this file")
    return found
