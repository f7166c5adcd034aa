"""What somebody sends as a list: one file as the body, or a form with files, or with pasted lines.

Files of a form go to temporary files while they arrive. Few lists are read at a time, since each is held in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from api.bodies import BINARY, FORM_TYPES, require_type
from api.problems import Refusal
from ledger.bulk.sheet import MAX_ROWS
from ledger.bulk.uploads import MAX_UPLOAD, Brought

AT_ONCE = 4
MAX_TEXT = 1024 * 1024
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_TYPES = frozenset({CSV, XLSX, "application/vnd.ms-excel", "application/zip"})

_room = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Sent:
    """An upload as it came: its files, and the fields of its form."""

    files: tuple[Brought, ...] = field(repr=False)
    fields: dict[str, str] = field(repr=False)


async def sent_list(request: Request) -> AsyncIterator[Sent]:
    """What was sent. Raises Refusal 413, 415, 422, and 503 `busy` while several lists are being read."""
    sent_as = require_type(request, FILE_TYPES | FORM_TYPES)
    if not _room.acquire(blocking=False):
        raise Refusal(503, "busy", "several lists are being read right now; try again in a moment")
    try:
        yield await _form(request) if sent_as in FORM_TYPES else Sent((Brought("", await request.body()),), {})
    finally:
        _room.release()


async def _form(request: Request) -> Sent:
    async with request.form(max_files=MAX_ROWS, max_fields=10, max_part_size=MAX_TEXT) as form:
        files = []
        fields = {}
        together = 0
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                together += len(content)
                if together > MAX_UPLOAD:
                    raise Refusal(413)
                if content:
                    files.append(Brought(value.filename or "", content))
            else:
                fields[name] = value
    return Sent(tuple(files), fields)


SentList = Annotated[Sent, Depends(sent_list)]

LIST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string", "description": "Links or ids, and other columns that are kept."}},
            XLSX: {"schema": BINARY},
            "application/vnd.ms-excel": {"schema": BINARY},
            "application/zip": {"schema": BINARY | {"description": "Up to 500 files of any form that is read."}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 500},
                        "text": {"type": "string", "description": "Links or ids, one in each line."},
                    },
                }
            },
        },
    }
}
