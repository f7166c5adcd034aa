"""Files of documents over HTTP: the one choice of a form, `?form=`, and few of them made at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import Response

from api.answers import DOCUMENT_TYPE
from api.problems import Refusal
from ledger.documents.text import URL_LIMIT, url_problem
from ledger.proofs.sd_jwt_vc import SD_JWT_MEDIA_TYPE
from ledger.rendering.certificate import JWT_MEDIA_TYPE
from ledger.rendering.forms import MEDIA_TYPES, Form, Judge, Rendered, render

AT_ONCE = 2
"""Files that are made at the same time."""
WAITING = 8
"""Requests that may wait for their turn; each holds one of the server's threads meanwhile."""

_ADDRESS = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)

SharedForm = Annotated[
    Literal["json", "pdf", "png", "svg"],
    Query(description="The document itself, a certificate to print with it attached, or a badge with it baked in."),
]
HeldForm = Annotated[
    Literal["json", "pdf", "png", "svg", "linkedin"],
    Query(description="As for a shared document; `linkedin` gives the link that adds it to a profile."),
]
IssuedForm = Annotated[
    Literal["json", "pdf", "png", "svg", "linkedin", "jwt", "sd-jwt"],
    Query(
        description="As for a held credential; `jwt` has the issuer sign the same facts as a JWT, and `sd-jwt` as an "
        "SD-JWT VC, whose holder may keep members back."
    ),
]
Hidden = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z]{1,20}(,[A-Za-z]{1,20}){0,9}$",
        description="What an `sd-jwt` keeps back: results, evidence, narrative, identifiers, or several with commas.",
    ),
]
PublicAddress = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=URL_LIMIT,
        description="A share link of this site for the QR code and for LinkedIn, else the page to check files.",
    ),
]


def downloads(*forms: Form) -> dict[str, Any]:
    """The answer of a route that gives a document in any of these forms."""
    schemas: dict[Form, dict[str, Any]] = {
        Form.JSON: {"type": "object"},
        Form.JWT: {"type": "string"},
        Form.SD_JWT: {"type": "string"},
    }
    file = {"type": "string", "format": "binary"}
    content = {MEDIA_TYPES[form]: {"schema": schemas.get(form, file)} for form in forms}
    # A credential that came as a token is handed out as one.
    for media_type in (JWT_MEDIA_TYPE, SD_JWT_MEDIA_TYPE):
        content.setdefault(media_type, {"schema": {"type": "string"}})
    return {"description": "The document, byte for byte, or a file of it in the form asked for.", "content": content}


SHARED_FILE = downloads(Form.JSON, Form.PDF, Form.PNG, Form.SVG)
HELD_FILE = downloads(Form.JSON, Form.PDF, Form.PNG, Form.SVG, Form.LINKEDIN)
ISSUED_FILE = downloads(*Form)


class Press:
    """Makes files of documents. Setting a page takes a processor, so that only a few are set at a time."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._room = BoundedSemaphore(at_once + waiting)
        self._presses = BoundedSemaphore(at_once)

    def make(self, form: Form, document: bytes, judge: Judge, *, address: str) -> Response:
        """The document as a file, in a form that is not signed anew. Raises as `render`, and Refusal 503 `busy`."""
        if form is Form.JSON:
            return file_response(render(form, document, judge, address=address))
        with self.turn():
            return file_response(render(form, document, judge, address=address))

    def sign(self, form: Form, sign: Callable[[], str]) -> Response:
        """A token as a file to save."""
        with self.turn():
            return file_response(Rendered(form, sign().encode()))

    def set(self, make: Callable[[], bytes]) -> bytes:
        """What `make` sets, in its turn. Raises Refusal 503 `busy`."""
        with self.turn():
            return make()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a turn to set a page. Raises Refusal 503 `busy`."""
        if not self._room.acquire(blocking=False):
            raise Refusal(503, "busy", "too many files are being made right now; try again in a moment")
        try:
            with self._presses:
                yield
        finally:
            self._room.release()


def file_response(made: Rendered) -> Response:
    """A file that a browser saves under a name of ours; the document itself as ever."""
    if made.media_type == DOCUMENT_TYPE:
        return Response(made.content, media_type=DOCUMENT_TYPE)
    headers = {"Content-Disposition": f'attachment; filename="{made.file_name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


def chosen_address(form: Form, address: str | None, base: str) -> str:
    """What goes into QR codes and profiles: an address of this site, so that nobody's certificate leads elsewhere.

    Raises Refusal 422 `address_invalid`.
    """
    if address is not None and (not address.startswith(f"{base}/") or not _ADDRESS.fullmatch(address)):
        raise Refusal(422, "address_invalid", f"the address has to begin with {base}/")
    if form is Form.LINKEDIN:
        if address is None:
            raise Refusal(422, "address_invalid", "LinkedIn needs the address of a share link: make one, and name it")
        if problem := url_problem(address):
            raise Refusal(422, "address_invalid", f"the address {problem.message}")
    return address or f"{base}/check"
