"""The ways into one's own wallet over HTTP: what there are, adding them, taking them away, and merging two wallets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import CallerDep, OwnedWallet, OwnerDep, SiteDep, counted_tries, limited_check, take
from api.parameters import HexId
from api.wallets.access.schemas import (
    AccountIn,
    AccountOut,
    AddressOut,
    CodesOut,
    EmailIn,
    EventOut,
    GatheredOut,
    LinkIn,
    LinkUsed,
    MergeIn,
    MessageOut,
    NewPasskey,
    OnItsWay,
    PasskeyOut,
    PasskeyRename,
    SessionOut,
    SignedMessage,
    TokenOut,
    WaysInOut,
)
from api.wallets.access.sign_in_routes import session_out
from api.wallets.access.values import Address, BoundAccount, Passkey
from api.wallets.routes import when
from ledger.verifying.report import shown_time

router = APIRouter(prefix="/v1/wallets/{wallet_id}", tags=["Ways in"], route_class=StrictRoute)
BODY = (400, 401, 404, 413, 415, 422)
AccountPath = Annotated[
    str, Path(pattern=r"^0x[0-9a-fA-F]{40}$", examples=["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"])
]
CheckLimit = Depends(limited_check)


@router.get("/ways-in", responses=answers(401, 404, 422))
def list_ways_in(wallet_id: OwnedWallet, site: SiteDep) -> WaysInOut:
    """Everything that opens the wallet."""
    ways = site.access.ways.of(wallet_id)
    return WaysInOut(
        token=ways.has_token,
        addresses=[address_out(one) for one in ways.addresses],
        passkeys=[passkey_out(one) for one in ways.passkeys],
        accounts=[account_out(one) for one in ways.accounts],
        recovery_codes=ways.recovery_codes,
    )


@router.get("/events", responses=answers(401, 404, 422))
def list_events(wallet_id: OwnedWallet, site: SiteDep) -> list[EventOut]:
    """What was done to the ways into the wallet, the latest first."""
    return [EventOut(at=when(one.at), what=one.what, way=one.way) for one in site.access.audit.events(wallet_id)]


@router.get("/sessions", responses=answers(401, 404, 422))
def list_sessions(wallet_id: OwnedWallet, site: SiteDep) -> list[SessionOut]:
    """Where somebody is signed in."""
    return [session_out(one) for one in site.access.sessions.all(wallet_id)]


@router.delete("/sessions", status_code=204, responses=answers(401, 404, 422))
def sign_out_everywhere(owner: OwnerDep, site: SiteDep) -> None:
    """Signs out everywhere, here too."""
    site.access.sessions.end_all(owner.wallet_id, owner.way)


@router.post("/token", status_code=201, responses=answers(401, 404, 422))
def renew_token(owner: OwnerDep, site: SiteDep) -> TokenOut:
    """Makes a new token for programs. The one before opens nothing any more."""
    token = site.access.ways.new_token(owner.wallet_id, owner.way)
    site.writing.nudge()
    return TokenOut(token=token.text)


@router.delete("/token", status_code=204, responses=answers(401, 404, 409, 422))
def end_token(owner: OwnerDep, site: SiteDep) -> None:
    """Ends the token for programs, unless it is the last way in."""
    site.access.ways.end_token(owner.wallet_id, owner.way)


# --- e-mail addresses ---


@router.get("/addresses", responses=answers(401, 404, 422))
def list_addresses(wallet_id: OwnedWallet, site: SiteDep) -> list[AddressOut]:
    """The wallet's e-mail addresses, the oldest first."""
    return [address_out(one) for one in site.access.mail_addresses.all(wallet_id)]


@router.post("/addresses", status_code=202, responses=answers(*BODY, 409, 429))
def add_address(wallet_id: OwnedWallet, wanted: EmailIn, site: SiteDep, who: CallerDep) -> OnItsWay:
    """Has a one-time link sent to an address. Using it adds the address, and gathers what was awarded to it."""
    take(site.letters, who)
    site.access.mail_addresses.ask_to_add(wallet_id, wanted.email)
    site.writing.nudge()
    return OnItsWay()


@router.post("/addresses/confirm", responses=answers(*BODY, 409, 429))
def confirm_address(owner: OwnerDep, wanted: LinkIn, site: SiteDep, who: CallerDep) -> LinkUsed:
    """Uses a link that went to an address, also one to claim: both address and what was awarded to it come in."""
    with counted_tries(site, who):
        used = site.access.entering.use(wanted.token, into=owner.wallet_id)
    site.writing.nudge()
    return LinkUsed(wallet_id=used.wallet_id, email=used.email, signed_in=False)


@router.delete("/addresses/{address_id}", status_code=204, responses=answers(401, 404, 409, 422))
def remove_address(owner: OwnerDep, address_id: HexId, site: SiteDep) -> None:
    """Takes an address away, unless it is the last way in. The credentials stay."""
    site.access.mail_addresses.remove(owner.wallet_id, address_id, owner.way)
    site.writing.nudge()


