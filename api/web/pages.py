"""Pages: one template environment, and the pages that belong to no feature."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.web.dates import day, moment
from api.web.ledger_words import need_said
from api.web.refusals import refusal_words
from api.web.static_files import static_url
from api.web.translating import gettext, ngettext
from api.web.visits import LANGUAGES, visit

WEB = Path(__file__).parent
HEAVIEST = 64 * 1024
"""Bytes of a page that opens credentials in place; one that would be heavier shows each in a line."""

router = APIRouter(include_in_schema=False)


@cache
def environment() -> Environment:
    """The templates. They know the visit, its language, `_`, `static_url`; filters are `day`, `moment`, `need_said`."""
    made = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # `_` gives markup, for a text of ours; `translated` gives a text that is escaped, for what a variable says.
    made.globals |= {"visit": visit, "languages": LANGUAGES, "translated": gettext, "static_url": static_url}
    made.filters |= {"day": day, "moment": moment, "need_said": need_said}
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made


def page(
    name: str, values: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A rendered template."""
    return HTMLResponse(rendered(name, values), status, dict(headers) if headers else None)


def rendered(name: str, values: Mapping[str, object]) -> str:
    """A rendered template as text."""
    return environment().get_template(name).render(**values)


def refusal_page(request: Request, status: int, detail: str, headers: Mapping[str, str]) -> Response:
    """A refusal for a person. The page to check a file shows it above its form."""
    words = refusal_words(status, detail)
    if request.url.path == "/check":
        return page("check/form.html", {"refusal": words.said.rstrip(".")}, status, headers)
    return page(
        "refusal.html", {"words": words, "request_id": request.scope.get("cairn.request_id", "")}, status, headers
    )


@router.api_route("/", methods=["GET", "HEAD"])
def home() -> Response:
    """What this is, and where to check something."""
    return page("home.html", {})


@router.api_route("/docs", methods=["GET", "HEAD"])
def documentation(request: Request) -> Response:
    """The operations of this site, from its own OpenAPI description: no script, nothing fetched from elsewhere."""
    return page("docs.html", {"groups": operation_groups(request.app)})


def operation_groups(app: FastAPI) -> list[dict[str, Any]]:
    """The operations of the OpenAPI description by tag, for the page. Every other part of a summary is code."""
    description = app.openapi()
    groups: dict[str, dict[str, Any]] = {
        tag["name"]: {"name": tag["name"], "text": tag.get("description", ""), "operations": []}
        for tag in description.get("tags", ())
    }
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["Other"])[0]
            group = groups.setdefault(tag, {"name": tag, "text": "", "operations": []})
            group["operations"].append(
                {"method": method.upper(), "path": path, "summary": operation.get("description", "").split("`")}
            )
    return [group for group in groups.values() if group["operations"]]
