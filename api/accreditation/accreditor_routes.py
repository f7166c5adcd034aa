"""The pages of an accreditor: its register, recognising, ending, and what was done about each issuer."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from api.accreditation.files import HISTORY, REGISTER, Form, file_of, history_rows, register_rows
from api.accreditation.forms import Given, LongFields, read_ending, read_recognising
from api.accreditation.pages import WORDS, acts_values, form_page, issuer_page, shown_acts
from api.accreditation.register import Entry, Recognition, Standing
from api.accreditation.words import refusal_sentence, standing_word
from api.dependencies import SiteDep
from api.parameters import Slug
from api.problems import Refusal
from api.site import Site
from api.staff.dependencies import AccreditorApprover, AccreditorMember
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.pages import page
from ledger.errors import CairnError, Conflict, MalformedDocument, NotFound, RegistryError
from ledger.issuing.accreditor_acts import Act
from ledger.issuing.accreditors import DEFAULT_RECOGNISED, DEFAULT_YEARS

router = APIRouter(prefix="/staff/accreditors/{slug}", include_in_schema=False, dependencies=[Depends(from_our_own)])
WHICH = ("", *(standing.value for standing in Standing))


# --- the register ---


@router.api_route("", methods=["GET", "HEAD"])
def show_register(member: AccreditorMember, site: SiteDep, state: str = "") -> Response:
    """Every issuer of this ledger, and how it stands with its recognition by this accreditor."""
    entries = site.register.entries(site.registry_events.now(), by=member.institution)
    everybody = {one.issuer.slug: one for one in site.register.entries(site.registry_events.now())}
    chosen = state if state in WHICH else ""
    values = {
        "entries": [one for one in entries if chosen in ("", one.standing.value)],
        "counts": {each: sum(one.standing is each for one in entries) for each in Standing},
        "total": len(entries),
        "chosen": chosen,
        "others": {slug: other_names(one, member) for slug, one in everybody.items()},
        "open_acts": [one for one in shown_acts(site, member) if one.act.is_open],
        "names": {one.issuer.slug: one.name for one in entries},
        "standings": [(each.value, standing_word(each)[0]) for each in Standing],
        **WORDS,
    }
    return staff_page(site, member, "accreditor/register.html", "register", values)


@router.get("/export.{form}")
def export_register(member: AccreditorMember, form: Form, site: SiteDep) -> Response:
    """The register as a file: what this accreditor recognised, and what it did not."""
    site.staff.audit.note(member, "exported", f"register.{form}")
    rows = register_rows(site.register.entries(site.registry_events.now(), by=member.institution))
    return file_of(form, REGISTER, rows, f"{member.institution}-register")


# --- recognising ---


@router.api_route("/recognise", methods=["GET", "HEAD"])
def show_recognise(member: AccreditorMember, site: SiteDep, issuer: str = "") -> Response:
    """Choosing an issuer, and then the form."""
    entries = site.register.entries(site.registry_events.now(), by=member.institution)
    entry = next((one for one in entries if one.issuer.slug == issuer), None)
    if entry is None:
        values = {"entries": entries, **WORDS}
        return staff_page(site, member, "accreditor/choose.html", "recognise", values)
    return recognise_form(site, member, entry, suggested(site, entry))


@router.post("/recognise")
def recognise(member: AccreditorMember, fields: LongFields, site: SiteDep) -> Response:
    """Shows what would be published and what it costs; and, once that was seen, asks for it."""
    entry = required_entry(site, member, fields.get("issuer", ""))
    given, wanted = read_recognising(fields, site.accreditors_desk.today())
    if wanted is None or fields.get("do") == "change":
        return recognise_form(site, member, entry, given, 422 if wanted is None else 200)
    try:
        if fields.get("do") == "send":
            site.accreditors_desk.recognise(member, entry.issuer.slug, wanted)
            return RedirectResponse(issuer_path(member, entry), 303)
        statement = site.accreditors_desk.statement(member, entry.issuer.slug, wanted)
    except (Conflict, MalformedDocument) as error:
        field, sentence = refusal_sentence(error.code)
        return recognise_form(site, member, entry, given.but(field, sentence), 422)
    cost = site.accreditors_desk.cost_of_recognising(member, entry.issuer.slug, statement, wanted.until)
    values = {
        "entry": entry,
        "statement": statement,
        "scope": f"0x{statement.scope().hex()}",
        "until": wanted.until - 1,
        "cost": cost,
        "needs_another": needs_another(site, member),
    }
    return form_page(site, member, "accreditor/preview.html", "recognise", given, 200, **values)


# --- one issuer ---


@router.api_route("/issuers/{issuer}", methods=["GET", "HEAD"])
def show_issuer(member: AccreditorMember, issuer: Slug, site: SiteDep) -> Response:
    """One issuer: how it stands, what is on its way, and everything that was done."""
    return issuer_page(site, member, required_entry(site, member, issuer))


@router.api_route("/issuers/{issuer}/acts", methods=["GET", "HEAD"])
def show_acts(member: AccreditorMember, issuer: Slug, site: SiteDep) -> Response:
    """The part of the page that looks again by itself. Once nothing is on its way the whole page is due again."""
    required_entry(site, member, issuer)
    values = acts_values(site, member, issuer)
    return page("accreditor/acts.html", values, headers={} if values["is_live"] else {"HX-Refresh": "true"})


@router.api_route("/issuers/{issuer}/end", methods=["GET", "HEAD"])
def show_end(member: AccreditorMember, issuer: Slug, site: SiteDep) -> Response:
    """The form to end a recognition, or to have it end earlier."""
    entry, current = required_current(site, member, issuer)
    return end_form(site, member, entry, current, Given({"when": "now"}, {}))


@router.post("/issuers/{issuer}/end")
def end(member: AccreditorMember, issuer: Slug, fields: LongFields, site: SiteDep) -> Response:
    """Shows what the end does and costs; and, once that was seen, asks for it."""
    entry, current = required_current(site, member, issuer)
    given, wanted = read_ending(fields, site.accreditors_desk.today())
    if wanted is not None and wanted.until is not None and wanted.until >= current.valid_until:
        given, wanted = given.but(*refusal_sentence("end_later")), None
    if wanted is None or fields.get("do") == "change":
        return end_form(site, member, entry, current, given, 422 if wanted is None else 200)
    if fields.get("do") != "send":
        values = {
            "entry": entry,
            "current": current,
            "until": wanted.until - 1 if wanted.until is not None else None,
            "cost": site.accreditors_desk.cost_of_ending(member, issuer, wanted.until, current.scope),
            "anchored": anchored_of(site, entry),
            "needs_another": needs_another(site, member),
        }
        return form_page(site, member, "accreditor/end_preview.html", "register", given, 200, **values)
    try:
        site.accreditors_desk.end(member, issuer, wanted)
    except (Conflict, NotFound) as error:
        return end_form(site, member, entry, current, given.but(*refusal_sentence(error.code)), 422)
    return RedirectResponse(issuer_path(member, entry), 303)


@router.post("/acts/{act}/approve")
def approve(member: AccreditorApprover, act: int, site: SiteDep) -> Response:
    """Sends on its way what somebody prepared."""
    return decided(site, member, act, lambda: site.accreditors_desk.approve(member, act))


@router.post("/acts/{act}/take-back")
def take_back(member: AccreditorMember, act: int, site: SiteDep) -> Response:
    """Takes back what waits for approval."""
    return decided(site, member, act, lambda: site.accreditors_desk.take_back(member, act))


def decided(site: Site, member: Member, act: int, decide: Callable[[], Act]) -> Response:
    found = site.workspace.accreditor_acts.get(member.institution, act)
    entry = required_entry(site, member, found.issuer)
    try:
        decide()
    except Conflict as error:
        return issuer_page(site, member, entry, refusal_sentence(error.code)[1], 409)
    return RedirectResponse(issuer_path(member, entry), 303)


# --- history and statistics ---


@router.api_route("/history", methods=["GET", "HEAD"])
def show_history(member: AccreditorMember, site: SiteDep) -> Response:
    """Every change, from the events of the registry itself."""
    history = site.registry_events.known_history(site.workspace.catalog.accreditor(member.institution))
    values = {"history": history}
    return staff_page(site, member, "accreditor/history.html", "history", values, 200 if history else 503)


@router.get("/history.{form}")
def export_history(member: AccreditorMember, form: Form, site: SiteDep) -> Response:
    """Every change as a file. Answers 503 where the registry cannot be read."""
    found = site.registry_events.history(site.workspace.catalog.accreditor(member.institution))
    site.staff.audit.note(member, "exported", f"history.{form}")
    return file_of(form, HISTORY, history_rows(found.changes), f"{member.institution}-history")


@router.api_route("/statistics", methods=["GET", "HEAD"])
def show_statistics(member: AccreditorMember, site: SiteDep) -> Response:
    """How much each issuer that was ever recognised anchored, from public data; small numbers are kept back."""
    entries = [
        one for one in site.register.entries(site.registry_events.now(), by=member.institution) if one.recognitions
    ]
    try:
        found = site.registry_events.anchored([one.issuer for one in entries]) if entries else None
    except RegistryError:
        found = None  # the page says that nobody could be asked
    values = {
        "rows": list(zip(entries, found[1], strict=True)) if found else [],
        "block": found[0] if found else None,
        "is_empty": not entries,
        **WORDS,
    }
    return staff_page(site, member, "accreditor/statistics.html", "statistics", values)


# --- what these share ---


def recognise_form(site: Site, member: Member, entry: Entry, given: Given, status: int = 200) -> Response:
    return form_page(site, member, "accreditor/recognise.html", "recognise", given, status, entry=entry)


def end_form(
    site: Site, member: Member, entry: Entry, current: Recognition, given: Given, status: int = 200
) -> Response:
    return form_page(
        site,
        member,
        "accreditor/end.html",
        "register",
        given,
        status,
        entry=entry,
        current=current,
        anchored=anchored_of(site, entry),
    )


def suggested(site: Site, entry: Entry) -> Given:
    """What the form begins with: the recognition before, or the issuer's own facts."""
    before = entry.current
    today = site.accreditors_desk.today()
    values = {
        "name": before.name if before is not None and before.name else entry.issuer.name,
        "country": entry.issuer.country or "",
        "recognised": "\n".join(before.recognised if before is not None else DEFAULT_RECOGNISED),
        "until": f"{today.year + DEFAULT_YEARS:04}-12-31",
    }
    return Given(values, {})


