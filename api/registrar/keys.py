"""The page of keys and operators: who signs, who may act on the chain, who is the admin, which machines have keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import WholeNumber
from api.registrar import words
from api.registrar.editing.forms import Posted, posted
from api.site import Site
from api.staff.dependencies import Admin, Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.chain.addresses import checksum_address
from ledger.chain.amounts import money
from ledger.chain.registry import Role as ChainRole
from ledger.documents.text import text_problem
from ledger.errors import CairnError, Conflict, DraftError, KeystoreError, NotFound, Problem, RegistryError
from ledger.issuing.admin_acts import PARTS, ActKind, AdminAct, Wanted, account_of, next_key

LABEL_LIMIT = 100
Problems = list[tuple[str, str]]

router = APIRouter(prefix="/staff/issuers/{slug}/keys", include_in_schema=False, dependencies=[Depends(from_our_own)])


async def keys_post(request: Request) -> Posted:
    return await posted(request, max_bytes=32 * 1024)


PostedForm = Annotated[Posted, Depends(keys_post)]


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """Every key, operator and API key, and what is under way."""
    return keys_page(site, member)


@router.post("")
def prepare(member: Admin, form: PostedForm, site: SiteDep) -> Response:
    """Shows what an act of the admin would take, or does it once that was agreed to."""
    given = dict(form.pairs)
    try:
        wanted = wanted_of(site, member, form)
    except DraftError as error:
        return keys_page(site, member, given, [(one.column or "", one.message) for one in error.problems])
    except (Conflict, NotFound) as error:
        return keys_page(site, member, given, [(form.text("act"), said(error))])
    if form.text("sure") != "yes":
        return confirmation(site, member, wanted, given)
    try:
        act = site.workspace.administration.ask(member.institution, wanted, by=member.name)
    except (Conflict, NotFound, KeystoreError) as error:
        return keys_page(site, member, given, [("", said(error))])
    site.staff.audit.note(member, f"{wanted.kind}_asked", f"act {act.id}", detail_of(wanted))
    site.control.acting.nudge()
    return RedirectResponse(f"{path_of(member)}/acts/{act.id}", 303)


@router.api_route("/acts/{number}", methods=["GET", "HEAD"])
def show(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """Where an act of the admin stands."""
    act = site.workspace.administration.act(number)
    if act.issuer != member.institution:
        raise NotFound("there is no such act of an admin", "act_unknown")
    return staff_page(site, member, "registrar/admin_act.html", "keys", {"act": listed(act)})


@router.post("/api-keys")
def make_api_key(member: Admin, form: PostedForm, site: SiteDep) -> Response:
    """Makes a key for a machine, which is shown this once."""
    label = form.text("label")
    if not label or text_problem(label, limit=LABEL_LIMIT):
        return keys_page(
            site, member, {"label": label}, [("label", gettext("Say in a few words which machine it is."))]
        )
    entry, text = site.keys.create(member.institution, label)
    site.staff.audit.note(member, "api_key_made", entry.key_id, label)
    values = {"entry": entry, "text": text}
    return staff_page(site, member, "registrar/api_key.html", "keys", values, headers={"Cache-Control": "no-store"})


@router.post("/api-keys/close")
def close_api_key(member: Admin, form: PostedForm, site: SiteDep) -> Response:
    """Ends a key of a machine."""
    entry = site.keys.close(member.institution, form.text("key"))
    site.staff.audit.note(member, "api_key_closed", entry.key_id)
    return RedirectResponse(path_of(member), 303)


# --- reading what is wanted ---


def wanted_of(site: Site, member: Member, form: Posted) -> Wanted:
    """The act that a form asks for. Raises DraftError with every problem, Conflict, NotFound."""
    issuer = site.workspace.catalog.issuer(member.institution)
    kind = form.text("act")
    match kind:
        case ActKind.OPEN_KEY:
            return next_key(issuer)
        case ActKind.CLOSE_KEY:
            return closing(site, member, form)
        case ActKind.SET_OPERATOR:
            return operator(form)
        case ActKind.REPLACE_OPERATOR:
            return Wanted(ActKind.REPLACE_OPERATOR, part=form.text("part"))
        case ActKind.PROPOSE_ADMIN:
            return Wanted(ActKind.PROPOSE_ADMIN, account=account_of(form.text("admin_account")))
        case ActKind.REPLACE_ADMIN:
            return Wanted(ActKind.REPLACE_ADMIN)
    raise DraftError([Problem("field_choice", gettext("Choose one of the buttons."))])


def closing(site: Site, member: Member, form: Posted) -> Wanted:
    """Closing a key: retired now, or compromised since a moment."""
    number = int(form.text("number")) if form.text("number").isdigit() and len(form.text("number")) < 6 else 0
    until = form.text("until")
    if form.text("how") != "compromised":
        shown = int(until) if until.isdigit() and len(until) < 12 else None
        end = site.workspace.issuers.retirement(member.institution, number, planned=shown)
        return Wanted(ActKind.CLOSE_KEY, number=number, until=end)
    since = form.text("since")
    try:
        moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    except ValueError as error:
        told = gettext("Give the day and the time from which on somebody else may have had the key.")
        raise DraftError([Problem("field_value", told, column="since")]) from error
    return Wanted(ActKind.CLOSE_KEY, number=number, until=int(moment.timestamp()), compromised=True)


def operator(form: Posted) -> Wanted:
    """Naming an operator, changing what it may do and how long, or ending it."""
    roles = ChainRole(0)
    for name, role in (("anchor", ChainRole.ANCHOR), ("revoke", ChainRole.REVOKE)):
        if form.text(name):
            roles |= role
    problems = []
    moments: dict[str, int | None] = {"from_day": None, "until_day": None}
    for name in moments:
        if text := form.text(name):
            try:
                moments[name] = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
            except ValueError:
                problems.append(Problem("field_value", gettext("Give a day."), column=name))
    account = None
    try:
        account = account_of(form.text("account"))
    except Conflict:
        told = gettext("Give the address of the account: 0x and 40 digits.")
        problems.append(Problem("field_value", told, column="account"))
    if problems:
        raise DraftError(problems)
    until = moments["until_day"]
    return Wanted(
        ActKind.SET_OPERATOR,
        account=account,
        roles=roles,
        valid_from=moments["from_day"] or 0,
        until=None if until is None else until + 86_400,
    )


# --- showing ---


def confirmation(site: Site, member: Member, wanted: Wanted, given: dict[str, str]) -> Response:
    """What an act takes and what follows from it, before anything is sent."""
    administration = site.workspace.administration
    try:
        quotes = administration.quotes(member.institution, wanted)
    except RegistryError as error:
        return keys_page(site, member, given, [("", str(error))])
    except (Conflict, NotFound) as error:
        return keys_page(site, member, given, [("", said(error))])
    doubtful = 0
    if wanted.kind is ActKind.CLOSE_KEY and wanted.compromised:
        doubtful = administration.doubtful(member.institution, wanted.number or 0, wanted.until or 0)
    shown = {name: value for name, value in given.items() if name != "sure"}
    if wanted.kind is ActKind.CLOSE_KEY:
        shown["until"] = str(wanted.until)
    values = {
        "wanted": wanted,
        "title": gettext(words.ACTS[wanted.kind]),
        "given": shown,
        "account": None if wanted.account is None else checksum_address(wanted.account),
        "price": money(sum(quote.cost for quote in quotes), site.workspace.configuration.chain_id),
        "gas": sum(quote.gas for quote in quotes),
        "transactions": len(quotes) + (wanted.kind is ActKind.REPLACE_ADMIN),
        "is_affordable": all(quote.is_affordable for quote in quotes),
        "doubtful": doubtful,
        "roles": role_words(wanted.roles),
    }
    return staff_page(site, member, "registrar/admin_act_confirm.html", "keys", values)


def keys_page(
    site: Site, member: Member, given: dict[str, str] | None = None, problems: Problems | None = None
) -> Response:
    issuer = site.workspace.catalog.issuer(member.institution)
    administration = site.workspace.administration
    shown = dict.fromkeys(("account", "from_day", "until_day", "admin_account", "label", "since", "number"), "")
    values = {
        "issuer": issuer,
        "current": next((key.number for key in reversed(issuer.keys) if key.opened_at and not key.closed_at), 0),
        "operators": [
            {
                "account": checksum_address(one.account),
                "roles": role_words(one.roles),
                "from": one.valid_from,
                "until": one.valid_until,
                "part": one.part,
            }
            for one in administration.operators(member.institution)
        ],
        "admin": checksum_address(issuer.admin),
        "acts": [listed(act) for act in administration.acts(member.institution)[:20]],
        "api_keys": site.keys.keys(member.institution),
        "parts": list(PARTS),
        "may_change": member.may(Role.ADMIN),
        "given": shown | (given or {}),
        "problems": problems or [],
        "wrong": dict(problems or []),
    }
    return staff_page(site, member, "registrar/keys.html", "keys", values, 422 if problems else 200)


def listed(act: AdminAct) -> dict[str, object]:
    return {
        "id": act.id,
        "title": gettext(words.ACTS[act.wanted.kind]),
        "detail": detail_of(act.wanted),
        "state": act.state,
        "said": gettext(words.ACT_STATES[act.state]),
        "why": act.said,
        "who": act.asked_by,
        "when": act.asked_at,
        "block": act.block_number,
        "block_time": act.block_time,
        "is_open": act.is_open,
    }


def detail_of(wanted: Wanted) -> str:
    """What an act is about, in codes."""
    if wanted.kind in {ActKind.OPEN_KEY, ActKind.CLOSE_KEY}:
        return f"#key-{wanted.number}"
    if wanted.part is not None:
        return wanted.part
    return checksum_address(wanted.account) if wanted.account is not None else ""


def role_words(roles: ChainRole) -> str:
    named = [
        gettext(text)
        for role, text in ((ChainRole.ANCHOR, words.ANCHORS), (ChainRole.REVOKE, words.REVOKES))
        if role in roles
    ]
    return ", ".join(named) or gettext("nothing any more")


def said(error: CairnError) -> str:
    """What to tell of an error."""
    known = {
        "key_unknown": gettext("There is no key with this number."),
        "key_end": gettext("A key’s end can only move earlier, and not before its start or into the future."),
        "key_busy": gettext(
            "Batch %(number)s, which this key signed, is not final yet. Look on its page why it waits, and retire the "
            "key once it is final. If somebody else may have the key, close it as compromised: that does not wait."
        )
        % {"number": getattr(error, "about", "")},
        "operator_account": gettext("Name another account than the admin’s own: 0x and 40 digits."),
        "operator_period": gettext("The last day has to come after the first."),
        "operator_roles": gettext("Choose which operator is to be replaced."),
        "act_open": gettext("An act of this kind is under way. Wait until it is final."),
        "key_missing": gettext("The admin’s key is not on this machine. Whoever has it does this from a command line."),
    }
    return known.get(error.code, str(error))


def path_of(member: Member) -> str:
    return f"/staff/issuers/{member.institution}/keys"
