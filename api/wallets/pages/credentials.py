"""The learner's credentials: all of them, and each with what it says in plain words, its checks, its files, and where
it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from api.clock import DAY, unix_now
from api.dependencies import SiteDep
from api.parameters import HexId
from api.printing import chosen_address
from api.sharing.schemas import MAX_DAYS
from api.sharing.values import Choice
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.holdings import document_of
from api.wallets.pages.cairn import STATES
from api.wallets.pages.cards import cards_of, word_of
from api.wallets.pages.owner import Owner, go, inside, said
from api.wallets.pages.plain_words import credit_sentences, level_sentences
from api.wallets.service import MAX_HELD
from api.wallets.values import Held
from api.web.ledger_words import need_said
from api.web.translating import gettext, noted
from api.web.verdict_facts import described
from api.web.verdicts import view_of
from api.web.visits import visit
from ledger.documents.summary import Shown, Summary
from ledger.errors import CairnError, Conflict, MalformedDocument, NotFound
from ledger.rendering.content import criteria_of, outcomes_of, result_in_words
from ledger.rendering.forms import Form, form_of
from ledger.rendering.linkedin import linkedin_link
from ledger.rendering.wording import DESCRIBED
from ledger.stacking.totals import read_counted
from ledger.verifying.report import VerificationReport

LIST = "/wallet/credentials"
PAGE = 60
FILES = (Form.JSON, Form.PDF, Form.PNG, Form.SVG, Form.JWT)
STANDINGS = {
    "counts": noted("It counts here."),
    "not_needed": noted("It could count here, and is not needed: something else of yours counts already."),
    "refused": noted("It does not count here."),
}
SKILLS = frozenset({"ESCOSkill", "ceasn:Competency", "CFItem"})
TOLD = frozenset({"level", "credits", "learningOutcome", "translation", "creditBearing", *SKILLS})
"""Facts that the page says in sentences of its own."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@dataclass(frozen=True)
class Said:
    """What a credential says, for its holder. `described` are labels and what stands behind them."""

    learner: str | None
    levels: tuple[str, ...]
    credits: tuple[str, ...]
    result: str | None
    criteria: str | None
    outcomes: tuple[str, ...]
    narrative: str | None
    described: tuple[tuple[str, str], ...]
    evidence: tuple[Shown, ...]
    skills: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Standing:
    """Where the credential stands in one pathway."""

    title: str
    sentence: str
    reason: str | None
    needs: tuple[str, ...]
    word: str


@router.api_route(LIST, methods=["GET", "HEAD"])
def list_credentials(
    owner: Owner, site: SiteDep, q: str = "", start: Annotated[int, Query(ge=0, le=MAX_HELD)] = 0
) -> Response:
    """Everything in the wallet, to open or to tick for sharing. `q` looks for a word in titles and institutions."""
    cards = cards_of(site, owner.wallet_id, site.overviews.glance(owner.wallet_id))
    wanted = q.strip()[:100].casefold()
    shown = [card for card in cards if wanted in f"{card.title} {card.issuer}".casefold()]
    words = f"&q={quote(q.strip()[:100])}" if wanted else ""
    values = {
        "cards": shown[start : start + PAGE],
        "all": len(cards),
        "found": len(shown),
        "first": start + 1,
        "before": f"?start={max(0, start - PAGE)}{words}" if start else "",
        "after": f"?start={start + PAGE}{words}" if start + PAGE < len(shown) else "",
        "q": q.strip()[:100],
    }
    return inside("credentials.html", values, here=LIST)


@router.api_route("/wallet/credentials/{held_id}", methods=["GET", "HEAD"])
def show_credential(owner: Owner, held_id: HexId, site: SiteDep) -> Response:
    """One credential."""
    return credential_page(site, owner.wallet_id, held_id)


def credential_page(site: Site, wallet_id: str, held_id: str, refusal: str = "", status: int = 200) -> Response:
    held = site.wallets.credential(wallet_id, held_id)
    glance = site.overviews.glance(wallet_id)
    cards = {card.key: card for card in cards_of(site, wallet_id, glance)}
    places = [holding.held.id for holding in glance.holdings]
    report = glance.reports[places.index(held_id)] if held_id in places else None
    values = {
        "held": held,
        "card": cards[held_id],
        "view": view_of(report, rpc=site.node_url, languages=(visit().language,)) if report is not None else None,
        "word": word_of(report),
        "said": said_of(report) if report is not None else None,
        "below": [cards[key] for key in cards[held_id].rests_on if key in cards],
        "above": [card for card in cards.values() if held_id in card.rests_on],
        "standings": standings_of(site, wallet_id, held_id),
        "forms": forms_of(site, held, report),
        "linkedin": is_for_a_profile(report),
        "refusal": refusal,
    }
    return inside("credential.html", values, here=LIST, status=status)


@router.api_route("/wallet/credentials/{held_id}/file", methods=["GET", "HEAD"])
def download(owner: Owner, held_id: HexId, site: SiteDep, form: Form = Form.JSON) -> Response:
    """The credential as a file. A JWT is signed anew by its issuer, where that is on this ledger."""
    held = site.wallets.credential(owner.wallet_id, held_id)
    try:
        if form is Form.JWT and form_of(held.document) is not Form.JWT:
            require_ours(site, held)
            return site.press.sign(form, lambda: site.sign_jwt(held.credential_id))
        if form not in FILES:
            raise NotFound("there is no such file of a credential", "form_unsupported")
        made = site.press.make(form, held.document, site.verify_shared, address=chosen_address(form, None, site.base))
    except Conflict as error:
        return credential_page(site, owner.wallet_id, held_id, said(error), 409)
    made.headers.setdefault("Content-Disposition", f'attachment; filename="credential.{form_of(held.document).value}"')
    return made


