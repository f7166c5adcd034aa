"""Presentations over HTTP: a wallet shows to one audience, in answer to its challenge, what is the learner's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import OwnedWallet, SiteDep, limited_check
from api.presentations.routes import Text
from api.site import Site
from api.wallets.identity import Did
from api.wallets.schemas import Id, Strict
from ledger.documents.presentation import MEDIA_TYPE
from ledger.errors import Conflict
from ledger.proofs.presenting import holder_of_did_key, present
from ledger.wrapping.content import MAX_CONTENT

router = APIRouter(prefix="/v1/wallets", tags=["Wallets"], route_class=StrictRoute)

MAX_CHOSEN = 100
PRESENTATION = {
    "description": "The presentation (W3C Verifiable Credentials 2.0), to be sent to whoever asked.",
    "content": {MEDIA_TYPE: {"schema": {"type": "object"}}},
}


class ToPresent(Strict):
    """What to present: credentials of the wallet, and a record, in answer to whose challenge, and for how long."""

    challenge: Text
    audience: Text
    credential_ids: Annotated[list[Id], Field(max_length=MAX_CHOSEN, default_factory=list)]
    record_id: Id | None = None
    holder: Did | None = None
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 10


@router.post(
    "/{wallet_id}/presentations",
    responses=answers(400, 401, 404, 409, 413, 415, 422, 429, 503, ok=PRESENTATION),
    dependencies=[Depends(limited_check)],
)
def make_presentation(wallet_id: OwnedWallet, wanted: ToPresent, site: SiteDep) -> Response:
    """Signs a presentation with the wallet's key. Nothing is kept of it here.

    What is presented counts as the learner's where it names one of the wallet's DIDs: records do, and credentials whose
    issuer was told the DID. Without any documents it shows that the DID is the learner's.
    """
    return Response(presentation_of(site, wallet_id, wanted), media_type=MEDIA_TYPE)


def presentation_of(site: Site, wallet_id: str, wanted: ToPresent) -> bytes:
    """The signed presentation. Raises NotFound for what the wallet does not hold, Conflict `key_elsewhere`."""
    documents = [held.document for held in site.wallets.chosen(wallet_id, wanted.credential_ids)]
    if wanted.record_id is not None:
        documents.append(site.records.document(wallet_id, wanted.record_id))
    did, signer = site.wallet_keys.signer(wallet_id, wanted.holder)
    made = present(
        documents,
        holder_of_did_key(did, signer),
        challenge=wanted.challenge,
        audience=wanted.audience,
        created=datetime.now(UTC).replace(microsecond=0),
        lifetime=timedelta(minutes=wanted.minutes),
    )
    content = orjson.dumps(made)
    if len(content) > MAX_CONTENT:
        raise Conflict("that is more than one presentation may hold; present less at a time", "presentation_too_large")
    return content
