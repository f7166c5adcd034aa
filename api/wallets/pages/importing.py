"""Importing: a file of any kind, an archive, or pasted text; and what became of each thing in it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.bodies import form_document
from api.dependencies import SiteDep, limited_check
from api.problems import Refusal
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.importing import Brought, Taken, bring
from api.wallets.pages.cards import word_of
from api.wallets.pages.owner import Owner, inside, said, status_for_form
from api.web.check_sentences import sentence_of_verdict
from api.web.translating import gettext, noted
from ledger.errors import CairnError, Conflict, MalformedDocument
from ledger.verifying.report import Outcome as Verdict
from ledger.wrapping.unwrapping import form_of

HERE = "/wallet/import"
KEPT = {
    "added": noted("It is now in your cairn."),
    "replaced": noted("It is newer than the one that you had, and takes its place."),
    "unchanged": noted("You had it already."),
}
SHOWN_TEXT = 20_000

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@dataclass(frozen=True)
class Outcome:
    """What became of one thing in a file. `key` leads to it, where it is held; `word` is how it stands."""

    file: str
    title: str
    key: str | None
    outcome: str
    word: str
    sentence: str
    about: str


@router.api_route(HERE, methods=["GET", "HEAD"])
def show_import(owner: Owner) -> Response:
    """The form."""
    del owner  # for those who are signed in
    return import_page()


@router.post(HERE, dependencies=[Depends(limited_check)])
async def import_file(request: Request, owner: Owner, site: SiteDep) -> Response:
    """Takes in what is given, and says of each thing what became of it. Sending it twice changes nothing."""
    try:
        content = await form_document(request)
    except Refusal as refusal:
        if refusal.status_code != 422:
            raise
        return import_page(error=gettext("Choose a file, or paste the text of a credential."), status=422)
    return await run_in_threadpool(taken_in, site, owner.wallet_id, content)


def taken_in(site: Site, wallet_id: str, content: bytes) -> Response:
    try:
        brought = bring(site.wallets, wallet_id, content)
    except (MalformedDocument, Conflict) as error:
        return import_page(error=said(error), text=text_of(content), status=status_for_form(error))
    return import_page(outcomes=[outcome_of(name, one) for name, one in named(brought)])


def import_page(
    *, outcomes: list[Outcome] | None = None, error: str = "", text: str = "", status: int = 200
) -> Response:
    values = {"outcomes": outcomes or [], "error": error, "text": text}
    return inside("import.html", values, here=HERE, status=status)


def named(brought: Brought) -> list[tuple[str, Taken | MalformedDocument]]:
    """Each thing with its file's name, where there are several."""
    return [(item.name if brought.several else "", one) for item, one in brought.parts]


def outcome_of(file: str, one: Taken | MalformedDocument) -> Outcome:
    if isinstance(one, CairnError):
        sorry = gettext("Not taken in.")
        return Outcome(file, file, None, "skipped", gettext("Not taken in"), sorry, said(one))
    report = one.arrival.report
    return Outcome(
        file,
        one.held.name,
        one.held.id,
        report.verdict.value,
        word_of(report),
        gettext(KEPT[one.kept]),
        sentence_of_verdict(report) if report.verdict is not Verdict.VALID else "",
    )


def text_of(content: bytes) -> str:
    """What was pasted, to stand in the form again; a file is not repeated."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return (
        text if len(text) <= SHOWN_TEXT and form_of(content) in ("json", "jwt", "sd-jwt") and "\0" not in text else ""
    )
