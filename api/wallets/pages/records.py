"""Records: several credentials put together in one signed document, in versions that name each other."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.dependencies import SiteDep
from api.parameters import HexId
from api.printing import chosen_address
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.pages.apart import SEEN, apart_of
from api.wallets.pages.cards import cards_of
from api.wallets.pages.choosing import offer_of
from api.wallets.pages.owner import Lists, Owner, go, inside, said, status_for_form
from api.wallets.values import Record
from api.web.translating import gettext
from ledger.errors import Conflict, NotFound
from ledger.rendering.forms import Form

LIST, TAB = "/wallet/records", "/wallet/links"
FILES = (Form.JSON, Form.PDF)
MOST = 500
LONGEST_NAME = 200

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@router.api_route(LIST, methods=["GET", "HEAD"])
def list_records(request: Request, owner: Owner, site: SiteDep) -> Response:
    """All records, and the form for the next one, with what the page before had chosen, or all that counts."""
    chosen = list(dict.fromkeys(request.query_params.getlist("credential")))[:MOST]
    return records_page(site, owner.wallet_id, chosen=chosen or None)


@router.post(LIST)
def make_record(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """Puts what was ticked together, in the order of the page."""
    name, chosen = (lists.get("name") or [""])[0].strip(), list(dict.fromkeys(lists.get("credential", ())))
    errors = {}
    if not 1 <= len(name) <= LONGEST_NAME:
        errors["name"] = gettext("Give the record a name of 1 to 200 characters.")
    if not 1 <= len(chosen) <= MOST:
        errors["credentials"] = gettext("Choose at least one credential, and 500 at most.")
    if errors:
        return records_page(site, owner.wallet_id, name=name[:400], chosen=chosen, errors=errors, status=422)
    alone = lists.get("how") == ["own"]
    if lists.get("apart") != [SEEN] and apart_of(
        site, owner.wallet_id, site.holdings.all(owner.wallet_id), chosen, alone=alone
    ):
        return records_page(site, owner.wallet_id, name=name, chosen=chosen, alone=alone)
    try:
        if alone:
            content = site.records.own(owner.wallet_id, chosen, name=name)
            headers = {"Content-Disposition": 'attachment; filename="record.json"'}
            return Response(content, media_type="application/vc", headers=headers)
        before = {record.id for record in site.records.records(owner.wallet_id)}
        made = site.records.make(owner.wallet_id, chosen, name=name)
    except Conflict as error:
        problem, status = {"": said(error)}, status_for_form(error)
        return records_page(site, owner.wallet_id, name=name, chosen=chosen, errors=problem, status=status)
    if made.id in before:
        return records_page(site, owner.wallet_id, name=name, chosen=chosen, same=made)
    return go(LIST)


def records_page(
    site: Site,
    wallet_id: str,
    *,
    name: str | None = None,
    chosen: list[str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    same: Record | None = None,
    alone: bool = False,
) -> Response:
    glance = site.overviews.glance(wallet_id)
    cards = cards_of(site, wallet_id, glance)
    usual = [card.key for card in cards if card.outcome == "valid" and not card.is_others]
    wanted = usual[:MOST] if chosen is None else chosen
    versions = [record for record in site.records.records(wallet_id) if record.version is not None]
    values = {
        "records": versions,
        "cards": cards,
        "offer": offer_of(cards, wanted),
        "name": gettext("My learning record") if name is None else name,
        "chosen": wanted,
        "apart": apart_of(site, wallet_id, glance.holdings, wanted, alone=alone),
        "errors": errors or {},
        "same": same,
    }
    return inside("records.html", values, here=TAB, status=status)


@router.api_route("/wallet/records/{record_id}/file", methods=["GET", "HEAD"])
def download(owner: Owner, record_id: HexId, site: SiteDep, form: Form = Form.JSON) -> Response:
    """A record as a file."""
    document = site.records.document(owner.wallet_id, record_id)
    if form not in FILES:
        raise NotFound("there is no such file of a record", "form_unsupported")
    made = site.press.make(form, document, site.verify_shared, address=chosen_address(form, None, site.base))
    made.headers.setdefault("Content-Disposition", 'attachment; filename="record.json"')
    return made
