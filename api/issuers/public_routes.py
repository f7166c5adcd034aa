"""Published documents over HTTP: what the addresses in credentials lead to. The same for everyone; no key needed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.answers import DOWNLOAD, answers
from api.dependencies import SiteDep
from api.parameters import Slug, WholeNumber
from ledger.documents.fields import LANGUAGE

router = APIRouter(tags=["Published"])

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["id-1"])]
Version = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", examples=["1"])]
Language = Annotated[str, Path(pattern=rf"^{LANGUAGE.pattern}$", max_length=12, examples=["ms"])]
Scope = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$", examples=["0x" + "00" * 32])]


def published(content: bytes, media_type: str = "application/json") -> Response:
    return Response(content, media_type=media_type)


@router.get("/issuers/{slug}/did.json", responses=answers(404, 422, 503), response_model=None)
def did_document(slug: Slug, site: SiteDep) -> Response:
    """The DID document of an issuer (did:web): its keys, and its place in the registry."""
    return published(site.published.did_document(slug))


@router.get("/issuers/{slug}/status/{number}", responses=answers(404, 422, 503, ok=DOWNLOAD), response_model=None)
def status_list(slug: Slug, number: WholeNumber, site: SiteDep) -> Response:
    """A signed Bitstring Status List, as of the newest final block."""
    return published(site.published.status_list(slug, number), "application/vc")


@router.get("/issuers/{slug}/achievements/{code}", responses=answers(404, 422), response_model=None)
def achievement(slug: Slug, code: Code, site: SiteDep) -> Response:
    """What an achievement stands for (Open Badges 3.0)."""
    return published(site.published.achievement(slug, code))


@router.get("/issuers/{slug}/achievements/{code}/{language}", responses=answers(404, 422), response_model=None)
def translated_achievement(slug: Slug, code: Code, language: Language, site: SiteDep) -> Response:
    """What an achievement stands for, with its title and description in another language."""
    return published(site.published.achievement(slug, code, language))


@router.get("/issuers/{slug}/pathways/{code}/{version}", responses=answers(404, 422), response_model=None)
def pathway(slug: Slug, code: Code, version: Version, site: SiteDep) -> Response:
    """A version of a pathway: the rule by which credentials add up to an award."""
    return published(site.published.pathway(slug, code, version))


@router.get("/accreditations/{scope}", responses=answers(404, 422), response_model=None)
def accreditation(scope: Scope, site: SiteDep) -> Response:
    """The statement with which an accreditor recognised an issuer; its SHA-256 stands in the registry."""
    return published(site.published.accreditation(scope))
