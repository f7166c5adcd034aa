"""A learner's wallet over HTTP: what it holds, and what was claimed and imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.answers import answers
from api.bodies import DOCUMENT_BODY, StrictRoute, document_body
from api.dependencies import OwnedWallet, SiteDep, limited_check
from api.parameters import HexId
from api.printing import HELD_FILE, HeldForm, PublicAddress, chosen_address
from api.wallets.importing import Taken, bring
from api.wallets.ownership import WORDS, Whose
from api.wallets.schemas import (
    ClaimIn,
    HeldCredential,
    Imported,
    ImportedSeveral,
    NewWallet,
    WalletOut,
)
from api.wallets.values import Held
from ledger.errors import MalformedDocument
from ledger.rendering.forms import Form
from ledger.verifying.report import shown_time
from ledger.wrapping.judging import shown

router = APIRouter(prefix="/v1/wallets", tags=["Wallets"], route_class=StrictRoute)

Document = Annotated[bytes, Depends(document_body)]


@router.post("", status_code=201, responses=answers(429), dependencies=[Depends(limited_check)])
def create_wallet(site: SiteDep) -> NewWallet:
    """Makes a wallet. Its token is shown this once and is the only key to it."""
    wallet_id, token = site.wallets.create()
    return NewWallet(wallet_id=wallet_id, token=token.text)


@router.get("/{wallet_id}", responses=answers(401, 404, 422))
def get_wallet(wallet_id: OwnedWallet, site: SiteDep) -> WalletOut:
    """What a wallet holds, in figures."""
    wallet = site.wallets.wallet(wallet_id)
    return WalletOut(
        wallet_id=wallet.id,
        created_at=when(wallet.created_at),
        addresses=list(wallet.addresses),
        credentials=wallet.credentials,
        records=wallet.records,
    )


@router.post("/{wallet_id}/claims", responses=answers(400, 401, 404, 409, 413, 415, 422))
def claim(wallet_id: OwnedWallet, wanted: ClaimIn, site: SiteDep) -> list[HeldCredential]:
    """Takes the credentials behind a claim that the issuer handed over. Doing it twice changes nothing."""
    claimed = site.claims.take(wallet_id, wanted.token)
    whose = site.holdings.whose(wallet_id)
    return [held_out(held, whose) for held in claimed]


@router.get("/{wallet_id}/credentials", responses=answers(401, 404, 422))
def list_credentials(wallet_id: OwnedWallet, site: SiteDep) -> list[HeldCredential]:
    """Everything that the wallet holds, the newest award first."""
    return [held_out(holding.held, {holding.held.id: holding.whose}) for holding in site.holdings.all(wallet_id)]


@router.post(
    "/{wallet_id}/credentials",
    responses=answers(400, 401, 404, 409, 413, 415, 422, 429),
    openapi_extra=DOCUMENT_BODY,
    dependencies=[Depends(limited_check)],
)
def import_credential(wallet_id: OwnedWallet, document: Document, site: SiteDep) -> Imported | ImportedSeveral:
    """Imports a credential from anywhere, also out of a badge, PDF, ZIP or presentation, and keeps it as it was signed.

    It is checked and kept whatever comes out; the report says what. Of several in one file each has its own answer.
    """
    brought = bring(site.wallets, wallet_id, document)
    whose = site.holdings.whose(wallet_id)
    if not brought.several:
        return imported_out(brought.taken[0], whose)
    return ImportedSeveral.model_validate(
        {
            "imported": [
                shown(item, one if isinstance(one, MalformedDocument) else imported_out(one, whose).model_dump())
                for item, one in brought.parts
            ]
        }
    )


@router.get("/{wallet_id}/credentials/{held_id}", responses=answers(401, 404, 409, 422, 503, ok=HELD_FILE))
def get_credential(
    wallet_id: OwnedWallet, held_id: HexId, site: SiteDep, form: HeldForm = "json", address: PublicAddress = None
) -> Response:
    """A credential, byte for byte as it was received, or a file of it. No file is made of what is not valid."""
    document, wanted = site.wallets.credential(wallet_id, held_id).document, Form(form)
    where = chosen_address(wanted, address, site.base)
    return site.press.make(wanted, document, site.verify_shared, address=where)


@router.delete("/{wallet_id}/credentials/{held_id}", status_code=204, responses=answers(401, 404, 422))
def remove_credential(wallet_id: OwnedWallet, held_id: HexId, site: SiteDep) -> None:
    """Removes a credential from the wallet; links to it end at once. Records that hold it stay as they are."""
    site.wallets.remove(wallet_id, held_id)


def when(seconds: int) -> str:
    return shown_time(seconds) or ""


def imported_out(taken: Taken, whose: Mapping[str, Whose]) -> Imported:
    return Imported(
        kept=taken.kept, credential=held_out(taken.held, whose), report=dict(taken.arrival.report.to_dict())
    )


def held_out(held: Held, whose: Mapping[str, Whose]) -> HeldCredential:
    """A credential, with the mark that it has among those of the wallet: `not_shown` if it left meanwhile."""
    mark = whose.get(held.id, "not_shown")
    return HeldCredential.model_validate(
        {
            "id": held.id,
            "credential_id": held.credential_id,
            "issuer": held.issuer,
            "issuer_name": held.issuer_name,
            "kind": held.kind,
            "name": held.name,
            "learner_name": held.learner_name,
            "valid_from": held.valid_from,
            "source": held.source,
            "added_at": when(held.added_at),
            "verdict": held.verdict,
            "code": held.code,
            "whose": mark,
            "whose_because": WORDS[mark],
        }
    )
