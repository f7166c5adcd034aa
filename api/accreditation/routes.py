"""The register: who may issue here, who recognised them, from when until when, and with which words."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.answers import answers
from api.dependencies import SiteDep
from api.site import Site
from api.wallets.schemas import Time
from ledger.documents.accreditation import AccreditationStatement
from ledger.issuing.values import Accreditation, Accreditor, Issuer, IssuerKind
from ledger.verifying.report import shown_bytes, shown_time

router = APIRouter(tags=["Published"])


class RecognitionOut(BaseModel):
    """A recognition that an accreditor gave. The registry itself is what counts; this is the way to it."""

    accreditor: str = Field(description="Name of the accreditor.")
    account: str = Field(description="The account that a verifier's policy names to trust this accreditor.")
    recognised_name: str | None = Field(description="The issuer's name as the accreditor states it.")
    recognised: list[str]
    valid_from: Time | None
    valid_until: Time | None
    scope: str = Field(description="SHA-256 of the statement, as the registry holds it.")
    statement: str = Field(description="Where the statement is published.", examples=["/accreditations/0x…"])


class RegisteredIssuer(BaseModel):
    """An issuer of this ledger."""

    slug: str
    name: str
    did: str
    issuer_id: str
    country: str | None
    url: str | None
    registered_at: Time | None
    recognitions: list[RecognitionOut]


@router.get("/v1/register", responses=answers(503))
def register(site: SiteDep) -> list[RegisteredIssuer]:
    """The issuers of this ledger, with the recognitions that were given to them, ended ones too."""
    accreditors = {accreditor.slug: accreditor for accreditor in site.workspace.catalog.accreditors()}
    statements = site.workspace.statements()
    return [
        registered(site, issuer, accreditors, statements)
        for issuer in site.workspace.catalog.issuers()
        if issuer.kind is IssuerKind.ISSUER
    ]


def registered(
    site: Site, issuer: Issuer, accreditors: dict[str, Accreditor], statements: dict[bytes, AccreditationStatement]
) -> RegisteredIssuer:
    given = site.workspace.catalog.accreditations(issuer.slug)
    return RegisteredIssuer(
        slug=issuer.slug,
        name=issuer.name,
        did=issuer.did,
        issuer_id=shown_bytes(issuer.issuer_id) or "",
        country=issuer.country,
        url=issuer.url,
        registered_at=shown_time(issuer.registered_at),
        recognitions=[
            recognition(found, accreditors[found.accreditor], statements.get(found.scope)) for found in given
        ],
    )


def recognition(given: Accreditation, by: Accreditor, statement: AccreditationStatement | None) -> RecognitionOut:
    scope = shown_bytes(given.scope) or ""
    return RecognitionOut(
        accreditor=by.name,
        account=shown_bytes(by.address) or "",
        recognised_name=statement.name if statement else None,
        recognised=list(statement.recognised) if statement else [],
        valid_from=shown_time(given.valid_from),
        valid_until=shown_time(given.valid_until),
        scope=scope,
        statement=f"/accreditations/{scope}",
    )
