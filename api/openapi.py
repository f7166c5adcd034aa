"""The OpenAPI description: our own words, our own problem type, and nothing that a page would fetch from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.answers import ProblemOut

TITLE = "Cairn"
DESCRIPTION = (
    "Issue, anchor, gather, share and check credentials for lifelong learning. Bodies are strict JSON: no duplicate "
    "members, no unknown members in requests, one spelling for each value. Refusals are problem documents (RFC 9457) "
    "with a stable `code`."
)
TAGS = (
    ("Verification", "Check a credential or a record. Needs no key."),
    ("Lists", "Check a whole list, follow it, and check it again. Needs no key; the list's token is the key to it."),
    ("Wallets", "What a learner holds, and the records made of it. Needs the wallet's token."),
    ("Ways in", "What opens a wallet. Needs the wallet's token, or a session."),
    ("Signing in", "Coming into a wallet by link, passkey, account or recovery code. Begins a session, in a cookie."),
    ("Presentations", "Ask a holder to show what is theirs, and check the answer. Needs no key."),
    ("Share links", "What a learner shows. Needs the wallet's token."),
    ("Shared", "What the holder of a link sees. The link is the key."),
    ("Issuing", "Batches, revocations and claims of one issuer. Needs one of its API keys."),
    ("Relay", "Acts that operators signed, submitted and paid for within a budget. The signature is the key."),
    ("Published", "Documents that issuers and accreditors publish. Needs no key."),
    ("Site", "Whether this site is well."),
)


def describe(app: FastAPI) -> None:
    """Gives the app its description, made once when it is first asked for."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            description = get_openapi(
                title=TITLE,
                version=app.version,
                description=DESCRIPTION,
                routes=app.routes,
                tags=[{"name": name, "description": text} for name, text in TAGS],
            )
            schemas = description.setdefault("components", {}).setdefault("schemas", {})
            schemas["ProblemOut"] = ProblemOut.model_json_schema()
            app.openapi_schema = description
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
