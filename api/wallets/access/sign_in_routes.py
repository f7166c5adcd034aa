"""Coming into a wallet over HTTP. Whatever succeeds begins a session, in a cookie."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from api.answers import answers
from api.bodies import StrictRoute
from api.cookies import LEARNERS, is_our_own
from api.dependencies import CallerDep, SignedInDep, SiteDep, counted_tries, limited_check, take
from api.problems import Refusal, unauthorized
from api.wallets.access.schemas import (
    AccountIn,
    CodeIn,
    EmailIn,
    LinkIn,
    LinkUsed,
    MessageOut,
    OnItsWay,
    PasskeyAnswer,
    SessionOut,
    SignedInOut,
    SignedMessage,
)
from api.wallets.access.values import Entered, SignedIn
from api.wallets.routes import when


def from_our_own(request: Request, site: SiteDep) -> None:
    """Refuses what another site's page sends: it could sign somebody in to a wallet that is not theirs."""
    if not is_our_own(request, site.base):
        raise Refusal(401, "cross_site", "this was sent from a page of another site, and was not done")


router = APIRouter(prefix="/v1", tags=["Signing in"], route_class=StrictRoute, dependencies=[Depends(from_our_own)])
BODY = (400, 401, 413, 415, 422, 429)


def limited_letter(site: SiteDep, who: CallerDep) -> None:
    """Counts a letter that somebody asked for."""
    take(site.letters, who)


LetterLimit = Depends(limited_letter)
CheckLimit = Depends(limited_check)


@router.post("/sign-in/links", status_code=202, responses=answers(*BODY), dependencies=[LetterLimit])
def ask_for_link(wanted: EmailIn, site: SiteDep) -> OnItsWay:
    """Has a link sent to an address that has a wallet, or was awarded something. The answer is the same for all."""
    site.access.mail_addresses.ask_to_enter(wanted.email)
    site.writing.nudge()
    return OnItsWay()


@router.post("/sign-in/link", responses=answers(404, 409, *BODY))
def use_link(wanted: LinkIn, request: Request, response: Response, site: SiteDep, who: CallerDep) -> LinkUsed:
    """Uses a one-time link: one to sign in, one to claim credentials, or one that confirms a further address."""
    with counted_tries(site, who):
        used = site.access.entering.use(wanted.token)
    site.writing.nudge()
    if used.entered is not None:
        begin(request, response, site, used.entered)
    return LinkUsed(wallet_id=used.wallet_id, email=used.email, signed_in=used.entered is not None)


@router.post("/sign-in/passkey/options", responses=answers(401, 429), dependencies=[CheckLimit])
def passkey_options(site: SiteDep) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, for any wallet's passkey."""
    return site.access.passkeys.request_options()


@router.post("/sign-in/passkey", responses=answers(*BODY))
def enter_by_passkey(
    wanted: PasskeyAnswer, request: Request, response: Response, site: SiteDep, who: CallerDep
) -> SignedInOut:
    """Signs in with a passkey."""
    with counted_tries(site, who):
        entered = site.access.passkeys.enter(wanted.credential)
    return begin(request, response, site, entered)


@router.post("/sign-in/account/message", responses=answers(*BODY), dependencies=[CheckLimit])
def account_message(wanted: AccountIn, site: SiteDep) -> MessageOut:
    """The message with which an Ethereum account signs in (EIP-4361). It is good once, for five minutes."""
    chain_id = wanted.chain_id or site.workspace.configuration.chain_id
    return MessageOut(message=site.access.accounts.message("account_enter", wanted.account, chain_id))


@router.post("/sign-in/account", responses=answers(*BODY))
def enter_by_account(
    wanted: SignedMessage, request: Request, response: Response, site: SiteDep, who: CallerDep
) -> SignedInOut:
    """Signs in with a message that an Ethereum account signed."""
    with counted_tries(site, who):
        entered = site.access.accounts.enter(wanted.message, wanted.signature)
    return begin(request, response, site, entered)


@router.post("/sign-in/recovery", responses=answers(*BODY))
def enter_by_code(wanted: CodeIn, request: Request, response: Response, site: SiteDep, who: CallerDep) -> SignedInOut:
    """Signs in with a recovery code, which is used up."""
    with counted_tries(site, who):
        entered = site.access.recovery.enter(wanted.code)
    site.writing.nudge()
    return begin(request, response, site, entered)


@router.get("/session", responses=answers(401))
def show_session(current: SignedInDep) -> SessionOut:
    """Who is signed in here."""
    if current is None:
        raise unauthorized()
    return session_out(current)


@router.delete("/session", status_code=204, responses=answers(401))
def sign_out(request: Request, response: Response, site: SiteDep) -> None:
    """Signs out. Without a session nothing is changed."""
    site.access.sessions.end(LEARNERS.token(request, site.base))
    LEARNERS.clear(response, site.base)


def begin(request: Request, response: Response, site: SiteDep, entered: Entered) -> SignedInOut:
    """Puts the new session into the cookie, and ends the one that was there: none lives on unseen."""
    site.access.sessions.end(LEARNERS.value(request, site.base))
    LEARNERS.set(response, entered.token, site.base)
    return SignedInOut(wallet_id=entered.wallet_id, expires_at=when(entered.expires_at))


def session_out(one: SignedIn) -> SessionOut:
    return SessionOut(
        id=one.id,
        wallet_id=one.wallet_id,
        way=one.way.value,
        created_at=when(one.created_at),
        seen_at=when(one.seen_at),
        expires_at=when(one.expires_at),
    )
