"""Takes credentials out of what they came in: a picture, a PDF, an archive, or nothing at all.

What a file is, its first bytes say, and never its name. Nothing is judged here: what comes out is a text that the
strict loader reads next, or a JWS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

from ledger.errors import MalformedDocument
from ledger.wrapping import archive, pdf, png
from ledger.wrapping.content import MAX_CONTENT, MAX_CREDENTIALS, MAX_TOGETHER, WHITESPACE, compact_jws, sd_jwt
from ledger.wrapping.envelope import without_envelope
from ledger.wrapping.wallet_archive import documents_among

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
    """What a file is. `ZIP` is the form of a file only, the others are what a credential was in too."""

    JSON = "json"
    JWT = "jwt"
    SD_JWT = "sd-jwt"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"
    ZIP = "zip"


@dataclass(frozen=True)
class Wrapped:
    """A credential as text: JSON, or a token. `name` is that of its file in an archive or a PDF, else empty."""

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
    `archive_*`, `image_*`, `open_badges_2`, `pdf_*`, `envelope_*`, `form_unsupported`, `limit_body`.
    """
    if len(data) > MAX_CONTENT:
        raise MalformedDocument("limit_body", f"that is larger than {MAX_CONTENT:,} bytes")
    if form_of(data) is not Form.ZIP:
        return tuple(_single(data, ""))
    found: list[Wrapped | Unreadable] = []
    together, deadline = 0, monotonic() + MAX_SECONDS
    for member in documents_among(archive.members_of(data)):
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


def form_of(data: bytes) -> Form:
    """What a file is by its first bytes; JSON where they say nothing.

    Raises MalformedDocument `form_unsupported` for a form that holds no credentials, or that is not read.
    """
    if data.startswith(archive.SIGNATURES):
        return Form.ZIP
    if data.startswith(png.SIGNATURE):
        return Form.PNG
    if data.startswith(pdf.SIGNATURE):
        return Form.PDF
    if data.removeprefix(_BYTE_ORDER_MARK).lstrip(WHITESPACE)[:1] == b"<":
        return Form.SVG
    for beginning, what in _OTHER_FORMS:
        if data.startswith(beginning):
            raise MalformedDocument("form_unsupported", f"this is {what}")
    if sd_jwt(data) is not None:
        return Form.SD_JWT
    return Form.JSON if compact_jws(data) is None else Form.JWT


def _single(data: bytes, name: str) -> list[Wrapped]:
    """What a file that is no archive holds."""
    form = form_of(data)
    if form is Form.PDF:
        return [
            Wrapped(
                ": ".join(filter(None, (name, attachment.name))), form, without_envelope(_trimmed(attachment.content))
            )
            for attachment in pdf.attachments_of(data)
        ]
    return [Wrapped(name, form, without_envelope(_content_of(data, form)))]


def _content_of(data: bytes, form: Form) -> bytes:
    if form is Form.PNG:
        return _trimmed(png.credential_in_png(data))
    if form is Form.SVG:
        from ledger.wrapping.svg import credential_in_svg

        return _trimmed(credential_in_svg(data))
    return _trimmed(data) if form in (Form.JWT, Form.SD_JWT) else data


def _trimmed(content: bytes) -> bytes:
    return content.strip(WHITESPACE)
