"""A wallet's DIDs over HTTP: the wallet's own key and how to take it along, and a DID of the learner's own."""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.answers import answers
from api.bodies import DocumentRoute, StrictRoute
from api.dependencies import OwnedWallet, SiteDep, limited_check
from api.presentations.routes import ChallengeOut, challenge_out
from api.problems import Refusal
from api.site import Site
from api.wallets.keys import WalletDid, WalletSeed
from api.wallets.schemas import Strict, Time
from ledger.documents.did import MAX_DID_LENGTH
from ledger.documents.presentation import read_presentation
from ledger.holder_keys import jwk_file
from ledger.keystore import KeyKind, encrypted_secret
from ledger.verifying.report import Outcome, shown_time

router = APIRouter(prefix="/v1/wallets", tags=["Wallets"], route_class=StrictRoute)
document_router = APIRouter(prefix="/v1/wallets", tags=["Wallets"], route_class=DocumentRoute)

MINUTES = 30
"""How long a learner has to show that a DID is theirs."""
_ENCRYPTING = Lock()
"""Encrypting a key takes much memory on purpose: one at a time."""

Did = Annotated[str, Field(pattern=r"^did:[a-z0-9]+:\S+$", max_length=4096, examples=["did:key:z6Mk…"])]
KEY_FILE = {
    "description": "The key: a keystore file under the passphrase, or a JSON Web Key (RFC 8037) that is not encrypted.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}


class DidOut(BaseModel):
    """A DID of a wallet. `in_use`: new records name it as their subject. `own`: only the learner has its key."""

    did: Did
    in_use: bool
    own: bool
    added_at: Time


class DidIn(Strict):
    """One of the wallet's DIDs, to be in use again."""

    did: Did


class KeyExportIn(Strict):
    """How a key is to be taken along: encrypted under a passphrase, or as a bare JSON Web Key."""

    format: Literal["keystore", "jwk"] = "keystore"
    passphrase: Annotated[str | None, Field(min_length=12, max_length=200)] = None
    did: Did | None = None


class PresentationIn(Strict):
    """A presentation by the DID that is to be the wallet's, in answer to a challenge of `dids/challenges`."""

    presentation: dict[str, object]


@router.get("/{wallet_id}/dids", responses=answers(401, 404, 422))
def list_dids(wallet_id: OwnedWallet, site: SiteDep) -> list[DidOut]:
    """The wallet's DIDs, the one in use first. The wallet's own `did:key` is made when it is first asked for."""
    site.wallet_keys.did(wallet_id)
    return [did_out(did) for did in site.wallet_keys.dids(wallet_id)]


@router.put("/{wallet_id}/did", responses=answers(400, 401, 404, 409, 413, 415, 422))
def use_did(wallet_id: OwnedWallet, wanted: DidIn, site: SiteDep) -> list[DidOut]:
    """Puts one of the wallet's DIDs in use again. A new one is shown to be the learner's first: see `dids`."""
    site.wallet_keys.require(wallet_id, wanted.did)
    site.wallet_keys.bind(wallet_id, wanted.did)
    return [did_out(did) for did in site.wallet_keys.dids(wallet_id)]


@router.post("/{wallet_id}/dids/challenges", status_code=201, responses=answers(401, 404, 422))
def challenge_did(wallet_id: OwnedWallet, site: SiteDep) -> ChallengeOut:
    """A challenge to answer with a presentation by a DID of one's own: `cairn present` makes one without documents."""
    return challenge_out(site.challenges.ask(site.base, minutes=MINUTES, wallet=wallet_id))


@document_router.post(
    "/{wallet_id}/dids",
    responses=answers(400, 401, 404, 409, 413, 415, 422, 429),
    dependencies=[Depends(limited_check)],
)
def bind_did(wallet_id: OwnedWallet, wanted: PresentationIn, site: SiteDep) -> list[DidOut]:
    """Makes a DID the wallet's that the learner has shown to be theirs.

    A did:web counts only where this site fetches DID documents. Records from now on name it; earlier ones stay as they
    are, and the wallet can still present them by the DID before.
    """
    did = proven_did(site, wallet_id, wanted.presentation)
    site.wallet_keys.bind(wallet_id, did)
    return [did_out(found) for found in site.wallet_keys.dids(wallet_id)]


@router.post(
    "/{wallet_id}/keys/export",
    responses=answers(400, 401, 404, 409, 413, 415, 422, 429, 503, ok=KEY_FILE),
    dependencies=[Depends(limited_check)],
)
def export_key(wallet_id: OwnedWallet, wanted: KeyExportIn, site: SiteDep) -> Response:
    """The secret key of a wallet's `did:key`, for the learner to keep: what it signs is theirs, wherever they are."""
    if (wanted.format == "keystore") != (wanted.passphrase is not None):
        raise Refusal(422, "parameters", "a keystore takes a passphrase, and a JSON Web Key takes none")
    secret = site.wallet_keys.seed(wallet_id, wanted.did)
    return Response(key_file(secret, wanted.passphrase), media_type="application/json")


def key_file(secret: WalletSeed, passphrase: str | None) -> bytes:
    """The file that holds a wallet's key: a keystore, or without a passphrase a JSON Web Key."""
    if passphrase is None:
        return jwk_file(secret.seed)
    with _ENCRYPTING:
        return encrypted_secret(secret.seed, passphrase, kind=KeyKind.ED25519)


def proven_did(site: Site, wallet_id: str, document: dict[str, object]) -> str:
    """The DID whose holder answered a challenge of this wallet. Raises Refusal 422 with the reason why not."""
    from api.presentations.checking import answered

    presentation = read_presentation(document)  # type: ignore[arg-type]
    challenge = answered(presentation.document) or ""
    asked = site.challenges.asked(challenge, wallet=wallet_id)
    report = site.verify_presentation(presentation, asked)
    problem = next((check for check in report.checks if check.outcome is not Outcome.VALID), None)
    problem = problem or site.challenges.spend(challenge, wallet=wallet_id)
    if problem is not None:
        raise Refusal(422, problem.code, problem.message)
    did = report.answer.holder or ""
    if len(did) > MAX_DID_LENGTH:
        raise Refusal(422, "did_too_long", f"a wallet's DID has at most {MAX_DID_LENGTH} bytes")
    return did


def did_out(did: WalletDid) -> DidOut:
    return DidOut(did=did.did, in_use=did.in_use, own=did.is_own, added_at=shown_time(did.added_at) or "")
