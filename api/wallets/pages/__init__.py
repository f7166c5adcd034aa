"""The pages of learners: into the wallet, around in it, and out of it. They work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter

from api.wallets.pages.cairn import router as cairn_pages
from api.wallets.pages.credentials import router as credentials_pages
from api.wallets.pages.door import router as door_pages
from api.wallets.pages.identities import router as identities_pages
from api.wallets.pages.importing import router as importing_pages
from api.wallets.pages.leaving import router as leaving_pages
from api.wallets.pages.links import router as links_pages
from api.wallets.pages.records import router as records_pages
from api.wallets.pages.settings import router as settings_pages

router = APIRouter(include_in_schema=False)
for _pages in (
    door_pages,
    cairn_pages,
    credentials_pages,
    links_pages,
    records_pages,
    importing_pages,
    settings_pages,
    identities_pages,
    leaving_pages,
):
    router.include_router(_pages)
