"""The learner's DID: the wallet's own key to take along, and a DID of the learner's own in its place."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from api.dependencies import SiteDep, limited_check
from api.problems import Refusal
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.access.values import SignedIn
from api.wallets.identity import MINUTES, key_file, proven_did
from api.wallets.pages.owner import Lists, Owner, go, inside, said, status_for_form
from api.web.translating import gettext
from ledger.documents.strict_json import parse
from ledger.errors import Conflict, InvalidProof, MalformedDocument

HERE, TAB = "/wallet/settings/did", "/wallet/settings"
LEAST, MOST = 12, 200

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@router.api_route(HERE, methods=["GET", "HEAD"])
def show_did(owner: Owner, site: SiteDep) -> Response:
    """The DIDs of the wallet, and what can be done with them."""
    return did_page(site, owner)


def did_page(
    site: Site,
    owner: SignedIn,
    *,
    challenge: str = "",
    presentation: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    site.wallet_keys.did(owner.wallet_id)
    values = {
        "dids": site.wallet_keys.dids(owner.wallet_id),
        "challenge": challenge,
        "audience": site.base,
        "presentation": presentation,
        "errors": errors or {},
        "minutes": MINUTES,
    }
    return inside("did.html", values, here=TAB, status=status)


@router.post("/wallet/settings/did/challenge")
def ask(owner: Owner, site: SiteDep) -> Response:
    """A challenge to answer with a DID of one's own."""
    asked = site.challenges.ask(site.base, minutes=MINUTES, wallet=owner.wallet_id)
    return did_page(site, owner, challenge=asked.challenge)


@router.post("/wallet/settings/did", dependencies=[Depends(limited_check)])
def bind(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """Puts a DID in use that the learner has shown to be theirs."""
    text, challenge = (lists.get("presentation") or [""])[0], (lists.get("challenge") or [""])[0][:200]
    try:
        document = parse(text.encode(errors="replace"))
        site.wallet_keys.bind(owner.wallet_id, proven_did(site, owner.wallet_id, dict(document)))
    except (MalformedDocument, InvalidProof, Conflict) as error:
        status = status_for_form(error)
        problem = {"presentation": said(error)}
        return did_page(site, owner, challenge=challenge, presentation=text, errors=problem, status=status)
    except Refusal as refusal:
        if refusal.status_code != 422:
            raise
        problem = {"presentation": said(refusal)}
        return did_page(site, owner, challenge=challenge, presentation=text, errors=problem, status=422)
    return go(HERE)


@router.post("/wallet/settings/did/use")
def use(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """Puts one of the wallet's DIDs in use again."""
    did = (lists.get("did") or [""])[0]
    site.wallet_keys.require(owner.wallet_id, did)
    site.wallet_keys.bind(owner.wallet_id, did)
    return go(HERE)


@router.post("/wallet/settings/did/key", dependencies=[Depends(limited_check)])
def take_key(owner: Owner, lists: Lists, site: SiteDep) -> Response:
    """The secret key of the wallet's own DID, under a passphrase."""
    passphrase, again = ((lists.get(name) or [""])[0] for name in ("passphrase", "again"))
    if not LEAST <= len(passphrase) <= MOST:
        problem = {"passphrase": gettext("A passphrase has 12 to 200 characters.")}
        return did_page(site, owner, errors=problem, status=422)
    if passphrase != again:
        problem = {"again": gettext("The two are not the same.")}
        return did_page(site, owner, errors=problem, status=422)
    try:
        content = key_file(site.wallet_keys.seed(owner.wallet_id), passphrase)
    except Conflict as error:
        return did_page(site, owner, errors={"passphrase": said(error)}, status=status_for_form(error))
    headers = {"Content-Disposition": 'attachment; filename="cairn-key.json"'}
    return Response(content, media_type="application/json", headers=headers)
