"""What a route for people of institutions may ask for, as types: a member of the institution in the path, by role.

Nobody signed in: on to the page to sign in. Signed in without the role: 403. Another institution's page: the same 404
as for one that does not exist.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.cookies import STAFF
from api.dependencies import SiteDep
from api.parameters import Slug
from api.problems import Refusal
from api.staff.values import InstitutionKind, Member, Role, SignedIn

SIGN_IN = "/staff/sign-in"


def staff_session(request: Request, site: SiteDep) -> SignedIn | None:
    """The session of a request that carries one, and may have come from a page of ours."""
    token = STAFF.token(request, site.base)
    return site.staff.sessions.find(token) if token else None


StaffSession = Annotated[SignedIn | None, Depends(staff_session)]


def required_session(current: StaffSession) -> SignedIn:
    """The session of whoever is signed in; others are sent to the page for that."""
    if current is None:
        raise Refusal(303, "sign_in_first", "sign in first", headers={"Location": SIGN_IN})
    return current


SignedInPerson = Annotated[SignedIn, Depends(required_session)]


def issuer_member(slug: Slug, current: SignedInPerson, site: SiteDep) -> Member:
    """Whoever works for the issuer in the path."""
    return member_in(site.staff.people.member(current.person_id, InstitutionKind.ISSUER, slug))


def accreditor_member(slug: Slug, current: SignedInPerson, site: SiteDep) -> Member:
    """Whoever works for the accreditor in the path."""
    return member_in(site.staff.people.member(current.person_id, InstitutionKind.ACCREDITOR, slug))


def any_member(kinds: str, slug: Slug, current: SignedInPerson, site: SiteDep) -> Member:
    """Whoever works for the institution in the path, issuer or accreditor: for pages that both have."""
    kind = {f"{kind}s": kind for kind in InstitutionKind}.get(kinds)
    return member_in(site.staff.people.member(current.person_id, kind, slug) if kind is not None else None)


AnyMember = Annotated[Member, Depends(any_member)]
IssuerMember = Annotated[Member, Depends(issuer_member)]
AccreditorMember = Annotated[Member, Depends(accreditor_member)]


def preparer(member: IssuerMember) -> Member:
    return with_role(member, Role.PREPARES)


def approver(member: IssuerMember) -> Member:
    return with_role(member, Role.APPROVES)


def admin(member: IssuerMember) -> Member:
    return with_role(member, Role.ADMIN)


def any_admin(member: AnyMember) -> Member:
    return with_role(member, Role.ADMIN)


def accreditor_approver(member: AccreditorMember) -> Member:
    return with_role(member, Role.APPROVES)


Preparer = Annotated[Member, Depends(preparer)]
Approver = Annotated[Member, Depends(approver)]
Admin = Annotated[Member, Depends(admin)]
AccreditorApprover = Annotated[Member, Depends(accreditor_approver)]
AnyAdmin = Annotated[Member, Depends(any_admin)]


def member_in(found: Member | None) -> Member:
    if found is None:
        raise Refusal(404)
    return found


def with_role(member: Member, role: Role) -> Member:
    """Raises Refusal 403 `role_missing`."""
    if not member.may(role):
        raise Refusal(
            403, "role_missing", "your role here does not allow this; an admin of your institution can change it"
        )
    return member
