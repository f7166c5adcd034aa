"""What a presentation holds, as things in a file: each with a place for a name, and tokens out of their envelopes."""

from __future__ import annotations

from dataclasses import replace

from ledger.documents.presentation import Presentation, parse_presentation
from ledger.wrapping.content import MAX_CONTENT, compact_jws
from ledger.wrapping.envelope import without_envelope
from ledger.wrapping.judging import Item
from ledger.wrapping.unwrapping import Form, Wrapped, unwrap


def presentation_in(data: bytes) -> Presentation | None:
    """The presentation that a file is; None for anything else, whatever it is.

    Raises MalformedDocument as `parse_presentation` and `without_envelope`.
    """
    if len(data) > MAX_CONTENT or data.lstrip()[:1] != b"{":
        return None
    found = parse_presentation(data)
    if found is None:
        return None
    return replace(found, credentials=tuple(without_envelope(content) for content in found.credentials))


def presented_items(presentation: Presentation) -> tuple[Wrapped, ...]:
    """Everything that is presented, in its order."""
    return tuple(
        Wrapped(f"credential {number}", Form.JSON if compact_jws(content) is None else Form.JWT, content)
        for number, content in enumerate(presentation.credentials, 1)
    )


def unwrap_presented(data: bytes) -> tuple[Item, ...]:
    """As `unwrap`, and of a presentation what it holds: for who wants the credentials and not the presenting."""
    presentation = presentation_in(data)
    return unwrap(data) if presentation is None else presented_items(presentation)
