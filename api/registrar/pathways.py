"""The addresses of pathways: the list, the editor, the dry run, publishing, and comparing versions."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import WholeNumber
from api.registrar.editing.drafts import EditorDraft
from api.registrar.editing.form_tree import edited, tree_of
from api.registrar.editing.forms import Posted, posted
from api.registrar.pathway_desk import (
    check,
    comparison,
    dry_run,
    form_of_stored,
    next_version,
)
from api.registrar.pathway_form import PATHWAY, Form, definition_of, pathway_form
from api.registrar.pathway_pages import (
    KIND,
    definition,
    editor,
    looks,
    overview_page,
    path_of,
    version_page,
)
from api.registrar.pathway_reopening import form_of
from api.site import Site
from api.staff.dependencies import Approver, Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.pages import page
from api.web.translating import gettext
from ledger.documents.canonical import canonicalize
from ledger.errors import Conflict, MalformedDocument, NotFound, RegistryError
from ledger.issuing.values import Awarding, StoredPathway

Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
Version = Annotated[int, Path(ge=1, le=10_000)]
Other = Annotated[int, Query(alias="with", ge=0, le=10_000)]

router = APIRouter(
    prefix="/staff/issuers/{slug}/pathways", include_in_schema=False, dependencies=[Depends(from_our_own)]
)


async def pathway_post(request: Request) -> Posted:
    return await posted(request)


PostedForm = Annotated[Posted, Depends(pathway_post)]


# --- the list ---


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """What is published, and what is being written."""
    return overview_page(site, member)


@router.post("")
def begin(member: Preparer, form: PostedForm, site: SiteDep) -> Response:
    """Begins a pathway: an empty one, or from a definition file."""
    empty: Form = pathway_form({"title": form.text("title"), "rule": {"kind": "allOf"}})
    if "file" in form.files:
        try:
            empty = form_of(definition(form.files["file"]))
        except MalformedDocument as error:
            return overview_page(site, member, [("file", str(error))])
    elif not empty["title"]:
        return overview_page(site, member, [("title", gettext("Give the pathway a title."))])
    return begun(site, member, empty)


@router.api_route("/drafts/{number}", methods=["GET", "HEAD"])
def edit(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """The editor, with what is wrong so far."""
    draft = site.control.drafts.find(member.institution, KIND, number)
    return editor(site, member, draft, pathway_form(draft.form))


@router.post("/drafts/{number}")
def change(member: Preparer, number: WholeNumber, posted_form: PostedForm, site: SiteDep) -> Response:
    """Does what a button of the editor says. Whatever it is, what was typed is kept first."""
    drafts = site.control.drafts
    draft = drafts.find(member.institution, KIND, number)
    command, form = posted_form.text("do"), pathway_form(tree_of(posted_form.pairs))
    path = f"{path_of(member)}/drafts/{number}"
    if command == "discard":
        drafts.drop(member.institution, KIND, number)
        return RedirectResponse(path_of(member), 303)
    place = edited(form, PATHWAY, command)
    try:
        draft = drafts.keep(draft, title_of(form), form, member.name, revision=revision_of(posted_form))
    except Conflict as error:
        told = gettext("%(name)s changed this draft meanwhile. Yours is shown; save it again to put it in the place.")
        return editor(site, member, draft, form, [("", told % {"name": draft.edited_by})], code=error.code)
    if command == "try":
        return RedirectResponse(f"{path}/try", 303)
    if command == "publish":
        return publish(site, member, draft, form)
    return RedirectResponse(f"{path}#{place}" if place else path, 303)


@router.post("/drafts/{number}/look")
def look(member: Preparer, number: WholeNumber, posted_form: PostedForm, site: SiteDep) -> Response:
    """The sentences, the picture and the checks of what is typed now; keeps nothing."""
    site.control.drafts.find(member.institution, KIND, number)
    form = pathway_form(tree_of(posted_form.pairs))
    return page("registrar/pathway_look.html", looks(site, member, form, check(site, member.institution, form)))


@router.api_route("/drafts/{number}/try", methods=["GET", "HEAD"])
def try_out(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """Who would be awarded if it were published now."""
    draft = site.control.drafts.find(member.institution, KIND, number)
    form = pathway_form(draft.form)
    checked = check(site, member.institution, form)
    if checked.pathway is None:
        return editor(site, member, draft, form, list(checked.problems))
    values: dict[str, object] = {"title": draft.title, "back": f"{path_of(member)}/drafts/{number}", "trouble": ""}
    try:
        values["run"] = dry_run(site.workspace.awards.try_out(member.institution, checked.pathway))
    except RegistryError as error:
        values |= {"run": dry_run(()), "trouble": str(error)}
    return staff_page(site, member, "registrar/dry_run.html", "pathways", values)


# --- what is published ---


@router.api_route("/{code}/{version}", methods=["GET", "HEAD"])
def show(member: Preparer, code: Code, version: Version, site: SiteDep) -> Response:
    """A published version: its rule, who has completed it, and what becomes of them."""
    return version_page(site, member, own(site, member, code, version))


@router.post("/{code}/{version}")
def act(member: Preparer, code: Code, version: Version, form: PostedForm, site: SiteDep) -> Response:
    """Changes what becomes of those who complete it, begins a new version, or drafts awards."""
    stored = own(site, member, code, version)
    match form.text("do"):
        case "edit":
            return begun(site, member, form_of_stored(site, stored))
        case "awarding":
            return set_awarding(site, member, stored, form.text("awarding"))
        case "award":
            return draft_awards(site, member, stored)
    return version_page(site, member, stored, [("", gettext("Choose one of the buttons."))])


@router.get("/{code}/{version}/definition.json")
def exported(member: Preparer, code: Code, version: Version, site: SiteDep) -> Response:
    """The definition of a version, to be kept or taken elsewhere."""
    stored = own(site, member, code, version)
    content = orjson.dumps(definition_of(form_of_stored(site, stored), version), option=orjson.OPT_INDENT_2)
    name = f'attachment; filename="{code}-{version}.json"'
    return Response(content, media_type="application/json", headers={"Content-Disposition": name})


@router.api_route("/{code}/{version}/compare", methods=["GET", "HEAD"])
def compare(member: Preparer, code: Code, version: Version, site: SiteDep, other: Other = 0) -> Response:
    """What a version asks for that another does not."""
    newer = own(site, member, code, version)
    older = own(site, member, code, other or max(1, version - 1))
    if older.version > newer.version:
        older, newer = newer, older
    values = {"older": older, "newer": newer, "lines": comparison(site, older, newer), "code": code}
    return staff_page(site, member, "registrar/pathway_versions.html", "pathways", values)


# --- the parts ---


def begun(site: Site, member: Member, form: Form) -> Response:
    draft = site.control.drafts.begin(
        member.institution, KIND, form["code"].strip()[:64], title_of(form), form, member.name
    )
    return RedirectResponse(f"{path_of(member)}/drafts/{draft.id}", 303)


def publish(site: Site, member: Approver, draft: EditorDraft, form: Form) -> Response:
    """Publishes what a draft says, if nothing is wrong with it and the person may."""
    checked = check(site, member.institution, form)
    problems = list(checked.problems)
    if not member.may(Role.APPROVES):
        problems.insert(0, ("", gettext("You may write pathways. Publishing is for those who may approve.")))
    if problems:
        return editor(site, member, draft, form, problems)
    version = next_version(site, member.institution, form["code"].strip())
    stored, _ = site.workspace.pathways.publish(member.institution, canonicalize(definition_of(form, version)))
    site.staff.audit.note(member, "pathway_published", f"{stored.code}/{stored.version}")
    site.control.drafts.drop(member.institution, KIND, draft.id)
    return RedirectResponse(f"{path_of(member)}/{stored.code}/{stored.version}", 303)


def set_awarding(site: Site, member: Member, stored: StoredPathway, wanted: str) -> Response:
    if not member.may(Role.APPROVES):
        return version_page(site, member, stored, [("", gettext("This is for those who may approve."))])
    if wanted not in set(Awarding):
        return version_page(site, member, stored, [("awarding", gettext("Choose what becomes of them."))])
    site.workspace.pathways.set_awarding(stored.pathway_id, Awarding(wanted))
    site.staff.audit.note(member, "awarding_set", f"{stored.code}/{stored.version}", wanted)
    return RedirectResponse(f"{path_of(member)}/{stored.code}/{stored.version}", 303)


def draft_awards(site: Site, member: Member, stored: StoredPathway) -> Response:
    """Drafts the award for all who are entitled, as a batch that somebody approves."""
    batch = site.workspace.awards.draft(
        member.institution,
        stored.pathway_id,
        then=lambda session, batch_id: site.registrar.approvals.note_prepared(session, batch_id, member),
    )
    if batch is None:
        told = gettext("Nobody has completed it who does not hold the award already.")
        return version_page(site, member, stored, [("", told)])
    return RedirectResponse(f"/staff/issuers/{member.institution}/batches/{batch.id}", 303)


def own(site: Site, member: Member, code: str, version: int) -> StoredPathway:
    """Raises NotFound `pathway_unknown`."""
    for stored in site.workspace.pathways.all(member.institution):
        if (stored.code, stored.version) == (code, version):
            return stored
    raise NotFound("there is no such pathway", "pathway_unknown")


def title_of(form: Form) -> str:
    return str(form["title"].strip()[:200] or form["code"].strip()[:64] or "–")


def revision_of(form: Posted) -> int:
    text = form.text("revision")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
