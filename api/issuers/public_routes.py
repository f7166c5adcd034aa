"""Published documents over HTTP: what the addresses in credentials lead to. The same for everyone; no key needed."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from api.answers import DOWNLOAD, answers
from api.dependencies import SiteDep
from api.parameters import Slug, WholeNumber
from ledger.documents.fields import LANGUAGE

router = APIRouter(tags=["Published"])

Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["id-1"])]
Version = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", examples=["1"])]
Language = Annotated[str, Path(pattern=rf"^{LANGUAGE.pattern}$", max_length=12, examples=["ms"])]
Scope = Annotated[str, Path(pattern=r"^0x[0-9a-f]{64}$", examples=["0x" + "00" * 32])]

IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=1_000)]


def published(content: bytes, media_type: str = "application/json") -> Response:
    return Response(content, media_type=media_type)


@router.get("/issuers/{slug}/did.json", responses=answers(404, 422, 503), response_model=None)
def did_document(slug: Slug, site: SiteDep) -> Response:
    """The DID document of an issuer (did:web): its keys, and its place in the registry."""
    return published(site.published.did_document(slug))


@router.get(
    "/issuers/{slug}/status/{number}",
    responses=answers(404, 422, 503, ok=DOWNLOAD) | {304: {"description": "The list is the one that the caller has."}},
    response_model=None,
)
def status_list(slug: Slug, number: WholeNumber, site: SiteDep, known: IfNoneMatch = None) -> Response:
    """A signed Bitstring Status List, as of the newest final block, which the header `Cairn-Block` numbers.

    It is signed anew only when a bit in it changes: the `ETag` stays until then.
    """
    found = site.published.status_list(slug, number)
    tag = f'"{hashlib.sha256(found.document).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cairn-Block": str(found.block.number),
        "Access-Control-Expose-Headers": "ETag, Cairn-Block",
    }
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(found.document, headers=headers, media_type="application/vc")


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
