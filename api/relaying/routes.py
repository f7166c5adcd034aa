"""The relay: signed acts come in, and how far each has come can be asked. The operator's signature is the only key."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.answers import answers
from api.bodies import require_type
from api.dependencies import SiteDep, limited_check
from api.parameters import HexId
from api.problems import Refusal
from api.relaying.schemas import ACT_BODY, RelayedActOut, RelayTransactionOut
from ledger.chain.addresses import checksum_address
from ledger.relaying.values import BudgetExhausted, RelayedAct
from ledger.verifying.report import shown_bytes, shown_time

router = APIRouter(prefix="/v1/relay", tags=["Relay"])


async def act_body(request: Request) -> bytes:
    """The signed act, as it was sent."""
    require_type(request, {"application/json"})
    return await request.body()


@router.post(
    "",
    status_code=202,
    responses=answers(400, 404, 409, 413, 415, 422, 429, 503)
    | {200: {"model": RelayedActOut, "description": "The entry of this act, which was accepted before."}},
    openapi_extra=ACT_BODY,
    dependencies=[Depends(limited_check)],
)
def relay_act(content: Annotated[bytes, Depends(act_body)], site: SiteDep, response: Response) -> RelayedActOut:
    """Takes a signed act on and pays for it, if its issuer has a budget here and the registry would accept it now.

    The same act again gives the same entry. 404: this site relays nothing. 409: see `code`; where the registry itself
    would refuse, `problems` names its error. 429 `budget_exhausted`: Retry-After says when there is room again.
    """
    try:
        entry, is_new = site.workspace.relay.accept(content)
    except BudgetExhausted as error:
        seconds = max(1, error.frees_at - int(time.time()))
        raise Refusal(429, error.code, str(error), {"Retry-After": str(seconds)}) from error
    site.relaying.nudge()
    response.status_code = 202 if is_new else 200
    return entry_out(entry)


@router.get("/{entry_id}", responses=answers(404, 422))
def get_relayed_act(entry_id: HexId, site: SiteDep) -> RelayedActOut:
    """How far an accepted act has come, as this site knows it."""
    return entry_out(site.workspace.relay.entry(entry_id))


def entry_out(entry: RelayedAct) -> RelayedActOut:
    sent = entry.transaction
    return RelayedActOut(
        id=entry.id,
        state=entry.state.value,
        issuer_id=shown_bytes(entry.issuer_id) or "",
        operator=checksum_address(entry.operator),
        nonce=f"0x{entry.nonce:064x}",
        deadline=shown_time(entry.deadline) or "",
        accepted_at=shown_time(entry.accepted_at) or "",
        gas=entry.gas,
        transaction=None
        if sent is None
        else RelayTransactionOut(
            hash=shown_bytes(sent.hash) or "", state=sent.state, block_number=sent.block_number, gas_used=sent.gas_used
        ),
        problem=entry.problem,
    )