@router.api_route("/wallet/credentials/{held_id}/linkedin", methods=["GET", "HEAD"])
def offer_profile(owner: Owner, held_id: HexId, site: SiteDep) -> Response:
    """What adding it to a LinkedIn profile means: a link is made that anyone can open, and the profile names it."""
    held = site.wallets.credential(owner.wallet_id, held_id)
    return inside("linkedin.html", {"held": held, "link": None, "is_public": is_public(site)}, here=LIST)


@router.post("/wallet/credentials/{held_id}/linkedin")
def add_to_profile(owner: Owner, held_id: HexId, site: SiteDep) -> Response:
    """Makes a share link for the profile, and the address at LinkedIn that adds it, where only the learner goes."""
    held = site.wallets.credential(owner.wallet_id, held_id)
    report = site.verify_shared(held.document)
    try:
        linkedin_link(report, address=f"{site.base}/s/x")
    except CairnError as error:
        return credential_page(site, owner.wallet_id, held_id, said(error), 409)
    link, token = site.links.create(
        owner.wallet_id,
        Choice(credential_ids=(held_id,)),
        label=held.name[:200],
        expires_at=unix_now() + MAX_DAYS * DAY,
        purpose="LinkedIn",
    )
    address = site.share_url(token)
    made = linkedin_link(report, address=address)
    values = {"held": held, "link": made, "address": address, "until": link.expires_at, "is_public": True}
    return inside("linkedin.html", values, here=LIST)


@router.api_route("/wallet/credentials/{held_id}/remove", methods=["GET", "HEAD"])
def ask_to_remove(owner: Owner, held_id: HexId, site: SiteDep) -> Response:
    """What removing means, and the button that does it."""
    held = site.wallets.credential(owner.wallet_id, held_id)
    links = [link for link in site.links.links(owner.wallet_id) if held_id in (link.credential_id, *link.items)]
    values = {"held": held, "links": [link for link in links if link.state == "live"]}
    return inside("remove.html", values, here=LIST)


@router.post("/wallet/credentials/{held_id}/remove")
def remove(owner: Owner, held_id: HexId, site: SiteDep) -> Response:
    """Takes the credential out of the wallet; links to it end."""
    site.wallets.remove(owner.wallet_id, held_id)
    return go(LIST)


def said_of(report: VerificationReport) -> Said:
    """What the credential says, as far as its structure is sound."""
    summary = report.summary or Summary(kind="other")
    counted = read_counted(report.document) if report.document is not None else None
    levels = tuple(level_sentences(dict(counted.levels))) if counted else ()
    amounts = tuple(credit_sentences(dict(counted.credits))) if counted else ()
    result = result_in_words(report.document or {}, summary.result) if summary.result else None
    grouped: dict[str, list[str]] = {}
    for fact in summary.facts:
        if fact.kind in DESCRIBED and fact.kind not in TOLD:
            grouped.setdefault(DESCRIBED[fact.kind], []).append(fact.name)
    skills = [(fact.name, fact.url) for fact in summary.facts if fact.kind in SKILLS]
    return Said(
        learner=summary.learner_name,
        levels=levels or tuple(described(fact) for fact in summary.levels),
        credits=amounts or tuple(described(fact) for fact in summary.credits),
        result=result,
        criteria=criteria_of(summary) or None,
        outcomes=tuple(outcomes_of(summary)),
        narrative=summary.narrative,
        described=tuple((label, "; ".join(names)) for label, names in grouped.items()),
        evidence=summary.evidence,
        skills=tuple(dict.fromkeys(skills)),
    )


def standings_of(site: Site, wallet_id: str, held_id: str) -> list[Standing]:
    """Where the credential counts, and why not elsewhere."""
    found: Any = site.overviews.stacks_into(wallet_id, held_id)
    return [
        Standing(
            title=one["title"],
            sentence=gettext(STANDINGS[one["standing"]]),
            reason=one["refused_because"]["reason"] if one["refused_because"] else None,
            needs=tuple(map(need_said, one["needs"])) if one["state"] == "in_progress" else (),
            word=gettext(STATES[one["state"]]),
        )
        for one in found["pathways"]
    ]


def forms_of(site: Site, held: Held, report: VerificationReport | None) -> list[Form]:
    """The files that can be made of it: no certificate and no badge of what is known not to hold."""
    own = form_of(held.document)
    if own is Form.SD_JWT or report is None:
        return [own]
    found: list[Form] = [own]
    if report.verdict.value != "invalid" or report.code in ("expired", "not_yet_valid"):
        found += [Form.PDF, Form.PNG, Form.SVG]
        if own is Form.JSON and is_ours(site, held) and report.verdict.value == "valid":
            found.append(Form.JWT)
    return found


def is_for_a_profile(report: VerificationReport | None) -> bool:
    """Whether a profile takes it: a single credential that is not known to be bad."""
    try:
        return report is not None and bool(linkedin_link(report, address="https://cairn.example/s/x"))
    except CairnError:
        return False


def is_public(site: Site) -> bool:
    """Whether this site's links can stand in a profile: LinkedIn takes https addresses only."""
    return site.base.startswith("https://")


def is_ours(site: Site, held: Held) -> bool:
    """Whether it was issued on this ledger, and is held as it was issued."""
    try:
        return document_of(held)["id"] == site.workspace.catalog.credential(held.credential_id).credential_id
    except (NotFound, MalformedDocument, KeyError):
        return False


def require_ours(site: Site, held: Held) -> None:
    """Raises Conflict `form_unsupported` for what another ledger's issuer signed."""
    if not is_ours(site, held):
        raise Conflict("only its issuer can sign it as a JWT, and that is not on this site", "form_unsupported")
