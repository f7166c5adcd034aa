"""Who looks at a page of a wallet, what frame it has, and where to go after signing in: back, and only on this site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SignedInDep
from api.problems import Refusal, status_of
from api.security import CONTENT_SECURITY_POLICY
from api.wallets.access.forms import form_fields, form_lists
from api.wallets.access.values import SignedIn
from api.web.pages import page
from api.web.unreadable import sentence_of_unreadable
from api.web.verdicts import sentence
from ledger.errors import CairnError, MalformedDocument, NotFound, RegistryError, WorkspaceError

HOME = "/wallet"
SCRIPTED = {"Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"}
"""For pages on which a script talks to this site: passkeys and accounts need one."""
BACK = "cairn_back"
BACK_SECONDS = 3600
NOT_HERE = (NotFound, RegistryError, WorkspaceError)
"""Errors that no other filling in of a form would help."""

_OURS = re.compile(r"/wallet(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&-]*)?", re.ASCII)
_LONGEST = 300

Fields = Annotated[dict[str, str], Depends(form_fields)]
Lists = Annotated[dict[str, list[str]], Depends(form_lists)]


def wallet_of(request: Request, current: SignedInDep) -> SignedIn:
    """The session of whoever is signed in; others are sent to the page for that, and come back afterwards."""
    if current is None:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = safe_back(wanted) if request.method in ("GET", "HEAD") else HOME
        where = "/sign-in" if back == HOME else f"/sign-in?back={quote(back, safe='')}"
        raise Refusal(303, "sign_in_first", "sign in first", headers={"Location": where})
    return current


Owner = Annotated[SignedIn, Depends(wallet_of)]


def safe_back(wanted: str | None) -> str:
    """An address below /wallet on this site, or else the wallet itself."""
    if wanted is None or len(wanted) > _LONGEST or not _OURS.fullmatch(wanted):
        return HOME
    return wanted


def go(where: str) -> Response:
    """After a form: to a page, so that looking again sends nothing again."""
    return RedirectResponse(where, 303)


def inside(
    name: str, values: Mapping[str, object], *, here: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page of the wallet, in its frame. `here` is the address of the tab that it belongs to."""
    return page(f"wallet/{name}", {"here": here, **values}, status, headers)


def said(error: CairnError | Refusal) -> str:
    """What a refusal says, as a sentence."""
    if isinstance(error, MalformedDocument):
        return sentence_of_unreadable(error.code, str(error))
    return sentence(str(error.detail) if isinstance(error, Refusal) else str(error))


def status_for_form(error: CairnError) -> int:
    """The status of a form that comes back: its contents can be put right, so it is 422. Raises what nothing helps."""
    if isinstance(error, NOT_HERE):
        raise error
    return status_of(error) if status_of(error) == 429 else 422
