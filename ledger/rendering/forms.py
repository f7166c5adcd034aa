"""The forms in which a document can be had, and how each is made: one table for the command and for the site."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ledger.documents.credential import CREDENTIAL_MEDIA_TYPE
from ledger.errors import Conflict
from ledger.proofs.sd_jwt_vc import SD_JWT_MEDIA_TYPE
from ledger.rendering.certificate import JWT_MEDIA_TYPE
from ledger.verifying.report import VerificationReport
from ledger.wrapping.content import compact_jws, sd_jwt

Judge = Callable[[bytes], VerificationReport]
"""Gives the report of this moment on a document."""


class Form(StrEnum):
    """What a document can be had as. `JWT` and `SD_JWT` are signed anew by its issuer (`ledger.issuing.jwt_export`)."""

    JSON = "json"
    PNG = "png"
    SVG = "svg"
    PDF = "pdf"
    JWT = "jwt"
    SD_JWT = "sd-jwt"
    LINKEDIN = "linkedin"


MEDIA_TYPES = {
    Form.JSON: CREDENTIAL_MEDIA_TYPE,
    Form.PNG: "image/png",
    Form.SVG: "image/svg+xml",
    Form.PDF: "application/pdf",
    Form.JWT: JWT_MEDIA_TYPE,
    Form.SD_JWT: SD_JWT_MEDIA_TYPE,
    Form.LINKEDIN: "text/plain",
}
ENDINGS = {form: form.value for form in Form} | {Form.LINKEDIN: "txt"}
SIGNED_ANEW = frozenset({Form.JWT, Form.SD_JWT})
TEXTS = frozenset({Form.JSON, Form.LINKEDIN, *SIGNED_ANEW})
"""The forms that people may read on a terminal."""


@dataclass(frozen=True)
class Rendered:
    """A document in one form. `stem` is a file's name without its ending."""

    form: Form
    content: bytes = field(repr=False)
    stem: str = "credential"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.form]

    @property
    def file_name(self) -> str:
        return f"{self.stem}.{ENDINGS[self.form]}"


def render(form: Form, document: bytes, judge: Judge, *, address: str) -> Rendered:
    """A document in any form but those that are signed anew.

    `address` is where anyone can check it: for QR codes and for LinkedIn. JSON is the document as it is, whatever it
    says. Every other form is only made of one that is not known to be bad.
    Raises Conflict `not_printable`, `form_unsupported`, `form_unsettable`; CairnError `address_invalid`.
    """
    if form in SIGNED_ANEW:
        raise ValueError("a token is signed, not rendered")
    if form is Form.JSON:
        return Rendered(form_of(document), document)
    report = judge(document)
    is_record = report.summary is not None and report.summary.kind == "record"
    return Rendered(form, _made(form, document, report, address, is_record), "record" if is_record else "credential")


def form_of(document: bytes) -> Form:
    """The form that a document is in as it is: JSON, or the token that it came as."""
    if sd_jwt(document) is not None:
        return Form.SD_JWT
    return Form.JSON if compact_jws(document) is None else Form.JWT


def _made(form: Form, document: bytes, report: VerificationReport, address: str, is_record: bool) -> bytes:
    if form is Form.PDF:
        from ledger.rendering.certificate import certificate_pdf

        return certificate_pdf(document, report, address=address)
    if form is Form.LINKEDIN:
        from ledger.rendering.linkedin import linkedin_link

        return linkedin_link(report, address=address).encode()
    if form_of(document) is Form.SD_JWT:
        raise Conflict(
            "a badge has room for JSON or a JWT, not for a credential with members kept back", "form_unsupported"
        )
    from ledger.rendering.badge import badge_png, badge_svg
    from ledger.wrapping.baking import bake_png, bake_svg

    if form is Form.PNG:
        return bake_png(badge_png(report), document, record=is_record)
    return bake_svg(badge_svg(report), document, record=is_record).encode()
