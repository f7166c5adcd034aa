"""Badge pictures: what was earned, by whom it was given, and how much it counts, as SVG and PNG.

A picture alone proves nothing; `ledger.wrapping.baking` puts the signed document into it.
"""

from __future__ import annotations

from ledger.rendering.content import Content, content_of
from ledger.rendering.typesetter import set_png, set_svg
from ledger.rendering.wording import ENGLISH
from ledger.verifying.report import VerificationReport

PIXELS_PER_INCH = 240.0
"""For the 240 points of the template: 800 pixels a side."""

_MEASURES = (ENGLISH["credits"], ENGLISH["level"])


def badge_svg(report: VerificationReport) -> str:
    """The badge as one SVG that needs no font and fetches nothing. Raises as `content_of`."""
    return set_svg("badge.typ", badge_data(content_of(report)))


def badge_png(report: VerificationReport) -> bytes:
    """The badge as a PNG with a transparent ground. Raises as `content_of`."""
    return set_png("badge.typ", badge_data(content_of(report)), pixels_per_inch=PIXELS_PER_INCH)


def badge_data(content: Content) -> dict[str, object]:
    """What the template sets."""
    measure = [
        {**line.value, "text": line.value["text"].replace("\n", " · ")}
        for line in content.facts
        if line.label in _MEASURES
    ]
    return content.to_dict() | {"measure": measure}
