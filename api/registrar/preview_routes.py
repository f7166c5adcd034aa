"""How one credential of a draft will look: as the share page shows it, as a certificate, as a badge."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.clock import unix_now
from api.dependencies import SiteDep
from api.parameters import BatchId, WholeNumber
from api.registrar.approvals import ApprovalState
from api.registrar.batch_pages import of_member
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.wallets.access.sign_in_routes import from_our_own
from ledger.documents.canonical import canonicalize
from ledger.issuing.values import Batch, BatchState
from ledger.rendering.content import Content
from ledger.rendering.preview import badge_preview, certificate_preview, preview_of

As = Literal["page", "certificate", "badge"]

router = APIRouter(
    prefix="/staff/issuers/{slug}/batches/{batch_id}/preview",
    include_in_schema=False,
    dependencies=[Depends(from_our_own)],
)


@router.api_route("", methods=["GET", "HEAD"])
def show_preview(
    member: Preparer,
    batch_id: BatchId,
    site: SiteDep,
    row: Annotated[int, Query(ge=1, le=10**6)] = 1,
    view: Annotated[As, Query(alias="as")] = "page",
) -> Response:
    """One credential, and where it goes from here."""
    batch = of_member(site, member, batch_id)
    position = min(row, batch.size) - 1
    _, content = drafted(site, batch, position)
    (credential,) = site.issuing.credentials(member.institution, batch.id, offset=position, limit=1)
    approval = site.registrar.approvals.of(batch)
    values = {
        "batch": batch,
        "path": f"/staff/issuers/{batch.issuer}/batches/{batch.id}",
        "content": content,
        "credential": credential,
        "position": position,
        "row": position + 1,
        "view": view,
        "may_send": batch.state is BatchState.OPEN and approval.state in (ApprovalState.DRAFTED, ApprovalState.REFUSED),
    }
    return staff_page(site, member, "registrar/preview.html", "batches", values)


@router.api_route("/{position}/{picture}.png", methods=["GET", "HEAD"])
def picture(
    member: Preparer,
    batch_id: BatchId,
    position: WholeNumber,
    picture: Literal["certificate", "badge"],
    site: SiteDep,
) -> Response:
    """The picture of a certificate's first page, or of a badge."""
    batch = of_member(site, member, batch_id)
    document, content = drafted(site, batch, position)
    with site.press.turn():
        if picture == "badge":
            made = badge_preview(content)
        else:
            made = certificate_preview(document, content, address=f"{site.base}/check")
    return Response(made, media_type="image/png")


def drafted(site: Site, batch: Batch, position: int) -> tuple[bytes, Content]:
    """A document of a batch as it is to be signed, and what is said of it. Raises NotFound, Conflict."""
    document = canonicalize(site.issuing.preview(batch.issuer, batch.id, position))
    given = site.workspace.catalog.accreditations(batch.issuer)
    is_recognised = any(one.valid_from is not None and one.valid_until > unix_now() for one in given)
    return document, preview_of(site.verify_shared(document), is_recognised=is_recognised)
