"""Request bodies: every outside byte goes through the strict loader before anything else looks at it.

`StrictRoute` gives FastAPI's own JSON bodies that treatment; the functions read a document, a form or a table whole.
`security.BodyLimit` has bounded size and time before any of this runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from email.message import Message
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile

from api.problems import Refusal, status_of
from ledger.documents.strict_json import DOCUMENT, JsonObject, Limits, parse
from ledger.errors import MalformedDocument
from ledger.wrapping.unwrapping import Form, form_of

COMMAND = Limits(max_bytes=256 * 1024, depth=8, keys=50, items=1000, string=4 * 1024)
"""How large a JSON request may be that is not a document."""
JSON_TYPES = ("application/json", "application/ld+json", "application/vc", "application/vc+ld+json", "application/vp")
DOCUMENT_TYPES: dict[str, frozenset[Form]] = {
    **dict.fromkeys(JSON_TYPES, frozenset({Form.JSON, Form.JWT})),
    **dict.fromkeys(("application/jwt", "application/vc+jwt"), frozenset({Form.JWT})),
    "application/dc+sd-jwt": frozenset({Form.SD_JWT}),
    "image/png": frozenset({Form.PNG}),
    "image/svg+xml": frozenset({Form.SVG}),
    "application/pdf": frozenset({Form.PDF}),
    "application/zip": frozenset({Form.ZIP}),
}
"""What a document may be sent as, and what its first bytes may then say that it is. Of JSON, the loader says more."""
FORM_TYPES = frozenset({"multipart/form-data"})
MAX_DOCUMENT = 5 * 1024 * 1024


class StrictRequest(Request):
    limits = COMMAND

    async def json(self) -> Any:
        try:
            return parse(await self.body(), self.limits)
        except MalformedDocument as error:
            raise Refusal(status_of(error), error.code, str(error)) from error


class StrictRoute(APIRoute):
    """A route whose JSON body is read by the strict loader. Use as a router's `route_class`."""

    limits = COMMAND

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if self.body_field is not None and has_body(request):
                require_type(request, {"application/json"})
            read_strictly = StrictRequest(request.scope, request.receive)
            read_strictly.limits = self.limits
            return await handle(read_strictly)

        return strict


class DocumentRoute(StrictRoute):
    """The same where a member of the body is a document: it may be as large as documents may be."""

    limits = replace(DOCUMENT, depth=DOCUMENT.depth + 1)


def has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def media_type(request: Request) -> str:
    """The media type of the body without its parameters, lower case; empty if none is named."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    return message.get_content_type() if request.headers.get("content-type") else ""


def require_type(request: Request, allowed: Collection[str]) -> str:
    """The media type, if it is one of those. Raises Refusal 415 (`content_type`)."""
    found = media_type(request)
    if found not in allowed:
        raise Refusal(415, "content_type", f"send this as {' or '.join(sorted(allowed))}")
    return found


async def document_body(request: Request) -> bytes:
    """A file with a document: the whole body, or the part `file` of a form. The bytes are as they were sent.

    Raises Refusal 415 (`content_type`) for another type, and where the body is not what its type says.
    """
    sent_as = require_type(request, DOCUMENT_TYPES.keys() | FORM_TYPES)
    if sent_as in FORM_TYPES:
        return await form_document(request)
    content = await request.body()
    if form_of(content) not in DOCUMENT_TYPES[sent_as]:
        raise Refusal(415, "content_type", f"this was sent as {sent_as}, and is something else")
    return content


async def request_object(request: Request) -> JsonObject:
    """A JSON object, read by the strict loader, for routes whose answers to bad input are not those of a model."""
    require_type(request, {"application/json"})
    return parse(await request.body())


RequestObject = Annotated[JsonObject, Depends(request_object)]


async def form_document(request: Request) -> bytes:
    """The document in a form: its part `file`, or the text in its field `text`. Raises Refusal 415 and 422."""
    require_type(request, FORM_TYPES)
    async with request.form(max_files=1, max_fields=2, max_part_size=MAX_DOCUMENT) as form:
        upload, text = form.get("file"), form.get("text")
        if isinstance(upload, UploadFile) and (content := await upload.read(MAX_DOCUMENT + 1)):
            return content
        if isinstance(text, str) and text.strip():
            return text.strip().encode(errors="replace")
    raise Refusal(422, "nothing_given", "choose a file or paste its text")


BINARY = {"type": "string", "format": "binary"}
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "description": "The credential or record itself."}},
            "application/vc": {"schema": {"type": "object"}},
            "application/vp": {"schema": {"type": "object", "description": "A presentation of some of these."}},
            "application/vc+jwt": {"schema": {"type": "string", "description": "A credential as compact JWS."}},
            "application/dc+sd-jwt": {"schema": {"type": "string", "description": "A credential as SD-JWT VC."}},
            "image/png": {"schema": BINARY | {"description": "A badge with a credential baked in."}},
            "image/svg+xml": {"schema": {"type": "string", "description": "A badge with a credential baked in."}},
            "application/pdf": {"schema": BINARY | {"description": "A PDF with credentials attached."}},
            "application/zip": {"schema": BINARY | {"description": "An archive of any of these."}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
"""What `document_body` reads, for OpenAPI (`openapi_extra`)."""


async def token_request(request: Request) -> JsonObject:
    """As `request_object`, but a string may be as long as the body: a token is one. What it holds is read strictly."""
    require_type(request, {"application/json"})
    return parse(await request.body(), replace(DOCUMENT, string=DOCUMENT.max_bytes))


TokenRequest = Annotated[JsonObject, Depends(token_request)]
