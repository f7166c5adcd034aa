"""The pages of pathways: the list, the editor with what stands beside it, and one version."""

from __future__ import annotations

from fastapi.responses import Response

from api.registrar.editing.drafts import EditorDraft
from api.registrar.pathway_desk import (
    Checked,
    check,
    dry_run,
    form_of_stored,
    next_version,
    titles_of,
)
from api.registrar.pathway_form import KINDS, Form, name_of
from api.registrar.pathway_reopening import form_of
from api.registrar.rule_diagram import rule_diagram
from api.registrar.rule_words import said
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.pages.owner import SCRIPTED
from api.web.translating import gettext
from api.web.visits import visit
from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.result import GRADED, NUMERIC, RUBRIC
from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import MalformedDocument, RegistryError
from ledger.issuing.awarding.candidates import CandidateState
from ledger.issuing.values import StoredPathway
from ledger.stacking.pathway import LIMITS

KIND = "pathway"
Problems = list[tuple[str, str]]


def overview_page(site: Site, member: Member, problems: Problems | None = None) -> Response:
    published: dict[str, list[StoredPathway]] = {}
    for stored in site.workspace.pathways.all(member.institution):
        published.setdefault(stored.code, []).insert(0, stored)
    values = {
        "published": list(published.values()),
        "drafts": site.control.drafts.all(member.institution, KIND),
        "has_achievements": bool(titles_of(site, member.institution)),
        "problems": problems or [],
        "wrong": dict(problems or []),
        "waiting": len(site.workspace.candidates.all(member.institution, CandidateState.PROPOSED, limit=100)),
    }
    return staff_page(site, member, "registrar/pathways.html", "pathways", values, 422 if problems else 200)


def editor(
    site: Site, member: Member, draft: EditorDraft, form: Form, problems: Problems | None = None, code: str = ""
) -> Response:
    checked = check(site, member.institution, form)
    titles = titles_of(site, member.institution)
    revision = site.control.drafts.find(member.institution, KIND, draft.id).revision if code else draft.revision
    values = {
        **looks(site, member, form, checked),
        "draft": draft,
        "revision": revision,
        "form": form,
        "errors": problems or [],
        "wrong": dict(reversed(problems or [])),
        "version": next_version(site, member.institution, form["code"].strip()),
        "achievements": [("", gettext("Choose…")), *((key, f"{name} ({key})") for key, name in titles.items())],
        "named": [
            ("", gettext("Choose…")),
            *((name_of(one), titles.get(name_of(one), one["title"] or name_of(one))) for one in form["components"]),
        ],
        "may_publish": member.may(Role.APPROVES),
        **choices(),
    }
    status = 422 if problems else 200
    return staff_page(site, member, "registrar/pathway_editor.html", "pathways", values, status, SCRIPTED)


def choices() -> dict[str, object]:
    """What selects of the editor offer."""
    kinds = dict(zip(KINDS, (gettext("all of"), gettext("at least a number of"), gettext("credits of")), strict=True))
    return {
        "kinds": list(kinds.items()),
        "levels": [("", "–"), *((name, name) for name in LEVEL_FRAMEWORKS)],
        "credits": [("", "–"), *((name, name) for name in CREDIT_FRAMEWORKS)],
        "results": [(name, name) for name in (*sorted(GRADED | NUMERIC), RUBRIC)],
        "units": [("Y", gettext("years")), ("M", gettext("months"))],
        "limits": [
            ("", gettext("No limit")),
            ("number", gettext("at most so many credentials")),
            ("credits", gettext("at most so many credits")),
            ("percent", gettext("at most so many percent of the credits")),
        ],
    }


def looks(site: Site, member: Member, form: Form, checked: Checked) -> dict[str, object]:
    """What stands beside the form."""
    found = said(form, titles_of(site, member.institution))
    return {
        "said": found,
        "picture": rule_diagram(found, is_rtl=visit().direction == "rtl"),
        "unmet": checked.problems,
    }


def version_page(site: Site, member: Member, stored: StoredPathway, problems: Problems | None = None) -> Response:
    form = form_of_stored(site, stored)
    found = said(form, titles_of(site, member.institution))
    trouble, run = "", dry_run(())
    try:
        run = dry_run(site.workspace.awards.plan(member.institution, stored.pathway_id).prospects)
    except RegistryError as error:
        trouble = str(error)
    versions = [one for one in site.workspace.pathways.all(member.institution) if one.code == stored.code]
    values = {
        "pathway": stored,
        "said": found,
        "picture": rule_diagram(found, is_rtl=visit().direction == "rtl"),
        "run": run,
        "trouble": trouble,
        "versions": versions,
        "is_newest": stored.version == max(one.version for one in versions),
        "awarding": [
            ("off", gettext("Nothing, until somebody asks"), ""),
            ("queue", gettext("They are proposed, and a person approves"), ""),
            ("auto", gettext("They are awarded by themselves"), ""),
        ],
        "may_approve": member.may(Role.APPROVES),
        "problems": problems or [],
        "wrong": dict(problems or []),
    }
    return staff_page(site, member, "registrar/pathway.html", "pathways", values, 422 if problems else 200)


def definition(content: bytes) -> JsonObject:
    """A definition file as its members. Raises MalformedDocument also for what has other members than a pathway."""
    found = parse(content, LIMITS)
    try:
        form = form_of(found)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise MalformedDocument("pathway_invalid", "this is not the definition of a pathway") from error
    if not form["components"]:
        raise MalformedDocument("pathway_invalid", "this is not the definition of a pathway")
    return found


def path_of(member: Member) -> str:
    return f"/staff/issuers/{member.institution}/pathways"
