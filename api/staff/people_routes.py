"""The page of the people of an institution: who works here, in which role, and whether two persons are needed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from api.dependencies import CallerDep, SiteDep, take
from api.site import Site
from api.staff.dependencies import AnyAdmin, AnyMember
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.staff.words import ROLES, role_name
from api.wallets.access.forms import form_fields
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext
from ledger.errors import Conflict, MalformedDocument, NotFound

router = APIRouter(prefix="/staff/{kinds}/{slug}/people", include_in_schema=False, dependencies=[Depends(from_our_own)])
Fields = Annotated[dict[str, str], Depends(form_fields)]
Problems = list[tuple[str, str]]


@router.api_route("", methods=["GET", "HEAD"])
def show_people(member: AnyMember, site: SiteDep) -> Response:
    """Who works here."""
    return people_page(site, member)


@router.post("")
def invite(member: AnyAdmin, fields: Fields, site: SiteDep, who: CallerDep) -> Response:
    """Has somebody work here, and writes to them."""
    given = {name: fields.get(name, "").strip()[:300] for name in ("email", "name", "role")}
    role = role_of(given["role"])
    problems: Problems = []
    if not given["name"]:
        problems.append(("name", gettext("Give the name of the person.")))
    if role is None:
        problems.append(("role", gettext("Choose what the person may do.")))
    if role is None or problems:
        return people_page(site, member, given, problems)
    take(site.letters, who)
    try:
        site.staff.people.add(member, given["email"], given["name"], role, invite=True)
    except (MalformedDocument, Conflict) as error:
        return people_page(site, member, given, [problem_of(error)])
    site.writing.nudge()
    return RedirectResponse(people_path(member), 303)


@router.post("/two-persons")
def choose_two_persons(member: AnyAdmin, fields: Fields, site: SiteDep) -> Response:
    """Has two persons be needed, or not."""
    site.staff.people.choose_two_persons(member, fields.get("needed") == "yes")
    return RedirectResponse(people_path(member), 303)


@router.api_route("/{person_id}", methods=["GET", "HEAD"])
def show_person(member: AnyAdmin, person_id: str, site: SiteDep) -> Response:
    """One person: their role, and taking them out."""
    return person_page(site, member, person_id)


@router.post("/{person_id}")
def change_role(member: AnyAdmin, person_id: str, fields: Fields, site: SiteDep) -> Response:
    """Gives somebody another role."""
    role = role_of(fields.get("role", ""))
    if role is None:
        return person_page(site, member, person_id, gettext("Choose what the person may do."))
    try:
        site.staff.people.change(member, person_id, role)
    except Conflict as error:
        return person_page(site, member, person_id, problem_of(error)[1])
    return RedirectResponse(people_path(member), 303)


@router.post("/{person_id}/remove")
def remove(member: AnyAdmin, person_id: str, site: SiteDep) -> Response:
    """Has somebody work here no longer."""
    try:
        site.staff.people.remove(member, person_id)
    except Conflict as error:
        return person_page(site, member, person_id, problem_of(error)[1])
    return RedirectResponse("/staff" if person_id == member.person_id else people_path(member), 303)


def people_page(
    site: Site, member: Member, given: dict[str, str] | None = None, problems: Problems | None = None
) -> Response:
    values = {
        "people": site.staff.people.of(member.kind, member.institution),
        "two_persons": site.staff.people.two_persons(member.kind, member.institution),
        "may_change": member.may(Role.ADMIN),
        "given": given or {"email": "", "name": "", "role": Role.PREPARES},
        "problems": problems or [],
        "wrong": dict(problems or []),
        "roles": role_choices(),
        "role_name": role_name,
    }
    return staff_page(site, member, "staff/people.html", "people", values, 422 if problems else 200)


def person_page(site: Site, member: Member, person_id: str, problem: str = "") -> Response:
    found = site.staff.people.member(person_id, member.kind, member.institution)
    if found is None:
        raise NotFound("nobody like that works here", "person_unknown")
    values = {"found": found, "problem": problem, "roles": role_choices(), "is_self": person_id == member.person_id}
    return staff_page(site, member, "staff/person.html", "people", values, 422 if problem else 200)


def people_path(member: Member) -> str:
    return f"/staff/{member.kind}s/{member.institution}/people"


def role_of(text: str) -> Role | None:
    return Role(text) if text in set(Role) else None


def role_choices() -> list[tuple[str, str, str]]:
    """Each role with its name and what it allows."""
    return [(role.value, gettext(name), gettext(said)) for role, (name, said) in ROLES.items()]


def problem_of(error: MalformedDocument | Conflict) -> tuple[str, str]:
    """The field that an error is about, and a sentence for it."""
    known = {
        "member_exists": ("email", gettext("This person works here already. Change their role instead.")),
        "last_admin": ("", gettext("Somebody has to look after the people here. Give somebody else that role first.")),
        "too_many_members": ("", gettext("An institution has at most 200 people here.")),
    }
    if error.code in known:
        return known[error.code]
    if error.code.startswith("email"):
        return "email", gettext("This is not an e-mail address. One looks like name@university.example.")
    return "name", gettext("This name cannot be stored: it has characters that cannot be seen, or is too long.")
