"""The pages that correct one credential: a new one takes its place, and the old one is revoked once that is final."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.issuers.schemas import CredentialIdPath
from api.issuers.service import csv_of
from api.registrar.credential_pages import own_credential
from api.registrar.editing.forms import Posted, posted
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member
from api.wallets.access.sign_in_routes import from_our_own
from api.web.translating import gettext, noted
from ledger.errors import CairnError, Conflict, DraftError, Problem
from ledger.issuing.corrections import Corrections
from ledger.issuing.drafts import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from ledger.issuing.supersession import COLUMN
from ledger.issuing.values import StoredCredential

FIELDS = {
    "name": noted("Name of the learner"),
    "email": noted("E-mail address"),
    "result": noted("Result"),
    "awarded_on": noted("Awarded on"),
    "valid_until": noted("Valid until"),
    "narrative": noted("What was learnt, in words"),
}
"""What can be corrected, by the column of an import."""
_EVIDENCE = {
    "evidence_url": "id",
    "evidence_name": "name",
    "evidence_narrative": "narrative",
    "evidence_genre": "genre",
}
Problems = list[tuple[str, str]]

router = APIRouter(
    prefix="/staff/issuers/{slug}/credentials/{credential_id}/correct",
    include_in_schema=False,
    dependencies=[Depends(from_our_own)],
)


async def correction_post(request: Request) -> Posted:
    return await posted(request, max_bytes=64 * 1024)


PostedForm = Annotated[Posted, Depends(correction_post)]


@router.api_route("", methods=["GET", "HEAD"])
def show(member: Preparer, credential_id: CredentialIdPath, site: SiteDep) -> Response:
    """The credential as it is, to be put right."""
    credential = own_credential(site, member, credential_id)
    return correction_page(site, member, credential, values_of(site, credential))


@router.post("")
def correct(member: Preparer, credential_id: CredentialIdPath, form: PostedForm, site: SiteDep) -> Response:
    """Shows old and new beside each other, or drafts the correction once that was agreed to."""
    credential = own_credential(site, member, credential_id)
    old = values_of(site, credential)
    new = {name: form.text(name) for name in (*FIELDS, "note")}
    if all(new[name] == old[name] for name in FIELDS):
        return correction_page(site, member, credential, new, [("name", gettext("Nothing is different yet."))])
    if form.text("do") != "draft":
        changed = [(gettext(text), old[name], new[name]) for name, text in FIELDS.items() if old[name] != new[name]]
        try:
            check(site, member, credential, old | new)
        except CairnError as error:
            return correction_page(site, member, credential, new, problems_of(error))
        values = {"credential": credential, "changed": changed, "given": new, "path": path_of(credential)}
        return staff_page(site, member, "registrar/correction_confirm.html", "credentials", values)
    try:
        batch, _ = Corrections(site.workspace.database).draft(
            member.institution,
            row_of(credential, old | new, old),
            label=gettext("Correction: %(name)s") % {"name": credential.name},
            then=lambda session, batch_id: site.registrar.approvals.note_prepared(session, batch_id, member),
        )
    except (DraftError, Conflict) as error:
        return correction_page(site, member, credential, new, problems_of(error))
    return RedirectResponse(f"/staff/issuers/{member.institution}/batches/{batch.id}", 303)


def check(site: Site, member: Member, credential: StoredCredential, new: dict[str, str]) -> None:
    """Raises DraftError for what an import of this row would refuse; stores nothing."""
    Corrections(site.workspace.database).check(member.institution, row_of(credential, new, values_of(site, credential)))


def row_of(credential: StoredCredential, new: dict[str, str], old: dict[str, str]) -> bytes:
    """The correction as the file of one row that it stands for. What was not shown stays as it was."""
    row = {name: value for name, value in (old | new).items() if value}
    row |= {
        "achievement": credential.achievement,
        "learner_id": credential.learner_id,
        COLUMN: credential.credential_id,
    }
    names = (*REQUIRED_COLUMNS, COLUMN, *OPTIONAL_COLUMNS, "note")
    return csv_of([{name: row.get(name, "") for name in names}], names)


def values_of(site: Site, credential: StoredCredential) -> dict[str, str]:
    """What an import would have said to make this credential."""
    document: Any = orjson.loads(site.workspace.catalog.document(credential.credential_id))
    subject = document.get("credentialSubject", {})
    results = subject.get("result") or [{}]
    evidence = (document.get("evidence") or [{}])[0]
    named = subject.get("id", "")
    return {
        "name": credential.learner_name,
        "email": credential.email,
        "result": results[0].get("value", ""),
        "awarded_on": document.get("validFrom", "")[:10],
        "valid_until": document.get("validUntil", "")[:10],
        "narrative": subject.get("narrative", ""),
        "did": named if named.startswith("did:") else "",
        "note": "",
        **{column: evidence.get(member, "") for column, member in _EVIDENCE.items()},
    }


def correction_page(
    site: Site, member: Member, credential: StoredCredential, given: dict[str, str], problems: Problems | None = None
) -> Response:
    values = {
        "credential": credential,
        "path": path_of(credential),
        "given": given,
        "fields": [(name, gettext(text)) for name, text in FIELDS.items()],
        "problems": problems or [],
        "wrong": dict(reversed(problems or [])),
        "needs_two": site.registrar.approvals.needs_two(member.institution),
    }
    return staff_page(site, member, "registrar/correct.html", "credentials", values, 422 if problems else 200)


def problems_of(error: CairnError) -> Problems:
    """What to tell of a refusal, by the field that it is about."""
    found = error.problems if isinstance(error, DraftError) else (Problem(error.code, str(error)),)
    told = []
    for one in found:
        field = one.column if one.column in (*FIELDS, "note") else ""
        said = (
            one.message if one.column is None or not field else f"{gettext(FIELDS.get(field, 'Note'))}: {one.message}"
        )
        told.append((field, said[:1].upper() + said[1:].rstrip(".") + "."))
    return told


def path_of(credential: StoredCredential) -> str:
    return f"/staff/issuers/{credential.issuer}/credentials/{credential.credential_id}"
