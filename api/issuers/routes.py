"""An issuer's side over HTTP: draft, look, approve, claim, revoke. Each route needs one of the issuer's API keys."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, ActingKey, SiteDep
from api.issuers.bodies import BATCH_BODY, batch_rows
from api.issuers.schemas import (
    ActOut,
    BatchOut,
    ClaimOut,
    ClaimsIn,
    CredentialIdPath,
    CredentialOut,
    ReinstateIn,
    StatusIn,
    StatusOut,
    TransactionOut,
    WithdrawalIn,
)
from api.parameters import BatchId, Limit, Offset
from api.printing import ISSUED_FILE, Hidden, IssuedForm, PublicAddress, chosen_address
from api.problems import Refusal
from api.registrar.approvals import ApprovalState
from api.site import Site
from ledger.chain.addresses import checksum_address
from ledger.chain.registry import Reason, StatusAction
from ledger.durable.orders import OrderKind
from ledger.issuing.values import Batch, StatusChange, StoredCredential
from ledger.proofs.hideable import parse_hidden
from ledger.rendering.forms import Form
from ledger.verifying.report import shown_bytes, shown_time

router = APIRouter(prefix="/v1/issuers/{slug}", tags=["Issuing"], route_class=StrictRoute)

Rows = Annotated[bytes, Depends(batch_rows)]
Code = Annotated[str, Query(min_length=1, max_length=100, examples=["instructional-design"])]
Label = Annotated[str | None, Query(min_length=1, max_length=200, examples=["Cohort of 2026"])]
RequestName = Annotated[str | None, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,200}$")]


@router.post(
    "/batches",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422, 503)
    | {200: {"model": BatchOut, "description": "The batch that the same request made before."}},
    openapi_extra=BATCH_BODY,
)
def draft_batch(
    machine: ActingKey,
    rows: Rows,
    site: SiteDep,
    response: Response,
    programme: Code,
    label: Label = None,
    request_name: RequestName = None,
) -> BatchOut:
    """Drafts a batch from a CSV file or JSON rows. Everything that is wrong is said at once; then nothing is stored."""
    prepared = partial(site.registrar.approvals.note_prepared, member=machine, state=ApprovalState.WAITING)
    slug = machine.institution
    batch, is_new = site.issuing.draft(slug, programme, rows, label=label, request=request_name, then=prepared)
    response.status_code = 201 if is_new else 200
    return batch_out(site, batch)


@router.get("/batches", responses=answers(401, 404, 422))
def list_batches(slug: ActingIssuer, site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> list[BatchOut]:
    """The batches of the issuer, the newest first."""
    return [batch_out(site, batch) for batch in site.issuing.batches(slug)[offset : offset + limit]]


@router.get("/batches/{batch_id}", responses=answers(401, 404, 422))
def get_batch(slug: ActingIssuer, batch_id: BatchId, site: SiteDep) -> BatchOut:
    """One batch and how far it has come."""
    return batch_out(site, site.issuing.batch(slug, batch_id))


@router.delete("/batches/{batch_id}", status_code=204, responses=answers(401, 404, 409, 422))
def discard_batch(slug: ActingIssuer, batch_id: BatchId, site: SiteDep) -> None:
    """Throws a draft away. What is signed can only be revoked."""
    site.issuing.discard(slug, batch_id)


@router.get("/batches/{batch_id}/preview", responses=answers(401, 404, 422))
def preview_batch(slug: ActingIssuer, batch_id: BatchId, site: SiteDep, position: Offset = 0) -> dict[str, Any]:
    """One document of the batch as it will be signed."""
    return dict(site.issuing.preview(slug, batch_id, position))


@router.post("/batches/{batch_id}/approve", status_code=202, responses=answers(401, 404, 409, 422))
def approve_batch(machine: ActingKey, batch_id: BatchId, site: SiteDep) -> BatchOut:
    """Has the batch signed and anchored, in the background. Its state says how far that is.

    Where the institution needs two persons, one of its people has to approve (409 `second_person`).
    """
    batch = site.issuing.batch(machine.institution, batch_id)
    return batch_out(site, site.registrar.approvals.approve(batch, machine))


@router.post("/batches/{batch_id}/withdrawal", status_code=202, responses=answers(400, 401, 404, 409, 413, 415, 422))
def withdraw_batch(slug: ActingIssuer, batch_id: BatchId, wanted: WithdrawalIn, site: SiteDep) -> BatchOut:
    """Has a whole batch withdrawn that was issued in error, for ever. `withdrawn_at` says when it was done."""
    return batch_out(site, site.issuing.withdraw(slug, batch_id, Reason[wanted.reason.upper()]))


@router.get("/batches/{batch_id}/credentials", responses=answers(401, 404, 422))
def list_batch_credentials(
    slug: ActingIssuer, batch_id: BatchId, site: SiteDep, offset: Offset = 0, limit: Limit = 100
) -> list[CredentialOut]:
    """The credentials of a batch, in the order of its rows."""
    found = site.issuing.credentials(slug, batch_id, offset=offset, limit=limit)
    return [credential_out(credential) for credential in found]


@router.post("/batches/{batch_id}/claims", status_code=201, responses=answers(400, 401, 404, 409, 413, 415, 422))
def create_claims(slug: ActingIssuer, batch_id: BatchId, wanted: ClaimsIn, site: SiteDep) -> list[ClaimOut]:
    """Makes a claim for each learner of a final batch who has not claimed yet. Earlier unused ones end."""
    batch = site.issuing.batch(slug, batch_id)
    return [
        ClaimOut(
            email=claim.email,
            token=claim.token,
            credentials=claim.credentials,
            expires_at=shown_time(claim.expires_at) or "",
        )
        for claim in site.claims.create(slug, batch.id, wanted.days)
    ]


@router.get("/credentials/{credential_id}", responses=answers(401, 404, 409, 422, 503, ok=ISSUED_FILE))
def get_issued_credential(
    slug: ActingIssuer,
    credential_id: CredentialIdPath,
    site: SiteDep,
    form: IssuedForm = "json",
    address: PublicAddress = None,
    hide: Hidden = None,
) -> Response:
    """A credential with the proofs that it has so far, or a file of it. Only one in force is had as a file or token."""
    document, wanted = site.issuing.document(slug, credential_id), Form(form)
    where = chosen_address(wanted, address, site.base)
    hidden = parse_hidden(hide.split(",") if hide else ())
    if wanted is Form.SD_JWT:
        return site.press.sign(wanted, lambda: site.sign_sd_jwt(credential_id, hidden))
    if hidden:
        raise Refusal(422, "hide_unsupported", "only the form sd-jwt can keep something back")
    if wanted is Form.JWT:
        return site.press.sign(wanted, lambda: site.sign_jwt(credential_id))
    return site.press.make(wanted, document, site.verify_shared, address=where)


@router.post("/revocations", responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def revoke(slug: ActingIssuer, wanted: StatusIn, site: SiteDep) -> list[StatusOut]:
    """Revokes credentials for ever. Verifiers see it once `final` is true."""
    return change(site, slug, StatusAction.REVOKE, wanted.credential_ids, Reason[wanted.reason.upper()])


@router.post("/suspensions", responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def suspend(slug: ActingIssuer, wanted: StatusIn, site: SiteDep) -> list[StatusOut]:
    """Suspends credentials until they are reinstated."""
    return change(site, slug, StatusAction.SUSPEND, wanted.credential_ids, Reason[wanted.reason.upper()])


@router.post("/reinstatements", responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def reinstate(slug: ActingIssuer, wanted: ReinstateIn, site: SiteDep) -> list[StatusOut]:
    """Ends suspensions."""
    return change(site, slug, StatusAction.REINSTATE, wanted.credential_ids, None)


def change(
    site: Site, slug: str, action: StatusAction, credential_ids: list[str], reason: Reason | None
) -> list[StatusOut]:
    return [status_out(done) for done in site.issuing.change_status(slug, action, credential_ids, reason)]


def status_out(done: StatusChange) -> StatusOut:
    return StatusOut(
        action=done.action.name.lower(),
        reason=Reason(done.reason).name.lower() if done.reason else None,
        credential_ids=list(done.credential_ids),
        final=done.is_final,
        transaction_hash=shown_bytes(done.transaction.hash) if done.transaction else None,
        block_number=done.block_number,
    )


def batch_out(site: Site, batch: Batch) -> BatchOut:
    sent, order = batch.transaction, site.orders.find(OrderKind.ISSUE, batch.id)
    return BatchOut(
        id=batch.id,
        issuer=batch.issuer,
        label=batch.label,
        state=str(batch.state),
        approved=order is not None,
        finished=batch.is_finished,
        size=batch.size,
        created_at=shown_time(batch.created_at) or "",
        root=shown_bytes(batch.root),
        anchored_at=shown_time(batch.anchored_at),
        withdrawn_at=shown_time(batch.withdrawn_at),
        transaction=None
        if sent is None
        else TransactionOut(
            hash=shown_bytes(sent.hash) or "", state=sent.state, block_number=sent.block_number, gas_used=sent.gas_used
        ),
        act=None
        if batch.act is None
        else ActOut(
            state=batch.act.state,
            operator=checksum_address(batch.act.operator),
            nonce=f"0x{batch.act.nonce:064x}",
            deadline=shown_time(batch.act.deadline) or "",
        ),
        problem=order.problem.message if order is not None and order.problem is not None else None,
    )


def credential_out(credential: StoredCredential) -> CredentialOut:
    return CredentialOut(
        credential_id=credential.credential_id,
        kind=str(credential.kind),
        name=credential.name,
        achievement=credential.achievement,
        learner_name=credential.learner_name,
        learner_id=credential.learner_id,
        email=credential.email,
        state=credential.state,
        status=str(credential.status),
        status_index=credential.status_index,
        supersedes=credential.supersedes,
        superseded_by=credential.superseded_by,
    )
