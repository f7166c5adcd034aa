"""Pathways over HTTP: an issuer publishes them and says what completing one brings; anyone may read them."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, BeforeValidator

from api.answers import answers
from api.bodies import StrictRoute, require_type
from api.dependencies import ActingIssuer, SiteDep
from api.issuers.public_routes import Code, published
from api.parameters import Limit, Offset, Slug, plain_integer
from api.wallets.schemas import Strict
from ledger.documents.canonical import digest_multibase
from ledger.issuing.values import Awarding, StoredPathway

router = APIRouter(prefix="/v1/issuers/{slug}/pathways", tags=["Pathways"], route_class=StrictRoute)
public_router = APIRouter(tags=["Published"])

Version = Annotated[int, BeforeValidator(plain_integer), Path(ge=1, le=10_000, examples=[1])]
EXAMPLE = {
    "code": "design",
    "version": 1,
    "title": "Instructional Design",
    "award": "design",
    "components": ["needs", "models"],
    "rule": {"allOf": ["needs", "models"], "inOrder": True},
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}},
    }
}
MODES = {"on": Awarding.AUTO, "off": Awarding.OFF, "queue": Awarding.QUEUE}


class PathwayEntry(BaseModel):
    """A published version, as lists show it. `id` is the address of the document, `digest` what awards name it by."""

    id: str
    issuer: str
    code: str
    version: int
    title: str
    digest: str


class PathwayOut(PathwayEntry):
    """The same for its issuer: `awarding` is what becomes of those who complete it."""

    awarding: Literal["off", "queue", "auto"]


class AwardingIn(Strict):
    """What becomes of those who complete it: awarded (on), proposed to a person (queue), nothing (off)."""

    mode: Literal["on", "off", "queue"]


async def definition(request: Request, slug: ActingIssuer) -> bytes:
    """The definition of a pathway, which its own strict reader looks at."""
    del slug  # nobody without a key gets as far as having a body read
    require_type(request, {"application/json"})
    return await request.body()


@router.post(
    "",
    status_code=201,
    responses=answers(400, 401, 404, 409, 413, 415, 422)
    | {200: {"model": PathwayOut, "description": "This version was published before, word for word."}},
    openapi_extra=BODY,
)
def publish(
    slug: ActingIssuer, content: Annotated[bytes, Depends(definition)], site: SiteDep, response: Response
) -> PathwayOut:
    """Publishes a version of a pathway. What is published never changes: a new rule is a new version."""
    stored, is_new = site.workspace.pathways.publish(site.issuing.issuer(slug).slug, content)
    response.status_code = 201 if is_new else 200
    return pathway_out(stored)


@router.get("", responses=answers(401, 404, 422))
def list_own(slug: ActingIssuer, site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> list[PathwayOut]:
    """The issuer's published versions, the oldest first."""
    found = site.workspace.pathways.all(site.issuing.issuer(slug).slug)
    return [pathway_out(stored) for stored in found[offset : offset + limit]]


@router.put("/{code}/{version}/awarding", responses=answers(400, 401, 404, 413, 415, 422))
def set_awarding(slug: ActingIssuer, code: Code, version: Version, wanted: AwardingIn, site: SiteDep) -> PathwayOut:
    """Says what becomes of those who complete this version. Those who have completed it before count too."""
    stored = own_pathway(site, slug, code, version)
    return pathway_out(site.workspace.pathways.set_awarding(stored.pathway_id, MODES[wanted.mode]))


@public_router.get("/pathways", responses=answers(422, ok={"model": list[PathwayEntry]}), response_model=None)
def list_all(site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> Response:
    """Every published version of every pathway of this ledger."""
    return listed(site.workspace.pathways.all()[offset : offset + limit])


@public_router.get(
    "/issuers/{slug}/pathways", responses=answers(404, 422, ok={"model": list[PathwayEntry]}), response_model=None
)
def list_of_issuer(slug: Slug, site: SiteDep, offset: Offset = 0, limit: Limit = 100) -> Response:
    """Every published version of an issuer's pathways."""
    return listed(site.workspace.pathways.all(slug)[offset : offset + limit])


def own_pathway(site: SiteDep, slug: str, code: str, version: int) -> StoredPathway:
    """A version of the issuer's own. Raises NotFound `pathway_unknown`."""
    return site.workspace.pathways.find(f"{code}/{version}", site.issuing.issuer(slug).slug)


def listed(pathways: tuple[StoredPathway, ...]) -> Response:
    return published(orjson.dumps([entry(stored) for stored in pathways]))


def entry(stored: StoredPathway) -> dict[str, str | int]:
    return {
        "id": stored.pathway_id,
        "issuer": stored.issuer,
        "code": stored.code,
        "version": stored.version,
        "title": stored.name,
        "digest": digest_multibase(sha256(stored.content).digest()),
    }


def pathway_out(stored: StoredPathway) -> PathwayOut:
    return PathwayOut.model_validate(entry(stored) | {"awarding": str(stored.awarding)})
