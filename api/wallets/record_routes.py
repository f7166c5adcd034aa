"""The records of a wallet over HTTP: made, listed, handed out; and one that the learner signs alone."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import DOWNLOAD, answers, document_response
from api.bodies import StrictRoute
from api.dependencies import OwnedWallet, SiteDep
from api.parameters import HexId
from api.printing import SHARED_FILE, PublicAddress, SharedForm, chosen_address
from api.wallets.schemas import RecordIn, RecordOut
from api.wallets.values import Record
from ledger.rendering.forms import Form
from ledger.verifying.report import shown_bytes, shown_time

router = APIRouter(prefix="/v1/wallets/{wallet_id}/records", tags=["Records"], route_class=StrictRoute)


@router.post("", status_code=201, responses=answers(400, 401, 404, 409, 413, 415, 422, 503))
def make_record(wallet_id: OwnedWallet, wanted: RecordIn, site: SiteDep) -> RecordOut:
    """Puts chosen credentials together in one signed record, the next version of the learner's record.

    It is anchored with the publisher's next batch, which gathers the records that are made meanwhile.
    """
    return record_out(site.records.make(wallet_id, wanted.credential_ids, name=wanted.name))


@router.post("/own", responses=answers(400, 401, 404, 409, 413, 415, 422, 503, ok=DOWNLOAD), response_model=None)
def make_own_record(wallet_id: OwnedWallet, wanted: RecordIn, site: SiteDep) -> Response:
    """A record of chosen credentials that the learner signs alone, with the wallet's key. It is not kept here.

    Whoever checks it is told that nobody but the learner published it; the credentials in it prove themselves.
    """
    return document_response(site.records.own(wallet_id, wanted.credential_ids, name=wanted.name))


@router.get("", responses=answers(401, 404, 422))
def list_records(wallet_id: OwnedWallet, site: SiteDep) -> list[RecordOut]:
    """The records of a wallet, the newest first."""
    return [record_out(record) for record in site.records.records(wallet_id)]


@router.get("/{record_id}", responses=answers(401, 404, 422))
def get_record(wallet_id: OwnedWallet, record_id: HexId, site: SiteDep) -> RecordOut:
    """One record and how far its anchoring has come."""
    return record_out(site.records.record(wallet_id, record_id))


@router.get("/{record_id}/document", responses=answers(401, 404, 409, 422, 503, ok=SHARED_FILE))
def get_record_document(
    wallet_id: OwnedWallet, record_id: HexId, site: SiteDep, form: SharedForm = "json", address: PublicAddress = None
) -> Response:
    """The record itself: a Comprehensive Learner Record 2.0 that holds the credentials in full, or a file of it."""
    document, wanted = site.records.document(wallet_id, record_id), Form(form)
    where = chosen_address(wanted, address, site.base)
    return site.press.make(wanted, document, site.verify_shared, address=where)


def record_out(record: Record) -> RecordOut:
    return RecordOut(
        id=record.id,
        version=record.version,
        previous=record.previous,
        name=record.name,
        credential_id=record.credential_id,
        digest=shown_bytes(record.digest) or "",
        credentials=record.size,
        created_at=shown_time(record.created_at) or "",
        state=record.state,
    )
