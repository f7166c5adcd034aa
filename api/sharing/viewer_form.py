"""What a viewer gives by the form on a page: a PIN, and what they look for. Works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api.bodies import FORM_TYPES, require_type
from api.problems import Refusal

URLENCODED = "application/x-www-form-urlencoded"
MAX_FORM = 4 * 1024


@dataclass(frozen=True)
class Given:
    """What was filled in; None where it was not."""

    pin: str | None = field(default=None, repr=False)
    purpose: str | None = None


async def viewer_form(request: Request) -> Given:
    """Reads the form. Raises Refusal 413 and 415."""
    require_type(request, {URLENCODED, *FORM_TYPES})
    if len(await request.body()) > MAX_FORM:
        raise Refusal(413)
    async with request.form(max_files=0, max_fields=4, max_part_size=MAX_FORM) as form:
        return Given(_text(form, "pin", 64), _text(form, "purpose", 200))


def _text(form: FormData, name: str, limit: int) -> str | None:
    value = form.get(name)
    return value.strip()[:limit] or None if isinstance(value, str) else None


ViewerForm = Annotated[Given, Depends(viewer_form)]
