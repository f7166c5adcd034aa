"""Leaving: everything to take along, and erasing the wallet for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.cookies import LEARNERS
from api.dependencies import SiteDep, limited_check
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.exporting import Exporting
from api.wallets.exporting_routes import export_wallet
from api.wallets.pages.owner import Fields, Owner, inside, said, status_for_form
from api.web.pages import page
from api.web.translating import gettext, noted
from ledger.errors import Conflict

HERE, TAB = "/wallet/leave", "/wallet/settings"
WORD = noted("erase")
"""What is typed before a wallet is erased, in the language of the page or in English."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@router.api_route(HERE, methods=["GET", "HEAD"])
def show_leaving(owner: Owner, site: SiteDep) -> Response:
    """What taking along and erasing mean."""
    return leaving_page(site, owner.wallet_id)


def leaving_page(site: Site, wallet_id: str, error: str = "", typed: str = "", status: int = 200) -> Response:
    values = {
        "parts": Exporting(site, wallet_id).parts,
        "wallet": site.wallets.wallet(wallet_id),
        "live": sum(link.state == "live" for link in site.links.links(wallet_id)),
        "word": gettext(WORD),
        "error": error,
        "typed": typed,
    }
    return inside("leave.html", values, here=TAB, status=status)


@router.api_route("/wallet/leave/export", methods=["GET", "HEAD"], dependencies=[Depends(limited_check)])
def export(owner: Owner, site: SiteDep, part: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    """Everything, as a ZIP file."""
    return export_wallet(owner.wallet_id, site, part)


@router.post("/wallet/leave/erase")
def erase(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Erases the wallet for good, once the word was typed."""
    typed = fields.get("word", "").strip()[:60]
    if typed.casefold() not in {WORD.casefold(), gettext(WORD).casefold()}:
        problem = gettext("Nothing was erased. To erase everything, type the word “%(word)s”.") % {
            "word": gettext(WORD)
        }
        return leaving_page(site, owner.wallet_id, problem, typed, 422)
    try:
        erased = site.erasing.erase(owner.wallet_id)
    except Conflict as error:
        return leaving_page(site, owner.wallet_id, said(error), typed, status_for_form(error))
    response = page("wallet/erased.html", {"erased": erased})
    LEARNERS.clear(response, site.base)
    return response
