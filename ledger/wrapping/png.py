"""PNG pictures as a row of chunks, and the credential in one of them (Open Badges 3.0 and CLR 2.0, section 5.3).

The picture itself is never decoded: its size is read off the header, its pixels stay packed.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import NoReturn

from ledger.errors import MalformedDocument
from ledger.wrapping.content import MAX_CONTENT

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CREDENTIAL, RECORD = b"openbadgecredential", b"clrcredential"
_OPEN_BADGES_2 = b"openbadges"

MAX_PIXELS = 16 * 1024 * 1024
MAX_CHUNKS = 20_000
MAX_TEXTS = 64
_TEXTS = frozenset({b"iTXt", b"tEXt", b"zTXt"})
_NOT_COMPRESSED = b"\x00\x00"
_DEFLATED = b"\x01\x00"


@dataclass(frozen=True)
class Chunk:
    """A piece of a PNG: its type, four letters, and its data."""

    kind: bytes
    data: bytes = field(repr=False)

    @property
    def keyword(self) -> bytes:
        """The keyword of a chunk that holds text."""
        return self.data.partition(b"\x00")[0] if self.kind in _TEXTS else b""


def chunks_of(picture: bytes) -> list[Chunk]:
    """The chunks of a PNG, from IHDR to IEND.

    Raises MalformedDocument `image_invalid` for what is cut off, damaged, too large, or goes on behind its end, and
    `image_ambiguous` for an animation: which of its pictures would be the badge?
    """
    if not picture.startswith(SIGNATURE):
        _refuse("the picture is not a PNG")
    chunks: list[Chunk] = []
    position = len(SIGNATURE)
    while not chunks or chunks[-1].kind != b"IEND":
        head = picture[position : position + 8]
        if len(head) < 8:
            _refuse("the picture is cut off")
        length, kind = struct.unpack(">I4s", head)
        end = position + 12 + length
        if end > len(picture) or not kind.isalpha():
            _refuse("the picture is cut off, or damaged")
        body = picture[position + 4 : end - 4]
        if zlib.crc32(body) != int.from_bytes(picture[end - 4 : end], "big"):
            _refuse("a part of the picture is damaged: its check sum is wrong")
        chunks.append(Chunk(kind, body[4:]))
        if len(chunks) > MAX_CHUNKS:
            _refuse("the picture has too many parts")
        position = end
    if position != len(picture):
        _refuse("something else follows behind the end of the picture")
    _check(chunks)
    return chunks


def png_of(chunks: list[Chunk]) -> bytes:
    """The picture that these chunks make."""
    parts = [SIGNATURE]
    for chunk in chunks:
        body = chunk.kind + chunk.data
        parts.append(len(chunk.data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big"))
    return b"".join(parts)


def credential_in_png(picture: bytes) -> bytes:
    """The text of the credential that is baked into a PNG.

    Raises MalformedDocument as `chunks_of`; `image_ambiguous` where there are two, `image_without_credential` where
    there is none, `open_badges_2` for a badge of that version.
    """
    chunks = chunks_of(picture)
    found = [chunk for chunk in chunks if is_credential(chunk)]
    if len(found) > 1:
        raise MalformedDocument("image_ambiguous", "the picture holds more than one credential")
    if not found:
        if any(chunk.keyword == _OPEN_BADGES_2 for chunk in chunks):
            raise MalformedDocument("open_badges_2", "the picture holds an Open Badge of version 2, which is not read")
        raise MalformedDocument("image_without_credential", "the picture holds no credential")
    return _text_of(found[0])


def is_credential(chunk: Chunk) -> bool:
    """Whether this chunk is the place for a credential or a record."""
    return chunk.kind == b"iTXt" and chunk.keyword in {CREDENTIAL, RECORD}


def _check(chunks: list[Chunk]) -> None:
    header, kinds = chunks[0], [chunk.kind for chunk in chunks]
    if header.kind != b"IHDR" or len(header.data) != 13 or kinds.count(b"IHDR") > 1 or chunks[-1].data:
        _refuse("the picture is not built as a PNG should be")
    width, height = struct.unpack(">II", header.data[:8])
    if not 0 < width * height <= MAX_PIXELS:
        _refuse(f"the picture is empty, or larger than {MAX_PIXELS:,} pixels")
    if sum(kind in _TEXTS for kind in kinds) > MAX_TEXTS:
        _refuse("the picture holds too many texts")
    if b"acTL" in kinds:
        raise MalformedDocument("image_ambiguous", "the picture is animated, so it is not clear which badge it shows")


def _text_of(chunk: Chunk) -> bytes:
    """The text of an iTXt chunk: keyword, 0, compression flag and method, language, 0, translated keyword, 0, text."""
    packing, rest = chunk.data[len(chunk.keyword) + 1 :][:2], chunk.data[len(chunk.keyword) + 3 :]
    fields = rest.split(b"\x00", 2)
    if len(fields) != 3 or packing not in {_NOT_COMPRESSED, _DEFLATED}:
        _refuse("the part of the picture that should hold the credential is not built as it should be")
    return _inflated(fields[2]) if packing == _DEFLATED else fields[2]


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, MAX_CONTENT + 1)
    except zlib.error as error:
        raise MalformedDocument("image_invalid", "the credential in the picture cannot be unpacked") from error
    if len(text) > MAX_CONTENT or not inflating.eof or inflating.unused_data:
        _refuse("the credential in the picture is too large, or cut off")
    return text


def _refuse(message: str) -> NoReturn:
    raise MalformedDocument("image_invalid", message)
