"""The pages on which registrars write what they award, and take back what they gave."""

from __future__ import annotations

from api.registrar.achievements import router as achievements
from api.registrar.keys import router as keys
from api.registrar.pathways import router as pathways
from api.registrar.status_pages import router as status

ROUTERS = (achievements, pathways, status, keys)
