"""Which languages a reader wants, by the `Accept-Language` header (RFC 9110, section 12.5.4)."""

from __future__ import annotations

import re

from api.sharing.negotiation import MAX_RANGES, quality_of

_RANGE = re.compile(r"[A-Za-z]{2,4}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


def wanted_languages(header: str) -> tuple[str, ...]:
    """The languages that are wanted, the most wanted first. What is no language is left out."""
    weighted = []
    for part in header.split(",")[:MAX_RANGES]:
        language, *parameters = (word.strip() for word in part.split(";"))
        quality = next((quality_of(word[2:]) for word in parameters if word.startswith("q=")), 1.0)
        if quality > 0 and _RANGE.fullmatch(language):
            weighted.append((quality, language))
    return tuple(language for _, language in sorted(weighted, key=lambda entry: -entry[0]))
