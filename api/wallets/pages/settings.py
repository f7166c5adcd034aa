"""Settings: what opens the wallet, where it is open, whose it is to others, and what was done lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from api.dependencies import CallerDep, SiteDep, counted_tries, take
from api.site import Site
from api.wallets.access.schemas import PasskeyName
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.access.values import SignedIn, Way, What
from api.wallets.pages.owner import SCRIPTED, Fields, Owner, go, inside, said, status_for_form
from api.web.pages import page
from api.web.translating import gettext, noted
from ledger.errors import CairnError, Conflict, MalformedDocument, NotProven

HERE = "/wallet/settings"
SHOWN_EVENTS = 20
WAYS: Mapping[Way, str] = {
    Way.TOKEN: noted("a token"),
    Way.LINK: noted("a link in a mail"),
    Way.PASSKEY: noted("a passkey"),
    Way.ACCOUNT: noted("an Ethereum account"),
    Way.RECOVERY: noted("a recovery code"),
}
EVENTS: Mapping[What, str] = {
    What.SIGNED_IN: noted("Signed in"),
    What.SIGNED_OUT_EVERYWHERE: noted("Signed out everywhere"),
    What.TOKEN_MADE: noted("Token for programs made"),
    What.TOKEN_ENDED: noted("Token for programs ended"),
    What.ADDRESS_ADDED: noted("E-mail address added"),
    What.ADDRESS_REMOVED: noted("E-mail address removed"),
    What.PASSKEY_ADDED: noted("Passkey added"),
    What.PASSKEY_RENAMED: noted("Passkey renamed"),
    What.PASSKEY_REMOVED: noted("Passkey removed"),
    What.PASSKEY_COPIED: noted("Passkey stopped: there seems to be a copy of it"),
    What.ACCOUNT_ADDED: noted("Ethereum account added"),
    What.ACCOUNT_REMOVED: noted("Ethereum account removed"),
    What.CODES_MADE: noted("Recovery codes made"),
    What.CODE_USED: noted("Recovery code used"),
    What.MERGED: noted("Another cairn merged into this one"),
}
SENTENCES: Mapping[str, str] = {
    "last_way_in": noted("This is the last way into your cairn. Add another one first."),
    "email_syntax": noted("This is no e-mail address. One looks like name@example.org."),
    "merge_refused": noted("This does not show that the other cairn is yours, or the link was used already."),
    "same_wallet": noted("That is this very cairn."),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@router.api_route(HERE, methods=["GET", "HEAD"])
def show_settings(owner: Owner, site: SiteDep) -> Response:
    """Everything that opens the wallet, and what else can be set."""
    return settings_page(site, owner)


def settings_page(
    site: Site,
    owner: SignedIn,
    *,
    errors: Mapping[str, str] | None = None,
    filled: Mapping[str, str] | None = None,
    told: str = "",
    status: int = 200,
) -> Response:
    """`errors` are sentences by field, `filled` what was typed, `told` what was done."""
    wallet_id = owner.wallet_id
    values = {
        "owner": owner,
        "ways": site.access.ways.of(wallet_id),
        "sessions": site.access.sessions.all(wallet_id),
        "events": [
            (event.at, gettext(EVENTS.get(What(event.what), event.what)), gettext(WAYS[Way(event.way)]))
            for event in site.access.audit.events(wallet_id)[:SHOWN_EVENTS]
        ],
        "dids": site.wallet_keys.dids(wallet_id),
        "way_names": {way.value: gettext(text) for way, text in WAYS.items()},
        "errors": errors or {},
        "filled": filled or {},
        "told": told,
    }
    return inside("settings.html", values, here=HERE, status=status, headers=SCRIPTED)


def tried(site: Site, owner: SignedIn, field: str, fields: Mapping[str, str], act: Callable[[], object]) -> Response:
    """Does something that may be refused: the page comes back filled in, with the reason beside its field."""
    try:
        act()
    except (Conflict, MalformedDocument, NotProven) as error:
        known = {name: value[:1000] for name, value in fields.items()}
        status = 401 if isinstance(error, NotProven) else status_for_form(error)
        return settings_page(site, owner, errors={field: in_words(error)}, filled=known, status=status)
    site.writing.nudge()
    return go(HERE)


def in_words(error: CairnError) -> str:
    known = SENTENCES.get(error.code)
    return gettext(known) if known else said(error)


# --- e-mail addresses ---


@router.post("/wallet/addresses")
def add_address(owner: Owner, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has a link sent to a further address."""
    take(site.letters, who)
    email = fields.get("email", "")
    try:
        site.access.mail_addresses.ask_to_add(owner.wallet_id, email)
    except (MalformedDocument, Conflict) as error:
        problem = {"email": in_words(error)}
        return settings_page(site, owner, errors=problem, filled={"email": email[:254]}, status=status_for_form(error))
    site.writing.nudge()
    text = gettext("A link is on its way to that address. Open it there, and press the button.")
    return page("wallet/done.html", {"title": gettext("Look into your mail"), "text": text}, 202)


