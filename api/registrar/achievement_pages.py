"""The pages of achievements: the list, the editor with its checks, and the preview."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from fastapi.responses import Response

from api.registrar.achievement_checks import NAMES, profile_checks, sample
from api.registrar.achievement_desk import (
    Made,
    content_of,
    listed,
    made_of,
    titles_in,
)
from api.registrar.achievement_form import Form, achievement_form
from api.registrar.editing.drafts import EditorDraft
from api.site import Site
from api.staff.showing import staff_page
from api.staff.values import Member, Role
from api.wallets.pages.owner import SCRIPTED
from api.web.ledger_words import in_words
from api.web.translating import gettext, noted
from ledger.documents import code_lists as lists
from ledger.documents.result import RESULT_TYPES

KIND = "achievement"
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


def made(site: Site, member: Member, form: Form) -> Made:
    issuer = site.workspace.catalog.issuer(member.institution)
    return made_of(form, content_of(site, member.institution, form["programme"].strip()), country=issuer.country)


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


def preview_page(site: Site, member: Member, draft: EditorDraft) -> Response:
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


def path_of(member: Member) -> str:
    return f"/staff/issuers/{member.institution}/achievements"
