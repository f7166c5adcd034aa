"""Every refusal as a problem document (RFC 9457), and the one table from errors to statuses.

A problem names a stable `code`, one plain sentence and the request's id. It never repeats what was sent. Pages get the
same refusal as a page: `wants_page` decides which.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from ledger.errors import (
    CairnError,
    Conflict,
    DraftError,
    InvalidProof,
    KeystoreError,
    MalformedDocument,
    NotFound,
    NotProven,
    RegistryUnreachable,
    TransactionReverted,
    WorkspaceError,
    WrongChain,
)
from ledger.verifying.as_of import MomentRefused

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = 10
SHOWN_PROBLEMS = 1_000

logger = logging.getLogger("cairn.errors")

STATUS: tuple[tuple[type[CairnError], int], ...] = (
    (DraftError, 422),
    (InvalidProof, 422),
    (MomentRefused, 422),
    (NotProven, 401),
    (NotFound, 404),
    (Conflict, 409),
    (TransactionReverted, 409),
    (RegistryUnreachable, 503),
    (WrongChain, 503),
    (KeystoreError, 503),
    (WorkspaceError, 503),
)
"""Status of each error; `MalformedDocument` goes by its code, see `status_of`."""

MALFORMED_STATUS = {"limit_body": 413, "form_unsupported": 415}
"""Of unreadable documents, by code; others are 400 where they are no JSON, and 422 where they are no document."""

SENTENCES = {
    400: ("bad_request", "the request is not readable"),
    401: ("unauthorized", "this needs a valid key"),
    403: ("forbidden", "this is not open to you now"),
    404: ("not_found", "there is nothing here"),
    405: ("method_not_allowed", "this address does not take that method"),
    408: ("timeout", "the request took too long to arrive"),
    409: ("conflict", "this contradicts what is stored already"),
    413: ("limit_body", "the request is larger than this address takes"),
    415: ("content_type", "this address does not take that type of content"),
    422: ("parameters", "the request is readable, but not what this address takes"),
    429: ("too_many", "too many requests; wait a moment"),
    500: ("internal", "something went wrong here; the request's id finds it in the log"),
    503: ("unavailable", "this cannot be done right now"),
}


class Refusal(HTTPException):
    """A request that is refused at the web edge, before any of the ledger's code has a say."""

    def __init__(self, status: int, code: str = "", detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        known_code, known_detail = SENTENCES.get(status, ("refused", "this was refused"))
        super().__init__(status, detail or known_detail, dict(headers) if headers else None)
        self.code = code or known_code


def unauthorized() -> Refusal:
    """No key, or none that opens anything: both look the same."""
    return Refusal(401, headers={"WWW-Authenticate": "Bearer"})


def too_many(seconds: int) -> Refusal:
    return Refusal(429, headers={"Retry-After": str(seconds)})


def status_of(error: CairnError) -> int:
    """The status of an error of the ledger."""
    if isinstance(error, MalformedDocument):
        if error.code in MALFORMED_STATUS:
            return MALFORMED_STATUS[error.code]
        return 400 if error.code.startswith("json_") else 422
    return next((status for kind, status in STATUS if isinstance(error, kind)), 400)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    problems: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document, or the page of it where a person is asking."""
    extra = dict(headers or {})
    if status == 503:
        extra.setdefault("Retry-After", str(RETRY_SECONDS))
    if wants_page(request):
        from api.web.pages import refusal_page

        return refusal_page(request, status, detail, extra)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request.scope.get("cairn.request_id", ""),
    }
    if problems:
        body["problems"] = list(problems[:SHOWN_PROBLEMS])
    return JSONResponse(body, status, extra, PROBLEM_TYPE)


def wants_page(request: Request) -> bool:
    """Whether to answer a refusal with a page: never below /v1, and only to a browser."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def add_handlers(app: FastAPI) -> None:
    """Registers the handlers that turn every exception into a problem."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        known_code, known_detail = SENTENCES.get(error.status_code, ("refused", "this was refused"))
        own = isinstance(error, Refusal)
        code = error.code if isinstance(error, Refusal) else known_code
        return problem(
            request, error.status_code, code, str(error.detail) if own else known_detail, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = [{"at": place(item["loc"], str(item["type"])), "message": str(item["msg"])} for item in error.errors()]
        return problem(request, 422, *SENTENCES[422], problems=found)

    @app.exception_handler(DraftError)
    async def undraftable(request: Request, error: DraftError) -> Response:
        found = [
            {"code": item.code, "message": item.message, "row": item.row, "column": item.column}
            for item in error.problems
        ]
        return problem(request, 422, error.code, str(error), problems=found)

    @app.exception_handler(CairnError)
    async def failed(request: Request, error: CairnError) -> Response:
        status = status_of(error)
        if status == 503:
            logger.warning("%s: %s", error.code, error)
        found = [refusal_of(error)] if isinstance(error, TransactionReverted) else []
        return problem(request, status, error.code, str(error), problems=found)

    @app.exception_handler(IntegrityError)
    async def raced(request: Request, _: IntegrityError) -> Response:
        return problem(request, 409, "conflict", "something else changed this at the same moment; try again")

    @app.exception_handler(OperationalError)
    async def storage(request: Request, error: OperationalError) -> Response:
        logger.error("the database refused: %s", error.orig)
        return problem(request, 503, "storage", "the database is busy or full; nothing was changed")


def refusal_of(error: TransactionReverted) -> dict[str, object]:
    """The registry's own error by name, with its values: bytes as hex, numbers as text, for they may be large."""
    values = {
        name: f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for name, value in error.values.items()
    }
    return {"error": error.error, "values": values}


def place(location: Sequence[object], kind: str) -> str:
    """Where a value stands, in names of ours: a member's name that the sender made up is not repeated."""
    known = location[:-1] if kind == "extra_forbidden" else location
    return ".".join(str(part) for part in known) + (".(unknown member)" if kind == "extra_forbidden" else "")
