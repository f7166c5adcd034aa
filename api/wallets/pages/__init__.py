"""The pages of learners: into the wallet, around in it, and out of it. They work without JavaScript."""

from __future__ import annotations

from fastapi import APIRouter

from api.wallets.pages.cairn import router as cairn
from api.wallets.pages.credentials import router as credentials
from api.wallets.pages.door import router as door

router = APIRouter(include_in_schema=False)
for _pages in (door, cairn, credentials):
    router.include_router(_pages)
