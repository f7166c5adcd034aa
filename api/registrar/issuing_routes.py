"""The pages on which registrars issue, in the order in which their addresses are looked at."""

from __future__ import annotations

from api.registrar.batch_routes import router as batches
from api.registrar.credential_routes import router as credentials
from api.registrar.delivery_routes import router as deliveries
from api.registrar.import_routes import router as importing
from api.registrar.overview_routes import router as overview
from api.registrar.preview_routes import router as previews

ROUTERS = (overview, importing, batches, previews, deliveries, credentials)
