"""The pages of achievements: the list, the editor with its checks, the preview, and programme files in and out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import SiteDep
from api.parameters import WholeNumber
from api.registrar.achievement_checks import NAMES, profile_checks, sample
from api.registrar.achievement_desk import (
    Made,
    content_of,
    fingerprint,
    form_of_stored,
    listed,
    made_of,
    read_file,
    titles_in,
)
from api.registrar.achievement_form import SHAPE, Form, achievement_form
from api.registrar.editing.drafts import EditorDraft
from api.registrar.editing.form_tree import edited, tree_of
from api.registrar.editing.forms import Posted, posted
from api.registrar.pathways import revision_of
from api.site import Site
from api.staff.dependencies import Preparer
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.pages.owner import SCRIPTED
from api.web.ledger_words import in_words
from api.web.pages import page
from api.web.translating import gettext, noted
from ledger.documents import code_lists as lists
from ledger.documents.result import RESULT_TYPES
from ledger.errors import Conflict, DraftError, MalformedDocument, NotFound

KIND = "achievement"
MAX_FILE = 2 * 1024 * 1024
Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]
Number = Annotated[int, Path(ge=1, le=100_000)]
Problems = list[tuple[str, str]]

LABELS = {
    "level": noted("Level"),
    "credits": noted("Credits"),
    "creditBearing": noted("Credit-bearing"),
    "workload": noted("Hours"),
    "participation": noted("Participation"),
    "assessment": noted("Assessment"),
    "supervision": noted("Supervision and identity"),
    "complexity": noted("Complexity of the main task"),
    "taskLevel": noted("Level of the main task"),
    "qualityAssurance": noted("Quality assurance"),
    "entryTo": noted("Gives entry to"),
    "creditTowards": noted("Gives credit in"),
    "prerequisite": noted("Has to be held before"),
    "stacksInto": noted("Stacks into"),
    "translation": noted("In another language"),
}
"""What the kinds of alignments are called."""

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
    draft = site.control.drafts.find(member.institution, KIND, number)
    form = achievement_form(draft.form)
    document = sample_of(site, member, form)
    values = {
        "draft": draft,
        "achievement": document["credentialSubject"]["achievement"],  # type: ignore[index]
        "document": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(),
        "problems": made(site, member, form).problems,
        "labels": {f"ext:{name}": gettext(text) for name, text in LABELS.items()},
    }
    return staff_page(site, member, "registrar/achievement_preview.html", "achievements", values)


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


def made(site: Site, member: Member, form: Form) -> Made:
    issuer = site.workspace.catalog.issuer(member.institution)
    return made_of(form, content_of(site, member.institution, form["programme"].strip()), country=issuer.country)


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


def overview_page(site: Site, member: Member, problems: Problems | None = None) -> Response:
    values = {
        "programmes": listed(site, member.institution),
        "drafts": site.control.drafts.all(member.institution, KIND),
        "problems": problems or [],
        "wrong": dict(reversed(problems or [])),
        "may_publish": member.may(Role.APPROVES),
        "profile_names": {name: gettext(text) for name, text in NAMES.items()},
    }
    return staff_page(site, member, "registrar/achievements.html", "achievements", values, 422 if problems else 200)


def sample_of(site: Site, member: Member, form: Form) -> dict[str, object]:
    issuer = site.workspace.catalog.issuer(member.institution)
    titles = titles_in(content_of(site, member.institution, form["programme"].strip()))
    return dict(sample(form, issuer.profile, titles, datetime.now(UTC).date()))


def looks(site: Site, member: Member, form: Form, result: Made) -> dict[str, object]:
    """What stands beside the form."""
    today = datetime.now(UTC).date()
    document = sample_of(site, member, form)
    checks = profile_checks(document, [name for name in form["profiles"] if name], today)  # type: ignore[arg-type]
    return {"checks": checks, "unmet": result.problems}


def editor(site: Site, member: Member, draft: EditorDraft, form: Form, problems: Problems | None = None) -> Response:
    content = content_of(site, member.institution, form["programme"].strip())
    others = {code: title for code, title in titles_in(content).items() if code != form["original"]}
    before = list(titles_in(content))
    if form["original"] in before:
        before = before[: before.index(form["original"])]
    values = {
        **looks(site, member, form, made(site, member, form)),
        "draft": draft,
        "form": form,
        "errors": problems or [],
        "wrong": dict(reversed(problems or [])),
        "is_new_programme": content is None,
        "others": others,
        "earlier": {code: others[code] for code in before if code in others},
        "may_publish": member.may(Role.APPROVES),
        "profile_names": [(name, gettext(text)) for name, text in NAMES.items()],
        **choices(),
    }
    status = 422 if problems else 200
    return staff_page(site, member, "registrar/achievement_editor.html", "achievements", values, status, SCRIPTED)


def choices() -> dict[str, object]:
    """What selects of the editor offer."""

    def of(known: lists.CodeList) -> list[tuple[str, str]]:
        return [("", gettext("Choose…")), *((code, gettext(name)) for code, name in known.names.items())]

    return {
        "types": [(name, gettext(in_words(name))) for name in sorted(lists.ACHIEVEMENT_TYPES)],
        "participations": of(lists.PARTICIPATION),
        "supervisions": of(lists.SUPERVISION),
        "complexities": of(lists.COMPLEXITY),
        "task_levels": of(lists.TASK_LEVEL),
        "assurances": of(lists.QUALITY_ASSURANCE),
        "assessments": [(code, gettext(name)) for code, name in lists.ASSESSMENT.names.items()],
        "level_frameworks": [(name, known.unit, known.highest) for name, known in lists.LEVEL_FRAMEWORKS.items()],
        "credit_frameworks": list(lists.CREDIT_FRAMEWORKS),
        "skill_frameworks": [("", gettext("Choose…")), *((name, name) for name in lists.SKILL_FRAMEWORKS)],
        "result_types": [("", gettext("No result")), *((name, gettext(in_words(name))) for name in RESULT_TYPES)],
    }


def download(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/json", headers=headers)


def title_of(form: Form) -> str:
    return str(form["title"].strip()[:200] or form["code"].strip()[:64] or "–")


def path_of(member: Member) -> str:
    return f"/staff/issuers/{member.institution}/achievements"
