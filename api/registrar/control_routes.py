"""The pages on which registrars write what they award, and take back what they gave."""

from __future__ import annotations

from api.registrar.achievements import router as achievements
from api.registrar.awards import router as awards
from api.registrar.correcting import router as correcting
from api.registrar.keys import router as keys
from api.registrar.pathways import router as pathways
from api.registrar.statistics import router as statistics
from api.registrar.status_pages import router as status

ROUTERS = (achievements, pathways, awards, correcting, status, keys, statistics)
