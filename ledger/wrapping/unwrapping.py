"""Takes credentials out of what they came in: a picture, a PDF, an archive, or nothing at all.

What a file is, its first bytes say, and never its name. Nothing is judged here: what comes out is a text that the
strict loader reads next, or a JWS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import TypeVar

from ledger.errors import MalformedDocument
from ledger.wrapping import archive, pdf, png
from ledger.wrapping.content import MAX_CONTENT, MAX_CREDENTIALS, MAX_TOGETHER, WHITESPACE, compact_jws

T = TypeVar("T")

MAX_SECONDS = 10.0
"""Time that one archive may take; a PDF in it has its own limit besides."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_FORMS = (
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"\xff\xd8\xff", "a JPEG picture; badges are PNG or SVG"),
    (b"GIF8", "a GIF picture; badges are PNG or SVG"),
    (b"RIFF", "a WebP picture or a recording; badges are PNG or SVG"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; send a ZIP"),
    (b"Rar!\x1a\x07", "a RAR archive; send a ZIP"),
    (b"BZh", "a bzip2 file; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file; unpack it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document; send the credential itself"),
)


class Form(StrEnum):
    """What a credential was in."""

    JSON = "json"
    JWT = "jwt"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


@dataclass(frozen=True)
class Wrapped:
    """A credential as text: JSON, or a compact JWS. `name` is that of its file in an archive or a PDF, else empty."""

    name: str
    form: Form
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Unreadable:
    """A member of an archive in which no credential can be read, and why."""

    name: str
    error: MalformedDocument


def unwrap(data: bytes) -> tuple[Wrapped | Unreadable, ...]:
    """What is in a file: one credential, several of a PDF or an archive; of an archive also what could not be read.

    What has no form that we know is passed on as JSON, for the strict loader to refuse. Raises MalformedDocument:
    `archive_*`, `image_*`, `open_badges_2`, `pdf_*`, `form_unsupported`, `limit_body`.
    """
    if len(data) > MAX_CONTENT:
        raise MalformedDocument("limit_body", f"that is larger than {MAX_CONTENT:,} bytes")
    if not data.startswith(archive.SIGNATURES):
        return tuple(_single(data, ""))
    found: list[Wrapped | Unreadable] = []
    together, deadline = 0, monotonic() + MAX_SECONDS
    for member in archive.members_of(data):
        try:
            if isinstance(member.content, MalformedDocument):
                raise member.content
            inside = _single(member.content, member.name)
            together += sum(len(item.content) for item in inside)
            found += inside
        except MalformedDocument as error:
            found.append(Unreadable(member.name, error))
        if len(found) > MAX_CREDENTIALS or together > MAX_TOGETHER or monotonic() > deadline:
            raise MalformedDocument("archive_unsafe", "the archive holds too much, or takes too long to read")
    return tuple(found)


def judge_each(
    items: Sequence[Wrapped | Unreadable],
    judge: Callable[[Sequence[bytes]], Sequence[T | MalformedDocument]],
) -> list[T | MalformedDocument]:
    """What `judge` says of each item, in their order; of what could not be read, why. It is asked once, for all.

    Raises MalformedDocument where nothing at all can be read: with its own code for a single item, and
    `archive_without_credential` for several.
    """
    judged = iter(judge([item.content for item in items if isinstance(item, Wrapped)]))
    results = [next(judged) if isinstance(item, Wrapped) else item.error for item in items]
    errors = [result for result in results if isinstance(result, MalformedDocument)]
    if len(errors) < len(results):
        return results
    if len(errors) == 1:
        raise errors[0]
    message = f"none of the {len(errors)} files inside is a credential; the first: {errors[0]}"
    raise MalformedDocument("archive_without_credential", message)


def _single(data: bytes, name: str) -> list[Wrapped]:
    """What a file that is no archive holds."""
    if data.startswith(png.SIGNATURE):
        return [Wrapped(name, Form.PNG, _trimmed(png.credential_in_png(data)))]
    if data.startswith(pdf.SIGNATURE):
        return [
            Wrapped(": ".join(filter(None, (name, attachment.name))), Form.PDF, _trimmed(attachment.content))
            for attachment in pdf.attachments_of(data)
        ]
    if data.removeprefix(_BYTE_ORDER_MARK).lstrip(WHITESPACE)[:1] == b"<":
        from ledger.wrapping.svg import credential_in_svg

        return [Wrapped(name, Form.SVG, _trimmed(credential_in_svg(data)))]
    for beginning, what in _OTHER_FORMS:
        if data.startswith(beginning):
            raise MalformedDocument("form_unsupported", f"this is {what}")
    jws = compact_jws(data)
    return [Wrapped(name, Form.JSON, data) if jws is None else Wrapped(name, Form.JWT, jws)]


def _trimmed(content: bytes) -> bytes:
    return content.strip(WHITESPACE)
