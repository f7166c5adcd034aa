"""Which of three forms of one address a caller wants, by its `Accept` header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from typing import Literal

Form = Literal["page", "json", "document"]

FORMS: dict[str, Form] = {
    "text/html": "page",
    "application/xhtml+xml": "page",
    "application/json": "json",
    "application/vc": "document",
    "application/vc+ld+json": "document",
    "application/vc+jwt": "document",
    "application/ld+json": "document",
}
MAX_RANGES = 50


def preferred(accept: str) -> Form:
    """The form that the caller likes best; a page where it says nothing that we have."""
    best: Form = "page"
    weight = 0.0
    for part in accept.split(",")[:MAX_RANGES]:
        media, *parameters = (word.strip().lower() for word in part.split(";"))
        quality = next((quality_of(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        if media in FORMS and quality > weight:
            best, weight = FORMS[media], quality
    return best


def quality_of(text: str) -> float:
    """A weight between 0 and 1; anything else counts as 0."""
    digits = text.replace(".", "", 1)
    if len(text) > 5 or not digits.isascii() or not digits.isdigit():
        return 0.0
    return min(float(text), 1.0)
