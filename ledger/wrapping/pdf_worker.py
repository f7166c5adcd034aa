"""Reads what is attached to PDFs of strangers, within the limits that `ledger.bounded_process` sets.

A file can hang at three places of a PDF: in the document's tree of embedded files, in lists of associated files (PDF
2.0, as PDF/A-3 wants them), and in annotations on a page. Request: the PDF. Answer: JSON `[[name, base64], …]` of those
that look like credentials, each content once.
"""

from __future__ import annotations

import io
import logging
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import orjson
from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject

from ledger.bounded_process import serve
from ledger.errors import MalformedDocument
from ledger.wrapping.content import MAX_CONTENT, MAX_CREDENTIALS, MAX_TOGETHER, RECEIPT, is_json_object, is_token

MAX_FILES = 1_000
"""Files attached to one PDF, of whatever kind."""
MAX_NODES = 5_000
"""Nodes of the tree of embedded files."""
MAX_PAGES = 2_000

_LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": MAX_CONTENT,
    "lzw_maximum_output_length": MAX_CONTENT,
    "run_length_maximum_output_length": MAX_CONTENT,
    "brotli_maximum_output_length": MAX_CONTENT,
    "array_based_stream_maximum_output_length": MAX_CONTENT,
    "jbig2dec_binary": None,
}
_BROKEN = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError,
    RecursionError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


def attached(data: bytes) -> bytes:
    """The answer for one PDF. Raises MalformedDocument `pdf_invalid`."""
    try:
        with apply_configuration(**_LIMITS):
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted:
                raise _invalid("the PDF is encrypted; save it without a password first")
            found = credentials(reader)
    except LimitReachedError as error:
        raise _invalid("a part of the PDF is too large") from error
    except _BROKEN as error:
        raise _invalid("the PDF is damaged, or built in a way that is not read") from error
    if not found:
        raise _invalid("no credential is attached to the PDF")
    return orjson.dumps([[name, b64encode(content).decode()] for content, name in found.items()])


def credentials(reader: PdfReader) -> dict[bytes, str]:
    """Those of the attached files that look like credentials, and what each is called."""
    found: dict[bytes, str] = {}
    seen: set[int] = set()
    together = files = 0
    for name, stream in attached_files(reader):
        reference = stream.indirect_reference
        if reference is not None and reference.idnum in seen:
            continue
        seen.update({reference.idnum} if reference is not None else ())
        files += 1
        if files > MAX_FILES:
            raise _invalid(f"more than {MAX_FILES} files are attached to the PDF")
        content = stream.get_data()
        together += len(content)
        if together > MAX_TOGETHER:
            raise _invalid("what is attached to the PDF is too large")
        if looks_like_a_credential(content):
            found.setdefault(content, name)
    if len(found) > MAX_CREDENTIALS:
        raise _invalid(f"more than {MAX_CREDENTIALS} credentials are attached to the PDF")
    return found


def looks_like_a_credential(content: bytes) -> bool:
    """Whether a file is worth to be judged: other things are attached to PDFs too, JSON among them."""
    return (is_json_object(content) and (b'"@context"' in content or RECEIPT in content)) or is_token(content)


def attached_files(reader: PdfReader) -> Iterator[tuple[str, StreamObject]]:
    """Every attached file that has bytes, with the name that it has."""
    for specification in specifications(reader):
        files = dictionary(specification.get("/EF"))
        for kind in ("/UF", "/F"):
            stream = resolved(files.get(kind))
            if isinstance(stream, StreamObject):
                name = resolved(specification.get("/UF")) or resolved(specification.get("/F"))
                yield (name if isinstance(name, str) else ""), stream
                break


def specifications(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every file specification of a document."""
    root = reader.root_object
    yield from embedded(dictionary(dictionary(root.get("/Names")).get("/EmbeddedFiles")))
    yield from map(dictionary, array(root.get("/AF")))
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES:
            return
        yield from map(dictionary, array(page.get("/AF")))
        for annotation in map(dictionary, array(page.get("/Annots"))):
            yield from map(dictionary, array(annotation.get("/AF")))
            if annotation.get("/Subtype") == "/FileAttachment":
                yield dictionary(annotation.get("/FS"))


def embedded(tree: DictionaryObject) -> Iterator[DictionaryObject]:
    """The file specifications in a tree of names: each node has `/Names` (name, value, name, value, …) or `/Kids`."""
    nodes = [tree]
    for node in nodes:  # grows while it is read
        if len(nodes) > MAX_NODES:
            raise _invalid("the PDF has too many parts")
        yield from map(dictionary, array(node.get("/Names"))[1::2])
        nodes.extend(map(dictionary, array(node.get("/Kids"))))


def resolved(value: PdfObject | None) -> PdfObject | None:
    return value.get_object() if value is not None else None


def dictionary(value: PdfObject | None) -> DictionaryObject:
    found = resolved(value)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def array(value: PdfObject | None) -> list[PdfObject]:
    found = resolved(value)
    return list(found) if isinstance(found, ArrayObject) else []


def _invalid(message: str) -> MalformedDocument:
    return MalformedDocument("pdf_invalid", message)


if __name__ == "__main__":
    logging.disable()
    serve(attached)
