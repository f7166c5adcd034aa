"""The form with which a registrar brings a file or pastes rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from api.bodies import FORM_TYPES, require_type
from api.staff.dependencies import Preparer
from ledger.sheets.reading import MAX_BYTES

LABEL_LIMIT = 200


@dataclass(frozen=True)
class Brought:
    """What the form held. `text` is what was pasted, `content` the file; `file_name` is as the browser says."""

    programme: str
    label: str
    text: str
    file_name: str
    content: bytes = field(repr=False)


async def brought(request: Request, member: Preparer) -> Brought:
    """Reads the form, for whoever may import. Raises Refusal 413, 415."""
    del member  # nobody else gets as far as having a body read
    require_type(request, FORM_TYPES)
    async with request.form(max_files=1, max_fields=8, max_part_size=MAX_BYTES) as form:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        upload = form.get("file")
        content = await upload.read(MAX_BYTES + 1) if isinstance(upload, UploadFile) else b""
        name = (upload.filename or "") if isinstance(upload, UploadFile) and content else ""
    return Brought(
        programme=fields.get("programme", ""),
        label=fields.get("label", "").strip()[:LABEL_LIMIT],
        text=fields.get("text", ""),
        file_name=name.rpartition("/")[2][:LABEL_LIMIT],
        content=content,
    )


BroughtForm = Annotated[Brought, Depends(brought)]
