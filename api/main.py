"""The application. Nothing happens at import: `create_app` puts the parts together, its lifespan starts them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from api.accreditation.accreditor_routes import router as accreditors
from api.accreditation.public_pages import router as public_register
from api.accreditation.routes import router as accreditation
from api.bulk.page_routes import router as list_pages
from api.bulk.routes import router as lists
from api.health import router as health
from api.issuers.awards import router as awards
from api.issuers.corrections import router as corrections
from api.issuers.endorsements import router as endorsements
from api.issuers.findings import router as findings
from api.issuers.live import router as live
from api.issuers.pathways import public_router as public_pathways
from api.issuers.pathways import router as pathways
from api.issuers.public_routes import router as published
from api.issuers.recognitions import calculator
from api.issuers.recognitions import router as recognitions
from api.issuers.revocations import router as revocations
from api.issuers.routes import router as issuers
from api.issuers.vc_api import router as composing
from api.metrics.measures import RequestCounter
from api.metrics.routes import router as metrics
from api.openapi import describe
from api.presentations.routes import router as presentations
from api.problems import add_handlers
from api.receipts.routes import page_router as receipt_pages
from api.receipts.routes import router as receipts
from api.registrar.control_routes import ROUTERS as CONTROL_PAGES
from api.registrar.issuing_routes import ROUTERS as ISSUING_PAGES
from api.relaying.routes import router as relay
from api.security import AccessLog, BodyLimit, SecurityHeaders
from api.settings import Settings, safe_base
from api.sharing.overview_routes import router as shared_overview
from api.sharing.owner_routes import router as links
from api.sharing.public_routes import router as shared
from api.sharing.receipt_routes import router as shared_receipts
from api.site import Site
from api.staff.audit_routes import router as staff_log
from api.staff.people_routes import router as staff_people
from api.staff.sign_in_routes import router as staff_entrance
from api.verification.linting import router as linting
from api.verification.pages import router as check_pages
from api.verification.routes import router as verification
from api.verification.vc_api import router as vc_api
from api.wallets.access.owner_routes import router as ways_in
from api.wallets.access.sign_in_routes import router as signing_in
from api.wallets.erasing_routes import issuer_router as forgetting
from api.wallets.erasing_routes import router as erasing
from api.wallets.exporting_routes import router as exporting
from api.wallets.identity import document_router as identity_documents
from api.wallets.identity import router as identity
from api.wallets.overview_routes import router as overviews
from api.wallets.pages import router as wallet_pages
from api.wallets.presenting import router as presenting
from api.wallets.record_routes import router as records
from api.wallets.routes import router as wallets
from api.web.pages import router as pages
from api.web.static_files import STATIC, KeptFiles
from api.web.visits import Visits
from ledger.workspace import Workspace


def create_app(workspace: Workspace, settings: Settings | None = None) -> FastAPI:
    """The site over an open data folder. It takes up unfinished batches when it starts; the caller closes the folder.

    Raises WorkspaceError (`settings`) for settings that would lay the site open.
    """
    chosen = settings or Settings()
    base = safe_base(chosen, workspace.link_base)
    site = Site(workspace, chosen, base)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # In a thread: what it starts and ends must not hold up the event loop, and some of it refuses to run there.
        running = site.running()
        await run_in_threadpool(running.__enter__)
        try:
            yield
        finally:
            await run_in_threadpool(running.__exit__, None, None, None)

    app = FastAPI(
        title="Cairn",
        version=version("cairn"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.site = site
    describe(app)
    add_handlers(app)
    issuing = (issuers, composing, corrections, endorsements, recognitions, revocations, findings, live)
    awarding = (pathways, awards, forgetting)
    reading = (verification, receipts, lists, linting, calculator, vc_api, published, public_pathways, accreditation)
    own = (wallets, records, overviews, identity, identity_documents, presenting, exporting, erasing)
    sharing, running = (links, shared_overview, shared_receipts), (relay, health, metrics)
    # What is asked for most often comes first: each request tries the routers in their order.
    for router in (shared, *reading, presentations, *own, *sharing, *issuing, *awarding, *running):
        app.include_router(router)
    for router in (ways_in, signing_in):
        app.include_router(router)
    for router in (*ISSUING_PAGES, *CONTROL_PAGES):
        app.include_router(router)
    for router in (staff_entrance, staff_people, staff_log, accreditors, public_register):
        app.include_router(router)
    for router in (check_pages, receipt_pages, list_pages, wallet_pages, pages):
        app.include_router(router)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    app.add_middleware(BodyLimit)
    app.add_middleware(AccessLog)  # within the next two: its answer to what nobody expected is a page as well
    app.add_middleware(Visits, banner=site.banner, https=base.startswith("https://"))
    app.add_middleware(SecurityHeaders, https=base.startswith("https://"))
    app.add_middleware(RequestCounter, metrics=site.metrics)
    return app
