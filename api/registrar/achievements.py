"""The addresses of achievements: the list, the editor, publishing, and programme files in and out."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import WholeNumber
from api.registrar.achievement_desk import (
    content_of,
    fingerprint,
    form_of_stored,
    read_file,
)
from api.registrar.achievement_form import SHAPE, Form, achievement_form
from api.registrar.achievement_pages import (
    KIND,
    editor,
    looks,
    made,
    overview_page,
    path_of,
    preview_page,
)
from api.registrar.editing.drafts import EditorDraft
from api.registrar.editing.form_tree import edited, tree_of
from api.registrar.editing.forms import Posted, posted
from api.registrar.pathways import revision_of
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.web.pages import page
from api.web.translating import gettext
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound

MAX_FILE = 2 * 1024 * 1024
Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
Number = Annotated[int, Path(ge=1, le=100_000)]

router = APIRouter(
    prefix="/staff/issuers/{slug}/achievements", include_in_schema=False, dependencies=[Depends(from_our_own)]
)


async def achievement_post(request: Request) -> Posted:
    return await posted(request, max_bytes=MAX_FILE)


PostedForm = Annotated[Posted, Depends(achievement_post)]


@router.api_route("", methods=["GET", "HEAD"])
def overview(member: Preparer, site: SiteDep) -> Response:
    """Everything that is awarded, and what is being written."""
    return overview_page(site, member)


@router.post("")
def begin(member: Preparer, form: PostedForm, site: SiteDep) -> Response:
    """Begins an achievement, changes one, or takes a programme file in."""
    match form.text("do"):
        case "import":
            return take_in(site, member, form)
        case "change":
            programme, _, code = form.text("which").partition("/")
            found = form_of_stored(site, member.institution, programme, code)
            if found is None:
                raise NotFound("there is no such achievement", "achievement_unknown")
            return begun(site, member, achievement_form(found), f"{programme}/{code}")
    programme = form.text("programme")
    title = form.text("title")
    if not title:
        return overview_page(site, member, [("title", gettext("Give the achievement a title."))])
    known = content_of(site, member.institution, programme)
    started: Form = achievement_form(
        {
            "programme": programme if known is not None else "",
            "title": title,
            "language": "en",
            "achievement_type": "MicroCredential",
            "outcomes": [""],
            "quality_assurance": [{}],
        }
    )
    if known is not None:
        stored = orjson.loads(known)
        started |= {"programme_title": stored["title"], "profiles": list(stored.get("profiles", []))}
    return begun(site, member, started, f"{programme}/")


@router.get("/{programme}/programme.json")
def exported(member: Preparer, programme: Code, site: SiteDep) -> Response:
    """The programme file as it is now."""
    return download(site.workspace.catalog.programme(member.institution, programme).content, f"{programme}.json")


@router.get("/{programme}/versions/{number}.json")
def exported_version(member: Preparer, programme: Code, number: Number, site: SiteDep) -> Response:
    """The programme file as it was once."""
    for version in site.workspace.programmes.versions(member.institution, programme):
        if version.number == number:
            return download(version.content, f"{programme}-{number}.json")
    raise NotFound("there is no such version", "version_unknown")


@router.api_route("/{programme}/versions", methods=["GET", "HEAD"])
def versions(member: Preparer, programme: Code, site: SiteDep) -> Response:
    """Every version of a programme, and who saved it."""
    stored = site.workspace.catalog.programme(member.institution, programme)
    found = site.workspace.programmes.versions(member.institution, programme)
    values = {"programme": stored, "versions": list(reversed(found))}
    return staff_page(site, member, "registrar/programme_versions.html", "achievements", values)


@router.api_route("/drafts/{number}", methods=["GET", "HEAD"])
def edit(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """The editor, with what the profiles say so far."""
    draft = site.control.drafts.find(member.institution, KIND, number)
    return editor(site, member, draft, achievement_form(draft.form))


@router.post("/drafts/{number}")
def change(member: Preparer, number: WholeNumber, posted_form: PostedForm, site: SiteDep) -> Response:
    """Does what a button of the editor says. Whatever it is, what was typed is kept first."""
    drafts = site.control.drafts
    draft = drafts.find(member.institution, KIND, number)
    command, form = posted_form.text("do"), typed(draft, posted_form)
    path = f"{path_of(member)}/drafts/{number}"
    if command == "discard":
        drafts.drop(member.institution, KIND, number)
        return RedirectResponse(path_of(member), 303)
    place = edited(form, SHAPE, command)
    try:
        draft = drafts.keep(draft, title_of(form), form, member.name, revision=revision_of(posted_form))
    except Conflict:
        told = gettext("%(name)s changed this draft meanwhile. Yours is shown; save it again to put it in the place.")
        fresh = drafts.find(member.institution, KIND, number)
        return editor(site, member, fresh, form, [("", told % {"name": fresh.edited_by})])
    if command == "preview":
        return RedirectResponse(f"{path}/preview", 303)
    if command == "publish":
        return publish(site, member, draft, form)
    return RedirectResponse(f"{path}#{place}" if place else path, 303)


@router.post("/drafts/{number}/look")
def look(member: Preparer, number: WholeNumber, posted_form: PostedForm, site: SiteDep) -> Response:
    """What the profiles say of what is typed now; keeps nothing."""
    draft = site.control.drafts.find(member.institution, KIND, number)
    form = typed(draft, posted_form)
    return page("registrar/achievement_look.html", looks(site, member, form, made(site, member, form)))


@router.api_route("/drafts/{number}/preview", methods=["GET", "HEAD"])
def preview(member: Preparer, number: WholeNumber, site: SiteDep) -> Response:
    """The achievement as everybody will see it, and a credential for a made-up learner."""
    return preview_page(site, member, site.control.drafts.find(member.institution, KIND, number))


# --- the parts ---


def begun(site: Site, member: Member, form: Form, subject: str) -> Response:
    draft = site.control.drafts.begin(member.institution, KIND, subject[:130], title_of(form), form, member.name)
    return RedirectResponse(f"{path_of(member)}/drafts/{draft.id}", 303)


def typed(draft: EditorDraft, form: Posted) -> Form:
    """What was posted, with what the editor does not let anybody type."""
    kept = achievement_form(draft.form)
    found = achievement_form(tree_of(form.pairs))
    fixed = {"original": kept["original"], "base": kept["base"]}
    if draft.subject.partition("/")[0]:
        fixed["programme"] = draft.subject.partition("/")[0]
    if kept["original"]:
        fixed["code"] = kept["original"]
    return found | fixed


def publish(site: Site, member: Member, draft: EditorDraft, form: Form) -> Response:
    """Saves a new version of the programme, if nothing is wrong and the person may."""
    if not member.may(Role.APPROVES):
        told = gettext("You may write achievements. Publishing is for those who may approve.")
        return editor(site, member, draft, form, [("", told)])
    current = content_of(site, member.institution, form["programme"].strip())
    if form["original"] and (changed := changed_meanwhile(current, form)):
        form["base"] = changed
        draft = site.control.drafts.keep(draft, title_of(form), form, member.name, revision=draft.revision)
        told = gettext("Somebody published another version of it since you began. Publish again to put yours in place.")
        return editor(site, member, draft, form, [("", told)])
    result = made(site, member, form)
    if result.problems:
        return editor(site, member, draft, form, list(result.problems))
    try:
        stored = site.workspace.programmes.revise(
            member.institution, result.content, replaces=current, saved_by=member.name
        )
    except DraftError as error:
        return editor(site, member, draft, form, [("", one.message) for one in error.problems])
    except Conflict as error:
        known = {
            "achievement_exists": gettext("Another programme of yours has an achievement with this code."),
            "programme_exists": gettext("There is a programme with this code already."),
        }
        return editor(site, member, draft, form, [("code", known.get(error.code, str(error)))])
    site.staff.audit.note(member, "achievement_published", f"{stored.code}/{form['code'].strip()}")
    site.control.drafts.drop(member.institution, KIND, draft.id)
    return RedirectResponse(path_of(member), 303)


def changed_meanwhile(content: bytes | None, form: Form) -> str:
    """The fingerprint of the achievement as it is now, if that is not what was begun from."""
    for one in orjson.loads(content)["achievements"] if content is not None else []:
        if one["code"] == form["original"] and (now := fingerprint(one)) != form["base"]:
            return now
    return ""


def take_in(site: Site, member: Member, form: Posted) -> Response:
    """Takes a programme file in, as a new programme or a new version."""
    content = form.files.get("file")
    if not member.may(Role.APPROVES):
        return overview_page(site, member, [("file", gettext("Taking files in is for those who may approve."))])
    if content is None:
        return overview_page(site, member, [("file", gettext("Choose a file first."))])
    try:
        code = read_file(content)
        current = content_of(site, member.institution, code)
        site.workspace.programmes.revise(member.institution, content, replaces=current, saved_by=member.name)
    except DraftError as error:
        return overview_page(site, member, [("file", str(one)) for one in error.problems[:50]])
    except (MalformedDocument, Conflict) as error:
        return overview_page(site, member, [("file", str(error))])
    site.staff.audit.note(member, "programme_imported", code)
    return RedirectResponse(path_of(member), 303)


def download(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def title_of(form: Form) -> str:
    return str(form["title"].strip()[:200] or form["code"].strip()[:64] or "–")