@router.post("/gather", responses=answers(401, 404, 422, 429), dependencies=[CheckLimit])
def gather(wallet_id: OwnedWallet, site: SiteDep) -> GatheredOut:
    """Puts into the wallet what was awarded to its proven addresses and is not in it yet."""
    return GatheredOut(added=site.access.gather_all(wallet_id))


# --- passkeys ---


@router.post("/passkeys/options", responses=answers(401, 404, 409, 422, 429), dependencies=[CheckLimit])
def new_passkey_options(wallet_id: OwnedWallet, site: SiteDep) -> dict[str, Any]:
    """What `navigator.credentials.create` takes. It is good once, for five minutes."""
    return site.access.passkeys.creation_options(wallet_id)


@router.post("/passkeys", status_code=201, responses=answers(*BODY, 409))
def add_passkey(owner: OwnerDep, wanted: NewPasskey, site: SiteDep) -> PasskeyOut:
    """Adds the passkey that an authenticator has made."""
    made = site.access.passkeys.add(owner.wallet_id, wanted.name, wanted.credential, owner.way)
    site.writing.nudge()
    return passkey_out(made)


@router.patch("/passkeys/{passkey_id}", responses=answers(*BODY))
def rename_passkey(owner: OwnerDep, passkey_id: HexId, wanted: PasskeyRename, site: SiteDep) -> PasskeyOut:
    """Gives a passkey another name."""
    return passkey_out(site.access.passkeys.rename(owner.wallet_id, passkey_id, wanted.name, owner.way))


@router.delete("/passkeys/{passkey_id}", status_code=204, responses=answers(401, 404, 409, 422))
def remove_passkey(owner: OwnerDep, passkey_id: HexId, site: SiteDep) -> None:
    """Takes a passkey away, unless it is the last way in."""
    site.access.passkeys.remove(owner.wallet_id, passkey_id, owner.way)


# --- recovery codes ---


@router.post("/recovery-codes", status_code=201, responses=answers(401, 404, 422))
def make_recovery_codes(owner: OwnerDep, site: SiteDep) -> CodesOut:
    """Makes ten recovery codes. Those before open nothing any more."""
    codes = site.access.recovery.make(owner.wallet_id, owner.way)
    site.writing.nudge()
    return CodesOut(codes=codes)


# --- Ethereum accounts ---


@router.post("/accounts/message", responses=answers(*BODY, 429), dependencies=[CheckLimit])
def new_account_message(wallet_id: OwnedWallet, wanted: AccountIn, site: SiteDep) -> MessageOut:
    """The message with which an account shows that it may open the wallet (EIP-4361)."""
    chain_id = wanted.chain_id or site.workspace.configuration.chain_id
    return MessageOut(message=site.access.accounts.message("account_add", wanted.account, chain_id, wallet_id))


@router.post("/accounts", status_code=201, responses=answers(*BODY, 409))
def add_account(owner: OwnerDep, wanted: SignedMessage, site: SiteDep) -> AccountOut:
    """Lets the account that signed open the wallet."""
    made = site.access.accounts.add(owner.wallet_id, wanted.message, wanted.signature, owner.way)
    site.writing.nudge()
    return account_out(made)


@router.delete("/accounts/{account}", status_code=204, responses=answers(401, 404, 409, 422))
def remove_account(owner: OwnerDep, account: AccountPath, site: SiteDep) -> None:
    """Takes an account away, unless it is the last way in."""
    site.access.accounts.remove(owner.wallet_id, account, owner.way)


# --- merging ---


@router.post("/merge", status_code=204, responses=answers(*BODY, 409, 429))
def merge(owner: OwnerDep, wanted: MergeIn, site: SiteDep, who: CallerDep) -> None:
    """Puts another wallet of yours into this one, with everything in it; the other one ends."""
    access, into, way = site.access, owner.wallet_id, owner.way
    with counted_tries(site, who):
        if wanted.token is not None:
            access.merge_by_token(into, wanted.token, way)
        elif wanted.link is not None:
            access.merge_by_link(into, wanted.link, way)
        elif wanted.passkey is not None:
            access.merge_by_passkey(into, wanted.passkey, way)
        elif wanted.account is not None:
            access.merge_by_account(into, wanted.account.message, wanted.account.signature, way)
    site.writing.nudge()


def address_out(one: Address) -> AddressOut:
    return AddressOut(id=one.id, email=one.email, added_at=when(one.added_at), proven_at=shown_time(one.proven_at))


def passkey_out(one: Passkey) -> PasskeyOut:
    return PasskeyOut(
        id=one.id,
        name=one.name,
        added_at=when(one.added_at),
        used_at=shown_time(one.used_at),
        stopped_at=shown_time(one.stopped_at),
    )


def account_out(one: BoundAccount) -> AccountOut:
    return AccountOut(account=one.account, added_at=when(one.added_at), used_at=shown_time(one.used_at))
