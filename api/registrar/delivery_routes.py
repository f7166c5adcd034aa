"""Letters to learners: what came through, what came back and why, another address, a link to hand over."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from api.clock import unix_now
from api.dependencies import SiteDep
from api.issuers.schemas import CredentialIdPath
from api.parameters import BatchId
from api.problems import Refusal
from api.registrar.batch_pages import of_member
from api.registrar.credential_pages import credential_page, own_credential
from api.registrar.credential_words import bounce_reason, letter_state
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.wallets.access.forms import form_fields
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.collected import collected
from api.web.translating import gettext
from ledger.delivering.claim_links import ClaimLinks
from ledger.delivering.values import DeliveryState
from ledger.errors import Conflict, DraftError, NotFound
from ledger.issuing.readdressing import readdress
from ledger.issuing.values import BatchState, StoredCredential

PAGE = 25
PIECE = 64 * 1024
IN_MEMORY = 8 * 1024 * 1024

router = APIRouter(prefix="/staff/issuers/{slug}", include_in_schema=False, dependencies=[Depends(from_our_own)])
Fields = Annotated[dict[str, str], Depends(form_fields)]
Wanted = Literal["", "waiting", "delivered", "dead"]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.api_route("/batches/{batch_id}/deliveries", methods=["GET", "HEAD"])
def show_deliveries(
    member: Preparer, batch_id: BatchId, site: SiteDep, state: Wanted = "", page: PageNumber = 1
) -> Response:
    """The letters of a batch, and who has taken what into a wallet."""
    batch = of_member(site, member, batch_id)
    wanted = (DeliveryState(state),) if state else ()
    letters = site.registrar.letters.letters(
        batch.issuer, *wanted, batch=batch.id, offset=(page - 1) * PAGE, limit=PAGE
    )
    names = [one.credential or "" for one in letters]
    credentials = {name: credential for name in names if (credential := known(site, name)) is not None}
    counts = site.registrar.letters.letter_counts(batch.issuer, batch.id)
    total = counts.get(DeliveryState(state), 0) if state else sum(counts.values())
    did = site.workspace.catalog.issuer(batch.issuer).did
    values = {
        "batch": batch,
        "path": f"/staff/issuers/{batch.issuer}/batches/{batch.id}",
        "entries": [(one, credentials[one.credential or ""]) for one in letters if one.credential in credentials],
        "taken": collected(site.workspace.database, did, names),
        "counts": {one.value: counts.get(one, 0) for one in DeliveryState},
        "state": state,
        "number": page,
        "pages": max(1, -(-total // PAGE)),
        "letter_state": letter_state,
        "bounce_reason": bounce_reason,
    }
    return staff_page(site, member, "registrar/deliveries.html", "batches", values)


@router.post("/credentials/{credential_id}/address")
def correct_address(member: Preparer, credential_id: CredentialIdPath, site: SiteDep, fields: Fields) -> Response:
    """Gives the learner another address, and writes there again."""
    credential = own_credential(site, member, credential_id)
    email = fields.get("email", "").strip()[:254]
    try:
        names = readdress(site.workspace.database, member.institution, credential_id, email)
    except DraftError:
        said = gettext("This is no e-mail address. It looks like name@university.example.")
        return credential_page(site, member, credential, email=email, email_error=said)
    except Conflict as error:
        return credential_page(site, member, credential, email=email, email_error=str(error))
    for letter in site.registrar.letters.letters_for(names).values():
        site.registrar.letters.write_again(letter.id)
    site.staff.audit.note(member, "address_corrected", credential_id)
    return RedirectResponse(f"{path_of(credential)}?done=address", 303)


@router.post("/credentials/{credential_id}/letter")
def write_again(member: Preparer, credential_id: CredentialIdPath, site: SiteDep) -> Response:
    """Sends the letter once more."""
    credential = own_credential(site, member, credential_id)
    letter = site.registrar.letters.letters_for([credential_id]).get(credential_id)
    if letter is None:
        raise NotFound("no letter was sent for this credential: hand a link over instead", "notification_unknown")
    if letter.state is not DeliveryState.WAITING:
        site.registrar.letters.write_again(letter.id)
        site.staff.audit.note(member, "letter_sent_again", credential_id)
    return RedirectResponse(f"{path_of(credential)}?done=letter", 303)


@router.post("/credentials/{credential_id}/claim-link")
def hand_over(member: Preparer, credential_id: CredentialIdPath, site: SiteDep) -> Response:
    """A link with which the learner takes the credential, shown this once, to hand over in another way."""
    credential = own_credential(site, member, credential_id)
    if credential.batch_state is not BatchState.FINAL or not credential.email:
        raise Refusal(409, "not_final_yet", "there is a link once the credential is issued")
    token = ClaimLinks(site.workspace.keys).token(credential_id, credential.email, since=unix_now())
    site.staff.audit.note(member, "claim_link_made", credential_id)
    return credential_page(site, member, credential, link=f"{site.base}/claim/{token}")


@router.api_route("/batches/{batch_id}/credentials.zip", methods=["GET", "HEAD"])
def all_credentials(member: Preparer, batch_id: BatchId, site: SiteDep) -> Response:
    """Every credential of a finished batch, each as a file."""
    batch = of_member(site, member, batch_id)
    if not batch.is_finished:
        raise Refusal(409, "not_final_yet", "the credentials can be had once the batch is final")
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 closed by `pieces`, once it was sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, document in site.workspace.catalog.batch_documents(batch.id):
            packed.writestr(f"{name.removeprefix('urn:uuid:')}.json", document)
    site.staff.audit.note(member, "batch_taken_away", f"batch {batch.id}")
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch.id}.zip"'}
    return StreamingResponse(pieces(file), media_type="application/zip", headers=headers)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def known(site: SiteDep, credential_id: str) -> StoredCredential | None:
    try:
        return site.workspace.catalog.credential(credential_id)
    except NotFound:  # it was erased meanwhile
        return None


def path_of(credential: StoredCredential) -> str:
    return f"/staff/issuers/{credential.issuer}/credentials/{credential.credential_id}"
