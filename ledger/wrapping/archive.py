"""ZIP archives: their members, read into memory within limits. Nothing is ever written to a path.

A member's name is shown and used for nothing else. What is dangerous about the archive as a whole refuses it all; a
member that is damaged, locked or an archive itself is told of in its place, and the others are read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field

from ledger.errors import MalformedDocument
from ledger.wrapping.content import MAX_CONTENT, MAX_CREDENTIALS, MAX_TOGETHER, shown_name

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_RATIO = 200
"""How many times larger than the archive its members may be together."""

_ENTRY = b"PK\x01\x02"
_ENCRYPTED = 0x1 | 0x40
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LEFT_BY_SYSTEMS = ("__MACOSX/",)
_LEFT_BY_FOLDERS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name as it may be shown, and its bytes, or why they cannot be had."""

    name: str
    content: bytes | MalformedDocument = field(repr=False)


def members_of(data: bytes, *, together: int = MAX_TOGETHER) -> list[Member]:
    """The files in a ZIP archive, in its order, without folders and what file managers leave behind.

    `together` is how many bytes they may come to.

    Raises MalformedDocument: `archive_invalid` for what is no ZIP, `archive_unsafe` for one with too many members, too
    much inside, two of one name, or members that share their bytes; `archive_without_credential` for an empty one.
    """
    if data.count(_ENTRY) > 4 * MAX_CREDENTIALS:
        raise _unsafe("the archive has too many members")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not _is_left_behind(info)]
            names = [shown_name(info.filename) or f"member {number}" for number, info in enumerate(infos, 1)]
            _check(infos, names, len(data), together)
            return [Member(name, _content(archive, info)) for name, info in zip(names, infos, strict=True)]
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise MalformedDocument("archive_invalid", "the archive is damaged, or not a ZIP") from error


def _is_left_behind(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return info.is_dir() or name.startswith(_LEFT_BY_SYSTEMS) or name.rpartition("/")[2] in _LEFT_BY_FOLDERS


def _check(infos: list[zipfile.ZipInfo], names: list[str], size: int, at_most: int) -> None:
    if not infos:
        raise MalformedDocument("archive_without_credential", "the archive is empty")
    if len(infos) > MAX_CREDENTIALS:
        raise _unsafe(f"the archive has more than {MAX_CREDENTIALS} members")
    if len({name.casefold() for name in names}) < len(names):
        raise _unsafe("two members of the archive have the same name")
    if sum(info.compress_size for info in infos) > size:
        raise _unsafe("members of the archive share their bytes")
    together = sum(info.file_size for info in infos)
    if together > at_most or together > MAX_RATIO * size or any(info.file_size > MAX_CONTENT for info in infos):
        raise _unsafe("the archive holds much more than its size lets one expect")


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes | MalformedDocument:
    if info.flag_bits & _ENCRYPTED:
        return _unsafe("this member is encrypted; unlock it first")
    if info.compress_type not in _METHODS:
        return _unsafe("this member is packed in a way that is not read")
    try:
        with archive.open(info) as member:
            content = member.read(MAX_CONTENT + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError):
        return MalformedDocument("archive_invalid", "this member of the archive is damaged")
    if content.startswith(SIGNATURES):
        return _unsafe("this member is an archive itself")
    return content


def _unsafe(message: str) -> MalformedDocument:
    return MalformedDocument("archive_unsafe", message)
