"""Forms of our own pages: a few short fields, URL-encoded."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import Request

from api.bodies import has_body, require_type
from api.problems import Refusal

MAX_BYTES = 8 * 1024
MAX_FIELDS = 10


async def form_fields(request: Request) -> dict[str, str]:
    """The fields of a form, each once. Raises Refusal 413, 415 and 422; no body at all is a form without fields."""
    if not has_body(request):
        return {}
    require_type(request, {"application/x-www-form-urlencoded"})
    content = await request.body()
    if len(content) > MAX_BYTES:
        raise Refusal(413)
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise Refusal(422, "form", "the form cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal(422, "form", "a field of the form is there twice")
    return fields
