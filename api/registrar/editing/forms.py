"""Forms of registrars: many fields and files, bounded before they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from api.bodies import has_body
from api.problems import Refusal

MAX_BYTES = 512 * 1024
MAX_FIELDS = 4_000
_FORM, _PARTS = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass(frozen=True)
class Posted:
    """What was posted: fields in their order, and files by the name of their field."""

    pairs: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first field of this name, trimmed; empty if there is none."""
        return next((value.strip() for key, value in self.pairs if key == name), "")

    def texts(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


async def posted(request: Request, *, max_bytes: int = MAX_BYTES) -> Posted:
    """The form of a request. Raises Refusal 413, 415 and 422."""
    if not has_body(request):
        return Posted()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {_FORM, _PARTS}:
        raise Refusal(415)
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > max_bytes:
        raise Refusal(413)
    if kind == _PARTS:
        return await _parts(request, max_bytes)
    content = await request.body()
    if len(content) > max_bytes:
        raise Refusal(413)
    try:
        pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise Refusal(422, "form", "the form cannot be read") from error
    return Posted(tuple(pairs))


async def _parts(request: Request, max_bytes: int) -> Posted:
    try:
        async with request.form(max_files=5, max_fields=MAX_FIELDS, max_part_size=max_bytes) as form:
            pairs: list[tuple[str, str]] = []
            files: dict[str, bytes] = {}
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.setdefault(name, await value.read())
                else:
                    pairs.append((name, value))
    except MultiPartException as error:
        raise Refusal(422, "form", "the form cannot be read") from error
    return Posted(tuple(pairs), {name: content for name, content in files.items() if content})
