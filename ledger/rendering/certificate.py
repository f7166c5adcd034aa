"""Certificates and records as PDF/A-3 (ISO 19005-3): A4 to print, with the signed document attached byte for byte."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE
from ledger.errors import MalformedDocument
from ledger.proofs.sd_jwt_vc import SD_JWT_MEDIA_TYPE
from ledger.rendering.content import Content, content_of
from ledger.rendering.qr import qr_svg
from ledger.rendering.typesetter import set_pdf
from ledger.rendering.wording import ENGLISH
from ledger.verifying.report import VerificationReport
from ledger.wrapping.content import sd_jwt

JWT_MEDIA_TYPE = "application/vc+jwt"
_RECORD_TIME = 1_767_225_600
"""2026-01-01: the date in a file about a document that names none."""


@dataclass(frozen=True)
class Attachment:
    """How the signed document is called inside the PDF."""

    name: str
    type: str


def certificate_pdf(document: bytes, report: VerificationReport, *, address: str) -> bytes:
    """A certificate of an achievement or award, or a record as a list.

    `document` is attached as it is; `report` is the one on it. `address` is what the QR code holds: where the document
    is shown, or a page to check it. The same three always give the same bytes. Raises as `content_of`; Conflict
    `form_unsettable` for a document that cannot be set; MalformedDocument `string_encoding` if it is not UTF-8.
    """
    content = content_of(report)
    try:
        text = document.decode()
    except UnicodeDecodeError as error:
        raise MalformedDocument("string_encoding", "the document is not UTF-8 text") from error
    data = certificate_data(document, content, address)
    template = "record.typ" if content.entries else "certificate.typ"
    return set_pdf(template, data, document=text, made_at=made_at(report))


def certificate_data(document: bytes, content: Content, address: str) -> dict[str, object]:
    """What the templates set."""
    attachment = attachment_of(document, content)
    return content.to_dict() | {
        "qr": qr_svg(address).decode(),
        "address": address,
        "attached": ENGLISH["attached"].format(name=attachment.name),
        "independent": ENGLISH["independent"].format(network=content.network),
        "file": {"name": attachment.name, "type": attachment.type, "description": f"{content.kind}, signed"},
        "pdf": heading_of(content),
    }


def attachment_of(document: bytes, content: Content) -> Attachment:
    """A name and a media type for the document: JSON, or a token."""
    stem = "record" if content.entries else "credential"
    if document.lstrip()[:1] == b"{":
        return Attachment(f"{stem}.json", CREDENTIAL_MEDIA_TYPE)
    if sd_jwt(document) is not None:
        return Attachment(f"{stem}.sd-jwt", SD_JWT_MEDIA_TYPE)
    return Attachment(f"{stem}.jwt", JWT_MEDIA_TYPE)


def heading_of(content: Content) -> dict[str, object]:
    """What the PDF says of itself. Readers and search engines take the name from here, in its logical order."""
    name, title, issuer = (saying["text"] for saying in (content.name, content.title, content.issuer))
    return {
        "title": f"{name} · {title}",
        "author": issuer,
        "keywords": [content.kind],
        "description": f"{content.kind}: {title}. {name}. {issuer}.",
    }


def made_at(report: VerificationReport) -> int:
    """The time of the block that the report rests on, so that the same report gives the same file."""
    if report.chain is not None and report.chain.block is not None:
        return report.chain.block.time
    summary = report.summary
    return int(summary.valid_from.timestamp()) if summary and summary.valid_from else _RECORD_TIME
