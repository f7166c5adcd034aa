"""Small pictures, PDFs and archives for tests, good ones and hostile ones; made here, so that none has to be kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h7v7z"/></svg>'
JWS = b"eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJkaWQ6a2V5OnoifQ.c2ln"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(*extra: bytes, width: int = 2, height: int = 2) -> bytes:
    """A grey picture, with more chunks behind its header; its pixels are only there if it is as small as that."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\x00\x80\x80" * 2))
    return b"".join([b"\x89PNG\r\n\x1a\n", header, *extra, pixels, chunk(b"IEND")])


def a_text(content: bytes, keyword: bytes = b"openbadgecredential", *, packed: bool = False) -> bytes:
    """An iTXt chunk."""
    text = b"\x01\x00\x00\x00" + zlib.compress(content) if packed else bytes(4) + content
    return chunk(b"iTXt", keyword + b"\x00" + text)


def an_svg(inside: str, root: str = "") -> bytes:
    """A picture with something inside; `root` goes into its first tag."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{inside}<path d="M1 1h7v7z"/></svg>'.encode()


def a_pdf(files: Mapping[str, bytes], *, password: str | None = None) -> bytes:
    """A PDF of one empty page with files in its tree of embedded files."""
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for name, content in files.items():
        writer.add_attachment(name, content)
    if password is not None:
        writer.encrypt(password)
    return written(writer)


def a_pdf_with_associated_file(content: bytes, *, on_page: bool = False, as_annotation: bool = False) -> bytes:
    """A PDF with a file that only a list of associated files, or an annotation, leads to."""
    writer = PdfWriter()
    page = writer.add_blank_page(72, 72)
    specification = writer._add_object(file_specification(writer, "credential.json", content))
    if as_annotation:
        annotation = DictionaryObject(
            {NameObject("/Subtype"): NameObject("/FileAttachment"), NameObject("/FS"): specification}
        )
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(annotation)])
    else:
        place = page if on_page else writer.root_object
        place[NameObject("/AF")] = ArrayObject([specification])
    return written(writer)


def file_specification(writer: PdfWriter, name: str, content: bytes) -> DictionaryObject:
    stream = DecodedStreamObject()
    stream.set_data(content)
    packed = stream.flate_encode()
    packed[NameObject("/Type")] = NameObject("/EmbeddedFile")
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/UF"): TextStringObject(name),
            NameObject("/EF"): DictionaryObject({NameObject("/F"): writer._add_object(packed)}),
        }
    )


def written(writer: PdfWriter) -> bytes:
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def a_zip(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def a_zip_of_one_name_twice(name: str, content: bytes) -> bytes:
    """Which `zipfile` writes too, but not without a warning."""
    other = "x" * len(name)
    return a_zip({name: content, other: content}).replace(other.encode(), name.encode())


def flagged(archive: bytes, flags: int = 1) -> bytes:
    """The archive with flags set for its first member, which is what an encrypted member looks like."""
    changed = bytearray(archive)
    changed[6] |= flags
    changed[archive.index(b"PK\x01\x02") + 8] |= flags
    return bytes(changed)