@router.post("/wallet/addresses/remove")
def remove_address(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Takes an address away."""
    remove = site.access.mail_addresses.remove
    return tried(site, owner, "addresses", {}, lambda: remove(owner.wallet_id, fields.get("id", ""), owner.way))


# --- passkeys, codes, accounts, the token ---


@router.post("/wallet/passkeys/rename")
def rename_passkey(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Gives a passkey another name."""
    passkey, name = fields.get("id", ""), fields.get("name", "").strip()
    try:
        TypeAdapter(PasskeyName).validate_python(name)
    except ValidationError:
        problem = {"passkeys": gettext("A passkey's name has 1 to 60 characters.")}
        return settings_page(site, owner, errors=problem, filled={f"name-{passkey}": name[:100]}, status=422)
    rename = site.access.passkeys.rename
    return tried(site, owner, "passkeys", {}, lambda: rename(owner.wallet_id, passkey, name, owner.way))


@router.post("/wallet/passkeys/remove")
def remove_passkey(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Takes a passkey away."""
    remove = site.access.passkeys.remove
    return tried(site, owner, "passkeys", {}, lambda: remove(owner.wallet_id, fields.get("id", ""), owner.way))


@router.post("/wallet/accounts/remove")
def remove_account(owner: Owner, fields: Fields, site: SiteDep) -> Response:
    """Takes an Ethereum account away."""
    remove = site.access.accounts.remove
    return tried(site, owner, "accounts", {}, lambda: remove(owner.wallet_id, fields.get("id", ""), owner.way))


@router.post("/wallet/recovery-codes")
def make_codes(owner: Owner, site: SiteDep) -> Response:
    """Makes recovery codes, and shows them this once."""
    codes = site.access.recovery.make(owner.wallet_id, owner.way)
    site.writing.nudge()
    return page("wallet/codes.html", {"codes": codes})


@router.post("/wallet/token")
def make_token(owner: Owner, site: SiteDep) -> Response:
    """Makes a token for programs, and shows it this once."""
    token = site.access.ways.new_token(owner.wallet_id, owner.way)
    site.writing.nudge()
    return page("wallet/token.html", {"token": token.text, "wallet_id": owner.wallet_id})


@router.post("/wallet/token/end")
def end_token(owner: Owner, site: SiteDep) -> Response:
    """Ends the token for programs."""
    return tried(site, owner, "token", {}, lambda: site.access.ways.end_token(owner.wallet_id, owner.way))


# --- two cairns become one ---


@router.post("/wallet/merge")
def merge(owner: Owner, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Puts another wallet of the learner's into this one: by a link that went to its address, or by its token."""
    given = last_part(fields.get("proof", ""))
    by = site.access.merge_by_token if given.startswith("cairn_wallet_") else site.access.merge_by_link

    def act() -> None:
        with counted_tries(site, who):
            by(owner.wallet_id, given, owner.way)

    return tried(site, owner, "proof", {"proof": fields.get("proof", "")}, act)


def last_part(text: str) -> str:
    """The token in what was pasted: a whole link, or the token alone."""
    return urlsplit(text.strip()[:1000]).path.rstrip("/").rpartition("/")[2]
