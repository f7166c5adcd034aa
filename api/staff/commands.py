"""`cairn staff` and `cairn audit`: who works for institutions, as the operator of a data folder sees to it, and whether
their logs are whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.opening import opened_site
from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, DataOption, JsonOption, app
from ledger.errors import CairnError, NotFound

if TYPE_CHECKING:
    from api.site import Site
    from api.staff.values import Member

staff_app = typer.Typer(help="People who work for issuers and accreditors.", no_args_is_help=True)
audit_app = typer.Typer(help="The logs of institutions: who did what.", no_args_is_help=True)
app.add_typer(staff_app, name="staff")
app.add_typer(audit_app, name="audit")

IssuerOption = Annotated[str | None, typer.Option(help="The short name of an issuer.")]
AccreditorOption = Annotated[str | None, typer.Option(help="The short name of an accreditor.")]
EmailOption = Annotated[str, typer.Option(help="The person's e-mail address.")]


@staff_app.command("add")
def add(
    email: EmailOption,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[str, typer.Option(help="prepares, approves or admin; each may do what those before it may.")],
    issuer: IssuerOption = None,
    accreditor: AccreditorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Has somebody work for an issuer or an accreditor. `cairn staff link` then lets them in without mail."""
    from api.staff.values import Role
    from ledger.cli.output import emit

    if role not in set(Role):
        raise CairnError("usage", "--role is prepares, approves or admin")
    with opened_site(data) as site:
        operator = acting(site, issuer, accreditor)
        made = site.staff.people.add(operator, email, name, Role(role))
        emit(
            described(made), f"{made.name} <{made.email}> works for {made.institution}: {made.highest}", as_json=as_json
        )


@staff_app.command("list")
def list_people(
    issuer: IssuerOption = None,
    accreditor: AccreditorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Lists who works for an issuer or an accreditor, and whether two persons are needed there."""
    from ledger.cli.output import emit, table

    with opened_site(data) as site:
        operator = acting(site, issuer, accreditor)
        found = site.staff.people.of(operator.kind, operator.institution)
        needed = site.staff.people.two_persons(operator.kind, operator.institution).needed
    rows = [(one.name, one.email, one.highest) for one in found]
    text = table(("name", "e-mail", "role"), rows) if rows else f"nobody works for {operator.institution} yet"
    text += f"\ntwo persons are {'' if needed else 'not '}needed"
    emit({"people": [described(one) for one in found], "two_persons": needed}, text, as_json=as_json)


@staff_app.command("remove")
def remove(
    email: EmailOption,
    issuer: IssuerOption = None,
    accreditor: AccreditorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Has somebody work for an issuer or an accreditor no longer; they are signed out there at once."""
    from ledger.cli.output import emit

    with opened_site(data) as site:
        operator = acting(site, issuer, accreditor)
        person = site.staff.people.find(email)
        if person is None:
            raise NotFound("nobody like that works here", "person_unknown")
        site.staff.people.remove(operator, person.id)
        value = {"person": person.id, "institution": operator.institution}
        emit(value, f"{person.email} works for {operator.institution} no longer", as_json=as_json)


@staff_app.command("link")
def link(email: EmailOption, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Prints a link that signs somebody in once, within an hour: for the first admin, and where no mail is sent."""
    from ledger.cli.output import emit

    with opened_site(data) as site:
        person = site.staff.people.find(email)
        if person is None:
            raise NotFound("nobody with this address works for an institution here", "person_unknown")
        made = f"{site.base}/staff/enter/{site.staff.links.make(person.id).text}"
        emit({"link": made, "person": person.id}, made, as_json=as_json)


@audit_app.command("check")
def check(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Reckons every log anew from its first line. Exit code 0 all are whole, 1 a line was changed or is missing.

    Keep the heads that it prints elsewhere: who rewrites a log from its first line on cannot bring them back.
    """
    from ledger.cli.output import emit, table

    with opened_site(data) as site:
        found = site.staff.audit.check()
    value = [
        {
            "kind": one.kind.value,
            "institution": one.institution,
            "lines": one.lines,
            "head": one.head.hex(),
            "broken_at": one.broken,
            "why": one.why or None,
        }
        for one in found
    ]
    rows = [
        (f"{one.kind} {one.institution}", one.lines, one.head.hex()[:16], told(one.broken, one.why)) for one in found
    ]
    text = table(("log", "lines", "head", "found"), rows) if rows else "there are no logs yet"
    emit({"logs": value}, text, as_json=as_json)
    return EXIT_REFUSED if any(one.broken is not None for one in found) else 0


def told(broken: int | None, why: str) -> str:
    return "whole" if broken is None else f"BROKEN at line {broken}: {why}"


def acting(site: Site, issuer: str | None, accreditor: str | None) -> Member:
    """The operator, acting for the institution that is named. Raises CairnError `usage`, NotFound."""
    from api.staff.values import InstitutionKind, the_operator

    if (issuer is None) == (accreditor is None):
        raise CairnError("usage", "name either --issuer or --accreditor")
    kind = InstitutionKind.ISSUER if issuer is not None else InstitutionKind.ACCREDITOR
    slug = issuer or accreditor or ""
    site.staff.people.institution(kind, slug)
    return the_operator(kind, slug)


def described(member: Member) -> dict[str, object]:
    return {
        "person": member.person_id,
        "name": member.name,
        "email": member.email,
        "institution": member.institution,
        "kind": member.kind.value,
        "roles": sorted(member.roles),
    }
