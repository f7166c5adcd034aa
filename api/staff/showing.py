"""Pages within the frame of an institution."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi.responses import Response

from api.site import Site
from api.staff.values import Member
from api.web.pages import page


def staff_page(
    site: Site,
    member: Member,
    name: str,
    here: str,
    values: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A template that leans on `staff/layout.html`. `here` is the tab that the page belongs to."""
    institution = site.staff.people.institution(member.kind, member.institution)
    return page(name, {"institution": institution, "member": member, "here": here, **values}, status, headers)
