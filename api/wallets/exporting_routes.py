"""Taking a wallet along over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BeforeValidator

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import OwnedWallet, SiteDep, limited_check
from api.parameters import plain_integer
from api.wallets.exporting import Exporting

router = APIRouter(prefix="/v1/wallets", tags=["Wallets"], route_class=StrictRoute)

Part = Annotated[int, BeforeValidator(plain_integer), Query(ge=1, le=100_000)]
ARCHIVE = {
    "description": "A ZIP file. `Cairn-Export-Parts` says how many there are.",
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/{wallet_id}/export",
    responses=answers(401, 404, 422, 429, ok=ARCHIVE),
    dependencies=[Depends(limited_check)],
    response_class=StreamingResponse,
)
def export_wallet(wallet_id: OwnedWallet, site: SiteDep, part: Part = 1) -> StreamingResponse:
    """Everything in the wallet, to keep: documents, records in all versions, pathways, links, and how to check them.

    A large wallet comes in parts; each can be imported into another wallet and checked by `cairn verify`.
    """
    export = Exporting(site, wallet_id)
    headers = {
        "Content-Disposition": f'attachment; filename="cairn-wallet-{part}-of-{export.parts}.zip"',
        "Cairn-Export-Parts": str(export.parts),
    }
    return StreamingResponse(export.stream(part), media_type="application/zip", headers=headers)
