"""The register of issuers for everyone: who is recognised, with which keys, and how to check it without this site."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from api.accreditation.register import Standing
from api.accreditation.words import standing_word
from api.dependencies import SiteDep
from api.parameters import Slug
from api.problems import Refusal
from api.web.pages import page
from ledger.chain.addresses import caip10

router = APIRouter(include_in_schema=False)


@router.api_route("/register", methods=["GET", "HEAD"])
def show_register(site: SiteDep) -> Response:
    """All issuers of this ledger."""
    entries = site.register.entries(site.registry_events.now())
    current = (Standing.RECOGNISED, Standing.ENDS_SOON)
    values = {
        "recognised": [one for one in entries if one.standing in current],
        "others": [one for one in entries if one.standing not in current],
        "standing_word": standing_word,
    }
    return page("register/register.html", values)


@router.api_route("/register/{slug}", methods=["GET", "HEAD"])
def show_issuer(slug: Slug, site: SiteDep) -> Response:
    """One issuer: its recognitions, its keys with their periods, and the way to check both without us."""
    entry = site.register.entry(slug, site.registry_events.now())
    if entry is None:
        raise Refusal(404)
    reader = site.workspace.reader
    values = {
        "entry": entry,
        "registry": caip10(reader.chain_id, reader.registry),
        "network": site.network,
        "standing_word": standing_word,
        "site_base": site.base,
    }
    return page("register/issuer.html", values)
