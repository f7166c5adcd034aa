"""The pages of learners: into the wallet, around in it, and out of it. They work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter

from api.wallets.pages.cairn import router as cairn
from api.wallets.pages.credentials import router as credentials
from api.wallets.pages.door import router as door
from api.wallets.pages.identities import router as identities
from api.wallets.pages.importing import router as importing
from api.wallets.pages.leaving import router as leaving
from api.wallets.pages.links import router as links
from api.wallets.pages.records import router as records
from api.wallets.pages.settings import router as settings

router = APIRouter(include_in_schema=False)
for _pages in (door, cairn, credentials, links, records, importing, settings, identities, leaving):
    router.include_router(_pages)
