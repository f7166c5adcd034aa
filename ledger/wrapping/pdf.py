"""PDFs with credentials attached: the reading is done in a child process, see `pdf_worker`."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from functools import cache

import orjson

from ledger.bounded_process import BUDGET, UNAVAILABLE, BoundedProcess, Budget, ProcessRefused
from ledger.errors import MalformedDocument
from ledger.wrapping.content import shown_name

SIGNATURE = b"%PDF-"
_BUDGET = Budget(cpu_seconds=5, wall_seconds=8.0)
_TROUBLE = {
    BUDGET: ("pdf_invalid", "the PDF takes too long to read, or too much memory"),
    UNAVAILABLE: ("pdf_unavailable", "the process that reads PDFs did not start"),
}


@dataclass(frozen=True)
class Attachment:
    """A credential that is attached to a PDF, and its file's name as it may be shown."""

    name: str
    content: bytes = field(repr=False)


def attachments_of(data: bytes) -> list[Attachment]:
    """The credentials in a PDF, as JSON or JWS. Raises MalformedDocument.

    `pdf_invalid` where there are none, or the PDF is locked, damaged or hostile; `pdf_unavailable` where no child
    process can be had.
    """
    try:
        found = orjson.loads(_reader().ask(data))
    except ProcessRefused as error:
        raise MalformedDocument(*_TROUBLE.get(error.code, (error.code, str(error)))) from error
    return [Attachment(shown_name(name), b64decode(content)) for name, content in found]


@cache
def _reader() -> BoundedProcess:
    """The child that this process shares; it starts with the first PDF."""
    return BoundedProcess("ledger.wrapping.pdf_worker", _BUDGET)
