"""My cairn: the stack as a picture that grows, what is new, what it adds up to, and what it leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from markupsafe import Markup

from api.bodies import form_document
from api.dependencies import SiteDep, limited_check
from api.parameters import HexId
from api.problems import Refusal
from api.site import Site
from api.wallets.access.sign_in_routes import from_our_own
from api.wallets.pages.cards import Card, cards_of, changed
from api.wallets.pages.owner import HOME, Owner, go, inside, said, status_for_form
from api.wallets.pages.plain_words import amount_of, total_sentence
from api.wallets.sights import standing_of
from api.wallets.values import WalletPathway
from api.web.ledger_words import need_said
from api.web.stack_diagram import stack_diagram
from api.web.stack_layout import Stone
from api.web.translating import gettext, noted
from ledger.errors import Conflict, MalformedDocument

PATHWAYS = "/wallet/pathways"
MOST_MISSING = 6
"""Missing parts of one pathway that the picture shows."""
MOST_LINES = 50
"""Credentials that the timeline shows; the list has the others."""
STATES = {
    "awarded": noted("Awarded"),
    "complete": noted("Complete"),
    "in_progress": noted("Under way"),
    "undecided": noted("Could not be worked out"),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_own)])


@dataclass(frozen=True)
class PathwayCard:
    """How far a learner has come in one pathway. `needs` are sentences, `missing` what would do."""

    title: str
    issuer: str
    state: str
    word: str
    percent: int
    met: tuple[str, ...]
    needs: tuple[str, ...]
    missing: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Year:
    name: str
    cards: tuple[Card, ...]


@router.api_route(HOME, methods=["GET", "HEAD"])
def show_cairn(owner: Owner, site: SiteDep) -> Response:
    """What the learner has, at a glance."""
    glance = site.overviews.glance(owner.wallet_id)
    cards = cards_of(site, owner.wallet_id, glance)
    waiting = site.access.waiting(owner.wallet_id)
    pathways = tuple(pathway_cards(glance.summed))
    values = {
        "picture": picture(cards, glance.summed),
        "cards": cards,
        "fresh": [card for card in cards if card.is_new and not card.change],
        "changes": list(changed(cards)),
        "waiting": waiting,
        "total": total_sentence(glance.summed),
        "summed": glance.summed,
        "stated": [amount_of(*one) for one in figures(glance.summed, "by_framework").items()],
        "pathways": pathways,
        "years": years_of(cards, MOST_LINES),
        "more": max(0, len(cards) - MOST_LINES),
        "titles": {card.key: card.title for card in cards},
    }
    return inside("cairn.html", values, here=HOME)


@router.post("/wallet/seen")
def have_seen(owner: Owner, site: SiteDep) -> Response:
    """Takes the marks away: the learner has seen how everything stands now."""
    glance = site.overviews.glance(owner.wallet_id)
    successor_of = site.successors([report for report in glance.reports if report is not None])
    pairs = zip(glance.holdings, glance.reports, strict=True)
    found = {
        one.held.id: standing_of(report, successor_of(report) if report is not None else None) for one, report in pairs
    }
    before = site.sights.of(owner.wallet_id)
    # What could not be checked is no news: what was seen of it before stays.
    site.sights.note(owner.wallet_id, {key: known or before.get(key, "valid") for key, known in found.items()})
    return go(HOME)


@router.post("/wallet/gather", dependencies=[Depends(limited_check)])
def gather(owner: Owner, site: SiteDep) -> Response:
    """Puts what was awarded to the learner's addresses into the wallet."""
    site.access.gather_all(owner.wallet_id)
    return go(HOME)


# --- pathways ---


@router.api_route(PATHWAYS, methods=["GET", "HEAD"])
def show_pathways(owner: Owner, site: SiteDep) -> Response:
    """What the credentials lead to, and what is still needed."""
    return pathways_page(site, owner.wallet_id)


def pathways_page(site: Site, wallet_id: str, refusal: str = "", text: str = "", status: int = 200) -> Response:
    own: list[WalletPathway] = site.overviews.pathways(wallet_id)
    values = {
        "pathways": tuple(pathway_cards(site.overviews.of_wallet(wallet_id))),
        "own": own,
        "refusal": refusal,
        "text": text,
    }
    return inside("pathways.html", values, here=PATHWAYS, status=status)


