"""The files of the pages, with addresses that change with their contents, so that browsers may keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.datastructures import URL
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"


def static_url(name: str) -> str:
    """The address of a file below `static/`, with the fingerprint of its contents."""
    return f"/static/{name}?v={fingerprint(name)}"


def fingerprint(name: str) -> str:
    """A short hash of a file. Raises FileNotFoundError for one that is not there."""
    path = STATIC / name
    return _fingerprint(path, path.stat().st_mtime_ns)


@cache
def _fingerprint(path: Path, _: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


class KeptFiles(StaticFiles):
    """Static files. Who asks for one by the fingerprint that it has may keep it for good; others ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        asked = URL(scope=scope).query
        if response.status_code in {200, 304} and asked == f"v={fingerprint(path)}":
            response.headers["Cache-Control"] = FOR_GOOD
        return response
