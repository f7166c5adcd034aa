"""What somebody gives the page to check: files, a photo, pasted text, and the date that counts, in one form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from api.bodies import FORM_TYPES, MAX_DOCUMENT, require_type
from api.moments import MAX_MOMENT
from api.problems import Refusal
from ledger.wrapping.content import shown_name

MAX_FILES = 20
"""Files at once; a longer list has a page of its own."""


@dataclass(frozen=True)
class GivenFile:
    """A file, and what it is called: to be shown, never to be opened."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Given:
    """What was filled in. `text` is a link, or a document; `on` a date as it was typed.

    With `receipt` a receipt in that form is wanted of it and no page, which names people where it is `personal`.
    """

    files: tuple[GivenFile, ...] = ()
    text: str = field(default="", repr=False)
    on: str = ""
    receipt: Literal["pdf", "json"] | None = None
    personal: bool = False


async def given_form(request: Request) -> Given:
    """Reads the form. Raises Refusal 413, 415 and 422."""
    require_type(request, FORM_TYPES)
    # The photo is a field of its own, and browsers send fields that were left empty too.
    async with request.form(max_files=MAX_FILES + 1, max_fields=6, max_part_size=MAX_DOCUMENT) as form:
        uploads = [part for name in ("file", "photo") for part in form.getlist(name) if isinstance(part, UploadFile)]
        files = [GivenFile(shown_name(part.filename or ""), await part.read(MAX_DOCUMENT + 1)) for part in uploads]
        given = tuple(file for file in files if file.content)
        if len(given) > MAX_FILES:
            raise Refusal(422, "too_many_files", f"give {MAX_FILES} files at most at once")
        wanted = _text(form, "receipt")
        return Given(
            given,
            _text(form, "text"),
            _text(form, "on")[:MAX_MOMENT],
            "json" if wanted == "json" else "pdf" if wanted else None,
            _text(form, "personal") == "yes",
        )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


GivenForm = Annotated[Given, Depends(given_form)]
