"""The OpenAPI description against the site: no generated request, good or bad, gets a 5xx or an undescribed answer.

The description has to be true for foreign programs, so statuses, media types and schemas of answers are checked too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.chain.addresses import caip10
from tests.site import Campus, Owner, apart

EXAMPLES = 30 if os.environ.get("CAIRN_FULL") else 5
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Campus]:
    """A site of its own: with an issuer's key, anything may be withdrawn, revoked and relayed."""
    with apart(tmp_path) as campus:
        yield campus


def test_generated_requests_get_described_answers(sandbox: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.issuers.live.LONGEST_SECONDS", 0.01)  # or a draft would be followed for half an hour
    owner, tried, sent = sandbox.a_full_wallet(), 0, 0
    for found in schemathesis.openapi.from_asgi("/openapi.json", running(sandbox)).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(Unsatisfiable):  # an operation that takes nothing cannot be asked wrongly
                sent += try_operation(operation.as_strategy(generation_mode=mode), sandbox, owner)
        tried += 1
    assert tried > 30
    assert sent > tried * EXAMPLES


def running(campus: Campus) -> ASGIApp:
    """The site as it runs already: schemathesis would start and stop it around every request."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await campus.app(scope, receive, send)
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})
        return None

    return app


def relayed(campus: Campus) -> tuple[str, str]:
    """The registry that the site submits to, and an issuer for whom it pays."""
    configuration = campus.workspace.configuration
    assert configuration.registry is not None
    issuer_id = campus.workspace.catalog.issuer("usm").issuer_id
    return caip10(configuration.chain_id, configuration.registry), f"0x{issuer_id.hex()}"


def try_operation(requests: Any, campus: Campus, owner: Owner) -> int:
    """Sends generated requests and gives their number."""
    sent = 0

    @SETTINGS
    @given(case=requests)
    def answers_as_described(case: Any) -> None:
        nonlocal sent
        sent += 1
        # Requests by someone who is let in, so that they reach what lies behind the door.
        if "wallet_id" in (case.path_parameters or {}):
            case.path_parameters["wallet_id"] = owner.wallet_id
            case.headers["Authorization"] = f"Bearer {owner.token}"
        elif case.path.startswith("/v1/issuers/"):
            case.path_parameters["slug"] = "usm"
            case.headers["Authorization"] = f"Bearer {campus.keys['usm']}"
        elif case.path == "/v1/relay" and isinstance(case.body, dict) and "registry" in case.body:
            case.body["registry"], case.body["issuer_id"] = relayed(campus)
        answer = case.call_and_validate(checks=CHECKS)
        if case.path.endswith("/token") and answer.status_code == 201:
            owner.token = answer.json()["token"]

    answers_as_described()
    return sent