def required_entry(site: Site, member: Member, issuer: str) -> Entry:
    """Raises Refusal 404 for an issuer that there is not."""
    entry = site.register.entry(issuer, site.registry_events.now(), by=member.institution)
    if entry is None:
        raise Refusal(404)
    return entry


def required_current(site: Site, member: Member, issuer: str) -> tuple[Entry, Recognition]:
    """The issuer and the recognition in force. Raises Refusal 404 where there is none."""
    entry = required_entry(site, member, issuer)
    current = entry.current
    if current is None or current.standing is Standing.ENDED:
        raise Refusal(404, "not_accredited", refusal_sentence("not_accredited")[1])
    return entry, current


def anchored_of(site: Site, entry: Entry) -> tuple[bool, int | None]:
    """Whether it is known how much the issuer anchored, and how much; None for a number that is kept back."""
    try:
        return True, site.registry_events.anchored([entry.issuer])[1][0].count
    except CairnError:
        return False, None


def needs_another(site: Site, member: Member) -> bool:
    """Whether what this person asks for waits for somebody else."""
    needed = site.staff.people.two_persons(member.kind, member.institution).needed
    return needed or not member.may(Role.APPROVES)


def other_names(entry: Entry, member: Member) -> list[str]:
    """Other accreditors that recognise an issuer now."""
    return sorted(
        {
            one.accreditor.name
            for one in entry.recognitions
            if one.accreditor.slug != member.institution and one.standing is not Standing.ENDED
        }
    )


def issuer_path(member: Member, entry: Entry) -> str:
    return f"/staff/accreditors/{member.institution}/issuers/{entry.issuer.slug}"
