"""What a draft will look like once it is issued: the same pictures, each of which says that it is none yet."""

from __future__ import annotations

from dataclasses import replace

from ledger.rendering.badge import badge_data
from ledger.rendering.certificate import certificate_data
from ledger.rendering.content import Content, content_of
from ledger.rendering.standing import Standing
from ledger.rendering.typesetter import set_first_page, set_png
from ledger.rendering.wording import ENGLISH
from ledger.verifying.report import VerificationReport

PREVIEW = Standing("preview", "Not signed and not issued yet: this picture shows what it will look like.")
PAGE_PIXELS_PER_INCH = 64.0
BADGE_PIXELS_PER_INCH = 90.0


def preview_of(report: VerificationReport, *, is_recognised: bool) -> Content:
    """What will be said of a draft, whose institution somebody recognises now, or nobody.

    Raises Conflict `form_unsupported`.
    """
    content = content_of(report, PREVIEW)
    said = ENGLISH["confirmed" if is_recognised else "unconfirmed"]
    return replace(content, is_confirmed=is_recognised, issuer_said=said)


def certificate_preview(document: bytes, content: Content, *, address: str) -> bytes:
    """The first page of the certificate as a PNG. Raises Conflict `form_unsettable`."""
    data = certificate_data(document, content, address)
    return set_first_page("certificate.typ", data, document=document.decode(), pixels_per_inch=PAGE_PIXELS_PER_INCH)


def badge_preview(content: Content) -> bytes:
    """The badge as a PNG."""
    return set_png("badge.typ", badge_data(content), pixels_per_inch=BADGE_PIXELS_PER_INCH)
