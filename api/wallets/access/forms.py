"""Forms of our own pages: a few short fields, URL-encoded; and lists of what was ticked."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import Request

from api.bodies import has_body, require_type
from api.problems import Refusal

MAX_BYTES = 8 * 1024
MAX_FIELDS = 16
MAX_LIST_BYTES = 128 * 1024
MAX_LIST_FIELDS = 2_100
"""As many as a wallet holds credentials, and the fields beside them."""


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Raises Refusal 413, 415 and 422; no body at all is a form without fields."""
    pairs = await _pairs(request, MAX_BYTES, MAX_FIELDS)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal(422, "form", "a field of the form is there twice")
    return fields


async def form_lists(request: Request) -> dict[str, list[str]]:
    """As `form_fields`, for forms in which several boxes of one name may be ticked."""
    found: dict[str, list[str]] = {}
    for name, value in await _pairs(request, MAX_LIST_BYTES, MAX_LIST_FIELDS):
        found.setdefault(name, []).append(value)
    return found


async def _pairs(request: Request, max_bytes: int, max_fields: int) -> list[tuple[str, str]]:
    if not has_body(request):
        return []
    require_type(request, {"application/x-www-form-urlencoded"})
    content = await request.body()
    if len(content) > max_bytes:
        raise Refusal(413)
    try:
        return parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=max_fields, errors="strict")
    except ValueError as error:
        raise Refusal(422, "form", "the form cannot be read") from error