@router.post(PATHWAYS, dependencies=[Depends(limited_check)])
async def add_pathway(request: Request, owner: Owner, site: SiteDep) -> Response:
    """Brings a pathway along, as its institution published it."""
    try:
        content = await form_document(request)
    except Refusal as refusal:
        if refusal.status_code != 422:
            raise
        return await run_in_threadpool(pathways_page, site, owner.wallet_id, said(refusal), "", 422)
    try:
        await run_in_threadpool(site.overviews.add_pathway, owner.wallet_id, content)
    except (MalformedDocument, Conflict) as error:
        text = content.decode(errors="replace")[:20_000]
        return await run_in_threadpool(pathways_page, site, owner.wallet_id, said(error), text, status_for_form(error))
    return go(PATHWAYS)


@router.post("/wallet/pathways/{pathway_key}/remove")
def remove_pathway(owner: Owner, pathway_key: HexId, site: SiteDep) -> Response:
    """Takes a pathway out again."""
    site.overviews.remove_pathway(owner.wallet_id, pathway_key)
    return go(PATHWAYS)


def pathway_cards(summed: Any) -> Iterator[PathwayCard]:
    """The pathways in which something that is held counts, the furthest first."""
    names = {issuer["did"]: issuer["name"] or issuer["claimed_name"] or "" for issuer in summed["issuers"]}
    for one in summed["pathways"]:
        refused = [need_said(refusal["reason"]) for refusal in one["refused"]]
        yield PathwayCard(
            title=one["title"],
            issuer=names.get(one["issuer"], ""),
            state=one["state"],
            word=gettext(STATES[one["state"]]),
            percent=100 if one["state"] in ("awarded", "complete") else int(one["progress"] * 100),
            met=tuple(met["title"] for met in one["met"]),
            needs=tuple(map(need_said, one["needs"])) if one["state"] == "in_progress" else (),
            missing=tuple(part["title"] for part in one["missing"]) if one["state"] == "in_progress" else (),
            refused=tuple(refused) if one["state"] == "in_progress" else (),
        )


# --- the picture ---


def picture(cards: Sequence[Card], summed: Any) -> Markup:
    """The stack: what is held, and over it what each pathway under way leads to, with what it still asks for."""
    stones = [
        Stone(
            key=card.key,
            title=card.title,
            issuer=card.issuer,
            credits=card.credits,
            state="waiting" if is_anothers(card) else card.outcome,
            rests_on=card.rests_on,
            day=str(card.day.year) if card.day else "",
            href=f"/wallet/credentials/{card.key}",
            word=word_on(card),
        )
        for card in cards
        if card.kind != "recognition"
    ]
    stones += leading_to(summed, {line["id"]: line["key"] for line in summed["timeline"]})
    return stack_diagram(stones, gettext("My cairn as a picture: each award stands over what it rests on"))


def word_on(card: Card) -> str:
    """What a stone says of how its credential stands."""
    if is_anothers(card):
        return gettext("Another name")
    return gettext("New") if card.is_new and card.outcome == "valid" else card.word


def is_anothers(card: Card) -> bool:
    """Whether it is valid and counts for nothing here, because it names somebody else."""
    return card.is_others and card.outcome == "valid"


def leading_to(summed: Any, keys: dict[str, str]) -> Iterator[Stone]:
    """The awards that are not there yet, and what they still ask for."""
    for place, one in enumerate(summed["pathways"]):
        if one["state"] not in ("in_progress", "complete"):
            continue
        wanted = one["missing"][:MOST_MISSING] if one["state"] == "in_progress" else []
        missing = [f"missing-{place}-{number}" for number, _ in enumerate(wanted)]
        held = [keys[met["credential"]] for met in one["met"] if met["credential"] in keys]
        word = gettext("Not awarded yet") if one["state"] == "complete" else gettext("Under way")
        yield Stone(
            key=f"pathway-{place}",
            title=one["title"],
            state="missing",
            rests_on=(*held, *missing),
            href=PATHWAYS,
            word=word,
        )
        for key, part in zip(missing, wanted, strict=True):
            yield Stone(key=key, title=part["title"], state="missing", href=PATHWAYS, word=gettext("Would count"))


def years_of(cards: Sequence[Card], most: int) -> list[Year]:
    """The timeline: the newest year first, and so many credentials at most."""
    dated = sorted(cards, key=lambda card: card.day.timestamp() if card.day else 0, reverse=True)[:most]
    return [
        Year(name, tuple(of_year))
        for name, of_year in groupby(dated, key=lambda card: str(card.day.year) if card.day else "")
    ]


def figures(summed: Any, name: str) -> dict[str, float]:
    found: dict[str, float] = summed["totals"][name]
    return found
